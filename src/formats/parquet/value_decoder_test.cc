#include "formats/parquet/value_decoder.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "formats/parquet/conversion_select.h"

namespace trivet::parquet {
namespace {

// A page's values with the readable bytes that decoders count on.
class PageBytes {
 public:
  PageBytes(std::initializer_list<uint8_t> values) : size_(values.size()) {
    std::copy(values.begin(), values.end(), bytes_);
  }
  const uint8_t* data() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  size_t size_;
  uint8_t bytes_[64 + kSlackBytes] = {};
};

// A page whose values take no byte may follow one that was not read to its end. Nothing of that one
// may come out of it.
void ExpectNothingOnceEmpty(ValueDecoder& decoder, const PageBytes& page, size_t taken) {
  alignas(16) uint8_t out[1024];
  ASSERT_TRUE(decoder.Start(page.data(), page.size(), 100));
  ASSERT_TRUE(decoder.Decode(taken, out));
  const PageBytes empty({});
  EXPECT_FALSE(decoder.Start(empty.data(), 0, 100));
  EXPECT_TRUE(decoder.Decode(0, out));
  EXPECT_FALSE(decoder.Decode(1, out));
  EXPECT_FALSE(decoder.Skip(1));
}

TEST(ValueDecoderTest, EmptyPagesHaveNothingOfThePageBefore) {
  // A run of eight times true.
  ExpectNothingOnceEmpty(*MakeRleBooleanDecoder(), PageBytes({2, 0, 0, 0, 16, 1}), 3);
  // 17 values in a block of two miniblocks of width 0: 5, 6, 7 ...
  const PageBytes deltas({16, 2, 17, 10, 2, 0, 0});
  ExpectNothingOnceEmpty(*MakeDeltaIntegerDecoder(sizeof(int32_t)), deltas, 9);
  ExpectNothingOnceEmpty(*MakeDeltaIntegerDecoder(sizeof(int64_t)), deltas, 9);
  // Lengths like that, but all of them 0.
  ExpectNothingOnceEmpty(*MakeDeltaLengthDecoder(false), PageBytes({16, 2, 17, 0, 0, 0, 0}), 9);
}

template <typename Raw>
bool IsTime(const SchemaElement& element, Raw raw) {
  const Result<LeafType> leaf = SelectLeafType(element, false);
  EXPECT_TRUE(leaf.ok()) << leaf.status().ToString();
  uint8_t bytes[sizeof(Raw)];
  std::memcpy(bytes, &raw, sizeof(raw));
  int64_t out = 0;
  return leaf->conversion.convert(leaf->conversion, bytes, 1, reinterpret_cast<uint8_t*>(&out));
}

TEST(ConversionTest, TimesBeyondADayAreOutOfRange) {
  SchemaElement element;
  element.logical.kind = LogicalKind::kTime;
  element.type = PhysicalKind::kInt64;
  constexpr int64_t kDayMicros = int64_t{86400} * 1000000;
  element.logical.unit = TimeUnit::kMicro;
  EXPECT_TRUE(IsTime<int64_t>(element, 0));
  EXPECT_TRUE(IsTime<int64_t>(element, kDayMicros));
  EXPECT_FALSE(IsTime<int64_t>(element, kDayMicros + 1));
  EXPECT_FALSE(IsTime<int64_t>(element, -1));
  element.logical.unit = TimeUnit::kNano;
  EXPECT_TRUE(IsTime<int64_t>(element, kDayMicros * 1000));
  EXPECT_FALSE(IsTime<int64_t>(element, std::numeric_limits<int64_t>::max()));
  element.type = PhysicalKind::kInt32;
  element.logical.unit = TimeUnit::kMilli;
  EXPECT_TRUE(IsTime<int32_t>(element, 86400 * 1000));
  EXPECT_FALSE(IsTime<int32_t>(element, -1));
}

SchemaElement DecimalElement(PhysicalKind physical, int precision) {
  SchemaElement element;
  element.type = physical;
  element.logical.kind = LogicalKind::kDecimal;
  element.logical.precision = precision;
  element.logical.scale = 2;
  element.type_length = 16;
  return element;
}

template <typename Raw>
bool AreDecimals(int precision, const std::vector<Raw>& values) {
  const auto physical = sizeof(Raw) == 4 ? PhysicalKind::kInt32 : PhysicalKind::kInt64;
  const Result<LeafType> leaf = SelectLeafType(DecimalElement(physical, precision), false);
  EXPECT_TRUE(leaf.ok()) << leaf.status().ToString();
  const auto* raw = reinterpret_cast<const uint8_t*>(values.data());
  if (leaf->conversion.convert == nullptr) return leaf->conversion.InRange(raw, values.size());
  std::vector<int128_t> out(values.size());
  return leaf->conversion.convert(leaf->conversion, raw, values.size(),
                                  reinterpret_cast<uint8_t*>(out.data()));
}

template <typename Raw>
void ExpectMagnitudesBelow(Raw limit, int precision) {
  EXPECT_TRUE(AreDecimals<Raw>(precision, {0, static_cast<Raw>(limit - 1), -1, 1}));
  EXPECT_TRUE(AreDecimals<Raw>(precision, {0, static_cast<Raw>(1 - limit), -1, 1}));
  EXPECT_FALSE(AreDecimals<Raw>(precision, {0, 7, limit, 1}));
  EXPECT_FALSE(AreDecimals<Raw>(precision, {0, 7, static_cast<Raw>(-limit), 1}));
  EXPECT_FALSE(AreDecimals<Raw>(precision, {std::numeric_limits<Raw>::min()}));
  EXPECT_FALSE(AreDecimals<Raw>(precision, {std::numeric_limits<Raw>::max()}));
  const auto power = static_cast<Raw>(std::bit_floor(static_cast<uint64_t>(limit)));
  EXPECT_TRUE(AreDecimals<Raw>(precision, {power, static_cast<Raw>(-power)}));
}

// Also where our storage is the file's, and values could be taken as they are.
TEST(ConversionTest, DecimalsBeyondTheDeclaredPrecisionAreOutOfRange) {
  ExpectMagnitudesBelow<int32_t>(1000, 3);
  ExpectMagnitudesBelow<int32_t>(1000000, 6);
  ExpectMagnitudesBelow<int32_t>(1000000000, 9);
  ExpectMagnitudesBelow<int64_t>(1000, 3);
  ExpectMagnitudesBelow<int64_t>(100000000, 8);
  ExpectMagnitudesBelow<int64_t>(10000000000, 10);
  ExpectMagnitudesBelow<int64_t>(1000000000000000000, 18);
  const Result<LeafType> leaf =
      SelectLeafType(DecimalElement(PhysicalKind::kFixedLengthByteArray, 20), false);
  ASSERT_TRUE(leaf.ok());
  uint8_t bytes[16] = {};
  int128_t out = 0;
  const auto fits = [&] {
    return leaf->conversion.convert(leaf->conversion, bytes, 1, reinterpret_cast<uint8_t*>(&out));
  };
  bytes[8] = 0x40;  // 2^62
  EXPECT_TRUE(fits());
  bytes[7] = 0x10;  // 2^68, of 21 digits
  EXPECT_FALSE(fits());
}

TEST(ConversionTest, ImpossibleDecimalsAreCorrupt) {
  SchemaElement element = DecimalElement(PhysicalKind::kInt32, 9);
  element.logical.scale = -1;
  EXPECT_EQ(SelectLeafType(element, false).status().code(), StatusCode::kCorruption);
  element.logical.scale = 10;
  EXPECT_EQ(SelectLeafType(element, false).status().code(), StatusCode::kCorruption);
}

}  // namespace
}  // namespace trivet::parquet
