#pragma once

#include <cstddef>
#include <cstdint>

#include "sql/keywords.h"

namespace trivet {

enum class TokenKind : uint8_t {
  kEnd,         // behind the last token
  kIdentifier,  // also keywords, with `keyword` set
  kQuotedIdentifier,
  kInteger,
  kDecimal,
  kDouble,
  kString,
  kEscapeString,   // E'..'
  kUnicodeString,  // U&'..'
  kDollarString,   // $$..$$
  kBlob,           // X'..'
  kBitString,      // B'..'
  kParameter,      // ?  ?1  $1  $name
  kOperator,       // including punctuation
};

// Every operator and punctuation mark of the dialect.
enum class Symbol : uint8_t {
  kNone,
  kLeftParenthesis,
  kRightParenthesis,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kSemicolon,
  kDot,
  kColon,
  kDoubleColon,
  kColonEqual,
  kFatArrow,   // =>
  kArrow,      // ->
  kLongArrow,  // ->>
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kDoubleSlash,
  kPercent,
  kCaret,
  kDoubleStar,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kConcatenate,  // ||
  kAmpersand,
  kPipe,
  kShiftLeft,
  kShiftRight,
  kTilde,
  kExclamation,
  kAt,
  kHash,
  kLike,             // ~~
  kNotLike,          // !~~
  kInsensitiveLike,  // ~~*
  kNotInsensitiveLike,
  kGlob,   // ~~~
  kRegex,  // ~ is kTilde; this is ~*
  kNotRegex,
  kNotInsensitiveRegex,
  kContains,        // @>
  kContainedBy,     // <@
  kOverlaps,        // &&
  kStartsWith,      // ^@
  kDistance,        // <->
  kCosineDistance,  // <=>
};

// A stretch of the text with its class; values are decoded when a token is consumed.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  Symbol symbol = Symbol::kNone;
  Keyword keyword = Keyword::kNone;
  uint32_t begin = 0;  // byte offset
  uint32_t end = 0;
};

}  // namespace trivet
