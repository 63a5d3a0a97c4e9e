// Filters to selection vectors, run-time filters of joins, hashes and sums of columns.
#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "context/query_context.h"
#include "expression/compare.h"
#include "expression/evaluator.h"
#include "report.h"
#include "storage/dynamic_match.h"
#include "types/exact_sum.h"
#include "vector/hash_vector.h"

namespace trivet::bench {

namespace {

constexpr size_t kCount = size_t{1} << 20;
constexpr size_t kVectors = kCount / kVectorSize;

// A column in vectors, over one array.
template <typename T>
struct Column {
  explicit Column(LogicalType type_of) : type(std::move(type_of)), values(kCount) {}
  void Cut(bool with_nulls) {
    vectors.clear();
    for (size_t i = 0; i < kVectors; ++i) {
      const uint64_t* bits = with_nulls ? validity.data() + i * BitWords(kVectorSize) : nullptr;
      vectors.push_back(
          Vector::Wrap(type, values.data() + i * kVectorSize, bits, nullptr, kVectorSize));
    }
  }
  LogicalType type;
  std::vector<T> values;
  std::vector<uint64_t> validity;
  std::vector<Vector> vectors;
};

uint64_t Sum(const uint32_t* rows, size_t count) {
  return HashBytes(rows, count * sizeof(uint32_t)) + count;
}

template <typename T, typename Select>
uint64_t SelectAll(const Column<T>& column, bool check, const Select& select) {
  static uint32_t rows[kVectorSize];
  uint64_t sum = 0;
  for (size_t i = 0; i < kVectors; ++i) {
    const size_t count = select(i, column.values.data() + i * kVectorSize, rows);
    Use(rows[0]);
    sum = check ? sum * 31 + Sum(rows, count) : sum + count;
  }
  return sum;
}

// Values below 1,000,000, of which `share` in 100 pass.
template <typename T>
void MeasureLess(Report& report, const std::string& name, const LogicalType& type, int share,
                 Value (*make)(T)) {
  if (!report.Wants("filter", name)) return;
  std::mt19937_64 random(1);
  Column<T> column(type);
  for (T& value : column.values) value = static_cast<T>(random() % 1'000'000);
  column.Cut(false);
  const auto bound = static_cast<T>(share) * 10'000;
  const Vector constant = Vector::MakeConstant(make(bound));
  report.Compare(
      "filter", name, "row", kCount,
      [&](bool check) {
        return SelectAll(column, check, [&](size_t, const T* values, uint32_t* rows) {
          size_t count = 0;
          for (uint32_t row = 0; row < kVectorSize; ++row) {
            rows[count] = row;
            count += values[row] < bound;
          }
          return count;
        });
      },
      [&](bool check) {
        return SelectAll(column, check, [&](size_t i, const T*, uint32_t* rows) {
          return SelectComparison(Comparison::kLess, column.vectors[i], constant, nullptr,
                                  kVectorSize, rows);
        });
      },
      true);
}

void MeasureLessWithNulls(Report& report) {
  std::mt19937_64 random(2);
  Column<int32_t> column(TypeId::kInt32);
  column.validity.resize(kVectors * BitWords(kVectorSize));
  for (uint64_t& word : column.validity) word = random() | random() | random();
  for (int32_t& value : column.values) value = static_cast<int32_t>(random() % 1000);
  column.Cut(true);
  const Vector constant = Vector::MakeConstant(Value::Int32(500));
  report.Compare(
      "filter", "int32 < c, 1 in 8 NULL", "row", kCount,
      [&](bool check) {
        return SelectAll(column, check, [&](size_t i, const int32_t* values, uint32_t* rows) {
          const uint64_t* valid = column.vectors[i].validity();
          size_t count = 0;
          for (uint32_t row = 0; row < kVectorSize; ++row) {
            rows[count] = row;
            count += (values[row] < 500) & (valid[row / 64] >> (row % 64) & 1);
          }
          return count;
        });
      },
      [&](bool check) {
        return SelectAll(column, check, [&](size_t i, const int32_t*, uint32_t* rows) {
          return SelectComparison(Comparison::kLess, column.vectors[i], constant, nullptr,
                                  kVectorSize, rows);
        });
      },
      true);
}

// Two conjuncts through the evaluator: the second sees the survivors of the first.
void MeasureBetween(Report& report) {
  std::mt19937_64 random(3);
  Column<int32_t> column(TypeId::kInt32);
  for (int32_t& value : column.values) value = static_cast<int32_t>(random() % 1000);
  column.Cut(false);
  const ExpressionPtr input = Expression::Input(0, TypeId::kInt32);
  const auto bound = [&](Comparison comparison, int32_t value) {
    return Expression::Compare(comparison, input, Expression::Constant(Value::Int32(value)));
  };
  const QueryContext context({}, FileSystem::Local(), nullptr);
  Evaluator evaluator(
      {Expression::And({bound(Comparison::kGreaterOrEqual, 300), bound(Comparison::kLess, 400)})},
      context);
  report.Compare(
      "filter", "a <= int32 < b, 10 % pass", "row", kCount,
      [&](bool check) {
        return SelectAll(column, check, [&](size_t, const int32_t* values, uint32_t* rows) {
          size_t count = 0;
          for (uint32_t row = 0; row < kVectorSize; ++row) {
            rows[count] = row;
            count += (values[row] >= 300) & (values[row] < 400);
          }
          return count;
        });
      },
      [&](bool check) {
        return SelectAll(column, check, [&](size_t i, const int32_t*, uint32_t* rows) {
          size_t count = 0;
          Must(evaluator.Select(0, Batch({column.vectors[i]}, kVectorSize), rows, count));
          return count;
        });
      },
      true);
}

// A join's keys as a bitmap, against a column of foreign keys.
template <typename T>
void MeasureBitmap(Report& report, const std::string& name, const LogicalType& type,
                   Value (*make)(T), size_t range) {
  if (!report.Wants("run-time filter", name)) return;
  std::mt19937_64 random(4);
  Column<T> column(type);
  for (T& value : column.values) value = static_cast<T>(1 + random() % (range + range / 4));
  column.Cut(false);
  DynamicFilter::Content content;
  content.min = make(1);
  content.max = make(static_cast<T>(range));
  content.bitmap.resize(BitWords(range));
  for (uint64_t& word : content.bitmap) word = random() & random() & random();
  report.Compare(
      "run-time filter", name, "row", kCount,
      [&](bool check) {
        return SelectAll(column, check, [&](size_t, const T* values, uint32_t* rows) {
          size_t count = 0;
          for (uint32_t row = 0; row < kVectorSize; ++row) {
            const uint64_t place = static_cast<uint64_t>(values[row]) - 1;
            rows[count] = row;
            count += place < range && (content.bitmap[place / 64] >> (place % 64) & 1);
          }
          return count;
        });
      },
      [&](bool check) {
        return SelectAll(column, check, [&](size_t i, const T*, uint32_t* rows) {
          return SelectDynamicFilter(content, {&column.vectors[i], 1}, nullptr, kVectorSize, rows);
        });
      },
      true);
}

void MeasureHash(Report& report) {
  std::mt19937_64 random(5);
  Column<int64_t> column(TypeId::kInt64);
  for (int64_t& value : column.values) value = static_cast<int64_t>(random());
  column.Cut(false);
  static uint64_t hashes[kVectorSize];
  const auto each = [&](bool check, const auto& hash) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kVectors; ++i) {
      hash(i);
      Use(hashes[0]);
      if (check) sum = sum * 31 + HashBytes(hashes, sizeof(hashes));
    }
    return sum;
  };
  report.Compare(
      "hash", "int64", "row", kCount,
      [&](bool check) {
        return each(check, [&](size_t i) {
          const int64_t* values = column.values.data() + i * kVectorSize;
          for (size_t row = 0; row < kVectorSize; ++row) {
            hashes[row] = HashInt64(static_cast<uint64_t>(values[row]));
          }
        });
      },
      [&](bool check) {
        return each(check, [&](size_t i) { HashVector(column.vectors[i], kVectorSize, hashes); });
      },
      true);
}

void MeasureExactSum(Report& report) {
  std::mt19937_64 random(6);
  std::vector<double> values(kCount);
  // Of which a naive loop makes no error, so that the answers can be compared.
  for (double& value : values) value = static_cast<double>(random() % 1'000'000) / 4;
  const ExactSumArena nothing{nullptr, [](void*, size_t) -> void* { return nullptr; }};
  report.Compare(
      "sum", "double, exact", "value", kCount,
      [&](bool) {
        double sum = 0;
        for (const double value : values) sum += value;
        return std::bit_cast<uint64_t>(sum);
      },
      [&](bool) {
        ExactSum sum;
        for (size_t at = 0; at < kCount; at += kVectorSize) {
          sum.AddBlock(values.data() + at, kVectorSize, nothing);
        }
        return std::bit_cast<uint64_t>(sum.Rounded());
      },
      true);
}

}  // namespace

void MeasureFilters(Report& report) {
  MeasureLess<int32_t>(report, "int32 < c, 1 % pass", TypeId::kInt32, 1, Value::Int32);
  MeasureLess<int32_t>(report, "int32 < c, 50 % pass", TypeId::kInt32, 50, Value::Int32);
  MeasureLess<int64_t>(report, "int64 < c, 50 % pass", TypeId::kInt64, 50, Value::Int64);
  MeasureLess<double>(report, "double < c, 50 % pass", TypeId::kDouble, 50, Value::Double);
  if (report.Wants("filter", "int32 < c, 1 in 8 NULL")) MeasureLessWithNulls(report);
  if (report.Wants("filter", "a <= int32 < b, 10 % pass")) MeasureBetween(report);
  MeasureBitmap<int32_t>(report, "int32, bitmap of 25 KB", TypeId::kInt32, Value::Int32, 200'000);
  MeasureBitmap<int64_t>(report, "int64, bitmap of 25 KB", TypeId::kInt64, Value::Int64, 200'000);
  MeasureBitmap<int64_t>(report, "int64, bitmap of 750 KB", TypeId::kInt64, Value::Int64,
                         6'000'000);
  if (report.Wants("hash", "int64")) MeasureHash(report);
  if (report.Wants("sum", "double, exact")) MeasureExactSum(report);
}

}  // namespace trivet::bench
