#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "execution/operators/sort.h"
#include "execution/testing/rows_operator.h"

// For tests of sorting alone: inputs whose last column numbers the rows, and what sorting them
// gives.
namespace trivet::testing {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;

inline const std::vector<PhysicalColumn> kSchema = {
    {"i", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"d", TypeId::kDouble}, {"n", TypeId::kInt64}};

inline SortKey Key(size_t column, bool descending = false, bool nulls_first = false) {
  return {
      Expression::Input(static_cast<uint32_t>(column), kSchema[column].type, kSchema[column].name),
      descending, nulls_first};
}

inline Rows RandomRows(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bits = random();
    Row row = {Value::Int32(static_cast<int>(bits % 10)),
               Value::Varchar(std::string(1 + bits / 10 % 2, 'a') +
                              (bits / 20 % 3 == 0 ? " with a long tail" : "")),
               Value::Double(static_cast<double>(bits / 60 % 5) - 2),
               Value::Int64(static_cast<int64_t>(i))};
    for (size_t c = 0; c < 3; ++c) {
      if (random() % 8 == 0) row[c] = Value::Null(kSchema[c].type);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

inline int CompareByKey(const Row& left, const Row& right, const SortKey& key) {
  const Value& a = left[key.expression->input_index()];
  const Value& b = right[key.expression->input_index()];
  if (a.is_null() || b.is_null()) {
    if (a.is_null() && b.is_null()) return 0;
    return a.is_null() == key.nulls_first ? -1 : 1;
  }
  const int order = CompareValues(a, b);
  return key.descending ? -order : order;
}

inline Rows Sorted(Rows rows, const std::vector<SortKey>& keys) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    for (const SortKey& key : keys) {
      const int order = CompareByKey(a, b, key);
      if (order != 0) return order < 0;
    }
    return false;
  });
  return rows;
}

// Rows [offset, offset + limit) of each run of rows that agree in the key.
inline Rows FirstOfGroups(const Rows& sorted, const SortKey& group, uint64_t limit,
                          uint64_t offset) {
  Rows kept;
  uint64_t place = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    place = i > 0 && CompareByKey(sorted[i - 1], sorted[i], group) == 0 ? place + 1 : 0;
    if (place >= offset && place - offset < limit) kept.push_back(sorted[i]);
  }
  return kept;
}

inline std::vector<int64_t> Numbers(const Rows& rows) {
  std::vector<int64_t> numbers;
  for (const Row& row : rows) numbers.push_back(static_cast<int64_t>(row.back().integer()));
  return numbers;
}

inline std::shared_ptr<PhysicalOperator> MakeSort(PhysicalSort::Fields fields, PhysicalPlan child) {
  const_cast<PhysicalOperator&>(*child).set_id(1);
  auto plan = std::make_shared<PhysicalSort>(std::move(fields), std::move(child));
  plan->set_id(0);
  return plan;
}

inline PhysicalPlan Input(const Rows& rows, uint64_t seed, size_t max_batch = 300) {
  return std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, rows, seed, max_batch));
}

// Batches of pseudo-random integers with their place, too many for Values. The number of different
// ones decides how often the place in the input must.
inline constexpr uint64_t kMixer = 0x9E3779B97F4A7C15;
inline const std::vector<PhysicalColumn> kWideSchema = {{"i", TypeId::kInt64},
                                                        {"n", TypeId::kInt64}};
inline int64_t MixedKey(size_t place, uint64_t different) {
  return static_cast<int64_t>(((place + 1) * kMixer >> 20) % different);
}
inline PhysicalPlan ManyRows(size_t count, uint64_t different, size_t morsel_batches = 8) {
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < count; from += kVectorSize) {
    if (from % (morsel_batches * kVectorSize) == 0) morsels.emplace_back();
    const size_t rows = std::min(kVectorSize, count - from);
    Batch batch = Batch::MakeFlat({TypeId::kInt64, TypeId::kInt64}, rows);
    for (size_t i = 0; i < rows; ++i) {
      batch.mutable_column(0).mutable_data<int64_t>()[i] = MixedKey(from + i, different);
      batch.mutable_column(1).mutable_data<int64_t>()[i] = static_cast<int64_t>(from + i);
    }
    batch.set_row_count(rows);
    morsels.back().push_back(std::move(batch));
  }
  return std::make_shared<RowsOperator>(kWideSchema, std::move(morsels));
}
// Places of these rows in the order of their keys.
inline std::vector<int64_t> ManySorted(size_t count, uint64_t different) {
  std::vector<int64_t> places(count);
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) {
    return MixedKey(static_cast<size_t>(a), different) <
           MixedKey(static_cast<size_t>(b), different);
  });
  return places;
}

inline const std::vector<std::vector<SortKey>> kOrders = {
    {Key(0)},
    {Key(0, true)},
    {Key(0, false, true)},
    {Key(0, true, true)},
    {Key(1), Key(0, true)},
    {Key(1, true, true), Key(2)},
    {Key(2, true), Key(1), Key(0)},
};

}  // namespace trivet::testing
