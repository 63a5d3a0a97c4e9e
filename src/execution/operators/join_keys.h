#pragma once

#include "context/execution_context.h"
#include "execution/operators/join_runtime.h"

namespace trivet {

// Tells scans which keys a finished build side has, whether its rows lie in memory or on disk: the
// keys themselves where there are few; the range of integers and, where that is small, which of
// them there are; for all else, where rows of the scan outnumber the keys, their bounds and a Bloom
// filter. What the budget refuses is left out. For one thread, once all rows are there and before
// any is dropped.
class JoinKeyPublisher {
 public:
  // Both outlive it.
  JoinKeyPublisher(const JoinRuntime& runtime, const ExecutionContext& context)
      : runtime_(runtime), context_(context) {}

  Status Publish(const KeyPublication& publication) const;

 private:
  size_t RowCount() const;
  // visit(page) of all rows, as long as it returns true.
  template <typename Visit>
  Status ForEachPage(const Visit& visit) const;
  template <typename Visit>
  Status ForEachInteger(size_t key, const Visit& visit) const;
  // The table's directory tells which integers are keys.
  bool IsDirect() const;
  Status AddRange(size_t key, DynamicFilter::Content& content) const;
  Status AddBitmap(size_t key, DynamicFilter::Content& content) const;
  Status AddList(size_t key, DynamicFilter::Content& content) const;
  Status AddBounds(size_t key, DynamicFilter::Content& content) const;
  Status AddBloom(const KeyPublication& publication, DynamicFilter::Content& content) const;
  bool Pays(const KeyPublication& publication, size_t rows) const;
  // Whether the content may take so many bytes more.
  Result<bool> Reserve(size_t bytes, DynamicFilter::Content& content) const;

  const JoinRuntime& runtime_;
  const ExecutionContext& context_;
};

}  // namespace trivet
