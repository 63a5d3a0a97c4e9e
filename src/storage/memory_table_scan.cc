#include <algorithm>
#include <atomic>
#include <map>

#include "expression/evaluator.h"
#include "expression/rewrite.h"
#include "storage/memory_row_filter.h"
#include "storage/memory_table.h"
#include "storage/sample_runs.h"

namespace trivet {

namespace {

// Rows of a morsel: a third of a chunk, so that small machines' threads share even one chunk.
constexpr size_t kMorselRows = MemoryTableBuilder::kChunkRows / 3;
static_assert(kMorselRows % kVectorSize == 0);

// May a row of the chunk satisfy `column comparison constant`?
bool BoundsAllow(const ColumnStatistics& bounds, Comparison comparison, const Value& constant) {
  if (constant.is_null()) {
    return comparison == Comparison::kDistinctFrom || comparison == Comparison::kNotDistinctFrom;
  }
  if (!bounds.min || !bounds.max) return true;
  switch (comparison) {
    case Comparison::kEqual:
      return CompareValues(*bounds.min, constant) <= 0 && CompareValues(*bounds.max, constant) >= 0;
    case Comparison::kLess: return CompareValues(*bounds.min, constant) < 0;
    case Comparison::kLessOrEqual: return CompareValues(*bounds.min, constant) <= 0;
    case Comparison::kGreater: return CompareValues(*bounds.max, constant) > 0;
    case Comparison::kGreaterOrEqual: return CompareValues(*bounds.max, constant) >= 0;
    default: return true;
  }
}

bool MayMatch(const MemoryChunk& chunk, const Expression& filter) {
  const auto statistics_of = [&](const Expression& node) -> const ColumnStatistics& {
    return chunk.statistics[node.input_index()];
  };
  switch (filter.kind()) {
    case ExpressionKind::kComparison: {
      const Expression& left = *filter.child(0);
      const Expression& right = *filter.child(1);
      if (left.kind() == ExpressionKind::kInput && right.IsConstant()) {
        return BoundsAllow(statistics_of(left), filter.comparison(), right.value());
      }
      if (right.kind() == ExpressionKind::kInput && left.IsConstant()) {
        return BoundsAllow(statistics_of(right), Swap(filter.comparison()), left.value());
      }
      return true;
    }
    case ExpressionKind::kIsNull:
      return filter.child(0)->kind() != ExpressionKind::kInput ||
             statistics_of(*filter.child(0)).null_count.value_or(1) > 0;
    case ExpressionKind::kIsNotNull:
      return filter.child(0)->kind() != ExpressionKind::kInput ||
             statistics_of(*filter.child(0)).null_count.value_or(0) < chunk.row_count;
    case ExpressionKind::kAnd:
      return std::ranges::all_of(filter.children(),
                                 [&](const ExpressionPtr& part) { return MayMatch(chunk, *part); });
    case ExpressionKind::kOr:
      return std::ranges::any_of(filter.children(),
                                 [&](const ExpressionPtr& part) { return MayMatch(chunk, *part); });
    default: return true;
  }
}

// What all morsels of one scan share; immutable but for the next morsel's number and the counts of
// what run-time filters let pass.
struct ScanState {
  struct Morsel {
    std::shared_ptr<const MemoryChunk> chunk;
    size_t begin;
    size_t end;
  };
  std::vector<Morsel> morsels;
  std::vector<ScanRequest::Dynamic> dynamic_filters;
  std::vector<std::unique_ptr<MemoryDynamic>> row_filters;  // the same, asked of each row
  std::vector<size_t> read;  // table ordinals of the batch on which the filters run
  size_t output_count = 0;   // the first of `read` are the output
  ExpressionPtr filter;      // over `read`; null: none
  const ExecutionContext* context = nullptr;
  OperatorMetrics* metrics = nullptr;
  uint64_t total_rows = 0;
  std::atomic<size_t> next{0};
};

// Whether a row of the chunk may pass a filter on the column.
bool ContentAllows(const DynamicFilter::Content& content, const MemoryChunk& chunk, size_t column) {
  const ColumnStatistics& bounds = chunk.statistics[column];
  if (bounds.null_count == chunk.row_count) return false;
  if (!content.list.is_none()) return content.list.MeetsRange(bounds.min, bounds.max);
  return (!content.min || BoundsAllow(bounds, Comparison::kGreaterOrEqual, *content.min)) &&
         (!content.max || BoundsAllow(bounds, Comparison::kLessOrEqual, *content.max));
}

// What a join or Top-N has published since that rules the whole chunk out; null: nothing.
const ScanRequest::Dynamic* ExcludingFilter(const ScanState& state, const MemoryChunk& chunk) {
  for (const ScanRequest::Dynamic& dynamic : state.dynamic_filters) {
    const auto content = dynamic.filter->Get();
    if (content == nullptr) continue;
    if (dynamic.metrics != nullptr) {
      dynamic.metrics->content.store(content->name(), std::memory_order_relaxed);
    }
    if (content->empty) return &dynamic;
    if (dynamic.columns.size() != 1) continue;  // it knows of no bounds
    if (!ContentAllows(*content, chunk, dynamic.columns.front())) return &dynamic;
  }
  return nullptr;
}

// Rows [begin, begin + count) of a stored column, sharing its memory.
Vector ColumnPart(const std::shared_ptr<const MemoryChunk>& chunk, size_t column, size_t begin,
                  size_t count) {
  const Vector& stored = chunk->columns[column];
  if (stored.is_dictionary()) {
    return Vector::MakeDictionary(stored.dictionary(), Indices(chunk, stored.codes().get() + begin),
                                  stored.dictionary_size(), stored.dictionary_id());
  }
  const bool whole_words = begin % 64 == 0;
  if (stored.type().IsNested()) {
    Vector copy = Vector::MakeFlat(stored.type(), std::max<size_t>(count, 1));
    auto rows = MakeIndices(std::max<size_t>(count, 1));
    for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(begin + i);
    CopyRows(stored, rows.get(), count, copy, 0);
    copy.AddOwner(chunk);
    return copy;
  }
  const uint8_t* data = stored.data<uint8_t>() + begin * TypeSize(stored.type());
  const uint64_t* validity = stored.validity();
  Vector part = Vector::Wrap(stored.type(), data,
                             validity && whole_words ? validity + begin / 64 : nullptr, chunk);
  if (validity && !whole_words) {
    auto bits = std::make_shared<std::vector<uint64_t>>(BitWords(count), 0);
    for (size_t i = 0; i < count; ++i) {
      if (BitIsSet(validity, begin + i)) (*bits)[i >> 6] |= uint64_t{1} << (i & 63);
    }
    part.SetValidity(bits->data(), bits);
  }
  return part;
}

class MemoryMorselReader final : public MorselReader {
 public:
  MemoryMorselReader(std::shared_ptr<ScanState> state, size_t number)
      : state_(std::move(state)), number_(number), position_(Morsel().begin) {
    if (state_->filter) evaluator_.emplace(std::vector{state_->filter}, *state_->context);
  }

  uint64_t morsel() const override { return number_; }

  Result<bool> Next(Batch& batch) override {
    const ScanState::Morsel& morsel = Morsel();
    if (position_ == morsel.begin) {
      if (const ScanRequest::Dynamic* by = ExcludingFilter(*state_, *morsel.chunk)) {
        if (state_->metrics) state_->metrics->rows_skipped += morsel.end - morsel.begin;
        if (by->metrics) {
          by->metrics->rows_removed += morsel.end - morsel.begin;
          ++by->metrics->groups_removed;
        }
        return false;
      }
      row_filter_.emplace(state_->row_filters);
    }
    if (position_ == morsel.end) return false;
    const size_t count = std::min(state_->context->batch_size(), morsel.end - position_);
    std::vector<Vector> columns;
    for (size_t ordinal : state_->read) {
      columns.push_back(ColumnPart(morsel.chunk, ordinal, position_, count));
    }
    position_ += count;
    Batch read(std::move(columns), count);
    row_filter_->Apply(read);
    if (evaluator_ && read.row_count() > 0) {
      auto rows = MakeIndices(read.row_count());
      size_t selected = 0;
      TRIVET_RETURN_IF_ERROR(evaluator_->Select(0, read, rows.get(), selected));
      read.mutable_columns().resize(state_->output_count);  // no more is sliced than is given
      if (selected < read.row_count()) read.Slice(rows, selected);
    }
    read.mutable_columns().resize(state_->output_count);
    read.set_order({number_, sequence_++});
    batch = std::move(read);
    return true;
  }

 private:
  const ScanState::Morsel& Morsel() const { return state_->morsels[number_]; }

  std::shared_ptr<ScanState> state_;
  size_t number_;
  size_t position_;
  uint64_t sequence_ = 0;
  std::optional<Evaluator> evaluator_;
  std::optional<MemoryRowFilter> row_filter_;
};

class MemoryTableScan final : public TableScan {
 public:
  explicit MemoryTableScan(std::shared_ptr<ScanState> state) : state_(std::move(state)) {}

  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    const size_t number = state_->next.fetch_add(1);
    if (number >= state_->morsels.size()) return std::unique_ptr<MorselReader>();
    return std::unique_ptr<MorselReader>(std::make_unique<MemoryMorselReader>(state_, number));
  }
  uint64_t total_rows() const override { return state_->total_rows; }

 private:
  std::shared_ptr<ScanState> state_;
};

// Numbers the columns that are read, outputs first, and rewrites the filters over those numbers.
void PlanColumns(const ScanRequest& request, ScanState& state) {
  state.read = request.columns;
  state.output_count = request.columns.size();
  std::map<size_t, uint32_t> places;
  for (size_t i = 0; i < state.read.size(); ++i) places.emplace(state.read[i], i);
  const auto place_of = [&](size_t column) {
    const auto [found, added] = places.emplace(column, state.read.size());
    if (added) state.read.push_back(column);
    return found->second;
  };
  std::vector<ExpressionPtr> filters;
  for (const ExpressionPtr& filter : request.filters) {
    filters.push_back(RewriteExpression(filter, [&](const ExpressionPtr& node) {
      if (node->kind() != ExpressionKind::kInput) return node;
      return Expression::Input(place_of(node->input_index()), node->type(), node->name());
    }));
  }
  if (!filters.empty()) state.filter = Expression::And(std::move(filters));
  // Rows left out before a filter that may fail would have its errors depend on timing.
  if (std::ranges::any_of(request.filters, [](const auto& filter) { return filter->can_fail(); })) {
    return;
  }
  state.dynamic_filters = request.dynamic_filters;
  for (const ScanRequest::Dynamic& dynamic : state.dynamic_filters) {
    auto& filter = state.row_filters.emplace_back(std::make_unique<MemoryDynamic>());
    filter->dynamic = &dynamic;
    for (const size_t column : dynamic.columns) filter->places.push_back(place_of(column));
  }
}

// A filter may rule a chunk out only where none ahead of it can raise an error on the chunk's rows.
bool FiltersAllow(const MemoryChunk& chunk, const std::vector<ExpressionPtr>& filters) {
  for (const ExpressionPtr& filter : filters) {
    if (filter->can_fail() || filter->is_volatile()) return true;
    if (!MayMatch(chunk, *filter)) return false;
  }
  return true;
}

void ListSample(const MemoryChunks& chunks, const std::vector<SampleRun>& runs, ScanState& state) {
  uint64_t first = 0;  // of the chunk's rows in the table
  for (const auto& chunk : chunks) {
    for (const SampleRun& run : runs) {
      const uint64_t begin = std::max(run.begin, first);
      const uint64_t end = std::min(run.end, first + chunk->row_count);
      if (begin >= end) continue;
      state.total_rows += end - begin;
      state.morsels.push_back({chunk, begin - first, end - first});
    }
    first += chunk->row_count;
  }
}

}  // namespace

Result<std::unique_ptr<TableScan>> MemoryTable::Scan(const ScanRequest& request,
                                                     const ExecutionContext& context) const {
  auto state = std::make_shared<ScanState>();
  state->context = &context;
  state->metrics = request.metrics;
  PlanColumns(request, *state);
  if (request.sample_rows > 0) {
    ListSample(chunks_, SampleRuns(request.sample_rows, row_count_), *state);
    return std::unique_ptr<TableScan>(std::make_unique<MemoryTableScan>(std::move(state)));
  }
  for (size_t i = request.part.begin(chunks_.size()); i < request.part.end(chunks_.size()); ++i) {
    const auto& chunk = chunks_[i];
    if (!FiltersAllow(*chunk, request.filters)) {
      if (state->metrics) state->metrics->rows_skipped += chunk->row_count;
      continue;
    }
    state->total_rows += chunk->row_count;
    for (size_t begin = 0; begin < chunk->row_count; begin += kMorselRows) {
      state->morsels.push_back({chunk, begin, std::min(begin + kMorselRows, chunk->row_count)});
    }
  }
  return std::unique_ptr<TableScan>(std::make_unique<MemoryTableScan>(std::move(state)));
}

}  // namespace trivet
