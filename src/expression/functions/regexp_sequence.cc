#include "expression/functions/regexp_sequence.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "expression/functions/find_bytes.h"
#include "expression/functions/utf8.h"

namespace trivet {

namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
constexpr size_t kMostElements = 64;
constexpr size_t kMostChoices = 16;  // one by one; RE2 looks for all at once

bool StandsAt(std::string_view text, size_t position, std::string_view wanted) {
  return text.size() - position >= wanted.size() &&
         std::memcmp(text.data() + position, wanted.data(), wanted.size()) == 0;
}

CodePointSet FirstByte(std::string_view text) {
  CodePointSet set;
  const auto byte = static_cast<uint8_t>(text.front());
  if (byte < 0x80) {
    set.Add(byte, byte);
  } else {
    set.others = true;
  }
  return set;
}

}  // namespace

// One search in one text.
class RegexpSequence::Attempt {
 public:
  Attempt(const RegexpSequence& sequence, std::string_view text)
      : sequence_(sequence),
        text_(text),
        steps_(static_cast<int64_t>(kStepsPerByte * text.size() + kFreeSteps)) {}

  // Whether elements from `element` on match at `position`; false, too, where this has taken too
  // many steps.
  bool Match(size_t element, size_t position);
  bool is_exhausted() const { return steps_ < 0; }
  void Pay(size_t steps) { steps_ -= static_cast<int64_t>(steps); }
  size_t end() const { return end_; }
  // How far the sequence's first run reached; 0 before it did.
  size_t first_run_end() const { return first_run_end_; }
  void ForgetFirstRun() { first_run_end_ = 0; }
  size_t group_begin(size_t group) const { return begins_[group]; }
  size_t group_end(size_t group) const { return ends_[group]; }

 private:
  static constexpr size_t kStepsPerByte = 8;
  static constexpr size_t kFreeSteps = 256;
  static constexpr size_t kBytesPerStep = 16;  // of a text that is compared

  // Where the run from `position` may end, or nothing where it is too short.
  std::optional<Run> Measure(const Element& run, size_t position);
  size_t EndOfUnlimited(const Element& run, size_t position) const;
  // Whether what follows run `element` matches at one of its ends, tried in their order.
  bool MatchBehind(size_t element, Run ends);
  bool MatchBehindLongest(size_t element, Run ends);
  bool MatchBehindShortest(size_t element, Run ends);

  const RegexpSequence& sequence_;
  const std::string_view text_;
  int64_t steps_;
  size_t end_ = 0;
  size_t first_run_end_ = 0;
  size_t begins_[kMostGroups];
  size_t ends_[kMostGroups];
};

size_t RegexpSequence::Attempt::EndOfUnlimited(const Element& run, size_t position) const {
  if (run.is_any) return text_.size();
  const char* data = text_.data();
  if (run.lone_missing >= 0) {
    const void* found = std::memchr(data + position, run.lone_missing, text_.size() - position);
    return found ? static_cast<size_t>(static_cast<const char*>(found) - data) : text_.size();
  }
  while (position < text_.size() && run.set.HasByte(static_cast<uint8_t>(data[position]))) {
    ++position;
  }
  return position;
}

std::optional<RegexpSequence::Run> RegexpSequence::Attempt::Measure(const Element& run,
                                                                    size_t position) {
  Run ends{position, position};
  size_t count = 0;
  const auto advance = [&](size_t limit) {
    while (count < limit && ends.end < text_.size() &&
           run.set.HasByte(static_cast<uint8_t>(text_[ends.end]))) {
      ends.end += std::min(Utf8Length(text_[ends.end]), text_.size() - ends.end);
      ++count;
    }
  };
  advance(run.least);
  ends.least_end = ends.end;
  if (count < run.least) {
    Pay(ends.end - position);
    return std::nullopt;
  }
  if (run.most == kNoLimit) {
    ends.end = EndOfUnlimited(run, ends.end);
  } else {
    advance(run.most);
  }
  Pay(ends.end - position);
  return ends;
}

bool RegexpSequence::Attempt::Match(size_t element, size_t position) {
  Pay(1);
  const std::vector<Element>& elements = sequence_.elements_;
  for (; element < elements.size(); ++element) {
    const Element& expected = elements[element];
    switch (expected.kind) {
      case Element::Kind::kText:
        Pay(expected.texts.front().size() / kBytesPerStep);
        if (!StandsAt(text_, position, expected.texts.front())) return false;
        position += expected.texts.front().size();
        break;
      case Element::Kind::kChoice:
        for (const std::string& choice : expected.texts) {
          Pay(choice.size() / kBytesPerStep);
          if (!StandsAt(text_, position, choice)) continue;
          if (Match(element + 1, position + choice.size())) return true;
          if (is_exhausted()) return false;
        }
        return false;
      case Element::Kind::kRun: {
        const std::optional<Run> ends = Measure(expected, position);
        if (sequence_.has_first_run_ && element == sequence_.first_run_) {
          first_run_end_ = ends ? ends->end : position;
        }
        if (!ends || is_exhausted()) return false;
        if (!expected.is_final && ends->least_end != ends->end) return MatchBehind(element, *ends);
        position = ends->end;
        break;
      }
      case Element::Kind::kOpen: begins_[expected.group] = position; break;
      case Element::Kind::kClose: ends_[expected.group] = position; break;
    }
  }
  end_ = position;
  return !sequence_.ends_ || position == text_.size();
}

bool RegexpSequence::Attempt::MatchBehind(size_t element, Run ends) {
  // Where only existence counts, the nearest text is found the fastest.
  const Element& run = sequence_.elements_[element];
  const bool searches = run.next_text != 0 && !sequence_.finds_;
  return run.greedy && !searches ? MatchBehindLongest(element, ends)
                                 : MatchBehindShortest(element, ends);
}

bool RegexpSequence::Attempt::MatchBehindLongest(size_t element, Run ends) {
  const Element& run = sequence_.elements_[element];
  const char* wanted =
      run.next_text == 0 ? nullptr : sequence_.elements_[run.next_text].texts.front().data();
  for (size_t position = ends.end;; --position) {
    while (position > ends.least_end && position < text_.size() &&
           IsContinuationByte(text_[position])) {
      --position;
    }
    if (wanted == nullptr || (position < text_.size() && text_[position] == *wanted)) {
      if (Match(element + 1, position)) return true;
      if (is_exhausted()) return false;
    }
    if (position == ends.least_end) return false;
  }
}

bool RegexpSequence::Attempt::MatchBehindShortest(size_t element, Run ends) {
  const Element& run = sequence_.elements_[element];
  if (run.next_text == 0) {
    for (size_t position = ends.least_end; position <= ends.end;) {
      if (Match(element + 1, position)) return true;
      if (is_exhausted() || position == ends.end) return false;
      position += std::min(Utf8Length(text_[position]), ends.end - position);
    }
    return false;
  }
  const std::string_view wanted = sequence_.elements_[run.next_text].texts.front();
  const size_t last_end = std::min(text_.size(), ends.end + wanted.size());
  for (size_t position = ends.least_end;; ++position) {
    position = FindBytes(text_.substr(0, last_end), wanted, position);
    if (position == kNotFound) return false;
    if (Match(element + 1, position)) return true;
    if (is_exhausted()) return false;
  }
}

RegexpSequence::Answer RegexpSequence::Exists(std::string_view text) const {
  if (deciding_texts_.empty()) return Find(text, 0, {});
  return ContainsAny(text, deciding_texts_) ? Answer::kYes : Answer::kNo;
}

RegexpSequence::Answer RegexpSequence::Find(std::string_view text, size_t from,
                                            std::span<std::string_view> groups) const {
  if (begins_ && from != 0) return Answer::kNo;
  if (from == 0 && !needed_.empty() && FindBytes(text, needed_) == kNotFound) return Answer::kNo;
  Attempt attempt(*this, text);
  size_t begin = from;
  for (;; ++begin) {
    if (!begins_) {
      if (starts_with_text_) {
        begin = FindBytes(text, elements_[start_text_].texts.front(), begin);
        if (begin == kNotFound) return Answer::kNo;
      } else if (!can_be_empty_) {
        while (begin < text.size() && !starts_[static_cast<uint8_t>(text[begin])]) ++begin;
        if (begin == text.size()) return Answer::kNo;
      } else {
        while (begin < text.size() && IsContinuationByte(text[begin])) ++begin;
      }
    }
    if (attempt.Match(0, begin)) break;
    if (attempt.is_exhausted()) return Answer::kUnknown;
    if (begins_ || begin == text.size()) return Answer::kNo;
    // A later begin whose run would end at the same place could try nothing new.
    if (has_first_run_ && attempt.first_run_end() != 0) {
      const size_t same_until =
          attempt.first_run_end() - std::min(attempt.first_run_end(), first_run_offset_);
      begin = std::max(begin, same_until);
      attempt.ForgetFirstRun();
      if (begin >= text.size()) return Answer::kNo;
    }
  }
  if (attempt.is_exhausted()) return Answer::kUnknown;
  if (!groups.empty()) groups[0] = text.substr(begin, attempt.end() - begin);
  if (groups.size() > 1) {
    for (const Element& element : elements_) {
      if (element.kind != Element::Kind::kClose || element.group >= groups.size()) continue;
      const size_t group_begin = attempt.group_begin(element.group);
      groups[element.group] =
          text.substr(group_begin, attempt.group_end(element.group) - group_begin);
    }
  }
  return Answer::kYes;
}

std::optional<RegexpSequence> RegexpSequence::Compile(const RegexpNode& node, Purpose purpose) {
  RegexpSequence sequence;
  sequence.finds_ = purpose == Purpose::kFind;
  sequence.begins_ = sequence.ends_ = purpose == Purpose::kFullMatch;
  // Anchors only at the ends of the whole.
  std::span<const RegexpNode> parts(&node, 1);
  if (node.kind == RegexpNode::Kind::kConcat) parts = node.children;
  if (!parts.empty() && parts.front().kind == RegexpNode::Kind::kBegin) {
    sequence.begins_ = true;
    parts = parts.subspan(1);
  }
  if (!parts.empty() && parts.back().kind == RegexpNode::Kind::kEnd) {
    sequence.ends_ = true;
    parts = parts.first(parts.size() - 1);
  }
  for (const RegexpNode& part : parts) {
    if (!sequence.Append(part)) return std::nullopt;
  }
  if (sequence.elements_.size() > kMostElements) return std::nullopt;
  if (!sequence.finds_) sequence.Trim();
  sequence.Prepare();
  return sequence;
}

bool RegexpSequence::Append(const RegexpNode& node) {
  switch (node.kind) {
    case RegexpNode::Kind::kText: AppendText(node.text); return true;
    case RegexpNode::Kind::kSet: AppendRun(node.set, 1, 1, true); return true;
    case RegexpNode::Kind::kRepeat: return AppendRepeat(node);
    case RegexpNode::Kind::kConcat:
      return std::ranges::all_of(node.children,
                                 [&](const RegexpNode& child) { return Append(child); });
    case RegexpNode::Kind::kAlternate: return AppendChoice(node, false, true);
    case RegexpNode::Kind::kCapture: {
      const auto group = static_cast<size_t>(node.group);
      const bool is_told = finds_ && group < kMostGroups;
      Element element;
      element.group = group;
      element.kind = Element::Kind::kOpen;
      if (is_told) elements_.push_back(element);
      if (!Append(node.children.front())) return false;
      element.kind = Element::Kind::kClose;
      if (is_told) elements_.push_back(element);
      return true;
    }
    default: return false;
  }
}

bool RegexpSequence::AppendRepeat(const RegexpNode& node) {
  const RegexpNode& child = node.children.front();
  const size_t most = node.most < 0 ? kNoLimit : static_cast<size_t>(node.most);
  const auto least = static_cast<size_t>(node.least);
  if (child.kind == RegexpNode::Kind::kSet) {
    AppendRun(child.set, least, most, node.greedy);
    return true;
  }
  if (least == 0 && most == 1) return AppendChoice(child, true, node.greedy);
  if (child.kind != RegexpNode::Kind::kText || child.text.size() > 1) return false;
  AppendRun(FirstByte(child.text), least, most, node.greedy);
  return true;
}

// A text, an empty one, or an alternation of such.
bool RegexpSequence::AppendChoice(const RegexpNode& alternate, bool is_optional, bool greedy) {
  Element choice;
  choice.kind = Element::Kind::kChoice;
  std::span<const RegexpNode> branches(&alternate, 1);
  if (alternate.kind == RegexpNode::Kind::kAlternate) branches = alternate.children;
  if (is_optional && !greedy) choice.texts.emplace_back();
  for (const RegexpNode& branch : branches) {
    const bool is_empty = branch.kind == RegexpNode::Kind::kConcat && branch.children.empty();
    if (!is_empty && branch.kind != RegexpNode::Kind::kText) return false;
    choice.texts.push_back(branch.text);
  }
  if (is_optional && greedy) choice.texts.emplace_back();
  if (choice.texts.size() > kMostChoices) return false;
  elements_.push_back(std::move(choice));
  return true;
}

void RegexpSequence::AppendText(std::string_view text) {
  if (elements_.empty() || elements_.back().kind != Element::Kind::kText) {
    elements_.emplace_back().texts.emplace_back();
  }
  elements_.back().texts.front() += text;
}

void RegexpSequence::AppendRun(const CodePointSet& set, size_t least, size_t most, bool greedy) {
  Element run;
  run.kind = Element::Kind::kRun;
  run.set = set;
  run.least = least;
  run.most = most;
  run.greedy = greedy;
  int missing = 0;
  for (int byte = 0; byte < 128; ++byte) {
    if (set.HasAscii(static_cast<uint8_t>(byte))) continue;
    ++missing;
    run.lone_missing = byte;
  }
  run.is_any = missing == 0 && set.others;
  if (missing != 1 || !set.others) run.lone_missing = -1;
  elements_.push_back(std::move(run));
}

void RegexpSequence::Trim() {
  const auto shorten = [](Element& element) {
    if (element.kind == Element::Kind::kRun) {
      element.most = element.least;
      return element.least == 0;
    }
    return element.kind == Element::Kind::kChoice &&
           std::ranges::any_of(element.texts, &std::string::empty);
  };
  while (!begins_ && !elements_.empty() && shorten(elements_.front())) {
    elements_.erase(elements_.begin());
  }
  while (!ends_ && !elements_.empty() && shorten(elements_.back())) elements_.pop_back();
}

bool RegexpSequence::FirstOf(size_t first, CodePointSet& set) const {
  for (size_t i = first; i < elements_.size(); ++i) {
    const Element& element = elements_[i];
    bool is_empty = true;
    if (element.kind == Element::Kind::kRun) {
      set.Add(element.set);
      is_empty = element.least == 0;
    } else if (element.kind == Element::Kind::kText || element.kind == Element::Kind::kChoice) {
      is_empty = false;
      for (const std::string& text : element.texts) {
        if (text.empty()) is_empty = true;
        if (!text.empty()) set.Add(FirstByte(text));
      }
    }
    if (!is_empty) return false;
  }
  return true;
}

void RegexpSequence::Prepare() {
  for (size_t i = 0; i < elements_.size(); ++i) {
    Element& element = elements_[i];
    if (element.kind != Element::Kind::kRun) continue;
    CodePointSet next;
    const bool rest_can_be_empty = FirstOf(i + 1, next);
    // Shorter runs leave a code point of the set to what follows, which has no use for it.
    element.is_final = !next.Meets(element.set) && (!rest_can_be_empty || ends_);
    size_t following = i + 1;
    while (following < elements_.size() && (elements_[following].kind == Element::Kind::kOpen ||
                                            elements_[following].kind == Element::Kind::kClose)) {
      ++following;
    }
    if (following < elements_.size() && elements_[following].kind == Element::Kind::kText) {
      element.next_text = following;
    }
  }
  PrepareStart();
}

void RegexpSequence::PrepareStart() {
  CodePointSet first;
  can_be_empty_ = FirstOf(0, first);
  // Code points beyond ASCII start with a byte from 0xC2 on.
  for (int byte = 0; byte < 256; ++byte) {
    starts_[byte] =
        byte < 0x80 ? first.HasAscii(static_cast<uint8_t>(byte)) : first.others && byte >= 0xC2;
  }
  size_t offset = 0;
  for (size_t i = 0; i < elements_.size(); ++i) {
    const Element& element = elements_[i];
    if (element.kind == Element::Kind::kText) {
      if (offset == 0) start_text_ = i;
      starts_with_text_ = true;
      offset += element.texts.front().size();
    } else if (element.kind == Element::Kind::kRun && element.most == kNoLimit) {
      first_run_ = i;
      first_run_offset_ = offset;
      has_first_run_ = true;
      break;
    } else if (element.kind != Element::Kind::kOpen && element.kind != Element::Kind::kClose) {
      break;
    }
  }
  if (begins_) return;
  size_t least_size = starts_with_text_ ? elements_[start_text_].texts.front().size() : 0;
  for (const Element& element : elements_) {
    if (element.kind != Element::Kind::kText) continue;
    if (element.texts.front().size() <= least_size) continue;
    needed_ = element.texts.front();
    least_size = needed_.size();
  }
  constexpr size_t kMostTexts = 8;
  const bool is_one = elements_.size() == 1 && elements_.front().kind != Element::Kind::kRun;
  if (is_one && !ends_ && !finds_ && elements_.front().texts.size() <= kMostTexts) {
    deciding_texts_ = elements_.front().texts;
  }
}

}  // namespace trivet
