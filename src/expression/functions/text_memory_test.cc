// Texts that functions make: reserved before they are allocated, refused with a typed error, given
// up soon after a cancellation, and right when they are large.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <chrono>
#include <thread>

#include "expression/testing.h"

namespace trivet {
namespace {

using testing::FlatOf;
using testing::InputOf;
using testing::TestContext;

const LogicalType kText = TypeId::kVarchar;
const ExpressionPtr kInput = InputOf(0, kText);

Value Text(std::string text) { return Value::Varchar(std::move(text)); }
ExpressionPtr Literal(std::string text) { return Expression::Constant(Text(std::move(text))); }
ExpressionPtr Literal(int32_t value) { return Expression::Constant(Value::Int32(value)); }

ExpressionPtr Call(const std::string& name, std::vector<ExpressionPtr> arguments) {
  auto bound = FunctionRegistry::Builtin().BindScalar(name, std::move(arguments), nullptr);
  EXPECT_TRUE(bound.ok()) << name << ": " << bound.status().ToString();
  return *bound;
}

struct Case {
  std::string name;
  ExpressionPtr call;
  std::string text;  // of every row
};

// Calls that make, or need, megabytes for a row.
std::vector<Case> LargeCases() {
  const std::string ascii(3000000, 'b');
  std::string accented;
  for (int i = 0; i < 500000; ++i) accented += "e\xcc\x81";
  const auto unary = [&](const std::string& name, const std::string& text) {
    return Case{name, Call(name, {kInput}), text};
  };
  std::vector<Case> cases = {
      unary("upper", ascii),
      unary("lower", accented),
      unary("reverse", ascii),
      unary("reverse", accented),
      unary("hex", ascii),
      unary("bin", ascii),
      unary("unhex", std::string(6000000, '4')),
      unary("url_encode", ascii),
      unary("url_decode", ascii),
      unary("regexp_escape", ascii),
      unary("nfc_normalize", accented),
      {"to_base64", Call("to_base64", {Expression::Cast(kInput, TypeId::kBlob)}), ascii},
      {"repeat", Call("repeat", {kInput, Literal(1000000)}), "abc"},
      {"lpad", Call("lpad", {kInput, Literal(3000000), Literal("xy")}), "abc"},
      {"rpad", Call("rpad", {kInput, Literal(3000000), Literal("xy")}), "abc"},
      {"replace", Call("replace", {kInput, Literal("b"), Literal("12")}), ascii},
      {"translate", Call("translate", {kInput, Literal("b"), Literal("\xc3\xa4")}), ascii},
      {"||", Call("||", {kInput, kInput}), ascii},
      {"concat", Call("concat", {kInput, kInput}), ascii},
      {"concat_ws", Call("concat_ws", {Literal(","), kInput, kInput}), ascii},
      {"overlay", Call("overlay", {kInput, kInput, Literal(5)}), ascii},
      {"regexp_replace",
       Call("regexp_replace", {kInput, Literal("b"), Literal("\\0\\0"), Literal("g")}), ascii},
      {"format", Call("format", {Literal("{} {}"), kInput, kInput}), ascii},
      {"printf", Call("printf", {Literal("%s"), kInput}), ascii},
      {"format of a width", Call("format", {Literal("{:>3000000}"), kInput}), "abc"},
      {"format of a width told", Call("format", {Literal("{:>{}}"), kInput, Literal(3000000)}),
       "abc"},
      {"printf of a width told", Call("printf", {Literal("%*d"), Literal(3000000), Literal(1)}),
       "abc"},
      {"blob", Expression::Cast(Expression::Cast(kInput, TypeId::kBlob), kText), ascii},
      {"ilike", Call("~~*", {kInput, Literal("%no%")}), accented},
      {"levenshtein", Call("damerau_levenshtein", {kInput, Literal(std::string(2000, 'x'))}),
       std::string(10000, 'y')},
  };
  return cases;
}

Status Evaluate(const ExpressionPtr& call, const std::string& text, size_t rows,
                TestContext& context, std::string* last = nullptr) {
  // Rows lie apart, so that nothing is computed once for all of them.
  const Batch batch({FlatOf(kText, std::vector<Value>(rows, Text(text)))}, rows);
  Evaluator evaluator({call}, context);
  Vector result;
  TRIVET_RETURN_IF_ERROR(evaluator.Evaluate(0, batch, result));
  if (last != nullptr) *last = result.GetValue(rows - 1).ToString();
  return Status::OK();
}

TEST(TextMemoryTest, WhatOneRowTakesIsReserved) {
  for (const Case& test : LargeCases()) {
    SCOPED_TRACE(test.name);
    TestContext context;
    std::string text;
    const Status status = Evaluate(test.call, test.text, 1, context, &text);
    // Damerau's table alone is beyond the budget of 64 MiB.
    if (test.name == "levenshtein") {
      EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
      continue;
    }
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_GE(context.memory().peak_bytes(), std::max<size_t>(text.size(), 900000));
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  }
}

TEST(TextMemoryTest, BeyondTheBudgetIsATypedErrorThatNamesTheFunction) {
  for (const Case& test : LargeCases()) {
    // These need the memory of one row at a time, and what reads no column is computed once.
    if (test.name == "ilike" || test.name == "printf of a width told") continue;
    SCOPED_TRACE(test.name);
    TestContext context;
    const Status status = Evaluate(test.call, test.text, 60, context);
    EXPECT_EQ(status.code(), StatusCode::kOutOfMemory) << status.ToString();
    // The innermost call that needs too much.
    const bool is_cast = test.call->kind() == ExpressionKind::kCast || test.name == "to_base64";
    const std::string function = is_cast ? "CAST" : test.call->function().function->name;
    EXPECT_EQ(status.message(), function + ": over the test's budget");
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  }
}

TEST(TextMemoryTest, TryCastDoesNotHideThatMemoryIsShort) {
  TestContext context;
  const ExpressionPtr cast =
      Expression::Cast(Call("repeat", {kInput, Literal(100000000)}), TypeId::kInt64, true);
  EXPECT_EQ(Evaluate(cast, "1", 1, context).code(), StatusCode::kOutOfMemory);
}

TEST(TextMemoryTest, ACancelledCallIsNoResult) {
  for (const Case& test : LargeCases()) {
    SCOPED_TRACE(test.name);
    TestContext context;
    context.cancellation().Cancel();
    EXPECT_EQ(Evaluate(test.call, test.text, 1, context).code(), StatusCode::kCancelled);
  }
}

// Cancels after some milliseconds, and gives the time from then on.
std::chrono::milliseconds TimeToEnd(const ExpressionPtr& call, const std::string& text,
                                    size_t rows) {
  TestContext context;
  Status status;
  std::thread thread([&] { status = Evaluate(call, text, rows, context); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  context.cancellation().Cancel();
  const auto start = std::chrono::steady_clock::now();
  thread.join();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

// Generous beside a tenth of a second, for machines that do other things besides; to the end they
// would take minutes.
TEST(TextMemoryTest, CancellationEndsOneBatchAndEvenOneRow) {
  constexpr std::chrono::milliseconds kMost{2000};
  const std::string text(100000, 'b');
  EXPECT_LT(TimeToEnd(Call("levenshtein", {kInput, Literal(std::string(100000, 'c'))}), text, 1),
            kMost);
  EXPECT_LT(
      TimeToEnd(Call("jaro_similarity", {kInput, Literal(std::string(100000, 'c'))}), text, 50),
      kMost);
  EXPECT_LT(TimeToEnd(Call("levenshtein", {kInput, Literal(std::string(5000, 'c'))}),
                      std::string(5000, 'b'), 1000),
            kMost);
}

// RE2 has its own answer to the same question.
TEST(TextMemoryTest, RegexpReplaceRewritesEveryMatch) {
  const char* patterns[] = {"a",        "a*",     "",       "b|",   "(a)(b)?", "^",
                            "$",        "\\b",    "a+?",    "[^a]", "x*$",     "\xc3\xa4",
                            ".",        "(?:)",   "^(.*)$", "(a)b", "^(a|b)+", "(\\w+) (\\w+)",
                            "(a.*)(b)", "(?i)(A)"};
  const char* rewrites[] = {"", "-", "<\\0>", "\\\\\\0", "\\1", "<\\1\\1>", "\\0"};
  const char* texts[] = {"",
                         "a",
                         "b",
                         "abab",
                         "aaa",
                         "xaxbx",
                         ("\xc3\xa4"
                          "a\xc3\xb6"),
                         "a longer text, beyond the inline bytes",
                         "\xf0\x9f\xa4\xa6 zwj \xe2\x80\x8d"};
  for (const char* pattern : patterns) {
    for (const char* rewrite : rewrites) {
      for (const char* text : texts) {
        for (const bool all : {false, true}) {
          TestContext context;
          std::string actual;
          std::vector<ExpressionPtr> arguments = {kInput, Literal(pattern), Literal(rewrite)};
          if (all) arguments.push_back(Literal("g"));
          const Status status =
              Evaluate(Call("regexp_replace", std::move(arguments)), text, 3, context, &actual);
          std::string error;
          ASSERT_EQ(status.ok(), RE2(pattern).CheckRewriteString(rewrite, &error))
              << pattern << " by " << rewrite << ": " << status.ToString();
          if (!status.ok()) continue;
          std::string expected = text;
          if (all) {
            RE2::GlobalReplace(&expected, pattern, rewrite);
          } else {
            RE2::Replace(&expected, pattern, rewrite);
          }
          EXPECT_EQ(actual, expected) << pattern << " in " << text << " by " << rewrite;
        }
      }
    }
  }
}

// A replacement is checked against every pattern that has other groups.
TEST(TextMemoryTest, RegexpReplaceRefusesGroupsByRow) {
  TestContext context;
  const ExpressionPtr call = Call("regexp_replace", {kInput, InputOf(1, kText), Literal("<\\1>")});
  const auto result_of = [&](const std::vector<Value>& patterns, Vector& result) {
    const std::vector<Value> texts(patterns.size(), Text("ab"));
    Evaluator evaluator({call}, context);
    return evaluator.Evaluate(
        0, Batch({FlatOf(kText, texts), FlatOf(kText, patterns)}, texts.size()), result);
  };
  Vector result;
  ASSERT_TRUE(result_of({Text("(a)"), Text("(b)"), Text("(c)"), Text("(?:a)(b)")}, result).ok());
  const char* expected[] = {"<a>b", "a<b>", "ab", "<b>"};
  for (size_t row = 0; row < 4; ++row) EXPECT_EQ(result.GetValue(row).string(), expected[row]);
  EXPECT_EQ(result_of({Text("(a)"), Text("(b)"), Text("a")}, result).code(),
            StatusCode::kInvalidInput);
}

TEST(TextMemoryTest, LargeTextsAreRight) {
  TestContext context;
  std::string text;
  const std::string source(500000, 'b');
  ASSERT_TRUE(
      Evaluate(Call("replace", {kInput, Literal("bb"), Literal("123")}), source, 2, context, &text)
          .ok());
  ASSERT_EQ(text.size(), 750000u);
  EXPECT_EQ(text.substr(0, 6), "123123");
  EXPECT_EQ(text.substr(749997), "123");
  ASSERT_TRUE(Evaluate(Call("upper", {kInput}), source, 2, context, &text).ok());
  EXPECT_EQ(text, std::string(500000, 'B'));
  ASSERT_TRUE(
      Evaluate(Call("format", {Literal("{:>{}}"), kInput, Literal(100000)}), "x", 2, context, &text)
          .ok());
  EXPECT_EQ(text, std::string(99999, ' ') + "x");
}

}  // namespace
}  // namespace trivet
