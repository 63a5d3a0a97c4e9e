#include "expression/compare.h"

#include <cstring>

#include "expression/compare_loops.h"

namespace trivet {

namespace {

bool IsDistinctTest(Comparison comparison) {
  return comparison == Comparison::kDistinctFrom || comparison == Comparison::kNotDistinctFrom;
}

// Lists and structs go value by value.
bool CompareNested(Comparison comparison, const Vector& left, const Vector& right, size_t row) {
  const int order = CompareValues(left.GetValue(row), right.GetValue(row));
  switch (comparison) {
    case Comparison::kEqual: return order == 0;
    case Comparison::kNotEqual: return order != 0;
    case Comparison::kLess: return order < 0;
    case Comparison::kLessOrEqual: return order <= 0;
    case Comparison::kGreater: return order > 0;
    default: return order >= 0;
  }
}

void CompareBytes(Comparison comparison, const CompareInput& input, uint8_t* out) {
  if (input.left.type().IsNested()) {
    for (size_t row = 0; row < input.count; ++row) {
      out[row] = input.left.IsValid(row) && input.right.IsValid(row) &&
                 CompareNested(comparison, input.left, input.right, row);
    }
    return;
  }
  DispatchPhysical(input.left.type().physical(),
                   [&]<typename T>() { CompareTyped<T>(comparison, input, out); });
}

void AndValidity(const Vector& argument, size_t count, Vector& result) {
  const VectorView view = argument.View();
  if (view.validity == nullptr) return;
  uint64_t* out = result.MutableValidity();
  if (view.selection == nullptr) {
    for (size_t word = 0; word < BitWords(count); ++word) out[word] &= view.validity[word];
    return;
  }
  for (size_t row = 0; row < count; ++row) {
    const uint64_t valid = BitIsSet(view.validity, view.selection[row]);
    out[row >> 6] &= ~((valid ^ 1) << (row & 63));
  }
}

void CompareDistinct(Comparison comparison, const CompareInput& input, uint8_t* out) {
  CompareBytes(Comparison::kNotEqual, input, out);
  const VectorView left = input.left.View();
  const VectorView right = input.right.View();
  if (left.validity != nullptr || right.validity != nullptr) {
    for (size_t row = 0; row < input.count; ++row) {
      const bool a = left.IsValid(row);
      const bool b = right.IsValid(row);
      if (!a || !b) out[row] = a != b;
    }
  }
  if (comparison == Comparison::kNotDistinctFrom) {
    for (size_t row = 0; row < input.count; ++row) out[row] ^= 1;
  }
}

}  // namespace

void CompareVectors(Comparison comparison, const Vector& left, const Vector& right, size_t count,
                    Vector& result) {
  if (left.is_constant() && !right.is_constant()) {
    return CompareVectors(Swap(comparison), right, left, count, result);
  }
  const bool once = left.is_constant() && right.is_constant();
  const bool distinct = IsDistinctTest(comparison);
  if (!distinct && (left.IsConstantNull() || right.IsConstantNull())) {
    result = Vector::MakeNull(TypeId::kBoolean);
    return;
  }
  if (once) count = std::min<size_t>(count, 1);
  result.Reset(TypeId::kBoolean, std::max(count, kVectorSize));
  auto* out = result.mutable_data<uint8_t>();
  const CompareInput input{left, right, nullptr, count};
  if (distinct) {
    CompareDistinct(comparison, input, out);
  } else {
    CompareBytes(comparison, input, out);
    AndValidity(left, count, result);
    AndValidity(right, count, result);
  }
  if (once) result.SetConstant();
}

size_t SelectComparison(Comparison comparison, const Vector& left, const Vector& right,
                        const uint32_t* rows, size_t count, uint32_t* out) {
  if (left.is_constant() && !right.is_constant()) {
    return SelectComparison(Swap(comparison), right, left, rows, count, out);
  }
  if (!IsDistinctTest(comparison)) {
    if (left.IsConstantNull() || right.IsConstantNull()) return 0;
    if (!left.type().IsNested()) {
      const CompareInput input{left, right, rows, count};
      return DispatchPhysical(left.type().physical(),
                              [&]<typename T>() { return SelectTyped<T>(comparison, input, out); });
    }
  }
  // The rest is rare: compare all rows up to the last one wanted, then pick.
  const size_t end = rows == nullptr ? count : (count == 0 ? 0 : rows[count - 1] + size_t{1});
  Vector bytes;
  CompareVectors(comparison, left, right, end, bytes);
  const VectorView view = bytes.View();
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = rows ? rows[i] : static_cast<uint32_t>(i);
    out[found] = row;
    found += view.IsValid(row) && view.Get<uint8_t>(row) != 0;
  }
  return found;
}

}  // namespace trivet
