#include "distributed/range_keys.h"

#include <algorithm>
#include <utility>

namespace trivet {

namespace {

constexpr char kNullFirstByte = 0;
constexpr char kValueByte = 1;
constexpr char kNullLastByte = 2;

std::vector<ExpressionPtr> ExpressionsOf(const std::vector<SortKey>& keys) {
  std::vector<ExpressionPtr> expressions;
  for (const SortKey& key : keys) expressions.push_back(key.expression);
  return expressions;
}

// The leading keys that can make a difference: those behind them begin where strings are cut off.
std::vector<SortKey> KeysThatShow(const std::vector<SortKey>& keys) {
  std::vector<SortKey> shown;
  size_t bytes = 0;
  for (const SortKey& key : keys) {
    if (bytes >= RangeKeyEncoder::kMostKeyBytes) break;
    shown.push_back(key);
    const LogicalType& type = key.expression->type();
    // A string that is NULL takes one byte, and what stands behind it shows then.
    bytes += type.physical() == PhysicalType::kString ? 1 : 1 + TypeSize(type);
  }
  return shown;
}

void AppendBigEndian(std::string& bytes, uint64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
}

}  // namespace

RangeKeyEncoder::RangeKeyEncoder(const RangeKeys& range, uint32_t task,
                                 const EvaluationContext& context)
    : by_place_(range.by_place),
      task_(task),
      evaluator_(ExpressionsOf(KeysThatShow(range.keys)), context) {
  for (SortKey& key : KeysThatShow(range.keys)) {
    Column column;
    const bool is_string = key.expression->type().physical() == PhysicalType::kString;
    if (!is_string) {
      column.fixed.emplace(std::vector<SortKey>{key}, std::vector<size_t>{});
      column.width = column.fixed->key_bytes();
    }
    column.key = std::move(key);
    columns_.push_back(std::move(column));
  }
  fixed_.resize(columns_.size());
}

void RangeKeyEncoder::EncodeFixed(Column& column, const Vector& values, size_t row_count) {
  std::vector<uint8_t>& encoded = fixed_[static_cast<size_t>(&column - columns_.data())];
  encoded.resize(row_count * column.width);
  uint8_t* targets[kVectorSize];
  for (size_t row = 0; row < row_count; ++row) targets[row] = encoded.data() + row * column.width;
  column.fixed->Encode({values}, nullptr, row_count, BatchOrder(), targets);
}

// Zero bytes are escaped and two of them end the string, so that a prefix comes first and what
// stands behind the string shows only where strings are equal.
void RangeKeyEncoder::AppendString(const Column& column, const Vector& values, size_t row) {
  const VectorView view = values.View();
  if (!view.IsValid(row)) {
    bytes_.push_back(column.key.nulls_first ? kNullFirstByte : kNullLastByte);
    return;
  }
  bytes_.push_back(kValueByte);
  const size_t begin = bytes_.size();
  const std::string_view text = view.Get<StringView>(row).view();
  for (const char byte : text.substr(0, kMostKeyBytes)) {
    bytes_.push_back(byte);
    if (byte == 0) bytes_.push_back(static_cast<char>(0xFF));
  }
  // A text that is cut off makes the key as long as it may be: its end is not looked at.
  bytes_.append(2, '\0');
  if (!column.key.descending) return;
  for (size_t i = begin; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(~bytes_[i]);
}

void RangeKeyEncoder::AppendKey(size_t row, std::span<const Vector> values) {
  const size_t begin = bytes_.size();
  for (size_t i = 0; i < columns_.size() && bytes_.size() - begin <= kMostKeyBytes; ++i) {
    const Column& column = columns_[i];
    if (!column.fixed) {
      AppendString(column, values[i], row);
      continue;
    }
    // Behind the value stands a place in the input, which is none here.
    const uint8_t* encoded = fixed_[i].data() + row * column.width;
    bytes_.append(reinterpret_cast<const char*>(encoded),
                  column.width - SortKeyEncoder::kOrderBytes);
  }
  if (bytes_.size() - begin > kMostKeyBytes) bytes_.resize(begin + kMostKeyBytes);
}

Status RangeKeyEncoder::Encode(const Batch& batch, uint64_t first_row) {
  const size_t count = batch.row_count();
  TRIVET_RETURN_IF_ERROR(evaluator_.EvaluateAll(batch, values_));
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].fixed) EncodeFixed(columns_[i], values_.column(i), count);
  }
  bytes_.clear();
  begins_.clear();
  for (size_t row = 0; row < count; ++row) {
    const size_t begin = bytes_.size();
    begins_.push_back(begin);
    AppendKey(row, values_.columns());
    // A key that was cut off says too little for the place to decide between it and its like.
    if (!by_place_ || bytes_.size() - begin == kMostKeyBytes) continue;
    AppendBigEndian(bytes_, task_, 4);
    AppendBigEndian(bytes_, first_row + row, 8);
  }
  begins_.push_back(bytes_.size());
  return Status::OK();
}

void KeySampler::Add(std::string_view key) {
  ++rows_;
  if (keys_.size() < kKeys) {
    keys_.emplace_back(key);
    return;
  }
  const uint64_t place = random_() % rows_;
  if (place < kKeys) keys_[place] = key;
}

std::vector<std::string> KeySampler::Take() {
  std::sort(keys_.begin(), keys_.end());
  return std::move(keys_);
}

}  // namespace trivet
