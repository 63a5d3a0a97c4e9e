#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sql/token.h"

namespace trivet {

// Splits a text into tokens, leaving out space and comments; the last token is always kEnd. The
// text must be valid UTF-8 and shorter than 4 GiB. Errors (unterminated string, identifier or
// comment, stray bytes, malformed numbers) are InvalidInput with the offset where the offending
// token begins.
Result<std::vector<Token>> Tokenize(std::string_view sql);

// What a token of any string kind stands for: escapes undone, doubled quotes single. The digits for
// kBlob and kBitString. Fails where an escape is malformed or does not give UTF-8.
Result<std::string> StringTokenValue(std::string_view sql, const Token& token);

// The name a token of kIdentifier or kQuotedIdentifier stands for.
std::string IdentifierTokenValue(std::string_view sql, const Token& token);

// Decimal digits of a token of kInteger, kDecimal or kDouble: no underscores; hexadecimal, octal
// and binary integers converted.
std::string NumberTokenValue(std::string_view sql, const Token& token);

// The offset of the first byte that is not part of valid UTF-8; npos where there is none.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace trivet
