#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expression/functions/regexp_syntax.h"

namespace trivet {

// A regular expression that is a sequence of texts, choices of texts, and runs of code points of a
// set, matched by its own code: such runs and choices are tried in the order in which RE2 prefers
// them (the leftmost match; earlier choices first; greedy runs the longest first), with texts found
// by FindBytes. Texts on which that takes more than a few steps a byte are left to RE2. Texts are
// valid UTF-8. Immutable; thread-safe.
class RegexpSequence {
 public:
  static constexpr size_t kMostGroups = 10;  // the match and nine more

  enum class Answer : uint8_t {
    kNo,
    kYes,
    kUnknown,  // ask RE2
  };
  enum class Purpose : uint8_t {
    kExists,     // whether there is a match, not where
    kFullMatch,  // whether the whole text is one
    kFind,       // where it is
  };

  // Nothing where the expression is no such sequence.
  static std::optional<RegexpSequence> Compile(const RegexpNode& node, Purpose purpose);

  // Whether text contains, or is, a match.
  Answer Exists(std::string_view text) const;
  // The leftmost match in text that begins at or behind `from`, and its groups as far as there are;
  // compiled to find. Groups that the expression does not have are left alone.
  Answer Find(std::string_view text, size_t from, std::span<std::string_view> groups) const;
  // Texts of which the presence of one decides Exists; none where it takes more.
  const std::vector<std::string>& deciding_texts() const { return deciding_texts_; }

 private:
  struct Element {
    enum class Kind : uint8_t { kText, kChoice, kRun, kOpen, kClose };
    Kind kind = Kind::kText;
    std::vector<std::string> texts;  // of kText, one; of kChoice, in order of preference
    CodePointSet set;                // of kRun, as the following ones
    size_t least = 0;
    size_t most = 0;
    bool greedy = true;
    bool is_final = false;  // what follows matches at the run's end or not at all
    int lone_missing = -1;  // the only byte that the set has not; -1: there are none or more
    bool is_any = false;    // the set has everything
    size_t next_text = 0;   // of the kText that follows but for groups; 0: none does
    size_t group = 0;       // of kOpen and kClose
  };
  struct Run {
    size_t least_end;
    size_t end;
  };
  class Attempt;

  bool Append(const RegexpNode& node);
  bool AppendRepeat(const RegexpNode& node);
  bool AppendChoice(const RegexpNode& alternate, bool is_optional, bool greedy);
  void AppendText(std::string_view text);
  void AppendRun(const CodePointSet& set, size_t least, size_t most, bool greedy);
  // Takes off what only makes a match longer.
  void Trim();
  void Prepare();
  // What the elements from `first` on can begin with; true where they can be empty.
  bool FirstOf(size_t first, CodePointSet& set) const;
  void PrepareStart();

  std::vector<Element> elements_;
  bool finds_ = false;
  bool begins_ = false;  // only at the text's begin
  bool ends_ = false;    // only at its end
  bool can_be_empty_ = false;
  size_t start_text_ = 0;  // the element with which every match starts, where starts_with_text_
  bool starts_with_text_ = false;
  std::string needed_;     // a text that every match contains, but does not start with
  bool starts_[256] = {};  // first bytes of a match
  std::vector<std::string> deciding_texts_;
  // The first run without an end, where only texts are before it, and their length.
  size_t first_run_ = 0;
  size_t first_run_offset_ = 0;
  bool has_first_run_ = false;
};

}  // namespace trivet
