#include "vector/row_store.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "vector/hash_vector.h"
#include "vector/row_match.h"

namespace trivet {
namespace {

class Budget final : public MemoryManager {
 public:
  explicit Budget(size_t limit) : limit_(limit) {}
  size_t reserved_bytes() const override { return used_; }
  size_t peak_bytes() const override { return used_; }
  size_t limit_bytes() const override { return limit_; }

 protected:
  Status Grow(size_t bytes, std::string_view consumer) override {
    if (used_ + bytes > limit_) return Status::OutOfMemory(std::string(consumer));
    used_ += bytes;
    return Status::OK();
  }
  void Shrink(size_t bytes) noexcept override { used_ -= bytes; }

 private:
  size_t limit_;
  size_t used_ = 0;
};

const std::vector<LogicalType> kTypes = {
    TypeId::kBoolean, TypeId::kVarchar, TypeId::kInt128, TypeId::kInt16,    TypeId::kDouble,
    TypeId::kBlob,    TypeId::kUInt8,   TypeId::kFloat,  TypeId::kInterval, TypeId::kInt32,
    TypeId::kDate,    TypeId::kInt64,   TypeId::kUInt64};

Value RandomValue(const LogicalType& type, std::mt19937_64& random) {
  if (random() % 8 == 0) return Value::Null(type);
  switch (type.physical()) {
    case PhysicalType::kBool: return Value::Boolean(random() % 2 == 0);
    case PhysicalType::kFloat: return Value::Float(static_cast<float>(random() % 5));
    case PhysicalType::kDouble: return Value::Double(static_cast<double>(random() % 5) - 2);
    case PhysicalType::kInterval:
      return Value::FromInterval({static_cast<int>(random() % 3), 0, 0});
    case PhysicalType::kString: {
      std::string text(random() % 40, static_cast<char>('a' + random() % 3));
      return type.id() == TypeId::kBlob ? Value::Blob(text) : Value::Varchar(text);
    }
    default: return Value::Integer(type, static_cast<int128_t>(random() % 100));
  }
}

std::vector<Vector> RandomColumns(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Vector> columns;
  for (const LogicalType& type : kTypes) {
    columns.push_back(Vector::MakeFlat(type, count));
    for (size_t i = 0; i < count; ++i) columns.back().SetValue(i, RandomValue(type, random));
  }
  return columns;
}

RowLayoutPtr MakeLayout(RowLayout::Options options) { return *RowLayout::Make(kTypes, options); }

void ExpectRows(const RowLayout& layout, const std::vector<Vector>& columns,
                const uint32_t* selection, size_t count, uint8_t* const* rows) {
  for (size_t column = 0; column < columns.size(); ++column) {
    Vector gathered = Vector::MakeFlat(kTypes[column], count + 3);
    GatherColumn(layout, column, rows, count, gathered, 3);
    for (size_t i = 0; i < count; ++i) {
      const size_t source = selection ? selection[i] : i;
      const Value expected = columns[column].GetValue(source);
      ASSERT_EQ(gathered.GetValue(i + 3).is_null(), expected.is_null());
      ASSERT_EQ(gathered.GetValue(i + 3), expected) << kTypes[column].ToString() << " row " << i;
    }
  }
}

TEST(RowLayoutTest, PartsDoNotOverlapAndAreAligned) {
  for (const bool hash : {false, true}) {
    for (const bool flag : {false, true}) {
      for (const size_t extra : {0, 1, 40, 48}) {
        const RowLayoutPtr layout = MakeLayout({hash, flag, extra});
        std::set<size_t> bytes;
        const auto take = [&](size_t offset, size_t size) {
          for (size_t i = 0; i < size; ++i) EXPECT_TRUE(bytes.insert(offset + i).second);
        };
        if (hash) take(0, 8);
        for (size_t c = 0; c < kTypes.size(); ++c) take(layout->offset(c), TypeSize(kTypes[c]));
        if (flag) take(layout->flag_offset(), 1);
        take(layout->validity_offset(), layout->validity_bytes());
        if (extra != 0) take(layout->extra_offset(), extra);
        EXPECT_LE(*bytes.rbegin(), layout->row_bytes());
        const size_t alignment = extra == 48 ? 16 : 8;
        EXPECT_EQ(layout->extra_offset() % alignment, 0u);
        EXPECT_EQ(layout->row_bytes() % alignment, 0u);
      }
    }
  }
}

TEST(RowLayoutTest, RefusesNestedTypes) {
  const auto layout = RowLayout::Make({LogicalType::List(TypeId::kInt32)}, {});
  EXPECT_EQ(layout.status().code(), StatusCode::kNotImplemented);
  EXPECT_GT(RowLayout::Make({}, {}).value()->row_bytes(), 0u);
}

TEST(RowStoreTest, GivesBackWhatWasAppended) {
  for (const bool hash : {false, true}) {
    const RowLayoutPtr layout = MakeLayout({hash, true, 24});
    RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
    std::vector<uint8_t*> all;
    std::vector<std::vector<Vector>> batches;
    for (uint64_t seed = 0; seed < 6; ++seed) {
      batches.push_back(RandomColumns(kVectorSize, seed));
      std::vector<uint64_t> hashes(kVectorSize);
      HashColumns(batches.back(), kVectorSize, hashes.data());
      uint8_t* rows[kVectorSize];
      ASSERT_TRUE(store.Append(batches.back(), hashes.data(), nullptr, kVectorSize, rows).ok());
      for (size_t i = 0; i < kVectorSize; ++i) {
        if (hash) {
          ASSERT_EQ(RowLayout::Hash(rows[i]), hashes[i]);
        }
        ASSERT_EQ(rows[i][layout->flag_offset()], 0);
        std::memset(rows[i] + layout->extra_offset(), 0xAB, 24);
      }
      all.insert(all.end(), rows, rows + kVectorSize);
    }
    EXPECT_EQ(store.row_count(), 6 * kVectorSize);
    for (size_t i = 0; i < batches.size(); ++i) {
      ExpectRows(*layout, batches[i], nullptr, kVectorSize, all.data() + i * kVectorSize);
    }
    std::vector<uint8_t*> walked;
    RowStore::Cursor cursor(store);
    uint8_t* rows[kVectorSize];
    while (const size_t count = cursor.Next(rows, 1000))
      walked.insert(walked.end(), rows, rows + count);
    EXPECT_EQ(walked, all);
  }
}

TEST(RowStoreTest, AppendsSelectedRowsOfAnyEncoding) {
  std::vector<Vector> columns = RandomColumns(100, 3);
  auto picked = MakeIndices(40);
  for (size_t i = 0; i < 40; ++i) picked[i] = static_cast<uint32_t>(i * 7 % 100);
  for (size_t c = 0; c < columns.size(); c += 2) columns[c].Slice(picked, 40);
  columns[1] = Vector::MakeConstant(Value::Varchar("a constant that is long"));
  columns[3] = Vector::MakeNull(TypeId::kInt16);
  const uint32_t selection[] = {39, 0, 17, 17};
  const RowLayoutPtr layout = MakeLayout({});
  RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
  uint8_t* rows[4];
  ASSERT_TRUE(store.Append(columns, nullptr, selection, 4, rows).ok());
  ExpectRows(*layout, columns, selection, 4, rows);
}

TEST(RowStoreTest, PartitionsByUppermostBitsAndAbsorbs) {
  const RowLayoutPtr layout = MakeLayout({.hash = true});
  PartitionedRowStore left(layout, std::make_shared<RowMemory>(Reservation()), 3);
  PartitionedRowStore right(layout, std::make_shared<RowMemory>(Reservation()), 3);
  std::vector<Vector> columns = RandomColumns(kVectorSize, 11);
  std::vector<uint64_t> hashes(kVectorSize);
  HashColumns(columns, kVectorSize, hashes.data());
  uint8_t* left_rows[kVectorSize];
  uint8_t* right_rows[kVectorSize];
  ASSERT_TRUE(left.Append(columns, hashes.data(), nullptr, kVectorSize, left_rows).ok());
  ASSERT_TRUE(right.Append(columns, hashes.data(), nullptr, kVectorSize, right_rows).ok());
  left.Absorb(std::move(right));
  // The page that was being filled goes on being filled.
  uint8_t* more_rows[kVectorSize];
  ASSERT_TRUE(left.Append(columns, hashes.data(), nullptr, kVectorSize, more_rows).ok());
  EXPECT_EQ(left.row_count(), 3 * kVectorSize);
  for (uint8_t** rows : {left_rows, right_rows, more_rows}) {
    ExpectRows(*layout, columns, nullptr, kVectorSize, rows);
  }
  std::multiset<uint8_t*> seen;
  for (size_t p = 0; p < left.partition_count(); ++p) {
    RowStore::Cursor cursor(left.partition(p));
    uint8_t* rows[kVectorSize];
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) EXPECT_EQ(RowLayout::Hash(rows[i]) >> 61, p);
      seen.insert(rows, rows + count);
    }
  }
  std::multiset<uint8_t*> expected(left_rows, left_rows + kVectorSize);
  expected.insert(right_rows, right_rows + kVectorSize);
  expected.insert(more_rows, more_rows + kVectorSize);
  EXPECT_EQ(seen, expected);
}

TEST(RowStoreTest, PagesAndHeapsMoveAsTheyAre) {
  const RowLayoutPtr layout = MakeLayout({});
  RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
  std::vector<Vector> columns = RandomColumns(kVectorSize, 5);
  uint8_t* rows[kVectorSize];
  ASSERT_TRUE(store.Append(columns, nullptr, nullptr, kVectorSize, rows).ok());
  std::vector<std::vector<uint8_t>> copies;
  std::vector<uint8_t*> moved_rows;
  for (const RowStore::Page& page : store.pages()) {
    copies.emplace_back(page.rows, page.rows + page.row_count * layout->row_bytes());
    uint8_t* moved = copies.back().data();
    for (size_t s = 0; s < page.segments.size(); ++s) {
      const RowStore::HeapSegment& segment = page.segments[s];
      const size_t end =
          s + 1 < page.segments.size() ? page.segments[s + 1].first_row : page.row_count;
      copies.emplace_back(segment.data, segment.data + segment.bytes);
      MoveStrings(*layout, moved + segment.first_row * layout->row_bytes(), end - segment.first_row,
                  segment.data, copies.back().data());
      std::memset(segment.data, '?', segment.bytes);
    }
    for (size_t i = 0; i < page.row_count; ++i)
      moved_rows.push_back(moved + i * layout->row_bytes());
  }
  ExpectRows(*layout, columns, nullptr, kVectorSize, moved_rows.data());
}

TEST(RowStoreTest, ReservesAndFailsByName) {
  Budget budget(200'000);
  {
    auto memory = std::make_shared<RowMemory>(Reservation(&budget, "TEST_ROWS"));
    RowStore store(MakeLayout({}), memory);
    std::vector<Vector> columns = RandomColumns(kVectorSize, 1);
    uint8_t* rows[kVectorSize];
    Status status;
    size_t appended = 0;
    for (int i = 0; i < 10 && status.ok(); ++i, ++appended) {
      status = store.Append(columns, nullptr, nullptr, kVectorSize, rows);
    }
    EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
    EXPECT_NE(status.message().find("TEST_ROWS"), std::string::npos);
    EXPECT_LE(budget.reserved_bytes(), 200'000u);
    EXPECT_EQ(memory->bytes(), budget.reserved_bytes());
    // A vector of strings keeps the rows alive and paid for.
    Vector vector = Vector::MakeFlat(TypeId::kVarchar, 1);
    OwnRows(store, vector);
    store.Clear();
    memory.reset();
    EXPECT_GT(budget.reserved_bytes(), 0u);
  }
  EXPECT_EQ(budget.reserved_bytes(), 0u);
}

TEST(RowMatcherTest, AgreesWithValueEquality) {
  const RowLayoutPtr layout = MakeLayout({});
  RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
  const std::vector<Vector> columns = RandomColumns(300, 21);
  const std::vector<Vector> keys = RandomColumns(300, 22);
  uint8_t* rows[300];
  ASSERT_TRUE(store.Append(columns, nullptr, nullptr, 300, rows).ok());
  std::vector<VectorView> views;
  for (const Vector& key : keys) views.push_back(key.View());
  for (const NullMatching nulls : {NullMatching::kNullsEqual, NullMatching::kNullsDiffer}) {
    for (size_t key_count = 0; key_count <= 5; ++key_count) {
      const RowMatcher matcher(layout, key_count, nulls);
      std::vector<uint32_t> expected;
      std::vector<uint32_t> candidates;
      for (uint32_t i = 0; i < 300; ++i) {
        bool same = true;
        for (size_t c = 0; c < key_count; ++c) {
          const Value a = columns[c].GetValue(i);
          const Value b = keys[c].GetValue(i);
          same &= a.is_null() || b.is_null()
                      ? a.is_null() && b.is_null() && nulls == NullMatching::kNullsEqual
                      : a == b;
        }
        if (same) expected.push_back(i);
        candidates.push_back(i);
      }
      uint32_t mismatches[300];
      size_t mismatch_count = 0;
      auto again = candidates;
      const size_t matched = matcher.Match(std::span(views).first(key_count), rows,
                                           candidates.data(), 300, mismatches, &mismatch_count);
      EXPECT_EQ(std::vector(candidates.begin(), candidates.begin() + matched), expected);
      EXPECT_EQ(matched + mismatch_count, 300u);
      EXPECT_EQ(matcher.Match(std::span(views).first(key_count), rows, again.data(), 300, nullptr,
                              nullptr),
                matched);
    }
  }
}

TEST(RowMatcherTest, EqualTwinsMatch) {
  const std::vector<LogicalType> types = {TypeId::kDouble, TypeId::kFloat, TypeId::kInterval};
  const RowLayoutPtr layout = *RowLayout::Make(types, {});
  RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
  std::vector<Vector> columns;
  for (const LogicalType& type : types) columns.push_back(Vector::MakeFlat(type, 3));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double doubles[] = {0.0, -0.0, 1.0};
  const float floats[] = {static_cast<float>(nan), -static_cast<float>(nan),
                          static_cast<float>(nan)};
  const Interval intervals[] = {{1, 0, 0}, {0, 30, 0}, {0, 0, 0}};
  for (size_t i = 0; i < 3; ++i) {
    columns[0].SetValue(i, Value::Double(doubles[i]));
    columns[1].SetValue(i, Value::Float(floats[i]));
    columns[2].SetValue(i, Value::FromInterval(intervals[i]));
  }
  uint8_t* rows[3];
  ASSERT_TRUE(store.Append(columns, nullptr, nullptr, 3, rows).ok());
  const RowMatcher matcher(layout, 3, NullMatching::kNullsEqual);
  EXPECT_TRUE(matcher.Equal(rows[0], rows[1]));
  EXPECT_FALSE(matcher.Equal(rows[0], rows[2]));
}

}  // namespace
}  // namespace trivet
