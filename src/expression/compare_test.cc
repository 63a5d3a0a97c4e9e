#include "expression/compare.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "base/testing/simd_levels.h"
#include "expression/ordering.h"

namespace trivet {
namespace {

class CompareTest : public testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(CompareTest);

constexpr Comparison kComparisons[] = {Comparison::kEqual,   Comparison::kNotEqual,
                                       Comparison::kLess,    Comparison::kLessOrEqual,
                                       Comparison::kGreater, Comparison::kGreaterOrEqual};

template <typename T>
bool IsTrue(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::kEqual: return Ordering<T>::Equal(a, b);
    case Comparison::kNotEqual: return !Ordering<T>::Equal(a, b);
    case Comparison::kLess: return Ordering<T>::Less(a, b);
    case Comparison::kLessOrEqual: return !Ordering<T>::Less(b, a);
    case Comparison::kGreater: return Ordering<T>::Less(b, a);
    default: return !Ordering<T>::Less(a, b);
  }
}

// Every value against every value, with and without NULLs, of all rows and of some.
template <typename T>
void CheckSelections(const LogicalType& type, const std::vector<T>& kinds, Value (*make)(T)) {
  std::mt19937_64 random(1);
  Vector column = Vector::MakeFlat(type);
  for (const bool with_nulls : {false, true}) {
    const size_t count = 1000 + random() % 1000;
    for (size_t row = 0; row < count; ++row) {
      column.mutable_data<T>()[row] = kinds[random() % kinds.size()];
      if (with_nulls && random() % 5 == 0) column.SetNull(row);
    }
    std::vector<uint32_t> some;
    for (uint32_t row = 0; row < count; ++row) {
      if (random() % 3 != 0) some.push_back(row);
    }
    for (const T& kind : kinds) {
      const Vector constant = Vector::MakeConstant(make(kind));
      for (const Comparison comparison : kComparisons) {
        for (const bool of_some : {false, true}) {
          std::vector<uint32_t> expected;
          for (uint32_t row = 0; row < count; ++row) {
            const bool in = !of_some || std::binary_search(some.begin(), some.end(), row);
            if (in && column.IsValid(row) && IsTrue(comparison, column.data<T>()[row], kind)) {
              expected.push_back(row);
            }
          }
          std::vector<uint32_t> out(count);
          out.resize(SelectComparison(comparison, column, constant, of_some ? some.data() : nullptr,
                                      of_some ? some.size() : count, out.data()));
          ASSERT_EQ(out, expected) << ComparisonSymbol(comparison) << " " << make(kind).ToString();
          out.resize(count);
          out.resize(
              SelectComparison(Swap(comparison), constant, column, nullptr, count, out.data()));
          if (!of_some) {
            ASSERT_EQ(out, expected) << ComparisonSymbol(comparison) << " swapped";
          }
        }
      }
    }
  }
}

TEST_P(CompareTest, SelectionsFollowTheEnginesOrder) {
  using Int = std::numeric_limits<int32_t>;
  using Long = std::numeric_limits<int64_t>;
  using Real = std::numeric_limits<double>;
  CheckSelections<int32_t>(TypeId::kInt32, {0, 1, -1, 7, Int::min(), Int::min() + 1, Int::max()},
                           Value::Int32);
  CheckSelections<int64_t>(
      TypeId::kInt64, {0, 1, -1, 7, int64_t{1} << 32, Long::min(), Long::min() + 1, Long::max()},
      Value::Int64);
  CheckSelections<double>(
      TypeId::kDouble,
      {0.0, -0.0, 1.5, -1.5, Real::denorm_min(), -Real::denorm_min(), Real::infinity(),
       -Real::infinity(), Real::quiet_NaN(), -Real::quiet_NaN(), Real::max(), Real::lowest()},
      Value::Double);
}

}  // namespace
}  // namespace trivet
