#include "sql/lexer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace trivet {
namespace {

std::vector<Token> Tokens(std::string_view sql) {
  auto result = Tokenize(sql);
  EXPECT_TRUE(result.ok()) << sql << ": " << result.status().ToString();
  return result.ok() ? std::move(result).value() : std::vector<Token>(1);
}

// The texts of the tokens, separated by '|'.
std::string Split(std::string_view sql) {
  std::string texts;
  for (const Token& token : Tokens(sql)) {
    if (token.kind == TokenKind::kEnd) break;
    if (!texts.empty()) texts += '|';
    texts += sql.substr(token.begin, token.end - token.begin);
  }
  return texts;
}

struct Failure {
  std::string message;
  size_t position;
};

Failure FailureOf(std::string_view sql) {
  const auto result = Tokenize(sql);
  if (result.ok()) return {"none", 0};
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidInput);
  return {result.status().message(), result.status().position().value_or(999999)};
}

std::string StringValue(std::string_view sql) {
  const auto value = StringTokenValue(sql, Tokens(sql).front());
  return value.ok() ? *value : "error: " + value.status().message();
}

TEST(LexerTest, OperatorsAreTheLongestThatMatch) {
  struct Case {
    std::string sql;
    std::string tokens;
  };
  const Case cases[] = {
      {"a<-1", "a|<|-|1"},
      {"a!=-1", "a|!=|-|1"},
      {"a->>b->c", "a|->>|b|->|c"},
      {"a<=>b<=c<>d<<e<@f<->g", "a|<=>|b|<=|c|<>|d|<<|e|<@|f|<->|g"},
      {"a!~~*b!~~c!~*d!~e!=f!", "a|!~~*|b|!~~|c|!~*|d|!~|e|!=|f|!"},
      {"a~~~b~~*c~~d~*e~f", "a|~~~|b|~~*|c|~~|d|~*|e|~|f"},
      {"a::b:=c:d=>e==f=g", "a|::|b|:=|c|:|d|=>|e|==|f|=|g"},
      {"a**b*c//d/e^@f^g", "a|**|b|*|c|//|d|/|e|^@|f|^|g"},
      {"a||b|c&&d&e@>f@g", "a||||b|||c|&&|d|&|e|@>|f|@|g"},
      {"([{}]),;.%#", "(|[|{|}|]|)|,|;|.|%|#"},
  };
  for (const Case& test : cases) EXPECT_EQ(Split(test.sql), test.tokens);
}

TEST(LexerTest, SpaceAndCommentsSeparateOnly) {
  EXPECT_EQ(Split(" \t\r\n\f\va -- b ' \"\nc/* d /* e */ f */g--"), "a|c|g");
  EXPECT_EQ(Split("a/**/b"), "a|b");
  EXPECT_EQ(Split(""), "");
  // A no-break space, an em space and a byte order mark, as pasted text has them.
  EXPECT_EQ(Split("\xEF\xBB\xBF"
                  "a\xC2\xA0"
                  "b\xE2\x80\x83"
                  "c"),
            "a|b|c");
}

TEST(LexerTest, PositionsAreByteOffsets) {
  const std::vector<Token> tokens = Tokens("é = 'ü'");
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(tokens[0].begin, 0u);
  EXPECT_EQ(tokens[0].end, 2u);
  EXPECT_EQ(tokens[1].begin, 3u);
  EXPECT_EQ(tokens[2].begin, 5u);
  EXPECT_EQ(tokens[2].end, 9u);
  EXPECT_EQ(tokens[3].kind, TokenKind::kEnd);
  EXPECT_EQ(tokens[3].begin, 9u);
}

TEST(LexerTest, KeywordsAreFoundInAnyCase) {
  EXPECT_EQ(Tokens("SeLeCt").front().keyword, "select"_kw);
  EXPECT_EQ(Tokens("\"select\"").front().keyword, Keyword::kNone);
  EXPECT_EQ(Tokens("selects").front().keyword, Keyword::kNone);
  EXPECT_EQ(Tokens("a_word_much_longer_than_any_keyword").front().keyword, Keyword::kNone);
}

TEST(LexerTest, NumbersHaveKinds) {
  struct Case {
    std::string sql;
    TokenKind kind;
    std::string value;
  };
  const Case cases[] = {
      {"0", TokenKind::kInteger, "0"},
      {"007", TokenKind::kInteger, "007"},
      {"1_000_000", TokenKind::kInteger, "1000000"},
      {"99999999999999999999999999999999999999999", TokenKind::kInteger,
       "99999999999999999999999999999999999999999"},
      {"1.5", TokenKind::kDecimal, "1.5"},
      {".5", TokenKind::kDecimal, ".5"},
      {"5.", TokenKind::kDecimal, "5."},
      {"1_0.2_5", TokenKind::kDecimal, "10.25"},
      {"1e5", TokenKind::kDouble, "1e5"},
      {"1.E-5", TokenKind::kDouble, "1.E-5"},
      {".5e+05", TokenKind::kDouble, ".5e+05"},
      {"0x1F", TokenKind::kInteger, "31"},
      {"0XdeAd_bEEf", TokenKind::kInteger, "3735928559"},
      {"0x0", TokenKind::kInteger, "0"},
      {"0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", TokenKind::kInteger,
       "340282366920938463463374607431768211455"},
      {"0b1011", TokenKind::kInteger, "11"},
      {"0o777", TokenKind::kInteger, "511"},
      {"0B1", TokenKind::kInteger, "1"},
  };
  for (const Case& test : cases) {
    const std::vector<Token> tokens = Tokens(test.sql);
    ASSERT_EQ(tokens.size(), 2u) << test.sql;
    EXPECT_EQ(tokens[0].kind, test.kind) << test.sql;
    EXPECT_EQ(NumberTokenValue(test.sql, tokens[0]), test.value) << test.sql;
  }
  EXPECT_EQ(Split("1..2"), "1|.|.2");
  EXPECT_EQ(Split("a.1"), "a|.1");
  EXPECT_EQ(Split("1-2"), "1|-|2");
}

TEST(LexerTest, NumbersDoNotRunIntoWords) {
  for (const char* sql : {"1a", "1_", "1__0", "1e", "1e+", "0x", "0xG", "0b2", "1.5x", "1_000_"}) {
    const Failure failure = FailureOf(std::string("  ") + sql);
    EXPECT_EQ(failure.message, "trailing characters after the number at or near \"" +
                                   std::string(sql).substr(0, std::string(sql).find('+')) + "\"");
    EXPECT_EQ(failure.position, 2u) << sql;
  }
  EXPECT_EQ(FailureOf("0x" + std::string(1000, 'F')).message, "the integer literal is too long");
}

TEST(LexerTest, StringsAreDecoded) {
  struct Case {
    std::string sql;
    std::string value;
  };
  const Case cases[] = {
      {"''", ""},
      {"'a''b'", "a'b"},
      {"''''", "'"},
      {"'a\\n'", "a\\n"},
      {"'a\nb'", "a\nb"},
      {"E'a\\nb\\t\\\\\\'c''d'", "a\nb\t\\'c'd"},
      {"e'\\x41\\102\\u0043\\U00000044\\q'", "ABCDq"},
      {"E'\\b\\f\\r'", "\b\f\r"},
      {"E'\\xc3\\xa9'", "é"},
      {"U&'\\00e9\\+01F600\\\\x''y'", "é😀\\x'y"},
      {"N'x'", "x"},
      {"$$it's$$", "it's"},
      {"$$$$", ""},
      {"$tag$a $$ $ta$ b$tag$", "a $$ $ta$ b"},
      {"X'dEaD'", "dEaD"},
      {"x''", ""},
      {"B'0101'", "0101"},
  };
  for (const Case& test : cases) EXPECT_EQ(StringValue(test.sql), test.value) << test.sql;
}

TEST(LexerTest, MalformedEscapesAreRefused) {
  EXPECT_EQ(StringValue("E'ab\\u12'"), "error: malformed escape in the string literal");
  EXPECT_EQ(StringValue("E'\\xg'"), "error: malformed escape in the string literal");
  EXPECT_EQ(StringValue("E'\\ud800'"), "error: malformed escape in the string literal");
  EXPECT_EQ(StringValue("E'\\U00110000'"), "error: malformed escape in the string literal");
  EXPECT_EQ(StringValue("E'\\xff'"),
            "error: the escapes of the string literal do not give valid UTF-8");
  EXPECT_EQ(StringValue("U&'\\12'"), "error: malformed Unicode escape in the string literal");
  EXPECT_EQ(StringValue("x'0'"),
            "error: a blob literal needs an even number of hexadecimal digits");
  EXPECT_EQ(StringValue("x'0g'"), "error: a blob literal holds hexadecimal digits only");
  EXPECT_EQ(StringValue("b'012'"), "error: a bit string literal holds the digits 0 and 1 only");
  const std::string sql = "  E'ab\\xZ'";
  EXPECT_EQ(StringTokenValue(sql, Tokens(sql).front()).status().position(), 6u);
}

TEST(LexerTest, IdentifiersKeepTheirCase) {
  const std::string sql = "FooBar \"a\"\"B c\" `x\"y` _a$1 Ünï";
  const std::vector<Token> tokens = Tokens(sql);
  const std::vector<std::string> names = {"FooBar", "a\"B c", "x\"y", "_a$1", "Ünï"};
  ASSERT_EQ(tokens.size(), names.size() + 1);
  for (size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(IdentifierTokenValue(sql, tokens[i]), names[i]);
}

TEST(LexerTest, ParametersAreOneToken) {
  EXPECT_EQ(Split("?+?1-$1*$name/$a$b$a$"), "?|+|?1|-|$1|*|$name|/|$a$b$a$");
}

TEST(LexerTest, UnterminatedTokensPointAtTheirBeginning) {
  struct Case {
    std::string sql;
    std::string message;
    size_t position;
  };
  const Case cases[] = {
      {"a 'b", "unterminated string literal", 2},
      {"a 'b''", "unterminated string literal", 2},
      {"a e'b\\'", "unterminated string literal", 2},
      {"a e'b\\", "unterminated string literal", 2},
      {"a \"b", "unterminated quoted identifier", 2},
      {"a \"\"", "zero-length quoted identifier", 2},
      {"a x'00", "unterminated blob literal", 2},
      {"a b'00", "unterminated bit string literal", 2},
      {"a $$b$", "unterminated dollar-quoted string", 2},
      {"a $t$b$$", "unterminated dollar-quoted string", 2},
      {"a /* /* */", "unterminated /* comment", 2},
      {"a \\ b", "syntax error at or near \"\\\"", 2},
      {"a $ b", "syntax error at or near \"$\"", 2},
      {std::string("a \0", 3), "control character in the SQL text", 2},
      {"a \x01", "control character in the SQL text", 2},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(FailureOf(test.sql).message, test.message) << test.sql;
    EXPECT_EQ(FailureOf(test.sql).position, test.position) << test.sql;
  }
}

TEST(LexerTest, InvalidUtf8IsRefused) {
  EXPECT_EQ(FindInvalidUtf8("aé€😀"), std::string_view::npos);
  EXPECT_EQ(FindInvalidUtf8("\xEF\xBF\xBF\xF4\x8F\xBF\xBF"), std::string_view::npos);
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x28\xA1",
        "\xC3\x28"}) {
    const std::string text = "ab" + std::string(bad);
    EXPECT_EQ(FindInvalidUtf8(text), 2u);
    EXPECT_EQ(FailureOf("'" + text + "'").message, "the SQL text is not valid UTF-8");
    EXPECT_EQ(FailureOf("'" + text + "'").position, 3u);
  }
}

TEST(KeywordsTest, TheListIsSortedAndFound) {
  EXPECT_GT(KeywordsEnd() - KeywordsBegin(), 400);
  for (const KeywordEntry* entry = KeywordsBegin(); entry != KeywordsEnd(); ++entry) {
    EXPECT_EQ(KeywordText(FindKeyword(entry->text)), entry->text);
    EXPECT_EQ(ClassOf(FindKeyword(entry->text)), entry->keyword_class);
  }
  EXPECT_EQ(ClassOf("select"_kw), KeywordClass::kReserved);
  EXPECT_EQ(ClassOf("year"_kw), KeywordClass::kUnreserved);
  EXPECT_EQ(ClassOf("left"_kw), KeywordClass::kTypeOrFunction);
  EXPECT_EQ(ClassOf("values"_kw), KeywordClass::kColumnName);
  EXPECT_EQ(ClassOf("struct"_kw), KeywordClass::kColumnAndType);
}

}  // namespace
}  // namespace trivet
