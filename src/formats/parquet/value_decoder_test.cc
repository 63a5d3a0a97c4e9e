#include "formats/parquet/value_decoder.h"

#include <gtest/gtest.h>

#include <cstring>

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

}  // namespace
}  // namespace trivet::parquet
