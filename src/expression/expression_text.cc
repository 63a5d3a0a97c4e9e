// Expressions as EXPLAIN and error messages show them.
#include <cctype>

#include "base/string_concat.h"
#include "expression/expression.h"

namespace trivet {

namespace {

std::string Join(const std::vector<ExpressionPtr>& children, size_t begin,
                 std::string_view separator) {
  std::string text;
  for (size_t i = begin; i < children.size(); ++i) {
    if (i > begin) text += separator;
    text += children[i]->ToString();
  }
  return text;
}

// Operators are named by their symbol.
bool IsOperator(std::string_view name) {
  return !name.empty() && !std::isalpha(static_cast<unsigned char>(name[0])) && name[0] != '_';
}

std::string_view OperatorText(std::string_view name) {
  if (name == "~~") return "LIKE";
  if (name == "!~~") return "NOT LIKE";
  if (name == "~~*") return "ILIKE";
  if (name == "!~~*") return "NOT ILIKE";
  if (name == "~~~") return "GLOB";
  return name;
}

std::string CallText(const Expression& call) {
  const std::string& name = call.function().function->name;
  const std::vector<ExpressionPtr>& arguments = call.children();
  if (IsOperator(name) && arguments.size() == 2) {
    return StrCat("(", arguments[0]->ToString(), " ", OperatorText(name), " ",
                  arguments[1]->ToString(), ")");
  }
  if (IsOperator(name) && arguments.size() == 1) return StrCat(name, arguments[0]->ToString());
  return StrCat(name, "(", Join(arguments, 0, ", "), ")");
}

std::string CaseText(const Expression& expression) {
  std::string text = "CASE";
  const std::vector<ExpressionPtr>& children = expression.children();
  for (size_t i = 0; i + 1 < children.size(); i += 2) {
    text += StrCat(" WHEN ", children[i]->ToString(), " THEN ", children[i + 1]->ToString());
  }
  return StrCat(text, " ELSE ", children.back()->ToString(), " END");
}

}  // namespace

std::string Expression::ToString() const {
  switch (kind_) {
    case ExpressionKind::kConstant: return value_.ToSqlLiteral();
    case ExpressionKind::kColumn: return name_.empty() ? StrCat("column_", column_) : name_;
    case ExpressionKind::kInput: return name_.empty() ? StrCat("#", column_) : name_;
    case ExpressionKind::kCall: return CallText(*this);
    case ExpressionKind::kCast:
      return StrCat(is_try_ ? "TRY_CAST(" : "CAST(", child(0)->ToString(), " AS ", type_.ToString(),
                    ")");
    case ExpressionKind::kComparison:
      return StrCat("(", child(0)->ToString(), " ", ComparisonSymbol(comparison_), " ",
                    child(1)->ToString(), ")");
    case ExpressionKind::kAnd: return StrCat("(", Join(children_, 0, " AND "), ")");
    case ExpressionKind::kOr: return StrCat("(", Join(children_, 0, " OR "), ")");
    case ExpressionKind::kNot: return StrCat("(NOT ", child(0)->ToString(), ")");
    case ExpressionKind::kIsNull: return StrCat("(", child(0)->ToString(), " IS NULL)");
    case ExpressionKind::kIsNotNull: return StrCat("(", child(0)->ToString(), " IS NOT NULL)");
    case ExpressionKind::kCase: return CaseText(*this);
    case ExpressionKind::kCoalesce: return StrCat("COALESCE(", Join(children_, 0, ", "), ")");
    case ExpressionKind::kIn:
      return StrCat("(", child(0)->ToString(), " IN (", Join(children_, 1, ", "), "))");
  }
  return "?";
}

}  // namespace trivet
