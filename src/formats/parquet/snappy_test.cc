#include "formats/parquet/snappy.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "base/testing/simd_levels.h"
#include "formats/parquet/page_pool.h"
#include "formats/testing/arrow_tables.h"

namespace trivet::parquet {
namespace {

using trivet::testing::Must;

// libsnappy, as Arrow carries it.
std::string Compress(const std::string& text) {
  auto codec = Must(arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  const auto* data = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, data)), '\0');
  out.resize(static_cast<size_t>(Must(codec->Compress(size, data, static_cast<int64_t>(out.size()),
                                                      reinterpret_cast<uint8_t*>(out.data())))));
  return out;
}

// What it gives for exactly `size` bytes, or "bad"; checks that nothing beyond the slack is
// written.
std::string Decompress(const std::string& compressed, size_t size) {
  std::string in = compressed + std::string(kSlackBytes, '\x5A');
  std::string out(size + 2 * kSlackBytes, '\x7B');
  const bool good = DecompressSnappy(reinterpret_cast<const uint8_t*>(in.data()), compressed.size(),
                                     reinterpret_cast<uint8_t*>(out.data()), size);
  EXPECT_EQ(out.substr(size + kSlackBytes), std::string(kSlackBytes, '\x7B'));
  return good ? out.substr(0, size) : "bad";
}

std::string RandomText(std::mt19937_64& random, size_t size) {
  std::string text;
  const int kind = static_cast<int>(random() % 5);
  while (text.size() < size) {
    switch (kind) {
      case 0: text += static_cast<char>(random()); break;
      case 1: text += "the quick brown fox "[random() % 20]; break;
      case 2: text += std::string(random() % 100, static_cast<char>('a' + random() % 3)); break;
      case 3: {  // repeats from anywhere before, of any length
        const size_t from = text.empty() ? 0 : random() % text.size();
        text += text.substr(from, random() % 70) + static_cast<char>(random());
        break;
      }
      default: {
        const uint64_t number = random() % 1000000;
        text.append(reinterpret_cast<const char*>(&number), sizeof(number));
      }
    }
  }
  text.resize(size);
  return text;
}

class SnappyTest : public trivet::testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(SnappyTest);

TEST_P(SnappyTest, GivesBackWhatLibsnappyCompressed) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    const size_t size = i < 300 ? static_cast<size_t>(i) : random() % 70000;
    const std::string text = RandomText(random, size);
    ASSERT_EQ(Decompress(Compress(text), size), text) << i;
  }
}

TEST_P(SnappyTest, RefusesWrongSizesAndCuts) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 300; ++i) {
    const std::string text = RandomText(random, 1 + random() % 500);
    const std::string compressed = Compress(text);
    EXPECT_EQ(Decompress(compressed, text.size() + 1), "bad");
    EXPECT_EQ(Decompress(compressed, text.size() - 1), "bad");
    for (size_t cut = 0; cut < compressed.size(); ++cut) {
      ASSERT_EQ(Decompress(compressed.substr(0, cut), text.size()), "bad");
    }
  }
}

TEST_P(SnappyTest, FlippedBytesNeverReachBeyondTheOutput) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = RandomText(random, 1 + random() % 3000);
    std::string compressed = Compress(text);
    for (int flips = 0; flips < 3; ++flips) {
      compressed[random() % compressed.size()] = static_cast<char>(random());
    }
    Decompress(compressed, text.size());
  }
}

TEST_P(SnappyTest, EveryElementByHand) {
  // Literal "abcd", then copies: 1-byte offset 4 length 4, 2-byte offset 1 length 5, 4-byte offset
  // 13 length 3, and a literal with a length byte.
  const std::string block = std::string(
                                "\x15\x0C"
                                "abcd"
                                "\x01\x04"
                                "\x12\x01\x00"
                                "\x0B\x0D\x00\x00\x00",
                                16) +
                            std::string(
                                "\xF0\x04"
                                "01234",
                                7);
  EXPECT_EQ(Decompress(block, 21),
            "abcdabcdddddd"
            "abc"
            "01234");
  // An offset of zero, and one before the start.
  EXPECT_EQ(Decompress(std::string("\x08\x00"
                                   "a"
                                   "\x0D\x00",
                                   5),
                       8),
            "bad");
  EXPECT_EQ(Decompress(std::string("\x08\x00"
                                   "a"
                                   "\x0D\x02",
                                   5),
                       8),
            "bad");
}

}  // namespace
}  // namespace trivet::parquet
