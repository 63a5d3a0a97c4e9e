#include "storage/memory_row_filter.h"

#include <algorithm>
#include <utility>

#include "context/metrics.h"
#include "storage/dynamic_match.h"

namespace trivet {

MemoryRowFilter::MemoryRowFilter(std::vector<std::unique_ptr<MemoryDynamic>>& filters) {
  for (const auto& filter : filters) {
    // What passed a bound that has been tightened since says little of what passes now.
    const bool tightens = filter->dynamic->filter->tightens();
    if (!tightens && LetsNearlyAllPass(filter->tested.load(std::memory_order_relaxed),
                                       filter->passed.load(std::memory_order_relaxed))) {
      continue;
    }
    std::shared_ptr<const DynamicFilter::Content> content = filter->dynamic->filter->Get();
    if (content != nullptr || tightens) steps_.push_back({filter.get(), std::move(content)});
  }
}

void MemoryRowFilter::Apply(Batch& batch) {
  uint32_t rows[kVectorSize];
  bool is_first = true;
  size_t count = batch.row_count();
  for (Step& step : steps_) {
    if (count == 0) break;
    MemoryDynamic& filter = *step.filter;
    if (filter.dynamic->filter->tightens()) step.content = filter.dynamic->filter->Get();
    if (step.content == nullptr) continue;
    std::vector<Vector> columns;
    for (const size_t place : filter.places) columns.push_back(batch.column(place));
    const size_t passed =
        SelectDynamicFilter(*step.content, columns, is_first ? nullptr : rows, count, rows);
    is_first = false;
    filter.tested.fetch_add(count, std::memory_order_relaxed);
    filter.passed.fetch_add(passed, std::memory_order_relaxed);
    if (filter.dynamic->metrics != nullptr) {
      filter.dynamic->metrics->rows_removed.fetch_add(count - passed, std::memory_order_relaxed);
    }
    count = passed;
  }
  if (count == batch.row_count()) return;
  auto kept = MakeIndices(count);
  std::copy_n(rows, count, kept.get());
  batch.Slice(std::move(kept), count);
}

}  // namespace trivet
