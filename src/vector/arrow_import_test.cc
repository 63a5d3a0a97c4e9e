#include "vector/arrow_import.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/int128.h"
#include "types/decimal.h"

namespace trivet {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// A column as a foreign library would hand it over; the last row is NULL where `last_is_null`.
template <typename T>
Result<Vector> Import(const char* format, std::vector<T> values, bool last_is_null = false) {
  ArrowSchema schema{};
  schema.format = format;
  schema.name = "column";
  uint8_t validity = 0xFF;
  if (last_is_null) validity = static_cast<uint8_t>(validity & ~(1 << (values.size() - 1)));
  const void* buffers[] = {&validity, values.data()};
  ArrowArray array{};
  array.length = static_cast<int64_t>(values.size());
  array.null_count = last_is_null ? 1 : 0;
  array.n_buffers = 2;
  array.buffers = buffers;
  TRIVET_ASSIGN_OR_RETURN(const LogicalType type, ImportArrowType(schema));
  return ImportArrowColumn(schema, array, type, 0, values.size(), nullptr);
}

// `good` are taken, `bad` is an error that shows it, and beneath a NULL it is nobody's value.
template <typename T>
void ExpectRange(const char* format, const std::vector<T>& good, T bad) {
  const Result<Vector> taken = Import<T>(format, good);
  EXPECT_TRUE(taken.ok()) << format << ": " << taken.status().ToString();
  std::vector<T> values = good;
  values.push_back(bad);
  const Result<Vector> refused = Import<T>(format, values);
  ASSERT_FALSE(refused.ok()) << format;
  EXPECT_EQ(refused.status().code(), StatusCode::kInvalidInput);
  EXPECT_NE(refused.status().message().find(Int128ToString(int128_t{bad})), std::string::npos)
      << refused.status().ToString();
  const Result<Vector> beneath_null = Import<T>(format, values, true);
  ASSERT_TRUE(beneath_null.ok()) << format;
  EXPECT_FALSE(beneath_null->IsValid(good.size()));
  EXPECT_EQ(beneath_null->GetValue(0), taken->GetValue(0));
}

TEST(ArrowImportTest, TimestampsBeyondMicrosecondsAreErrors) {
  ExpectRange<int64_t>("tss:UTC", {0, -1, kMost / 1'000'000}, kMost / 1'000'000 + 1);
  ExpectRange<int64_t>("tss:UTC", {0}, -kMost);
  ExpectRange<int64_t>("tsm:UTC", {0, kMost / 1000}, kMost / 1000 + 1);
  // Every number of nanoseconds fits, and is rounded towards the past.
  const Result<Vector> nanos = Import<int64_t>("tsn:UTC", {-1, -1000, 1999, kMost});
  ASSERT_TRUE(nanos.ok());
  EXPECT_EQ(nanos->data<int64_t>()[0], -1);
  EXPECT_EQ(nanos->data<int64_t>()[1], -1);
  EXPECT_EQ(nanos->data<int64_t>()[2], 1);
  EXPECT_EQ(nanos->data<int64_t>()[3], kMost / 1000);
}

TEST(ArrowImportTest, DurationsBeyondMicrosecondsAreErrors) {
  ExpectRange<int64_t>("tDs", {0, -kMost / 1'000'000}, kMost / 1'000'000 + 1);
  ExpectRange<int64_t>("tDm", {0, 1}, -kMost / 1000 - 1);
}

TEST(ArrowImportTest, TimesOutsideADayAreErrors) {
  ExpectRange<int32_t>("tts", {0, 86'400}, 86'401);
  ExpectRange<int32_t>("ttm", {0, 86'400'000}, -1);
  ExpectRange<int64_t>("ttu", {0, 86'400'000'000}, 86'400'000'001);
  ExpectRange<int64_t>("ttn", {0, 86'400'000'000'000}, kMost);
}

TEST(ArrowImportTest, DatesBeyondThirtyTwoBitsAreErrors) {
  ExpectRange<int64_t>("tdm", {0, -86'400'000}, kMost);
}

TEST(ArrowImportTest, DecimalsBeyondTheirPrecisionAreErrors) {
  ExpectRange<int32_t>("d:4,2,32", {9999, -9999}, 10'000);
  ExpectRange<int32_t>("d:9,0,32", {999'999'999}, -1'000'000'000);
  ExpectRange<int64_t>("d:4,2,64", {-9999}, 65'536 + 1);  // would be 1 in 16 bits
  ExpectRange<int128_t>("d:18,3", {1}, PowerOfTen(18));
  ExpectRange<int128_t>("d:38,3", {1, PowerOfTen(38) - 1}, -PowerOfTen(38));
}

}  // namespace
}  // namespace trivet
