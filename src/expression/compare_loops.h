#pragma once

#include <algorithm>

#include "expression/compare.h"
#include "expression/comparison_range.h"
#include "expression/ordering.h"
#include "vector/physical_dispatch.h"

namespace trivet {

// The loops behind compare.h, included only by the files that stamp them out.

struct CompareInput {
  const Vector& left;
  const Vector& right;
  const uint32_t* rows;  // of selections only
  size_t count;
};

struct EqualTo {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return Ordering<T>::Equal(a, b);
  }
};
struct NotEqualTo {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return !Ordering<T>::Equal(a, b);
  }
};
struct LessThan {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return Ordering<T>::Less(a, b);
  }
};
struct LessOrEqual {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return !Ordering<T>::Less(b, a);
  }
};
struct GreaterThan {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return Ordering<T>::Less(b, a);
  }
};
struct GreaterOrEqual {
  template <typename T>
  static bool Apply(const T& a, const T& b) {
    return !Ordering<T>::Less(a, b);
  }
};

// Calls body(op) with the operator of a comparison that is not [NOT] DISTINCT FROM.
template <typename Body>
auto DispatchComparison(Comparison comparison, const Body& body) {
  switch (comparison) {
    case Comparison::kEqual: return body(EqualTo{});
    case Comparison::kNotEqual: return body(NotEqualTo{});
    case Comparison::kLess: return body(LessThan{});
    case Comparison::kLessOrEqual: return body(LessOrEqual{});
    case Comparison::kGreater: return body(GreaterThan{});
    default: return body(GreaterOrEqual{});
  }
}

// One byte a row, NULL rows included, whatever their value.
template <typename T, typename Op>
void CompareLoop(const CompareInput& input, uint8_t* out) {
  const VectorView left = input.left.View();
  const VectorView right = input.right.View();
  const T* a = reinterpret_cast<const T*>(left.data);
  const T* b = reinterpret_cast<const T*>(right.data);
  const size_t count = input.count;
  if (left.selection == nullptr && right.selection == nullptr) {
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], b[i]);
  } else if (left.selection == nullptr && input.right.is_constant()) {
    const T constant = b[0];
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[i], constant);
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = Op::Apply(a[left.Index(i)], b[right.Index(i)]);
  }
}

template <typename T, typename Op>
size_t SelectAgainstConstant(const CompareInput& input, const T& constant, uint32_t* out) {
  const VectorView left = input.left.View();
  const T* a = reinterpret_cast<const T*>(left.data);
  size_t found = 0;
  if (left.selection == nullptr && input.rows == nullptr) {
    for (size_t i = 0; i < input.count; ++i) {
      out[found] = static_cast<uint32_t>(i);
      found += Op::Apply(a[i], constant);
    }
  } else if (left.selection == nullptr) {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      out[found] = row;
      found += Op::Apply(a[row], constant);
    }
  } else {
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows ? input.rows[i] : static_cast<uint32_t>(i);
      out[found] = row;
      found += Op::Apply(a[left.selection[row]], constant);
    }
  }
  return found;
}

template <typename T, typename Op>
size_t SelectLoop(const CompareInput& input, uint32_t* out) {
  const VectorView left = input.left.View();
  const VectorView right = input.right.View();
  const T* a = reinterpret_cast<const T*>(left.data);
  const T* b = reinterpret_cast<const T*>(right.data);
  const bool no_nulls = left.validity == nullptr && right.validity == nullptr;
  if (no_nulls && input.right.is_constant()) {
    return SelectAgainstConstant<T, Op>(input, b[0], out);
  }
  size_t found = 0;
  if (no_nulls && left.selection == nullptr && right.selection == nullptr && !input.rows) {
    for (size_t i = 0; i < input.count; ++i) {
      out[found] = static_cast<uint32_t>(i);
      found += Op::Apply(a[i], b[i]);
    }
    return found;
  }
  for (size_t i = 0; i < input.count; ++i) {
    const uint32_t row = input.rows ? input.rows[i] : static_cast<uint32_t>(i);
    out[found] = row;
    found +=
        Op::Apply(a[left.Index(row)], b[right.Index(row)]) & left.IsValid(row) & right.IsValid(row);
  }
  return found;
}

// The bytes of a comparison or, with `out`, its selection; one instance per physical type.
template <typename T>
void CompareTyped(Comparison comparison, const CompareInput& input, uint8_t* out) {
  DispatchComparison(comparison, [&](auto op) { CompareLoop<T, decltype(op)>(input, out); });
}
template <typename T>
size_t SelectTyped(Comparison comparison, const CompareInput& input, uint32_t* out) {
  if constexpr (kHasRangeKernel<T>) {
    // A constant here is not NULL. Among rows of a selection loops are as fast: gathering is slow.
    if (input.left.is_flat() && input.right.is_constant() && input.rows == nullptr) {
      return SelectRange(input.left.data<T>(), input.left.validity(),
                         RangeOfComparison(comparison, input.right.data<T>()[0]), input.count, out);
    }
  }
  return DispatchComparison(comparison,
                            [&](auto op) { return SelectLoop<T, decltype(op)>(input, out); });
}

#define TRIVET_COMPARE_TYPES(APPLY) \
  APPLY(int8_t)                     \
  APPLY(int16_t)                    \
  APPLY(int32_t)                    \
  APPLY(int64_t)                    \
  APPLY(uint8_t)                    \
  APPLY(uint16_t)                   \
  APPLY(uint32_t)                   \
  APPLY(uint64_t)                   \
  APPLY(int128_t)                   \
  APPLY(float)                      \
  APPLY(double)                     \
  APPLY(StringView)                 \
  APPLY(Interval)

#define TRIVET_DECLARE_COMPARE(T)                                                  \
  extern template void CompareTyped<T>(Comparison, const CompareInput&, uint8_t*); \
  extern template size_t SelectTyped<T>(Comparison, const CompareInput&, uint32_t*);
TRIVET_COMPARE_TYPES(TRIVET_DECLARE_COMPARE)
#undef TRIVET_DECLARE_COMPARE

}  // namespace trivet
