#include "sql/keywords.h"

#include <algorithm>

namespace trivet {

using keyword_detail::kKeywords;

static_assert(std::is_sorted(kKeywords.begin(), kKeywords.end(),
                             [](const KeywordEntry& left, const KeywordEntry& right) {
                               return left.text < right.text;
                             }));

Keyword FindKeyword(std::string_view word) {
  constexpr size_t kLongest = 24;
  if (word.empty() || word.size() > kLongest) return Keyword::kNone;
  char lower[kLongest];
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return keyword_detail::Find(std::string_view(lower, word.size()));
}

std::string_view KeywordText(Keyword keyword) {
  if (keyword == Keyword::kNone) return {};
  return kKeywords[keyword.index - 1].text;
}

KeywordClass ClassOf(Keyword keyword) {
  if (keyword == Keyword::kNone) return KeywordClass::kUnreserved;
  return kKeywords[keyword.index - 1].keyword_class;
}

const KeywordEntry* KeywordsBegin() { return kKeywords.data(); }
const KeywordEntry* KeywordsEnd() { return kKeywords.data() + kKeywords.size(); }

}  // namespace trivet
