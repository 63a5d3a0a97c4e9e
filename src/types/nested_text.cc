#include "types/nested_text.h"

#include <algorithm>

#include "types/number_parse.h"

namespace trivet {

namespace {

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || IsBlank(text.front()) || IsBlank(text.back())) return true;
  return EqualsLower(text, "null") ||
         text.find_first_of(",[]{}()\"'\\:=") != std::string_view::npos;
}

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('\'');
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('\'');
}

}  // namespace

void AppendElementText(std::string& out, std::string_view text) {
  if (NeedsQuotes(text)) {
    AppendQuoted(out, text);
  } else {
    out.append(text);
  }
}

void AppendStructKey(std::string& out, std::string_view name) {
  AppendQuoted(out, name);
  out.append(": ");
}

std::string QuoteIdentifier(std::string_view name) {
  const auto plain = [](char c) {
    return IsDigit(c) || c == '_' || (ToLowerAscii(c) >= 'a' && ToLowerAscii(c) <= 'z');
  };
  if (!name.empty() && !IsDigit(name.front()) && std::all_of(name.begin(), name.end(), plain)) {
    return std::string(name);
  }
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string QuoteLiteral(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted.push_back('\'');
    quoted.push_back(c);
  }
  return quoted + "'";
}

}  // namespace trivet
