#pragma once

// What tests of expressions and functions share: a context without a query, vectors from values,
// and every encoding of one column.

#include <algorithm>
#include <string>
#include <vector>

#include "expression/evaluator.h"
#include "expression/function_registry.h"
#include "vector/batch.h"

namespace trivet::testing {

// A budget of 64 MiB.
class TestMemory : public MemoryManager {
 public:
  size_t reserved_bytes() const override { return reserved_; }
  size_t peak_bytes() const override { return peak_; }
  size_t limit_bytes() const override { return size_t{64} << 20; }

 protected:
  Status Grow(size_t bytes, std::string_view) override {
    if (reserved_ + bytes > limit_bytes()) return Status::OutOfMemory("over the test's budget");
    reserved_ += bytes;
    peak_ = std::max(peak_, reserved_);
    return Status::OK();
  }
  void Shrink(size_t bytes) noexcept override { reserved_ -= bytes; }

 private:
  size_t reserved_ = 0;
  size_t peak_ = 0;
};

// 2024-02-29 12:34:56.789012 UTC.
class TestContext : public EvaluationContext {
 public:
  int64_t query_time_micros() const override { return 1709210096789012; }
  uint64_t random_seed() const override { return 42; }
  const std::string& time_zone() const override { return time_zone_; }
  MemoryManager& memory() const override { return memory_; }
  const CancellationToken& cancellation() const override { return token_; }
  void set_time_zone(std::string zone) { time_zone_ = std::move(zone); }

 private:
  std::string time_zone_ = "UTC";
  mutable TestMemory memory_;
  CancellationToken token_;
};

inline Vector FlatOf(const LogicalType& type, const std::vector<Value>& values) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(values.size(), 1));
  for (size_t row = 0; row < values.size(); ++row) vector.SetValue(row, values[row]);
  return vector;
}

inline std::vector<Value> ValuesOf(const Vector& vector, size_t count) {
  std::vector<Value> values;
  for (size_t row = 0; row < count; ++row) values.push_back(vector.GetValue(row));
  return values;
}

inline ExpressionPtr InputOf(uint32_t index, LogicalType type) {
  return Expression::Input(index, std::move(type));
}

}  // namespace trivet::testing
