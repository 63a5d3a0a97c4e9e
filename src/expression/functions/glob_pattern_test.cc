#include "expression/functions/glob_pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

namespace trivet {
namespace {

// The definition: at a star every rest of the text is tried.
bool Reference(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  const char c = pattern[0];
  if (c == '*') {
    for (size_t from = 0; from <= text.size(); ++from) {
      if (Reference(text.substr(from), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  size_t length = 1;
  if (c == '[') {
    size_t p = 1;
    const bool negated = p < pattern.size() && (pattern[p] == '!' || pattern[p] == '^');
    if (negated) ++p;
    const size_t first = p;
    bool found = false;
    while (p < pattern.size() && (p == first || pattern[p] != ']')) {
      const bool is_range =
          p + 2 < pattern.size() && pattern[p + 1] == '-' && pattern[p + 2] != ']';
      const char to = is_range ? pattern[p + 2] : pattern[p];
      found |= pattern[p] <= text[0] && text[0] <= to;
      p += is_range ? 3 : 1;
    }
    if (p >= pattern.size() || found == negated) return false;
    length = p + 1;
  } else if (c == '\\') {
    if (pattern.size() < 2 || pattern[1] != text[0]) return false;
    length = 2;
  } else if (c != '?' && c != text[0]) {
    return false;
  }
  return Reference(text.substr(1), pattern.substr(length));
}

TEST(GlobPatternTest, MatchesWhatTheDefinitionMatches) {
  std::mt19937_64 random(7);
  const char* items[] = {"*",        "*",    "*",   "?",   "a",    "b",    "ab",    "[ab]",
                         "[!a]",     "[^b]", "\\a", "\\*", "[]a]", "[a-",  "[b-a]", "[a-c]",
                         "\xc3\xa4", "[",    "]",   "\\",  "-",    "[a-]", "[!]",   "c"};
  const char* letters[] = {"a", "b", "c", "*", "]", "-", "\\", "\xc3\xa4", "["};
  const CancellationToken token;
  int matches = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string pattern;
    for (size_t i = random() % 7; i > 0; --i) pattern += items[random() % std::size(items)];
    std::string text;
    const size_t kinds = random() % 2 == 0 ? 2 : std::size(letters);
    for (size_t i = random() % 10; i > 0; --i) text += letters[random() % kinds];
    const bool expected = Reference(text, pattern);
    matches += expected;
    ASSERT_EQ(MatchesGlob(text, pattern, token), expected) << pattern << " on " << text;
  }
  EXPECT_GT(matches, 10000);
}

TEST(GlobPatternTest, ManyStarsTakeNoLonger) {
  const CancellationToken token;
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesGlob(std::string(1000000, 'a'), pattern + "*b", token));
  EXPECT_TRUE(MatchesGlob(std::string(1000000, 'a'), pattern + "*", token));
}

TEST(GlobPatternTest, ACancellationEndsALongSearch) {
  CancellationToken token;
  const std::string text(4000000, 'a');
  const std::string pattern = "*" + std::string(2000000, 'a') + "b";  // for hours
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    token.Cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(MatchesGlob(text, pattern, token));
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace trivet
