#include "execution/operators/counted_rows.h"

#include <algorithm>
#include <cstring>

#include "execution/morsel_tracker.h"
#include "execution/operators/aggregate_local.h"

namespace trivet {

namespace {
CountedRows::Counts& CountsOf(const GroupLayout& layout, uint8_t* row) {
  return *reinterpret_cast<CountedRows::Counts*>(layout.States(row));
}
}  // namespace

class CountedRows::LocalCountSink final : public LocalSink {
 public:
  LocalCountSink(CountedRows& rows, size_t side)
      : rows_(rows), side_(side), runs_(std::make_unique<GroupRuns>()) {
    Restart(rows.context_.temporary_files() != nullptr);
  }

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    const size_t count = batch.row_count();
    std::vector<Vector> keys;
    for (const Vector& column : batch.columns()) keys.push_back(GroupKey(column, count));
    uint8_t* rows[kVectorSize];
    const bool can_spill = rows_.context_.temporary_files() != nullptr;
    Status found = finder_->Find(keys, count, rows, *runs_);
    if (found.code() == StatusCode::kOutOfMemory && can_spill && has_rows_) {
      TRIVET_RETURN_IF_ERROR(Spill());
      found = finder_->Find(keys, count, rows, *runs_);
    }
    // With nothing to spill, others hold it all.
    if (found.code() == StatusCode::kOutOfMemory && can_spill) {
      Restart(false);
      found = finder_->Find(keys, count, rows, *runs_);
    }
    TRIVET_RETURN_IF_ERROR(found);
    for (size_t i = 0; i < count; ++i) ++CountsOf(*rows_.layout_, rows[i]).side[side_];
    const PartitionedRowStore& store = finder_->table().store();
    for (size_t p = 0; p < complete_rows_.size(); ++p) {
      complete_rows_[p] = store.partition(p).row_count();
    }
    has_rows_ = true;
    Note(finder_->memory_bytes());
    if (can_spill && rows_.share_->MustSpill(noted_bytes_, rows_.context_.thread_count())) {
      TRIVET_RETURN_IF_ERROR(Spill());
    }
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override {
    rows_.AddLocal(std::move(finder_));
    return Status::OK();
  }

 private:
  void Restart(bool yields) {
    finder_ = std::make_unique<GroupFinder>(rows_.layout_, rows_.context_, kRadixBits,
                                            rows_.layout_->key_count(), kConsumer, yields);
    complete_rows_.assign(size_t{1} << kRadixBits, 0);
    has_rows_ = false;
  }
  Status Spill() {
    TRIVET_RETURN_IF_ERROR(rows_.Spill(*finder_, complete_rows_));
    finder_.reset();
    Restart(true);
    Note(0);
    return Status::OK();
  }
  void Note(size_t bytes) {
    rows_.share_->Change(noted_bytes_, bytes);
    noted_bytes_ = bytes;
  }

  CountedRows& rows_;
  const size_t side_;
  std::unique_ptr<GroupFinder> finder_;
  std::unique_ptr<GroupRuns> runs_;
  std::vector<size_t> complete_rows_;
  bool has_rows_ = false;
  size_t noted_bytes_ = 0;
};

class CountedRows::CountSink final : public Sink {
 public:
  CountSink(std::shared_ptr<CountedRows> rows, size_t side) : rows_(std::move(rows)), side_(side) {}
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSink>(std::make_unique<LocalCountSink>(*rows_, side_));
  }

 private:
  std::shared_ptr<CountedRows> rows_;
  const size_t side_;
};

class CountedRows::LocalCountSource final : public LocalSource {
 public:
  LocalCountSource(CountedRows& rows, std::unique_ptr<MorselTaker> taker)
      : rows_(rows), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (!open_) {
      const auto take = [&]() -> Result<std::optional<uint64_t>> {
        const std::optional<size_t> number = rows_.TakePart();
        if (number) number_ = *number;
        return number;
      };
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
      if (!taken) return Outcome::kBlocked;
      if (taker_->exhausted()) return Outcome::kFinished;
      TRIVET_ASSIGN_OR_RETURN(part_, rows_.OpenPart(number_));
      TRIVET_RETURN_IF_ERROR(rows_.Merge(part_));
      open_ = true;
      store_ = 0;
      sequence_ = 0;
      cursor_.reset();
    }
    open_ = Fill(out);
    if (open_) out.set_order({number_, sequence_++});
    return Outcome::kHaveOutput;
  }

 private:
  // Rows of one store go together: their strings have one owner. False at the part's end.
  bool Fill(Batch& out) {
    const size_t limit = rows_.context_.batch_size();
    const GroupLayout& layout = *rows_.layout_;
    uint8_t* given[kVectorSize];
    size_t count = 0;
    while (count == 0) {
      if (store_ == part_.stores.size()) return false;
      const RowStore& store = *part_.stores[store_];
      if (!cursor_) cursor_.emplace(store);
      while (count < limit) {
        if (copies_left_ == 0) {
          if (cursor_->Next(&row_, 1) == 0) break;
          copies_left_ = layout.IsMerged(row_) ? 0 : rows_.copies_(CountsOf(layout, row_));
          continue;
        }
        const size_t copies = std::min<size_t>(static_cast<size_t>(copies_left_), limit - count);
        std::fill_n(given + count, copies, row_);
        count += copies;
        copies_left_ -= static_cast<int64_t>(copies);
      }
      if (count != 0) {
        Gather(store, given, count, out);
      } else {
        cursor_.reset();
        ++store_;
      }
    }
    return true;
  }
  void Gather(const RowStore& store, uint8_t* const* given, size_t count, Batch& out) {
    std::vector<Vector> columns;
    for (size_t i = 0; i < store.layout().column_count(); ++i) {
      Vector column = Vector::MakeFlat(store.layout().types()[i], count);
      GatherColumn(store.layout(), i, given, count, column);
      if (column.type().physical() == PhysicalType::kString) OwnRows(store, column);
      columns.push_back(std::move(column));
    }
    out = Batch(std::move(columns), count);
  }

  CountedRows& rows_;
  std::unique_ptr<MorselTaker> taker_;
  size_t number_ = 0;
  Part part_;
  size_t store_ = 0;
  uint64_t sequence_ = 0;
  bool open_ = false;
  std::optional<RowStore::Cursor> cursor_;
  uint8_t* row_ = nullptr;
  int64_t copies_left_ = 0;
};

class CountedRows::CountSource final : public Source {
 public:
  CountSource(std::shared_ptr<CountedRows> rows,
              std::function<std::unique_ptr<MorselTaker>()> takers)
      : rows_(std::move(rows)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    TRIVET_RETURN_IF_ERROR(rows_->BeginReading());
    return std::unique_ptr<LocalSource>(std::make_unique<LocalCountSource>(*rows_, takers_()));
  }
  size_t max_threads() const override {
    constexpr size_t kRowsPerTask = size_t{1} << 14;
    return std::max<size_t>(1, rows_->row_count() / kRowsPerTask);
  }

 private:
  std::shared_ptr<CountedRows> rows_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
};

Result<std::shared_ptr<CountedRows>> CountedRows::Make(const std::vector<LogicalType>& types,
                                                       Copies copies,
                                                       const ExecutionContext& context,
                                                       OperatorMetrics* metrics) {
  TRIVET_ASSIGN_OR_RETURN(GroupLayoutPtr layout,
                          GroupLayout::Make(types, std::vector<uint8_t>(sizeof(Counts), 0)));
  return std::shared_ptr<CountedRows>(new CountedRows(std::move(layout), copies, context, metrics));
}

std::shared_ptr<Sink> CountedRows::MakeSink(size_t side) {
  return std::make_shared<CountSink>(shared_from_this(), side);
}

std::shared_ptr<Source> CountedRows::MakeSource(
    std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<CountSource>(shared_from_this(), std::move(takers));
}

void CountedRows::AddLocal(std::unique_ptr<GroupFinder> finder) {
  std::lock_guard lock(mutex_);
  locals_.push_back(std::move(finder));
  size_t bytes = 0;
  for (const auto& local : locals_) bytes += local->memory_bytes();
  if (metrics_ != nullptr) metrics_->NotePeakMemory(bytes);
  locals_.back()->EndInput();
}

Status CountedRows::Spill(const GroupFinder& finder, const std::vector<size_t>& complete_rows) {
  std::shared_ptr<SpilledRows> spilled;
  {
    std::lock_guard lock(mutex_);
    if (spilled_ == nullptr) {
      spilled_ =
          std::make_shared<SpilledRows>(context_, layout_->rows, size_t{1} << kRadixBits, metrics_);
    }
    spilled = spilled_;
    if (metrics_ != nullptr) metrics_->NotePeakMemory(share_->held_bytes());
  }
  const PartitionedRowStore& store = finder.table().store();
  for (size_t p = 0; p < store.partition_count(); ++p) {
    TRIVET_RETURN_IF_ERROR(spilled->Write(p, store.partition(p), complete_rows[p]));
  }
  return Status::OK();
}

// Where a part was spilled, so is the rest.
Status CountedRows::BeginReading() {
  std::lock_guard lock(mutex_);
  share_->SetComplete();
  if (spilled_ == nullptr || pieces_ != nullptr) return Status::OK();
  for (auto& local : locals_) {
    const PartitionedRowStore& store = local->table().store();
    for (size_t p = 0; p < store.partition_count(); ++p) {
      TRIVET_RETURN_IF_ERROR(spilled_->Write(p, store.partition(p)));
    }
    local.reset();
  }
  locals_.clear();
  share_->Change(share_->held_bytes(), 0);
  pieces_ = std::make_unique<SpilledPieces>(
      context_, spilled_, PartitionedRowStore::UppermostShift(kRadixBits), kConsumer, metrics_);
  return Status::OK();
}

std::optional<size_t> CountedRows::TakePart() {
  if (pieces_ != nullptr) return pieces_->Take();
  const size_t next = next_partition_.fetch_add(1, std::memory_order_relaxed);
  if (next >= size_t{1} << kRadixBits) return std::nullopt;
  return next;
}

Result<CountedRows::Part> CountedRows::OpenPart(size_t number) {
  Part part;
  if (pieces_ == nullptr) {
    for (const auto& local : locals_) {
      part.stores.push_back(&local->table().store().partition(number));
    }
    return part;
  }
  TRIVET_ASSIGN_OR_RETURN(
      part.loaded,
      pieces_->Load(number, share_->LoadBytes(context_.thread_count()), RowMerger::kBytesPerRow));
  if (part.loaded != nullptr) part.stores.push_back(part.loaded.get());
  return part;
}

size_t CountedRows::row_count() const {
  size_t count = spilled_ == nullptr ? 0 : spilled_->row_count();
  for (const auto& local : locals_) {
    for (size_t p = 0; p < size_t{1} << kRadixBits; ++p) {
      count += local->table().store().partition(p).row_count();
    }
  }
  return count;
}

Status CountedRows::Merge(const Part& part) {
  size_t rows = 0;
  for (const RowStore* store : part.stores) rows += store->row_count();
  RowMerger merger(*layout_, context_, kConsumer);
  TRIVET_RETURN_IF_ERROR(merger.Reserve(rows));
  for (const RowStore* store : part.stores) {
    TRIVET_RETURN_IF_ERROR(
        merger.Add(*store, [&](uint8_t* const* sources, uint8_t* const* targets, size_t count) {
          for (size_t i = 0; i < count; ++i) {
            const Counts& source = CountsOf(*layout_, sources[i]);
            Counts& target = CountsOf(*layout_, targets[i]);
            target.side[0] += source.side[0];
            target.side[1] += source.side[1];
          }
        }));
  }
  return Status::OK();
}

}  // namespace trivet
