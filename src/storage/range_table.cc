#include "storage/range_table.h"

#include <algorithm>
#include <atomic>

#include "base/string_concat.h"

namespace trivet {

namespace {

constexpr uint64_t kMorselRows = 60 * kVectorSize;

// What the morsels of one scan share.
struct RangeScanState {
  int64_t start;
  int64_t step;
  uint64_t row_count;   // of the part
  size_t column_count;  // of the output; each is the one column
  size_t batch_size;
  std::atomic<uint64_t> next{0};
};

class RangeMorselReader final : public MorselReader {
 public:
  RangeMorselReader(std::shared_ptr<const RangeScanState> state, uint64_t number)
      : state_(std::move(state)),
        number_(number),
        position_(number * kMorselRows),
        end_(std::min(position_ + kMorselRows, state_->row_count)) {}

  uint64_t morsel() const override { return number_; }

  Result<bool> Next(Batch& batch) override {
    if (position_ >= end_) return false;
    const size_t count = std::min<uint64_t>(state_->batch_size, end_ - position_);
    std::vector<Vector> columns;
    if (state_->column_count > 0) {
      Vector values = Vector::MakeFlat(TypeId::kInt64, count);
      // Wrapping arithmetic: each value itself is in range, its offset need not be.
      for (size_t i = 0; i < count; ++i) {
        values.mutable_data<int64_t>()[i] =
            static_cast<int64_t>(static_cast<uint64_t>(state_->start) +
                                 (position_ + i) * static_cast<uint64_t>(state_->step));
      }
      columns.assign(state_->column_count, values);
    }
    position_ += count;
    Batch made(std::move(columns), count);
    made.set_order({number_, sequence_++});
    batch = std::move(made);
    return true;
  }

 private:
  std::shared_ptr<const RangeScanState> state_;
  uint64_t number_;
  uint64_t position_;
  uint64_t end_;
  uint64_t sequence_ = 0;
};

class RangeTableScan final : public TableScan {
 public:
  explicit RangeTableScan(std::shared_ptr<RangeScanState> state) : state_(std::move(state)) {}
  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    const uint64_t number = state_->next.fetch_add(1);
    // Compared by division, as the end of the last morsel may lie beyond 64 bits.
    if (number > state_->row_count / kMorselRows || number * kMorselRows >= state_->row_count) {
      return std::unique_ptr<MorselReader>();
    }
    return std::unique_ptr<MorselReader>(std::make_unique<RangeMorselReader>(state_, number));
  }
  uint64_t total_rows() const override { return state_->row_count; }

 private:
  std::shared_ptr<RangeScanState> state_;
};

}  // namespace

RangeTable::RangeTable(std::string column, int64_t start, int64_t step, uint64_t row_count)
    : columns_{{std::move(column), TypeId::kInt64, true}},
      start_(start),
      step_(step),
      row_count_(row_count) {}

TableStatistics RangeTable::statistics() const {
  TableStatistics statistics;
  statistics.row_count = row_count_;
  ColumnStatistics& column = statistics.columns.emplace_back();
  column.null_count = 0;
  column.distinct_count = static_cast<double>(row_count_);
  if (row_count_ == 0) return statistics;
  const auto last = static_cast<int64_t>(static_cast<uint64_t>(start_) +
                                         (row_count_ - 1) * static_cast<uint64_t>(step_));
  column.min = Value::Int64(std::min(start_, last));
  column.max = Value::Int64(std::max(start_, last));
  return statistics;
}

Result<std::unique_ptr<TableScan>> RangeTable::Scan(const ScanRequest& request,
                                                    const ExecutionContext& context) const {
  auto state = std::make_shared<RangeScanState>();
  const uint64_t begin = request.part.begin(row_count_);
  state->start =
      static_cast<int64_t>(static_cast<uint64_t>(start_) + begin * static_cast<uint64_t>(step_));
  state->step = step_;
  state->row_count = request.part.end(row_count_) - begin;
  state->column_count = request.columns.size();
  state->batch_size = context.batch_size();
  return std::unique_ptr<TableScan>(std::make_unique<RangeTableScan>(std::move(state)));
}

size_t RangeTable::split_count() const {
  return std::max<uint64_t>(1, row_count_ / kMorselRows + (row_count_ % kMorselRows > 0));
}

Result<TableReference> RangeTable::Reference() const {
  return TableReference{.opener = "range",
                        .options = {{"column", Value::Varchar(columns_[0].name)},
                                    {"start", Value::Int64(start_)},
                                    {"step", Value::Int64(step_)},
                                    {"row_count", Value::Integer(TypeId::kUInt64, row_count_)}}};
}

namespace {

Result<TablePtr> OpenRange(const TableReference& reference, FileSystem&) {
  const std::pair<std::string_view, TypeId> wanted[] = {{"column", TypeId::kVarchar},
                                                        {"start", TypeId::kInt64},
                                                        {"step", TypeId::kInt64},
                                                        {"row_count", TypeId::kUInt64}};
  bool fits = reference.options.size() == std::size(wanted);
  for (size_t i = 0; fits && i < std::size(wanted); ++i) {
    const auto& [name, value] = reference.options[i];
    fits = name == wanted[i].first && value.type() == wanted[i].second && !value.is_null();
  }
  if (!fits) return Status::Corruption("the reference to a range is not understood");
  const auto& options = reference.options;
  return TablePtr(std::make_shared<RangeTable>(options[0].second.string(),
                                               static_cast<int64_t>(options[1].second.integer()),
                                               static_cast<int64_t>(options[2].second.integer()),
                                               static_cast<uint64_t>(options[3].second.integer())));
}

}  // namespace

void RegisterRangeTable(TableOpeners& openers) { openers.Add("range", OpenRange); }

std::string RangeTable::description() const { return StrCat(row_count_, " rows"); }

}  // namespace trivet
