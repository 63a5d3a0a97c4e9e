#include "sql/syntax/node.h"

#include "sql/syntax/definition.h"

namespace trivet::syntax {

namespace {

char LowerCharacter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (LowerCharacter(left[i]) != LowerCharacter(right[i])) return false;
  }
  return true;
}

std::string LowerCase(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = LowerCharacter(c);
  return result;
}

std::string UpperCase(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

// The owners of queries stand in headers that the query's own header includes.
SubqueryExpression::SubqueryExpression() = default;
SubqueryExpression::~SubqueryExpression() = default;
SubqueryTable::SubqueryTable() = default;
SubqueryTable::~SubqueryTable() = default;
ShowTable::ShowTable() = default;
ShowTable::~ShowTable() = default;
CommonTableExpression::CommonTableExpression() = default;
CommonTableExpression::CommonTableExpression(CommonTableExpression&&) noexcept = default;
CommonTableExpression& CommonTableExpression::operator=(CommonTableExpression&&) noexcept = default;
CommonTableExpression::~CommonTableExpression() = default;

}  // namespace trivet::syntax
