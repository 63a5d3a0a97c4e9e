#pragma once

#include <string>
#include <string_view>

namespace trivet {

// How elements of lists and structs print inside their brackets.

// The text of a scalar element: quoted and escaped where it could be mistaken for syntax or for
// NULL.
void AppendElementText(std::string& out, std::string_view text);
// A struct's key, always quoted: 'a': .
void AppendStructKey(std::string& out, std::string_view name);

// An SQL identifier, in double quotes where it needs them.
std::string QuoteIdentifier(std::string_view name);
// An SQL string literal in single quotes.
std::string QuoteLiteral(std::string_view text);

}  // namespace trivet
