// Answers that are remembered: what is kept, when it is asked, and that results do not depend on
// it.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <map>
#include <random>

#include "base/hash.h"
#include "expression/memo_use.h"
#include "expression/testing.h"
#include "expression/text_memo.h"

namespace trivet {
namespace {

using Phase = MemoUse::Phase;
using testing::InputOf;
using testing::TestContext;
using testing::TestMemory;

// More than one phase has rows, at `time` each, of which one in `one_of` was known.
void Feed(MemoUse& use, Phase until, size_t one_of, uint64_t time) {
  for (int batch = 0; batch < 20000 && use.phase() != until; ++batch) {
    use.Learn(2048, 2048 / one_of, 2048 * time);
  }
  EXPECT_EQ(use.phase(), until);
}

TEST(MemoUseTest, UsesWhatTakesLessTime) {
  MemoUse use;
  EXPECT_FALSE(use.asks());
  Feed(use, Phase::kFills, 1, 100);
  EXPECT_TRUE(use.asks());
  Feed(use, Phase::kAsks, 8, 0);
  EXPECT_TRUE(use.asks() && use.measures());
  Feed(use, Phase::kUses, 8, 80);
  EXPECT_TRUE(use.asks());
  Feed(use, Phase::kComputes, 8, 0);  // measured anew
  Feed(use, Phase::kFills, 1, 100);
  Feed(use, Phase::kAsks, 8, 0);
  Feed(use, Phase::kRests, 2, 95);  // not enough less
  EXPECT_FALSE(use.asks() || use.measures());
}

TEST(MemoUseTest, RestsEverLongerWhereTextsAreNew) {
  MemoUse use;
  size_t last = 0;
  for (int round = 0; round < 3; ++round) {
    Feed(use, Phase::kFills, 1, 100);
    Feed(use, Phase::kRests, 100, 0);
    size_t rested = 0;
    for (; use.phase() == Phase::kRests; rested += 2048) use.Learn(2048, 0, 0);
    EXPECT_GT(rested, last);
    last = rested;
  }
}

TEST(TextMemoTest, HoldsTheLatestAndNothingElse) {
  TestMemory memory;
  TextMemo memo(memory);
  ASSERT_TRUE(memo.Open());
  EXPECT_GE(memory.reserved_bytes(), TextMemo::kBytes);
  std::mt19937_64 random(3);
  std::map<std::string, std::string> answers;
  size_t known = 0;
  size_t unknown = 0;
  for (int round = 0; round < 300000; ++round) {
    const uint64_t number = random() % 40000;
    std::string text = std::to_string(number) + std::string(number % 97, 'x');
    if (number % 1000 == 0) text.append(TextMemo::kMostBytes, 'y');
    const uint64_t hash = HashBytes(text.data(), text.size()) >> (number % 2) * 50;  // some collide
    TextMemo::Place& place = memo.PlaceOf(hash);
    if (memo.Holds(place, hash, text)) {
      ++known;
      ASSERT_EQ(memo.AnswerOf(place), answers[text]);
    } else {
      ++unknown;
      const std::string answer(random() % 100, static_cast<char>('a' + number % 26));
      memo.Remember(place, hash, text, answer);
      answers[text] = answer;
      const size_t bytes = text.size() + answer.size();
      ASSERT_EQ(memo.Holds(place, hash, text), bytes <= TextMemo::kMostBytes);
      ASSERT_LE(place.offset % TextMemo::kBytes + place.text_bytes + place.answer_bytes,
                TextMemo::kBytes);
    }
  }
  EXPECT_GT(known, 50000u);
  EXPECT_GT(unknown, 50000u);
  // What was written over is not there, even where it looks the same.
  TextMemo::Place& place = memo.PlaceOf(1);
  memo.Remember(place, 1, "xx", "y");
  const std::string wide(TextMemo::kMostBytes, 'x');
  for (size_t bytes = 0; bytes <= TextMemo::kBytes; bytes += wide.size()) {
    ASSERT_TRUE(memo.Holds(place, 1, "xx"));
    ASSERT_EQ(memo.AnswerOf(place), "y");
    if (bytes + 2 * wide.size() > TextMemo::kBytes) break;
    memo.Remember(memo.PlaceOf(2), 2, wide, "");
  }
  for (int i = 0; i < 3; ++i) memo.Remember(memo.PlaceOf(2), 2, wide, "");
  EXPECT_FALSE(memo.Holds(place, 1, "xx"));
  memo.Close();
  EXPECT_EQ(memory.reserved_bytes(), 0u);
}

ExpressionPtr Literal(std::string text) {
  return Expression::Constant(Value::Varchar(std::move(text)));
}

// A pattern that only RE2 knows, and the text that it makes.
constexpr const char* kPattern = "((?:[a-z]+-)*)([a-z]+)/(x|y+z?)*";

ExpressionPtr Replace(const char* rewrite, const char* options) {
  auto bound = FunctionRegistry::Builtin().BindScalar(
      "regexp_replace",
      {InputOf(0, TypeId::kVarchar), Literal(kPattern), Literal(rewrite), Literal(options)},
      nullptr);
  EXPECT_TRUE(bound.ok());
  EXPECT_FALSE((*bound)->can_fail());
  return *bound;
}

// Texts of about 100 bytes, some NULL, some long, of `different` ones.
class Texts {
 public:
  explicit Texts(size_t different) : different_(different) {}
  Value Next() {
    const size_t number = random_() % different_;
    if (number % 50 == 0) return Value::Null(TypeId::kVarchar);
    std::string text = std::to_string(number);
    for (size_t i = 0; i < (number % 60 == 1 ? 500 : number % 7); ++i) text += "abc-def-";
    return Value::Varchar(text + "g/xyy" + (number % 3 ? "" : std::to_string(number)));
  }
  Batch NextBatch(size_t rows) {
    std::vector<Value> values;
    for (size_t row = 0; row < rows; ++row) values.push_back(Next());
    return Batch({testing::FlatOf(TypeId::kVarchar, values)}, rows);
  }

 private:
  size_t different_;
  std::mt19937_64 random_{11};
};

// Whether a memo was in use at the end, all answers having been RE2's.
bool IsRemembering(size_t different, size_t batches) {
  TestContext context;
  Evaluator evaluator({Replace("<\\2\\1>", "g")}, context);
  Texts texts(different);
  const RE2 re2(kPattern);
  std::map<std::string, std::string> expected;
  for (size_t batch = 0; batch < batches; ++batch) {
    const Batch input = texts.NextBatch(batch % 5 == 0 ? 100 : kVectorSize);
    Vector result;
    EXPECT_TRUE(evaluator.Evaluate(0, input, result).ok());
    for (size_t row = 0; row < input.row_count(); ++row) {
      const Value text = input.column(0).GetValue(row);
      const Value answer = result.GetValue(row);
      EXPECT_EQ(answer.is_null(), text.is_null());
      if (text.is_null()) continue;
      auto [place, is_new] = expected.try_emplace(text.string(), text.string());
      if (is_new) RE2::GlobalReplace(&place->second, re2, "<\\2\\1>");
      if (answer.string() != place->second) {
        ADD_FAILURE() << text.string() << ": " << answer.string();
        return false;
      }
    }
  }
  return context.memory().reserved_bytes() >= TextMemo::kBytes;
}

TEST(MemoNodeTest, RemembersAnswersToTextsThatRepeat) { EXPECT_TRUE(IsRemembering(700, 90)); }
TEST(MemoNodeTest, RemembersSomeOfManyTexts) { IsRemembering(60000, 90); }
TEST(MemoNodeTest, ForgetsWhereTextsAreNew) { EXPECT_FALSE(IsRemembering(1 << 30, 60)); }

// What a batch without memory has left behind is not asked.
TEST(MemoNodeTest, GoesOnAfterMemoryWasRefused) {
  TestContext context;
  Evaluator evaluator({Replace(std::string(3000000, 'r').c_str(), "g")}, context);
  Vector result;
  const auto batch_of = [](const std::vector<std::string>& texts) {
    std::vector<Value> values;
    for (const std::string& text : texts) values.push_back(Value::Varchar(text));
    return Batch({testing::FlatOf(TypeId::kVarchar, values)}, values.size());
  };
  // Until the memo is asked: texts without a match.
  const Batch calm =
      batch_of(std::vector<std::string>(kVectorSize, "no match at all in this text"));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(evaluator.Evaluate(0, calm, result).ok());
  ASSERT_GE(context.memory().reserved_bytes(), TextMemo::kBytes);
  std::vector<std::string> costly;
  for (int i = 0; i < 100; ++i) costly.push_back(std::string(1 + i, 'a') + "/x");
  EXPECT_EQ(evaluator.Evaluate(0, batch_of(costly), result).code(), StatusCode::kOutOfMemory);
  result = Vector();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(evaluator.Evaluate(0, calm, result).ok());
  const std::vector<std::string> mixed = {"b", "c", "d", "e", "f", costly[5], "g", costly[5]};
  ASSERT_TRUE(evaluator.Evaluate(0, batch_of(mixed), result).ok());
  for (size_t row = 0; row < mixed.size(); ++row) {
    const std::string answer = result.GetValue(row).string();
    if (mixed[row] == costly[5]) {
      EXPECT_EQ(answer.size(), 3000000u);
    } else {
      EXPECT_EQ(answer, mixed[row]);
    }
  }
}

}  // namespace
}  // namespace trivet
