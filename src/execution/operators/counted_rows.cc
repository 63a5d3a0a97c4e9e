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
      : rows_(rows),
        side_(side),
        finder_(std::make_unique<GroupFinder>(rows.layout_, rows.context_, kRadixBits,
                                              rows.layout_->key_count(), kConsumer)),
        runs_(std::make_unique<GroupRuns>()) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    const size_t count = batch.row_count();
    std::vector<Vector> keys;
    for (const Vector& column : batch.columns()) keys.push_back(GroupKey(column, count));
    uint8_t* rows[kVectorSize];
    TRIVET_RETURN_IF_ERROR(finder_->Find(keys, count, rows, *runs_));
    for (size_t i = 0; i < count; ++i) ++CountsOf(*rows_.layout_, rows[i]).side[side_];
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override {
    rows_.AddLocal(std::move(finder_));
    return Status::OK();
  }

 private:
  CountedRows& rows_;
  const size_t side_;
  std::unique_ptr<GroupFinder> finder_;
  std::unique_ptr<GroupRuns> runs_;
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
        const std::optional<size_t> partition = rows_.TakePartition();
        if (partition) partition_ = *partition;
        return partition;
      };
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
      if (!taken) return Outcome::kBlocked;
      if (taker_->exhausted()) return Outcome::kFinished;
      TRIVET_RETURN_IF_ERROR(rows_.MergePartition(partition_));
      open_ = true;
      local_ = 0;
      sequence_ = 0;
      cursor_.reset();
    }
    open_ = Fill(out);
    if (open_) out.set_order({partition_, sequence_++});
    return Outcome::kHaveOutput;
  }

 private:
  // Rows of one store go together: their strings have one owner. False at the partition's end.
  bool Fill(Batch& out) {
    const size_t limit = rows_.context_.batch_size();
    const GroupLayout& layout = *rows_.layout_;
    uint8_t* given[kVectorSize];
    size_t count = 0;
    while (count == 0) {
      if (local_ == rows_.locals_.size()) return false;
      const RowStore& store = rows_.locals_[local_]->table().store().partition(partition_);
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
        ++local_;
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
  size_t partition_ = 0;
  size_t local_ = 0;
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

std::optional<size_t> CountedRows::TakePartition() {
  const size_t next = next_partition_.fetch_add(1, std::memory_order_relaxed);
  if (next >= size_t{1} << kRadixBits) return std::nullopt;
  return next;
}

size_t CountedRows::row_count() const {
  size_t count = 0;
  for (const auto& local : locals_) {
    for (size_t p = 0; p < size_t{1} << kRadixBits; ++p) {
      count += local->table().store().partition(p).row_count();
    }
  }
  return count;
}

Status CountedRows::MergePartition(size_t partition) {
  size_t rows = 0;
  for (const auto& local : locals_) rows += local->table().store().partition(partition).row_count();
  RowMerger merger(*layout_, context_, kConsumer);
  TRIVET_RETURN_IF_ERROR(merger.Reserve(rows));
  for (const auto& local : locals_) {
    TRIVET_RETURN_IF_ERROR(
        merger.Add(local->table().store().partition(partition),
                   [&](uint8_t* const* sources, uint8_t* const* targets, size_t count) {
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
