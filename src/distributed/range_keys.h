#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execution/operators/sort_key.h"
#include "expression/evaluator.h"

namespace trivet {

// By which keys a range exchange cuts, and how far they tell rows apart.
struct RangeKeys {
  std::vector<SortKey> keys;
  // Equal keys are cut by where the rows stand in the output of the stage that was sampled, so that
  // ranges are even whatever the keys. For stages whose tasks give the same rows in the same order
  // at every run.
  bool by_place = false;
};

// Sort keys as byte strings: a row that the sort puts before another never has the greater string,
// in memcmp order. Long keys are cut short, so that different rows may have one string; these fall
// into one range. Not synchronised.
class RangeKeyEncoder {
 public:
  static constexpr size_t kMostKeyBytes = 64;

  // `task` is the number of the task whose output the rows are. The context outlives the encoder.
  RangeKeyEncoder(const RangeKeys& range, uint32_t task, const EvaluationContext& context);

  // Makes the strings of all rows of the batch, the first of which is row number `first_row` of the
  // task's output; they hold until the next call.
  Status Encode(const Batch& batch, uint64_t first_row);
  std::string_view key(size_t row) const {
    return std::string_view(bytes_).substr(begins_[row], begins_[row + 1] - begins_[row]);
  }

 private:
  // One sort key: how its values are encoded.
  struct Column {
    SortKey key;
    std::optional<SortKeyEncoder> fixed;  // of values of one width; strings have none
    size_t width = 0;
  };
  void EncodeFixed(Column& column, const Vector& values, size_t row_count);
  void AppendKey(size_t row, std::span<const Vector> values);
  void AppendString(const Column& column, const Vector& values, size_t row);

  std::vector<Column> columns_;
  const bool by_place_;
  const uint32_t task_;
  Evaluator evaluator_;
  Batch values_;
  std::vector<std::vector<uint8_t>> fixed_;  // of each column: width bytes a row
  std::string bytes_;
  std::vector<size_t> begins_;
};

// A sample of a task's sort keys, any row as likely as any other. Its seed decides it. Not
// synchronised.
class KeySampler {
 public:
  static constexpr size_t kKeys = 256;

  explicit KeySampler(uint64_t seed) : random_(seed) {}

  void Add(std::string_view key);
  // In memcmp order.
  std::vector<std::string> Take();

 private:
  std::mt19937_64 random_;
  uint64_t rows_ = 0;
  std::vector<std::string> keys_;
};

}  // namespace trivet
