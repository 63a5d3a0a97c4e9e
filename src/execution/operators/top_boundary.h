#pragma once

#include <memory>
#include <mutex>

#include "execution/pipeline_builder.h"
#include "plan/logical_operators.h"
#include "storage/dynamic_filter.h"
#include "vector/row_layout.h"

namespace trivet {

// What a Top-N tells the scan that its first key comes from: rows whose key lies behind that of a
// row which so many others precede cannot matter, so the scan need not read the rest of them. Gets
// tighter as rows come in. Thread-safe.
class TopBoundary {
 public:
  // Null where the first key of the sort over `input` is no scan's column, where NULLs come first,
  // or where the type has values that compare equal and are not.
  static std::shared_ptr<TopBoundary> Make(const SortKey& first_key, const PhysicalOperator& input,
                                           PipelineBuilder& builder);

  // As many rows as matter are no later than this one (of the input's columns).
  void Tighten(const RowLayout& layout, uint8_t* row);

 private:
  TopBoundary(size_t column, bool descending, std::shared_ptr<DynamicFilter> filter)
      : column_(column), descending_(descending), filter_(std::move(filter)) {}

  const size_t column_;
  const bool descending_;
  const std::shared_ptr<DynamicFilter> filter_;
  std::mutex mutex_;  // of those who publish
};

}  // namespace trivet
