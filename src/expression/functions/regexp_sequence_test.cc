// RE2 is the definition: whatever a sequence answers is what RE2 answers.
#include "expression/functions/regexp_sequence.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>

#include "expression/functions/utf8.h"

namespace trivet {
namespace {

using Answer = RegexpSequence::Answer;
using Purpose = RegexpSequence::Purpose;

class Patterns {
 public:
  explicit Patterns(uint64_t seed) : random_(seed) {}

  size_t Pick(size_t count) { return random_() % count; }
  template <size_t count>
  std::string Of(const char* const (&choices)[count]) {
    return choices[Pick(count)];
  }

  std::string Text() {
    const char* texts[] = {
        "a",   "b",   "ab",  "aa",           "/",     "c",   "\xc3\xa4", "\\.", "\\n",
        "a/b", "bab", "\\/", "\xe2\x82\xac", "\\\\d", "\\t", "]"};
    return Of(texts);
  }
  std::string Set() {
    const char* sets[] = {".",      ".",      ".",     "[^/]",   "[ab]",   "[^a]", "\\d",  "\\w",
                          "\\s",    "\\W",    "\\D",   "[a-c]",  "[^\\n]", "[]a]", "[a-]", "[^ab/]",
                          "[\\d.]", "[^\\s]", "[--/]", "[\\w/]", "a",      "b",    "/",    "c"};
    return Of(sets);
  }
  std::string Quantifier() {
    const char* quantifiers[] = {"*",  "+",   "*",     "+",    "?",      "*?",    "+?",
                                 "??", "{2}", "{1,2}", "{2,}", "{0,1}?", "{2,}?", ""};
    return Of(quantifiers);
  }
  std::string Choice() {
    std::string choice = Text();
    for (size_t more = Pick(3); more > 0; --more) choice += "|" + (Pick(5) ? Text() : "");
    return choice;
  }
  std::string Part(int depth) {
    switch (Pick(depth > 1 ? 6 : 8)) {
      case 0:
      case 1: return Text();
      case 2:
      case 3: return Set() + Quantifier();
      case 4: return "(?:" + Choice() + ")" + (Pick(2) ? "?" : Pick(2) ? "" : "??");
      case 5: return Text() + (Pick(2) ? "" : "?");
      case 6:
        return (Pick(4) ? "(" : "(?P<n" + std::to_string(++names_) + ">") + Parts(depth + 1) + ")";
      default: return "(" + Choice() + ")";
    }
  }
  std::string Parts(int depth) {
    std::string parts;
    for (size_t count = 1 + Pick(4); count > 0; --count) parts += Part(depth);
    return parts;
  }
  std::string Pattern() {
    const size_t kind = Pick(12);
    if (kind == 0) return Choice();
    std::string pattern = Parts(0);
    if (kind == 1) return pattern + "|" + Parts(0);  // most are no sequences
    if (kind == 2) return pattern + "\\b" + Parts(0);
    if (Pick(3) == 0) pattern = "^" + pattern;
    if (Pick(3) == 0) pattern += Pick(2) ? "$" : ".*$";
    return pattern;
  }
  std::string Subject() {
    const char* letters[] = {"a",        "b", "/", "a", "\n",           "c",
                             "\xc3\xa4", ".", "1", " ", "\xe2\x82\xac", "\\d"};
    const size_t kinds = 2 + Pick(std::size(letters) - 1);
    std::string text;
    for (size_t count = Pick(10) ? Pick(12) : Pick(300); count > 0; --count) {
      text += letters[Pick(kinds)];
    }
    return text;
  }

 private:
  std::mt19937_64 random_;
  int names_ = 0;
};

struct Tally {
  int sequences = 0;
  int matches = 0;
  int unknown = 0;
  int answers = 0;
  int required = 0;

  // Whether there is an answer.
  bool Add(Answer answer) {
    ++answers;
    unknown += answer == Answer::kUnknown;
    matches += answer == Answer::kYes;
    return answer != Answer::kUnknown;
  }
};

void CheckFind(const RE2& re2, const RegexpSequence& sequence, const std::string& text,
               Tally& tally) {
  constexpr int kGroups = RegexpSequence::kMostGroups;
  for (size_t from = 0; from <= text.size(); ++from) {
    if (from < text.size() && IsContinuationByte(text[from])) continue;
    std::string_view groups[kGroups];
    if (!tally.Add(sequence.Find(text, from, groups))) continue;
    re2::StringPiece expected[kGroups];
    const bool matches = re2.Match(text, from, text.size(), RE2::UNANCHORED, expected, kGroups);
    ASSERT_EQ(sequence.Find(text, from, groups) == Answer::kYes, matches) << from;
    for (int i = 0; matches && i < kGroups; ++i) {
      ASSERT_EQ(groups[i], std::string_view(expected[i].data(), expected[i].size()))
          << i << " from " << from;
      if (i > re2.NumberOfCapturingGroups()) continue;
      ASSERT_EQ(groups[i].data(), expected[i].data());
    }
    if (text.size() > 20 && from > 3) break;
  }
}

void Check(const std::string& pattern, bool dot_matches_newline, Patterns& patterns, Tally& tally) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(dot_matches_newline);
  const RE2 re2(pattern, options);
  if (!re2.ok()) return;
  const auto tree = ParseRegexp(pattern, dot_matches_newline);
  if (!tree) return;
  const std::vector<std::string> required = RequiredTexts(*tree);
  const auto exists = RegexpSequence::Compile(*tree, Purpose::kExists);
  const auto full = RegexpSequence::Compile(*tree, Purpose::kFullMatch);
  const auto find = RegexpSequence::Compile(*tree, Purpose::kFind);
  tally.sequences += find.has_value();
  for (int round = 0; round < 12; ++round) {
    const std::string text = patterns.Subject();
    SCOPED_TRACE(::testing::Message()
                 << pattern << (dot_matches_newline ? " (s) on " : " on ") << text);
    const bool matches = RE2::PartialMatch(text, re2);
    if (matches && !required.empty()) {
      ++tally.required;
      ASSERT_TRUE(ContainsAny(text, required)) << required.front();
    }
    if (exists) {
      const Answer answer = exists->Exists(text);
      if (tally.Add(answer)) {
        ASSERT_EQ(answer == Answer::kYes, matches);
      }
    }
    if (full) {
      const Answer answer = full->Exists(text);
      if (tally.Add(answer)) {
        ASSERT_EQ(answer == Answer::kYes, RE2::FullMatch(text, re2));
      }
    }
    if (find) {
      ASSERT_NO_FATAL_FAILURE(CheckFind(re2, *find, text, tally));
    }
  }
}

TEST(RegexpSequenceTest, AnswersAsRe2Does) {
  Patterns patterns(20240229);
  Tally tally;
  constexpr int kRounds = 20000;
  for (int round = 0; round < kRounds; ++round) {
    Check(patterns.Pattern(), patterns.Pick(4) == 0, patterns, tally);
    if (HasFatalFailure()) return;
  }
  // Otherwise this would prove little.
  EXPECT_GT(tally.sequences, kRounds / 2);
  EXPECT_GT(tally.matches, tally.answers / 10);
  EXPECT_LT(tally.matches, tally.answers * 9 / 10);
  EXPECT_GT(tally.required, kRounds);
  EXPECT_LT(tally.unknown, tally.answers / 100);
}

TEST(RegexpSequenceTest, AnswersAsRe2DoesToWhatPeopleAsk) {
  const char* asked[] = {"^https?://(?:www\\.)?([^/]+)/.*$",
                         "special",
                         "^special",
                         "special$",
                         "^$",
                         "",
                         "a.*b",
                         ".*a.*",
                         "^.*a.*b.*$",
                         "a|b|/",
                         "(a|b|ab)c",
                         "\\d+",
                         "(\\d{4})-(\\d{2})-(\\d{2})",
                         "([^/]*)$",
                         "^(.*)/([^/]*)$",
                         "[?&]a=([^&]*)",
                         "a=(.*?)&",
                         "(\\w+)@(\\w+)\\.(?:com|org)",
                         "^\\s+|\\s+$",
                         "\\bab\\b",
                         "(?i)a",
                         "[[:alpha:]]+",
                         "\\pL+",
                         "(ab)+",
                         "a{2,3}b",
                         "x*$"};
  Patterns patterns(7);
  Tally tally;
  for (const char* pattern : asked) {
    for (int round = 0; round < 50; ++round) {
      Check(pattern, round % 4 == 0, patterns, tally);
      if (HasFatalFailure()) return;
    }
  }
  for (const char* url :
       {"http://www.a.b/c", "https://a/", "http:///", "http://www./x", "https://www.a/b\nc",
        "ftp://a/b", "http://www.\xc3\xa4/b", "http://a", ""}) {
    const RE2 re2(asked[0]);
    const auto find = RegexpSequence::Compile(*ParseRegexp(asked[0], false), Purpose::kFind);
    ASSERT_TRUE(find.has_value());
    ASSERT_NO_FATAL_FAILURE(CheckFind(re2, *find, url, tally)) << url;
  }
}

// Every code point of ASCII, as it stands in a pattern, escaped, and in sets.
TEST(RegexpSequenceTest, CodePointsMeanWhatTheyMeanToRe2) {
  std::vector<std::string> patterns = {"\\d", "\\D", "\\s",     "\\S",
                                       "\\w", "\\W", "[^\\s-]", "[\\D]"};
  for (int c = 0; c < 128; ++c) {
    const std::string letter(1, static_cast<char>(c));
    for (const std::string& pattern :
         {letter, "\\" + letter, "[" + letter + "]", "[^" + letter + "]", "[\\" + letter + "]",
          "[" + letter + "-z]", "[a-" + letter + "]", "x" + letter + "?", "[ab" + letter + "d]"}) {
      patterns.push_back(pattern);
    }
  }
  std::vector<std::string> texts = {
      "", "x", "\xc2\x80", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\xa4\xa6", "x?", "\\d"};
  for (int c = 0; c < 128; ++c) texts.emplace_back(1, static_cast<char>(c));
  size_t compared = 0;
  for (const std::string& pattern : patterns) {
    RE2::Options options;
    options.set_log_errors(false);
    const RE2 re2(pattern, options);
    const auto tree = ParseRegexp(pattern, false);
    if (!re2.ok() || !tree) continue;
    const auto full = RegexpSequence::Compile(*tree, Purpose::kFullMatch);
    if (!full) continue;
    ++compared;
    for (const std::string& text : texts) {
      ASSERT_EQ(full->Exists(text) == Answer::kYes, RE2::FullMatch(text, re2))
          << pattern << " on " << text;
    }
  }
  EXPECT_GT(compared, 600u);
}

// Every begin of a match is tried, and every end of two runs: RE2 takes over.
TEST(RegexpSequenceTest, LongTextsTakeLinearTime) {
  const std::string text(1000000, 'a');
  for (const char* pattern : {"a*a*a*b", "a.*a.*b", "(?:a|aa)[ab]*a*b$", "[ab]+[a-c]+a*c"}) {
    const auto tree = ParseRegexp(pattern, false);
    const auto find = RegexpSequence::Compile(*tree, Purpose::kFind);
    ASSERT_TRUE(find.has_value()) << pattern;
    std::string_view groups[1];
    EXPECT_NE(find->Find(text + "d", 0, groups), Answer::kYes) << pattern;
  }
  // As long texts at every place would be.
  const std::string long_text(2000, 'a');
  for (const std::string& pattern : {"(?:" + long_text + "b|x)d", "[ab]" + long_text + "b"}) {
    const auto find = RegexpSequence::Compile(*ParseRegexp(pattern, false), Purpose::kFind);
    std::string_view groups[1];
    ASSERT_TRUE(find.has_value());
    EXPECT_EQ(find->Find(text + long_text + "bd", 0, groups), Answer::kUnknown);
  }
  std::string many = "a";
  for (int i = 0; i < 100; ++i) many += "|b" + std::to_string(i);
  EXPECT_FALSE(RegexpSequence::Compile(*ParseRegexp(many, false), Purpose::kFind).has_value());
  // One run is looked at once, wherever the match may begin.
  for (const char* pattern : {"a[^b]*c", "a+b", "a.*c", "[a-z]+1"}) {
    const auto find = RegexpSequence::Compile(*ParseRegexp(pattern, false), Purpose::kFind);
    std::string_view groups[1];
    EXPECT_EQ(find->Find(text + "\n", 0, groups), Answer::kNo) << pattern;
  }
}

}  // namespace
}  // namespace trivet
