#include "execution/operators/join_swap.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "execution/morsel_tracker.h"
#include "execution/operators/join_probe.h"
#include "execution/row_bound.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "HASH_JOIN";

bool IsLeftOnly(JoinKind kind) { return kind == JoinKind::kSemi || kind == JoinKind::kAnti; }

std::optional<JoinKind> Mirrored(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
    case JoinKind::kFull:
    case JoinKind::kSemi:
    case JoinKind::kAnti: return kind;
    case JoinKind::kLeft: return JoinKind::kRight;
    case JoinKind::kRight: return JoinKind::kLeft;
    default: return std::nullopt;
  }
}

// The join's fields once the planned build side is a stream of its stored rows, keys first. It
// takes the left side, unless a semi or anti join's left side is the one to be built now.
PhysicalJoin::Fields MirroredFields(const JoinRuntime& planned, JoinKind kind) {
  const PhysicalJoin::Fields& from = *planned.fields;
  const JoinTableShape& shape = planned.table->shape();
  const std::vector<LogicalType>& stored_types = shape.layout->types();
  PhysicalJoin::Fields fields;
  fields.kind = kind;
  fields.build_left = IsLeftOnly(kind) && !from.build_left;
  fields.null_safe_keys = from.null_safe_keys;
  std::vector<ExpressionPtr> stored_keys;
  for (uint32_t i = 0; i < shape.key_count(); ++i) {
    stored_keys.push_back(Expression::Input(i, stored_types[i], ""));
  }
  fields.left_keys = fields.build_left ? planned.probe_keys : stored_keys;
  fields.right_keys = fields.build_left ? stored_keys : planned.probe_keys;

  const size_t left_count = planned.left_types.size();
  const size_t probe_count =
      from.build_left ? planned.right_types.size() : planned.left_types.size();
  if (from.residual) {
    fields.residual = RewriteExpression(from.residual, [&](const ExpressionPtr& node) {
      if (node->kind() != ExpressionKind::kInput) return node;
      const bool is_left = node->input_index() < left_count;
      const size_t column = is_left ? node->input_index() : node->input_index() - left_count;
      const bool was_built = is_left == from.build_left;
      size_t place = was_built ? shape.StoredColumn(column) : column;
      // Behind those of the side that is on the left now.
      if (was_built == fields.build_left) place += was_built ? probe_count : stored_types.size();
      return Expression::Input(static_cast<uint32_t>(place), node->type(), node->name());
    });
  }
  std::vector<uint64_t> stored_output;
  for (const uint64_t column : planned.build_output()) {
    stored_output.push_back(shape.StoredColumn(column));
  }
  fields.left_output = fields.build_left ? planned.probe_output() : stored_output;
  fields.right_output = fields.build_left ? stored_output : planned.probe_output();
  return fields;
}

}  // namespace

Result<std::shared_ptr<JoinSwap>> JoinSwap::Make(const JoinRuntime& planned,
                                                 const PhysicalOperator& build,
                                                 const PhysicalOperator& probe,
                                                 const ExecutionContext& context) {
  const PhysicalJoin::Fields& from = *planned.fields;
  const std::optional<JoinKind> kind = Mirrored(from.kind);
  if (!kind || from.comparison || planned.probe_keys.empty()) return nullptr;
  const std::optional<uint64_t> most_probe_rows = MostRows(probe);
  if (!most_probe_rows) return nullptr;
  auto swap = std::make_shared<JoinSwap>();
  swap->most_probe_rows_ = *most_probe_rows;
  const std::optional<uint64_t> most_build_rows = MostRows(build);
  if (most_build_rows && !swap->IsWorthwhile(*most_build_rows)) return nullptr;
  swap->fields_ = MirroredFields(planned, *kind);
  if (!IsLeftOnly(*kind)) swap->leading_columns_ = swap->fields_.left_output.size();
  swap->stored_layout_ = planned.table->shape().layout;
  const std::vector<LogicalType>& stored = swap->stored_layout_->types();
  const bool build_left = swap->fields_.build_left;
  auto runtime = MakeJoinRuntime(swap->fields_, build_left ? probe.types() : stored,
                                 build_left ? stored : probe.types(), context);
  // Not every type can be kept in rows.
  if (runtime.status().code() == StatusCode::kNotImplemented) return nullptr;
  TRIVET_ASSIGN_OR_RETURN(swap->runtime_, std::move(runtime));
  swap->runtime_->metrics = planned.metrics;
  swap->runtime_->share = context.JoinMemoryShares(0);
  swap->sink_ = std::make_shared<JoinBuildSink>(swap->runtime_, context);
  return swap;
}

void JoinSwap::Start(std::vector<RowStore> stores, std::shared_ptr<SpilledRows> spilled) {
  stores_ = std::move(stores);
  spilled_ = std::move(spilled);
  is_on_ = true;
  runtime_->metrics->deviation.store("sides swapped", std::memory_order_relaxed);
}

void JoinSwap::Reorder(Batch& batch) const {
  std::vector<Vector>& columns = batch.mutable_columns();
  if (leading_columns_ == 0 || columns.empty()) return;
  std::rotate(columns.begin(), columns.begin() + static_cast<ptrdiff_t>(leading_columns_),
              columns.end());
}

// ---- the new build side ----

namespace {

class LocalSwappedBuild final : public LocalTransform {
 public:
  explicit LocalSwappedBuild(std::unique_ptr<LocalSink> sink) : sink_(std::move(sink)) {}

  Result<Outcome> Process(const Batch& input, Batch&, const CallContext& call) override {
    return sink_->Consume(input, call);
  }
  Result<Outcome> Flush(Batch&, const CallContext& call) override {
    TRIVET_RETURN_IF_ERROR(sink_->Combine(call));
    return Outcome::kFinished;
  }

 private:
  std::unique_ptr<LocalSink> sink_;
};

}  // namespace

Result<std::unique_ptr<LocalTransform>> JoinSwap::MakeLocalBuild(
    const ExecutionContext& context) const {
  TRIVET_ASSIGN_OR_RETURN(auto local, sink_->MakeLocal(context));
  return std::unique_ptr<LocalTransform>(std::make_unique<LocalSwappedBuild>(std::move(local)));
}

// ---- the gathered rows, page by page or block by block ----

class SwappedProbeSource final : public Source {
 public:
  // Rows that lie in memory, or a block of rows on disk.
  struct Piece {
    const RowStore* store = nullptr;
    const RowStore::Page* page = nullptr;
    const SpilledRows::Block* block = nullptr;
  };

  SwappedProbeSource(std::shared_ptr<JoinSwap> swap,
                     std::function<std::unique_ptr<MorselTaker>()> takers)
      : swap_(std::move(swap)), takers_(std::move(takers)) {}

  size_t max_threads() const override { return swap_->is_on() ? ~size_t{0} : 0; }
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;

  std::optional<uint64_t> Take(Piece& piece) {
    std::lock_guard lock(mutex_);
    if (next_ == pieces_.size()) return std::nullopt;
    piece = pieces_[next_];
    return next_++;
  }
  const JoinSwap& swap() const { return *swap_; }
  const std::shared_ptr<JoinRuntime>& runtime() const { return swap_->runtime_; }
  const SpilledRows& spilled() const { return *swap_->spilled_; }

 private:
  // The table that is probed, of rows that all have come.
  Status FinishBuild(const ExecutionContext& context) const;
  void ListPieces();

  std::shared_ptr<JoinSwap> swap_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::mutex mutex_;  // guards the rest
  bool is_listed_ = false;
  std::vector<Piece> pieces_;
  size_t next_ = 0;
};

Status SwappedProbeSource::FinishBuild(const ExecutionContext& context) const {
  const std::shared_ptr<Waker> nobody;  // what finishes does not wait
  const CallContext call{context, nobody};
  JoinBuildSink& sink = *swap_->sink_;
  const size_t tasks = sink.FinishTaskCount();
  for (size_t task = 0; task < tasks; ++task) {
    TRIVET_RETURN_IF_ERROR(sink.RunFinishTask(task, call));
  }
  return sink.Finish(call);
}

void SwappedProbeSource::ListPieces() {
  for (const RowStore& store : swap_->stores_) {
    for (const RowStore::Page& page : store.pages()) {
      pieces_.push_back({.store = &store, .page = &page});
    }
  }
  if (swap_->spilled_ == nullptr) return;
  for (size_t p = 0; p < spilled().partition_count(); ++p) {
    for (const SpilledRows::Block& block : spilled().blocks(p))
      pieces_.push_back({.block = &block});
  }
}

class LocalSwappedProbe final : public LocalSource {
 public:
  LocalSwappedProbe(SwappedProbeSource& source, std::unique_ptr<MorselTaker> taker,
                    const ExecutionContext& context)
      : source_(source),
        taker_(std::move(taker)),
        context_(context),
        probe_(source.runtime(), context) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!has_batch_) {
      if (page_ == nullptr) {
        TRIVET_ASSIGN_OR_RETURN(const bool taken, Take(call));
        if (!taken) return Outcome::kBlocked;
        if (taker_->exhausted()) return probe_.Flush(out, call);
      }
      NextBatch();
    }
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, probe_.Process(batch_, out, call));
    if (outcome == Outcome::kNeedInput) has_batch_ = false;
    source_.swap().Reorder(out);
    out.set_order({*taker_->current(), sequence_++});
    return Outcome::kHaveOutput;
  }

 private:
  Result<bool> Take(const CallContext& call);
  void NextBatch();

  SwappedProbeSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  const ExecutionContext& context_;
  LocalJoinProbe probe_;
  uint64_t sequence_ = 0;
  std::unique_ptr<RowStore> read_;  // of a block
  const RowStore* store_ = nullptr;
  const RowStore::Page* page_ = nullptr;
  size_t next_page_ = 0;  // of the block's
  uint32_t row_ = 0;
  Batch batch_;
  bool has_batch_ = false;
};

Result<bool> LocalSwappedProbe::Take(const CallContext& call) {
  SwappedProbeSource::Piece piece;
  TRIVET_ASSIGN_OR_RETURN(
      const bool taken,
      taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> { return source_.Take(piece); }));
  if (!taken || taker_->exhausted()) return taken;
  sequence_ = 0;
  row_ = 0;
  next_page_ = 0;
  store_ = piece.store;
  page_ = piece.page;
  if (piece.block == nullptr) return true;
  read_ = std::make_unique<RowStore>(
      source_.spilled().layout(),
      std::make_shared<RowMemory>(Reservation(&context_.memory(), std::string(kConsumer))));
  TRIVET_RETURN_IF_ERROR(source_.spilled().Read(*piece.block, *read_));
  store_ = read_.get();
  page_ = &store_->pages()[next_page_++];
  return true;
}

void LocalSwappedProbe::NextBatch() {
  const RowLayout& layout = *source_.swap().stored_layout_;
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  const size_t limit = context_.batch_size();
  while (row_ < page_->row_count && count < limit) {
    rows[count++] = page_->rows + size_t{row_++} * layout.row_bytes();
  }
  std::vector<Vector> columns;
  for (size_t i = 0; i < layout.column_count(); ++i) {
    columns.push_back(Vector::MakeFlat(layout.types()[i], std::max<size_t>(count, 1)));
    GatherColumn(layout, i, rows, count, columns.back());
    if (columns.back().type().physical() == PhysicalType::kString) {
      OwnRows(*store_, columns.back());
    }
  }
  batch_ = Batch(std::move(columns), count);
  has_batch_ = true;
  if (row_ < page_->row_count) return;
  row_ = 0;
  const bool more = read_ != nullptr && next_page_ < read_->pages().size();
  page_ = more ? &read_->pages()[next_page_++] : nullptr;
}

Result<std::unique_ptr<LocalSource>> SwappedProbeSource::MakeLocal(
    const ExecutionContext& context) {
  std::lock_guard lock(mutex_);
  if (!is_listed_) {
    TRIVET_RETURN_IF_ERROR(FinishBuild(context));
    ListPieces();
    is_listed_ = true;
  }
  return std::unique_ptr<LocalSource>(
      std::make_unique<LocalSwappedProbe>(*this, takers_(), context));
}

std::shared_ptr<Source> JoinSwap::MakeProbeSource(
    std::shared_ptr<JoinSwap> self, std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<SwappedProbeSource>(std::move(self), std::move(takers));
}

// ---- sources of the mirrored join, which give its columns in its order ----

class ReorderedSource final : public Source {
 public:
  ReorderedSource(std::shared_ptr<JoinSwap> swap, std::shared_ptr<Source> source)
      : swap_(std::move(swap)), source_(std::move(source)) {}

  size_t max_threads() const override { return swap_->is_on() ? source_->max_threads() : 0; }
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override {
    TRIVET_ASSIGN_OR_RETURN(auto local, source_->MakeLocal(context));
    return std::unique_ptr<LocalSource>(std::make_unique<Local>(*swap_, std::move(local)));
  }

 private:
  class Local final : public LocalSource {
   public:
    Local(const JoinSwap& swap, std::unique_ptr<LocalSource> source)
        : swap_(swap), source_(std::move(source)) {}
    Result<Outcome> Next(Batch& out, const CallContext& call) override {
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, source_->Next(out, call));
      if (outcome == Outcome::kHaveOutput) swap_.Reorder(out);
      return outcome;
    }

   private:
    const JoinSwap& swap_;
    std::unique_ptr<LocalSource> source_;
  };

  std::shared_ptr<JoinSwap> swap_;
  std::shared_ptr<Source> source_;
};

std::shared_ptr<Source> JoinSwap::MakeRowsSource(std::shared_ptr<JoinSwap> self) {
  const bool matched = fields_.kind == JoinKind::kSemi;
  return std::make_shared<ReorderedSource>(std::move(self), MakeJoinRowsSource(runtime_, matched));
}

std::shared_ptr<Source> JoinSwap::MakeSpillSource(
    std::shared_ptr<JoinSwap> self, std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<ReorderedSource>(std::move(self),
                                           MakeJoinSpillSource(runtime_, std::move(takers)));
}

}  // namespace trivet
