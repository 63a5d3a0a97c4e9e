#include "expression/functions/find_bytes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "base/testing/simd_levels.h"

namespace trivet {
namespace {

class FindBytesTest : public testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(FindBytesTest);

// The text in memory of its own that ends with it, for a sanitizer to see who reads beyond.
size_t Find(const std::string& text, const std::string& needle, size_t from) {
  const auto copy = std::make_unique<char[]>(text.size());
  std::memcpy(copy.get(), text.data(), text.size());
  return FindBytes({copy.get(), text.size()}, needle, from);
}

TEST_P(FindBytesTest, FindsWhatTheStandardLibraryFinds) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    // Few different bytes, so that first and last bytes agree often, some of them negative.
    const char letters[] = {'a', 'b', '\xC3', '\0'};
    const auto letter = [&] { return letters[random() % (round % 2 ? 4 : 2)]; };
    std::string text(random() % (round % 16 == 0 ? 400 : 80), 'x');
    for (char& c : text) {
      if (random() % 4 != 0) c = letter();
    }
    std::string needle(random() % 6, 'x');
    for (char& c : needle) c = letter();
    if (random() % 3 == 0 && !text.empty()) {  // one that is there
      const size_t at = random() % text.size();
      needle = text.substr(at, 1 + random() % 40);
    }
    const size_t from = random() % 8 == 0 ? random() % (text.size() + 2) : 0;
    ASSERT_EQ(Find(text, needle, from), text.find(needle, from))
        << "needle of " << needle.size() << " in " << text.size() << " from " << from;
  }
}

// At every distance from either end.
TEST_P(FindBytesTest, FindsTheOnlyOneWhereverItStands) {
  for (size_t size = 2; size < 150; ++size) {
    for (size_t at = 0; at + 2 <= size; ++at) {
      std::string text(size, '.');
      text[at] = '<';
      text[at + 1] = '>';
      ASSERT_EQ(Find(text, "<>", 0), at) << size;
      ASSERT_EQ(Find(text, "<>", at + 1), kNotFound) << size;
    }
  }
}

}  // namespace
}  // namespace trivet
