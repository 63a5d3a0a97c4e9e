#include "expression/functions/regexp_syntax.h"

#include <algorithm>

#include "expression/functions/find_bytes.h"
#include "expression/functions/utf8.h"

namespace trivet {

namespace {

using Kind = RegexpNode::Kind;

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// \d, \s, \w and their complements.
std::optional<CodePointSet> PerlSet(char name) {
  CodePointSet set;
  switch (name | 0x20) {
    case 'd': set.Add('0', '9'); break;
    case 's':
      set.Add('\t', '\n');
      set.Add('\f', '\r');
      set.Add(' ', ' ');
      break;
    case 'w':
      set.Add('0', '9');
      set.Add('a', 'z');
      set.Add('A', 'Z');
      set.Add('_', '_');
      break;
    default: return std::nullopt;
  }
  if (name < 'a') set.Invert();
  return set;
}

// The byte that \name stands for, where it is one.
std::optional<char> EscapedByte(char name) {
  switch (name) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    default: break;
  }
  if (static_cast<uint8_t>(name) >= 0x80 || name == '_' || IsAlphanumeric(name)) {
    return std::nullopt;
  }
  return name;
}

// Recursive descent. Every function gives nothing as soon as there is something that it does not
// know; the caller then gives up, so that where it stopped does not matter.
class Parser {
 public:
  Parser(std::string_view pattern, bool dot_matches_newline)
      : pattern_(pattern), dot_matches_newline_(dot_matches_newline) {}

  std::optional<RegexpNode> Parse() {
    std::optional<RegexpNode> node = ParseAlternate(0);
    return node && AtEnd() ? std::move(node) : std::nullopt;
  }

 private:
  static constexpr int kMostDepth = 50;

  bool AtEnd() const { return position_ == pattern_.size(); }
  char Peek() const { return pattern_[position_]; }
  bool Take(char c) {
    if (AtEnd() || Peek() != c) return false;
    ++position_;
    return true;
  }
  bool Take(std::string_view text) {
    if (!pattern_.substr(position_).starts_with(text)) return false;
    position_ += text.size();
    return true;
  }

  static RegexpNode Text(std::string_view text) {
    RegexpNode node;
    node.kind = Kind::kText;
    node.text = text;
    return node;
  }
  static RegexpNode Of(CodePointSet set) {
    RegexpNode node;
    node.kind = Kind::kSet;
    node.set = set;
    return node;
  }
  static RegexpNode Of(Kind kind) {
    RegexpNode node;
    node.kind = kind;
    return node;
  }

  std::optional<RegexpNode> ParseAlternate(int depth) {
    if (depth > kMostDepth) return std::nullopt;
    RegexpNode alternate = Of(Kind::kAlternate);
    do {
      std::optional<RegexpNode> branch = ParseConcat(depth);
      if (!branch) return std::nullopt;
      alternate.children.push_back(std::move(*branch));
    } while (Take('|'));
    if (alternate.children.size() > 1) return alternate;
    RegexpNode only = std::move(alternate.children.front());
    return only;
  }

  std::optional<RegexpNode> ParseConcat(int depth) {
    RegexpNode concat = Of(Kind::kConcat);
    std::vector<RegexpNode>& parts = concat.children;
    while (!AtEnd() && Peek() != '|' && Peek() != ')') {
      std::optional<RegexpNode> atom = ParseAtom(depth);
      if (!atom) return std::nullopt;
      const bool is_single = atom->kind == Kind::kText;
      const size_t before = position_;
      if (!ParseQuantifier(*atom)) return std::nullopt;
      // Neighbours join, unless one is repeated.
      if (is_single && before == position_ && !parts.empty() && parts.back().kind == Kind::kText) {
        parts.back().text += atom->text;
      } else {
        parts.push_back(std::move(*atom));
      }
    }
    if (parts.size() != 1) return concat;
    RegexpNode only = std::move(parts.front());
    return only;
  }

  std::optional<RegexpNode> ParseAtom(int depth) {
    const char c = Peek();
    switch (c) {
      case '^': ++position_; return Of(Kind::kBegin);
      case '$': ++position_; return Of(Kind::kEnd);
      case '.': ++position_; return Of(Dot());
      case '[': return ParseSet();
      case '(': return ParseGroup(depth);
      case '\\': return ParseEscape();
      case '*':
      case '+':
      case '?':
      case '{': return std::nullopt;
      default: break;
    }
    const size_t length = std::min(Utf8Length(c), pattern_.size() - position_);
    position_ += length;
    return Text(pattern_.substr(position_ - length, length));
  }

  CodePointSet Dot() const {
    CodePointSet set;
    if (!dot_matches_newline_) set.Add('\n', '\n');
    set.Invert();
    return set;
  }

  std::optional<RegexpNode> ParseEscape() {
    if (position_ + 1 == pattern_.size()) return std::nullopt;
    const char name = pattern_[position_ + 1];
    position_ += 2;
    if (name == 'b' || name == 'B') return Of(Kind::kBoundary);
    if (const auto set = PerlSet(name)) return Of(*set);
    const std::optional<char> byte = EscapedByte(name);
    if (!byte) return std::nullopt;
    return Text({&*byte, 1});
  }

  std::optional<RegexpNode> ParseGroup(int depth) {
    RegexpNode capture = Of(Kind::kCapture);
    bool captures = true;
    ++position_;
    if (Take("?P<")) {
      while (!AtEnd() && Peek() != '>') ++position_;
      if (!Take('>')) return std::nullopt;
    } else if (Take("?:")) {
      captures = false;
    } else if (!AtEnd() && Peek() == '?') {
      return std::nullopt;  // flags
    }
    if (captures) capture.group = ++groups_;
    std::optional<RegexpNode> inner = ParseAlternate(depth + 1);
    if (!inner || !Take(')')) return std::nullopt;
    if (!captures) {
      // A text of its own, not to be joined with what follows before that is known not to repeat.
      return inner;
    }
    capture.children.push_back(std::move(*inner));
    return capture;
  }

  // A byte of ASCII in a set.
  std::optional<uint8_t> ParseSetByte() {
    if (AtEnd()) return std::nullopt;
    char c = pattern_[position_++];
    if (c == '\\') {
      if (AtEnd()) return std::nullopt;
      const std::optional<char> byte = EscapedByte(pattern_[position_++]);
      if (!byte) return std::nullopt;
      c = *byte;
    }
    if (static_cast<uint8_t>(c) >= 0x80) return std::nullopt;
    return static_cast<uint8_t>(c);
  }

  std::optional<RegexpNode> ParseSet() {
    ++position_;
    const bool negated = Take('^');
    CodePointSet set;
    for (bool is_first = true; is_first || AtEnd() || Peek() != ']'; is_first = false) {
      if (AtEnd() || pattern_.substr(position_).starts_with("[:")) return std::nullopt;
      if (Peek() == '\\' && position_ + 1 < pattern_.size()) {
        if (const auto named = PerlSet(pattern_[position_ + 1])) {
          position_ += 2;
          if (!AtEnd() && Peek() == '-') return std::nullopt;
          set.Add(*named);
          continue;
        }
      }
      const std::optional<uint8_t> from = ParseSetByte();
      if (!from) return std::nullopt;
      std::optional<uint8_t> to = from;
      const std::string_view rest = pattern_.substr(position_);
      if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
        ++position_;
        to = ParseSetByte();
      }
      if (!to || *to < *from) return std::nullopt;
      set.Add(*from, *to);
    }
    ++position_;
    if (negated) set.Invert();
    return Of(set);
  }

  std::optional<int> ParseCount() {
    const size_t start = position_;
    int count = 0;
    while (!AtEnd() && Peek() >= '0' && Peek() <= '9') {
      count = 10 * count + (Peek() - '0');
      if (count > 1000) return std::nullopt;
      ++position_;
    }
    return position_ > start ? std::optional<int>(count) : std::nullopt;
  }

  // Makes a repetition of the node where a quantifier follows. False: give up.
  bool ParseQuantifier(RegexpNode& node) {
    int least = 0;
    int most = RegexpNode::kNoLimit;
    if (Take('+')) {
      least = 1;
    } else if (Take('?')) {
      most = 1;
    } else if (Take('{')) {
      const std::optional<int> from = ParseCount();
      if (!from) return false;
      least = most = *from;
      if (Take(',')) {
        most = RegexpNode::kNoLimit;
        if (!AtEnd() && Peek() != '}') {
          const std::optional<int> to = ParseCount();
          if (!to) return false;
          most = *to;
        }
      }
      if (!Take('}') || most == 0) return false;
    } else if (!Take('*')) {
      return true;
    }
    RegexpNode repeat = Of(Kind::kRepeat);
    repeat.least = least;
    repeat.most = most;
    repeat.greedy = !Take('?');
    if (!AtEnd() && (Peek() == '*' || Peek() == '+' || Peek() == '?' || Peek() == '{')) {
      return false;
    }
    repeat.children.push_back(std::move(node));
    node = std::move(repeat);
    return true;
  }

  std::string_view pattern_;
  bool dot_matches_newline_;
  size_t position_ = 0;
  int groups_ = 0;
};

// Gathers what every match contains, text by text.
class RequiredTextFinder {
 public:
  void Visit(const RegexpNode& node) {
    switch (node.kind) {
      case Kind::kText: current_ += node.text; return;
      case Kind::kConcat:
      case Kind::kCapture:
        for (const RegexpNode& child : node.children) Visit(child);
        return;
      case Kind::kAlternate: EndText(); return VisitAlternate(node);
      case Kind::kRepeat:
        EndText();
        if (node.least > 0) Consider(RequiredTexts(node.children.front()));
        return;
      default: EndText(); return;
    }
  }
  std::vector<std::string> Finish() {
    EndText();
    return std::move(best_);
  }

 private:
  static constexpr size_t kMostTexts = 8;

  void VisitAlternate(const RegexpNode& node) {
    std::vector<std::string> texts;
    for (const RegexpNode& child : node.children) {
      std::vector<std::string> of_child = RequiredTexts(child);
      if (of_child.empty()) return;
      std::ranges::move(of_child, std::back_inserter(texts));
      if (texts.size() > kMostTexts) return;
    }
    Consider(std::move(texts));
  }
  void EndText() {
    if (!current_.empty()) Consider({std::move(current_)});
    current_.clear();
  }
  // Long texts are rare; many must be looked for one by one.
  static size_t Worth(const std::vector<std::string>& texts) {
    size_t least = texts.empty() ? 0 : texts.front().size();
    for (const std::string& text : texts) least = std::min(least, text.size());
    return 16 * least - texts.size();
  }
  void Consider(std::vector<std::string> texts) {
    if (texts.empty()) return;
    if (best_.empty() || Worth(texts) > Worth(best_)) best_ = std::move(texts);
  }

  std::string current_;
  std::vector<std::string> best_;
};

}  // namespace

std::optional<RegexpNode> ParseRegexp(std::string_view pattern, bool dot_matches_newline) {
  return Parser(pattern, dot_matches_newline).Parse();
}

std::vector<std::string> RequiredTexts(const RegexpNode& node) {
  RequiredTextFinder finder;
  finder.Visit(node);
  return finder.Finish();
}

bool ContainsAny(std::string_view text, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(
      wanted, [&](const std::string& each) { return FindBytes(text, each) != kNotFound; });
}

}  // namespace trivet
