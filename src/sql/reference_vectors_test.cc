#include <gtest/gtest.h>

#include "sql/parser.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"
#include "sql/testdata/parser_vectors.h"

namespace trivet {
namespace {

TEST(ParserVectorsTest, AcceptsAndRefusesAsMarked) {
  size_t accepted = 0;
  size_t refused = 0;
  for (const ParserVector& vector : ParserVectors()) {
    if (vector.kind == "name") continue;
    const auto result = ParseStatements(vector.text);
    if (vector.kind == "accept") {
      EXPECT_TRUE(result.ok()) << vector.text << "\n" << result.status().Render(vector.text);
      ++accepted;
    } else {
      EXPECT_FALSE(result.ok()) << vector.text;
      if (!result.ok()) {
        EXPECT_TRUE(result.status().position().has_value()) << vector.text;
        EXPECT_LE(*result.status().position(), vector.text.size()) << vector.text;
      }
      ++refused;
    }
  }
  EXPECT_GT(accepted, 300u);
  EXPECT_GT(refused, 80u);
}

TEST(ParserVectorsTest, NamesColumnsAsTheReferenceDoes) {
  size_t compared = 0;
  for (const ParserVector& vector : ParserVectors()) {
    if (vector.kind != "name") continue;
    const auto result = ParseExpression(vector.text);
    if (vector.answer == "!") {
      EXPECT_FALSE(result.ok()) << vector.text;
      continue;
    }
    ASSERT_TRUE(result.ok()) << vector.text << "\n" << result.status().Render(vector.text);
    // The reference's listing shows a column whole where a result column takes its last part.
    const bool is_column = (*result)->kind == syntax::ExpressionKind::kColumn;
    EXPECT_EQ(is_column ? ToString(**result) : ColumnName(**result), vector.answer) << vector.text;
    ++compared;
  }
  EXPECT_GT(compared, 1000u);
}

// What is printed parses to an equal tree, and printing is stable.
TEST(ParserVectorsTest, StatementsSurvivePrinting) {
  for (const ParserVector& vector : ParserVectors()) {
    if (vector.kind != "accept") continue;
    const auto statements = ParseStatements(vector.text);
    ASSERT_TRUE(statements.ok()) << vector.text;
    for (const syntax::StatementPtr& statement : *statements) {
      if (statement->kind == syntax::StatementKind::kUnsupported) continue;
      const std::string printed = ToString(*statement);
      const auto again = ParseStatement(printed);
      ASSERT_TRUE(again.ok()) << printed << "\n" << again.status().Render(printed);
      EXPECT_TRUE(Equal(*statement, **again)) << vector.text << "\n" << printed;
      EXPECT_EQ(ToString(**again), printed);
    }
  }
}

TEST(ParserVectorsTest, ExpressionsSurvivePrintingAndCopying) {
  for (const ParserVector& vector : ParserVectors()) {
    if (vector.kind != "name") continue;
    const auto expression = ParseExpression(vector.text);
    if (!expression.ok()) continue;
    const std::string printed = ToString(**expression);
    const auto again = ParseExpression(printed);
    ASSERT_TRUE(again.ok()) << printed << "\n" << again.status().Render(printed);
    EXPECT_TRUE(Equal(**expression, **again)) << vector.text << "\n" << printed;
    EXPECT_EQ(Hash(**expression), Hash(**again)) << vector.text;
    const syntax::ExpressionPtr copy = Clone(**expression);
    EXPECT_TRUE(Equal(**expression, *copy)) << vector.text;
    EXPECT_EQ(ToString(*copy), printed);
    EXPECT_EQ(copy->position, (*expression)->position);
    EXPECT_EQ(copy->depth, (*expression)->depth);
  }
}

// Every prefix and every text with one token changed gives a tree or a typed error with a position
// inside.
TEST(ParserVectorsTest, DamagedTextsGiveTypedErrors) {
  const std::string replacements = "(),;'\"$*.:[]{}+-#?e1 ";
  for (const ParserVector& vector : ParserVectors()) {
    if (vector.kind == "name") continue;
    for (size_t i = 0; i < vector.text.size(); i += 3) {
      std::string changed = vector.text;
      changed[i] = replacements[(i * 7 + vector.text.size()) % replacements.size()];
      for (const std::string& text : {vector.text.substr(0, i), changed}) {
        const auto result = ParseStatements(text);
        if (result.ok()) continue;
        const StatusCode code = result.status().code();
        EXPECT_TRUE(code == StatusCode::kInvalidInput || code == StatusCode::kNotImplemented)
            << text;
        ASSERT_TRUE(result.status().position().has_value()) << text << result.status().ToString();
        EXPECT_LE(*result.status().position(), text.size()) << text;
      }
    }
  }
}

}  // namespace
}  // namespace trivet
