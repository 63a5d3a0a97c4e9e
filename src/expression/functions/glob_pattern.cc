#include "expression/functions/glob_pattern.h"

#include <cstddef>

#include "expression/functions/find_bytes.h"

namespace trivet {

namespace {

// Whether the set that starts behind pattern[position - 1], a [, has the byte; moves position
// behind the set. False where the set does not end.
bool SetHas(std::string_view pattern, size_t& position, char byte) {
  size_t p = position;
  const bool negated = p < pattern.size() && (pattern[p] == '!' || pattern[p] == '^');
  if (negated) ++p;
  bool found = false;
  bool is_first = true;
  for (; p < pattern.size() && (is_first || pattern[p] != ']'); ++p, is_first = false) {
    const char from = pattern[p];
    char to = from;
    if (p + 2 < pattern.size() && pattern[p + 1] == '-' && pattern[p + 2] != ']') {
      to = pattern[p + 2];
      p += 2;
    }
    found |= from <= byte && byte <= to;
  }
  const bool ends = p < pattern.size();
  position = p + 1;
  return ends && found != negated;
}

// Whether the item of one byte at pattern[position], which is no *, matches the byte; moves
// position behind the item where it does.
bool ItemMatches(std::string_view pattern, size_t& position, char byte) {
  const char c = pattern[position++];
  if (c == '?') return true;
  if (c == '[') return SetHas(pattern, position, byte);
  if (c != '\\') return c == byte;
  if (position == pattern.size()) return false;
  return pattern[position++] == byte;
}

}  // namespace

// Greedy with one place to come back to: the last * takes ever more text. What stands before it has
// matched as early as it can, so that no other place could do better.
bool MatchesGlob(std::string_view text, std::string_view pattern, const CancellationToken& token) {
  constexpr size_t kStepsBetweenQuestions = size_t{1} << 16;
  size_t steps = 0;
  size_t position = 0;
  size_t item = 0;
  size_t retry_item = kNotFound;
  size_t retry_position = 0;
  while (position < text.size() || item < pattern.size()) {
    if (item < pattern.size() && pattern[item] == '*') {
      retry_item = ++item;
      retry_position = position;
      continue;
    }
    const size_t item_start = item;
    if (position < text.size() && item < pattern.size() &&
        ItemMatches(pattern, item, text[position])) {
      ++position;
    } else {
      if (retry_item == kNotFound || retry_position >= text.size()) return false;
      if (retry_item == pattern.size()) return true;
      position = ++retry_position;
      item = retry_item;
    }
    // Sets may be long.
    steps += item > item_start ? item - item_start : 1;
    if (steps < kStepsBetweenQuestions) continue;
    if (token.IsCancelled()) return false;
    steps = 0;
  }
  return true;
}

}  // namespace trivet
