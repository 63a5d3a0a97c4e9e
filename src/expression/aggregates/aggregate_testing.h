#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/memory.h"
#include "expression/expression.h"
#include "expression/function_registry.h"

namespace trivet {

// Unlimited unless told otherwise; what tests reserve against.
class TestMemory final : public MemoryManager {
 public:
  size_t reserved_bytes() const override { return used_; }
  size_t peak_bytes() const override { return used_; }
  size_t limit_bytes() const override { return limit_; }
  void set_limit(size_t limit) { limit_ = limit; }

 protected:
  Status Grow(size_t bytes, std::string_view consumer) override {
    if (used_ + bytes > limit_) return Status::OutOfMemory(std::string(consumer));
    used_ += bytes;
    return Status::OK();
  }
  void Shrink(size_t bytes) noexcept override { used_ -= bytes; }

 private:
  size_t limit_ = ~size_t{0} >> 1;
  size_t used_ = 0;
};

class TestEvaluationContext final : public EvaluationContext {
 public:
  int64_t query_time_micros() const override { return 0; }
  uint64_t random_seed() const override { return 0; }
  const std::string& time_zone() const override { return time_zone_; }
  MemoryManager& memory() const override { return memory_; }
  const CancellationToken& cancellation() const override { return cancellation_; }
  TestMemory& test_memory() const { return memory_; }

 private:
  std::string time_zone_ = "UTC";
  CancellationToken cancellation_;
  mutable TestMemory memory_;
};

using ValueRows = std::vector<std::vector<Value>>;  // a row: one value per argument

// An aggregate call over columns, bound as the binder would. Constants stand for themselves.
class BoundTestAggregate {
 public:
  // `types` of the leading, varying arguments; `constants` follow.
  BoundTestAggregate(const std::string& name, std::vector<LogicalType> types,
                     std::vector<Value> constants = {});

  const Status& status() const { return status_; }
  const BoundAggregateFunction& bound() const { return bound_; }
  // All rows into one state, row by row in flat vectors.
  Result<Value> Compute(const ValueRows& rows) const;
  // The rows cut into batches of random sizes and encodings, spread over several states and arenas
  // that are combined in random order; other groups are updated beside.
  Result<Value> ComputeSplit(const ValueRows& rows, uint64_t seed) const;
  // The same rows spread over `parts` states, each as bytes.
  std::vector<std::string> Serialize(const ValueRows& rows, size_t parts, uint64_t seed) const;
  // What states of these bytes, combined in this order, are, as a value and as bytes.
  Result<Value> ComputeFrom(const std::vector<std::string>& states) const;
  Result<std::string> Merge(const std::vector<std::string>& states) const;

 private:
  class Run;
  std::vector<std::unique_ptr<Run>> RunParts(const ValueRows& rows, size_t parts,
                                             std::mt19937_64& random,
                                             const TestEvaluationContext& context) const;
  std::vector<Vector> MakeColumns(const ValueRows& rows, size_t from, size_t count,
                                  std::mt19937_64* random) const;

  Status status_;
  size_t varying_ = 0;
  std::vector<Value> constants_;
  BoundAggregateFunction bound_;
};

// Computes in one go and in many splits, expects identical bits, and returns the value.
Value Aggregate(const std::string& name, const std::vector<LogicalType>& types,
                const ValueRows& rows, const std::vector<Value>& constants = {});
// The same for one argument.
Value AggregateOf(const std::string& name, const LogicalType& type,
                  const std::vector<Value>& values, const std::vector<Value>& constants = {});
std::vector<Value> Doubles(const std::vector<double>& values);
std::vector<Value> Integers(const LogicalType& type, const std::vector<int64_t>& values);
std::vector<Value> Strings(const std::vector<std::string>& values);
// Same type, NULL-ness and bits.
bool Identical(const Value& a, const Value& b);

}  // namespace trivet
