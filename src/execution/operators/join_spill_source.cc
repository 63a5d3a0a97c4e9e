// After the probe: what both sides of a join have put on disk, partition by partition. A partition
// whose build rows fit is one table; one that is too large is cut by further bits of the hash;
// where that tells nothing apart (a hot key, no keys at all), its build rows come in parts that
// fit, and each part sees all probe rows.
#include <deque>
#include <mutex>

#include "execution/morsel_tracker.h"
#include "execution/operators/join_probe.h"
#include "execution/spill/nested_texts.h"

namespace trivet {

namespace {

constexpr std::string_view kConsumer = "HASH_JOIN";
constexpr int kCutBits = 4;
// Further up, bits choose the place in a directory.
constexpr int kMostShift = 24;
// A cut that leaves more than this share of the rows together has met a hot key.
constexpr double kHotShare = 0.75;

struct Piece {
  std::shared_ptr<SpilledRows> build;
  std::shared_ptr<SpilledRows> probe;
  size_t partition;
  int shift;            // of the bits that tell the partition
  bool is_hot = false;  // cutting it further would not help
  size_t build_bytes() const {
    return build->bytes(partition) + build->row_count(partition) * JoinTable::kDirectoryBytesPerRow;
  }
};

class JoinSpillSource final : public Source {
 public:
  JoinSpillSource(std::shared_ptr<JoinRuntime> runtime,
                  std::function<std::unique_ptr<MorselTaker>()> takers)
      : runtime_(std::move(runtime)), takers_(std::move(takers)) {}

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;
  // Nothing is on disk, as a rule.
  size_t max_threads() const override {
    return runtime_->spill == nullptr ? 0 : runtime_->spill->build()->partition_count();
  }

  const std::shared_ptr<JoinRuntime>& runtime() const { return runtime_; }
  std::optional<uint64_t> Take(Piece& piece) {
    std::lock_guard lock(mutex_);
    if (next_ == pieces_.size()) return std::nullopt;
    piece = std::move(pieces_[next_]);
    return next_++;
  }
  Status Cut(const ExecutionContext& context, const Piece& piece);

 private:
  std::shared_ptr<JoinRuntime> runtime_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::mutex mutex_;  // guards the rest
  bool listed_ = false;
  std::deque<Piece> pieces_;
  size_t next_ = 0;
};

// Joins one piece after the other: a part of the build rows, all probe rows block by block, then
// the next part. One thread's.
class LocalJoinSpill final : public LocalSource {
 public:
  LocalJoinSpill(JoinSpillSource& source, std::unique_ptr<MorselTaker> taker,
                 const ExecutionContext& context)
      : source_(source), taker_(std::move(taker)), context_(context) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (step_ == Step::kTake) {
      TRIVET_ASSIGN_OR_RETURN(const bool taken, Take(call));
      if (!taken) return Outcome::kBlocked;
      if (taker_->exhausted()) return Outcome::kFinished;
    }
    TRIVET_RETURN_IF_ERROR(Advance(out, call));
    out.set_order({number_, sequence_++});
    return Outcome::kHaveOutput;
  }

 private:
  // What comes next of the piece under way.
  enum class Step : uint8_t {
    kTake,
    kLoadPart,   // the next part of its build rows
    kProbe,      // probe rows past that part
    kBuildRows,  // the part's rows that have, or have not, found a match
    kCarried,    // what probe rows give once all parts have been seen
  };

  Result<bool> Take(const CallContext& call);
  Status Advance(Batch& out, const CallContext& call);
  Status LoadPart();
  Status LoadBlocks(size_t most_bytes);
  Status StartParts();
  Status Probe(Batch& out, const CallContext& call);
  Status BuildRows(Batch& out, const CallContext& call);
  Status Carried(Batch& out);
  void StartProbeRows();
  // The next probe batch; false at the end.
  Result<bool> NextProbeBatch();
  bool NotesMatches() const {
    const PhysicalJoin::Fields& fields = *source_.runtime()->fields;
    return fields.build_left || fields.kind == JoinKind::kRight || fields.kind == JoinKind::kFull;
  }
  void EndPart();
  void EndPiece();

  JoinSpillSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  const ExecutionContext& context_;
  Step step_ = Step::kTake;
  Piece piece_;
  uint64_t number_ = 0;
  uint64_t sequence_ = 0;

  // The part of the build rows.
  bool in_parts_ = false;
  size_t next_block_ = 0;
  size_t loaded_bytes_ = 0;  // what the part was thought to take
  std::shared_ptr<JoinRuntime> part_;
  std::unique_ptr<LocalJoinProbe> probe_;
  std::shared_ptr<Source> rows_source_;
  std::unique_ptr<LocalSource> rows_;

  // Probe rows.
  size_t probe_block_ = 0;
  std::unique_ptr<RowStore> probe_rows_;
  std::optional<RowStore::Cursor> cursor_;
  Batch batch_;
  bool has_batch_ = false;
  size_t batch_end_ = 0;  // number of the probe row after the batch, within the piece
  Reservation carried_reservation_;
  std::vector<uint8_t> carried_;
};

Result<std::unique_ptr<LocalSource>> JoinSpillSource::MakeLocal(const ExecutionContext& context) {
  std::lock_guard lock(mutex_);
  if (!listed_ && runtime_->spill != nullptr) {
    // Whoever looked up what had come back for the probe is done.
    runtime_->table->Release();
    runtime_->share->Change(runtime_->share->held_bytes(), 0);
    const JoinSpill& spill = *runtime_->spill;
    for (size_t p = 0; p < spill.build()->partition_count(); ++p) {
      if (!spill.is_resident(p)) {
        pieces_.push_back({spill.build(), spill.probe(), p, JoinSpill::kShift});
      }
    }
  }
  listed_ = true;
  return std::unique_ptr<LocalSource>(std::make_unique<LocalJoinSpill>(*this, takers_(), context));
}

Status JoinSpillSource::Cut(const ExecutionContext& context, const Piece& piece) {
  // The first cut was by more bits than the later ones are.
  const int shift =
      piece.shift + (piece.shift == JoinSpill::kShift ? JoinSpill::kRadixBits : kCutBits);
  constexpr size_t kParts = size_t{1} << kCutBits;
  const size_t rows = piece.build->row_count(piece.partition);
  auto build =
      std::make_shared<SpilledRows>(context, piece.build->layout(), kParts, runtime_->metrics);
  auto probe =
      std::make_shared<SpilledRows>(context, piece.probe->layout(), kParts, runtime_->metrics);
  TRIVET_RETURN_IF_ERROR(piece.build->MoveTo(piece.partition, *build, shift, kConsumer));
  TRIVET_RETURN_IF_ERROR(piece.probe->MoveTo(piece.partition, *probe, shift, kConsumer));
  std::lock_guard lock(mutex_);
  for (size_t p = 0; p < kParts; ++p) {
    const bool is_hot =
        static_cast<double>(build->row_count(p)) > kHotShare * static_cast<double>(rows);
    pieces_.push_back({build, probe, p, shift, is_hot});
  }
  return Status::OK();
}

Result<bool> LocalJoinSpill::Take(const CallContext& call) {
  TRIVET_ASSIGN_OR_RETURN(const bool taken,
                          taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> {
                            return source_.Take(piece_);
                          }));
  if (!taken || taker_->exhausted()) return taken;
  number_ = *taker_->current();
  sequence_ = 0;
  if (piece_.build->row_count(piece_.partition) + piece_.probe->row_count(piece_.partition) == 0) {
    return true;
  }
  const JoinRuntime& runtime = *source_.runtime();
  const size_t most = runtime.share->LoadBytes(context_.thread_count());
  const bool fits = piece_.build_bytes() <= most;
  if (!fits && runtime.is_partitioned() && !piece_.is_hot && piece_.shift < kMostShift) {
    TRIVET_RETURN_IF_ERROR(source_.Cut(context_, piece_));
    return true;
  }
  in_parts_ = false;
  if (!fits) TRIVET_RETURN_IF_ERROR(StartParts());
  next_block_ = 0;
  step_ = Step::kLoadPart;
  return true;
}

Status LocalJoinSpill::Advance(Batch& out, const CallContext& call) {
  switch (step_) {
    case Step::kTake: return Status::OK();
    case Step::kLoadPart: return LoadPart();
    case Step::kProbe: return Probe(out, call);
    case Step::kBuildRows: return BuildRows(out, call);
    case Step::kCarried: return Carried(out);
  }
  return Status::OK();
}

Status LocalJoinSpill::StartParts() {
  if (in_parts_) return Status::OK();
  const size_t probe_rows = piece_.probe->row_count(piece_.partition);
  TRIVET_ASSIGN_OR_RETURN(carried_reservation_,
                          context_.memory().TryReserve(probe_rows, kConsumer));
  carried_.assign(probe_rows, 0);
  in_parts_ = true;
  return Status::OK();
}

Status LocalJoinSpill::LoadPart() {
  const JoinRuntime& runtime = *source_.runtime();
  size_t most = runtime.share->LoadBytes(context_.thread_count());
  while (true) {
    const size_t first_block = next_block_;
    Status loaded = LoadBlocks(in_parts_ ? most : ~size_t{0});
    if (loaded.ok()) break;
    // Others have taken what was free: less is tried, as long as there is less.
    if (loaded.code() != StatusCode::kOutOfMemory || next_block_ <= first_block + 1) return loaded;
    part_.reset();
    next_block_ = first_block;
    TRIVET_RETURN_IF_ERROR(StartParts());
    most = std::min(most, loaded_bytes_) / 2;
  }
  runtime.share->Change(0, part_->table->memory_bytes());
  probe_ = std::make_unique<LocalJoinProbe>(part_, context_);
  StartProbeRows();
  step_ = Step::kProbe;
  return Status::OK();
}

// Makes a table of the next blocks: at least one, more as long as they take no more than so much.
Status LocalJoinSpill::LoadBlocks(size_t most_bytes) {
  const JoinRuntime& runtime = *source_.runtime();
  const std::vector<SpilledRows::Block>& blocks = piece_.build->blocks(piece_.partition);
  RowStore rows(piece_.build->layout(), std::make_shared<RowMemory>(Reservation(
                                            &context_.memory(), std::string(kConsumer))));
  loaded_bytes_ = 0;
  while (next_block_ < blocks.size()) {
    const SpilledRows::Block& block = blocks[next_block_];
    loaded_bytes_ += block.bytes + block.row_count * JoinTable::kDirectoryBytesPerRow;
    if (loaded_bytes_ > most_bytes && rows.row_count() > 0) break;
    ++next_block_;
    TRIVET_RETURN_IF_ERROR(piece_.build->Read(block, rows));
  }
  part_ = std::make_shared<JoinRuntime>(runtime);
  part_->spill = nullptr;
  part_->payload = nullptr;
  part_->table = std::make_shared<JoinTable>(runtime.table->shape(), context_);
  return part_->table->Build(std::move(rows));
}

void LocalJoinSpill::StartProbeRows() {
  probe_block_ = 0;
  cursor_.reset();
  probe_rows_.reset();
  has_batch_ = false;
  batch_end_ = 0;
}

Result<bool> LocalJoinSpill::NextProbeBatch() {
  const std::vector<SpilledRows::Block>& blocks = piece_.probe->blocks(piece_.partition);
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  while (count == 0) {
    if (cursor_) count = cursor_->Next(rows, context_.batch_size());
    if (count > 0) break;
    if (probe_block_ == blocks.size()) return false;
    probe_rows_ = std::make_unique<RowStore>(
        piece_.probe->layout(),
        std::make_shared<RowMemory>(Reservation(&context_.memory(), std::string(kConsumer))));
    TRIVET_RETURN_IF_ERROR(piece_.probe->Read(blocks[probe_block_++], *probe_rows_));
    cursor_.emplace(*probe_rows_);
  }
  const RowLayout& layout = *piece_.probe->layout();
  const JoinRuntime& runtime = *source_.runtime();
  const std::vector<LogicalType>& types =
      runtime.build_left() ? runtime.right_types : runtime.left_types;
  std::vector<Vector> columns;
  for (size_t i = 0; i < layout.column_count(); ++i) {
    columns.push_back(Vector::MakeFlat(layout.types()[i], count));
    GatherColumn(layout, i, rows, count, columns.back());
    if (columns.back().type().physical() == PhysicalType::kString) {
      OwnRows(*probe_rows_, columns.back());
    }
    if (types[i].IsNested()) {
      TRIVET_ASSIGN_OR_RETURN(columns.back(),
                              ReadNested(columns.back(), count, types[i], context_));
    }
  }
  batch_ = Batch(std::move(columns), count);
  batch_end_ += count;
  return true;
}

Status LocalJoinSpill::Probe(Batch& out, const CallContext& call) {
  if (!has_batch_) {
    TRIVET_ASSIGN_OR_RETURN(has_batch_, NextProbeBatch());
    if (!has_batch_) {
      if (NotesMatches()) {
        const bool matched = source_.runtime()->fields->kind == JoinKind::kSemi;
        rows_source_ = MakeJoinRowsSource(part_, matched);
        TRIVET_ASSIGN_OR_RETURN(rows_, rows_source_->MakeLocal(context_));
        step_ = Step::kBuildRows;
      } else {
        EndPart();
      }
      return Status::OK();
    }
    if (in_parts_) probe_->set_carried(carried_.data() + batch_end_ - batch_.row_count());
  }
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, probe_->Process(batch_, out, call));
  if (outcome == Outcome::kNeedInput) has_batch_ = false;
  return Status::OK();
}

Status LocalJoinSpill::BuildRows(Batch& out, const CallContext& call) {
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, rows_->Next(out, call));
  if (outcome == Outcome::kFinished) EndPart();
  return Status::OK();
}

void LocalJoinSpill::EndPart() {
  rows_.reset();
  rows_source_.reset();
  if (next_block_ < piece_.build->blocks(piece_.partition).size()) {
    probe_.reset();
    source_.runtime()->share->Change(part_->table->memory_bytes(), 0);
    part_.reset();
    step_ = Step::kLoadPart;
  } else if (in_parts_) {
    StartProbeRows();
    step_ = Step::kCarried;
  } else {
    EndPiece();
  }
}

Status LocalJoinSpill::Carried(Batch& out) {
  TRIVET_ASSIGN_OR_RETURN(const bool more, NextProbeBatch());
  if (more) {
    probe_->EmitCarried(batch_, carried_.data() + batch_end_ - batch_.row_count(), out);
  } else {
    EndPiece();
  }
  return Status::OK();
}

void LocalJoinSpill::EndPiece() {
  probe_.reset();
  source_.runtime()->share->Change(part_->table->memory_bytes(), 0);
  part_.reset();
  StartProbeRows();
  batch_ = Batch();
  carried_.clear();
  carried_reservation_.Release();
  piece_.build->Discard(piece_.partition);
  piece_.probe->Discard(piece_.partition);
  step_ = Step::kTake;
}

}  // namespace

std::shared_ptr<Source> MakeJoinSpillSource(std::shared_ptr<JoinRuntime> runtime,
                                            std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<JoinSpillSource>(std::move(runtime), std::move(takers));
}

}  // namespace trivet
