#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trivet {

// A set of code points that has all of those beyond ASCII or none.
struct CodePointSet {
  uint64_t ascii[2] = {0, 0};
  bool others = false;

  bool HasAscii(uint8_t c) const { return (ascii[c >> 6] >> (c & 63) & 1) != 0; }
  bool HasByte(uint8_t byte) const { return byte < 0x80 ? HasAscii(byte) : others; }
  void Add(uint8_t from, uint8_t to) {
    for (unsigned c = from; c <= to; ++c) ascii[c >> 6] |= uint64_t{1} << (c & 63);
  }
  void Add(const CodePointSet& set) {
    for (int i = 0; i < 2; ++i) ascii[i] |= set.ascii[i];
    others |= set.others;
  }
  void Invert() {
    for (uint64_t& word : ascii) word = ~word;
    others = !others;
  }
  bool Meets(const CodePointSet& set) const {
    return (ascii[0] & set.ascii[0]) != 0 || (ascii[1] & set.ascii[1]) != 0 ||
           (others && set.others);
  }
};

// A regular expression as a tree.
struct RegexpNode {
  static constexpr int kNoLimit = -1;

  enum class Kind : uint8_t {
    kText,       // these bytes, whole code points; never empty
    kSet,        // one code point of the set
    kRepeat,     // the child, from `least` to `most` times
    kConcat,     // the children in turn; without children the empty text
    kAlternate,  // one of the children, earlier ones first
    kCapture,    // the child, as a numbered group
    kBegin,      // ^
    kEnd,        // $
    kBoundary,   // anything else without width
  };
  Kind kind = Kind::kConcat;
  std::string text;
  CodePointSet set;
  int least = 0;
  int most = kNoLimit;
  bool greedy = true;
  int group = 0;
  std::vector<RegexpNode> children;
};

// Reads a pattern that RE2 has accepted (with its default options, case-sensitive) the way RE2
// does. Nothing where it has what the tree cannot say: flags, classes by name, code points by
// number.
std::optional<RegexpNode> ParseRegexp(std::string_view pattern, bool dot_matches_newline);

// Texts of which every match contains one; none where no such text is known.
std::vector<std::string> RequiredTexts(const RegexpNode& node);
bool ContainsAny(std::string_view text, const std::vector<std::string>& wanted);

}  // namespace trivet
