#include "sql/syntax/print.h"

#include <array>

#include "sql/keywords.h"
#include "sql/syntax/printer.h"

namespace trivet::syntax {

namespace {

bool IsPlainIdentifier(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!is_plain) return false;
  }
  return true;
}

// Type names that are keywords and still stand without quotes.
bool IsBareTypeName(std::string_view name) {
  constexpr std::array<std::string_view, 23> kNames = {"BIGINT",
                                                       "BIT",
                                                       "BOOLEAN",
                                                       "DECIMAL",
                                                       "DOUBLE",
                                                       "ENUM",
                                                       "FLOAT",
                                                       "INTEGER",
                                                       "INTERVAL",
                                                       "MAP",
                                                       "SMALLINT",
                                                       "STRUCT",
                                                       "TEXT",
                                                       "TIME",
                                                       "TIME WITH TIME ZONE",
                                                       "TIMESTAMP",
                                                       "TIMESTAMP WITH TIME ZONE",
                                                       "TIMESTAMP_MS",
                                                       "TIMESTAMP_NS",
                                                       "TIMESTAMP_S",
                                                       "UNION",
                                                       "VARCHAR",
                                                       "LIST"};
  for (const std::string_view known : kNames) {
    if (known == name) return true;
  }
  return EqualIgnoringCase(name, "text") || EqualIgnoringCase(name, "double") ||
         EqualIgnoringCase(name, "enum");
}

template <typename Node>
std::string PrintWhole(const Node& node, Printer::Style style) {
  Printer printer(style);
  printer.Print(node);
  return printer.Take();
}

}  // namespace

std::string ToString(const Expression& expression) {
  return PrintWhole(expression, Printer::Style::kSql);
}
std::string ToString(const Query& query) { return PrintWhole(query, Printer::Style::kSql); }
std::string ToString(const TableReference& table) {
  return PrintWhole(table, Printer::Style::kSql);
}
std::string ToString(const TypeName& type) { return PrintWhole(type, Printer::Style::kSql); }
std::string ToString(const Statement& statement) {
  return PrintWhole(statement, Printer::Style::kSql);
}

std::string ColumnName(const Expression& expression) {
  if (const auto* column = expression.TryAs<ColumnExpression>()) return column->names.back().text;
  return PrintWhole(expression, Printer::Style::kName);
}

std::string QuoteIdentifier(std::string_view identifier) {
  if (IsPlainIdentifier(identifier) && FindKeyword(identifier) == Keyword::kNone) {
    return std::string(identifier);
  }
  std::string result = "\"";
  for (const char c : identifier) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string QuoteString(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + '\'';
}

std::string ToString(const QualifiedName& name) {
  std::string result;
  for (const Identifier& part : name) {
    if (!result.empty()) result += '.';
    result += QuoteIdentifier(part.text);
  }
  return result;
}

std::string_view ToString(ComparisonOperator comparison) {
  switch (comparison) {
    case ComparisonOperator::kEqual: return "=";
    case ComparisonOperator::kNotEqual: return "!=";
    case ComparisonOperator::kLess: return "<";
    case ComparisonOperator::kLessOrEqual: return "<=";
    case ComparisonOperator::kGreater: return ">";
    case ComparisonOperator::kGreaterOrEqual: return ">=";
    case ComparisonOperator::kDistinctFrom: return "IS DISTINCT FROM";
    case ComparisonOperator::kNotDistinctFrom: break;
  }
  return "IS NOT DISTINCT FROM";
}

void Printer::Print(const Identifier& identifier) { out_ += QuoteIdentifier(identifier.text); }

void Printer::Print(const QualifiedName& name) { out_ += ToString(name); }

void Printer::PrintClause(std::string_view clause, const ExpressionPtr& expression) {
  if (expression == nullptr) return;
  out_ += ' ';
  out_ += clause;
  out_ += ' ';
  Print(*expression);
}

void Printer::Print(const OrderItem& item) {
  if (item.all) {
    out_ += "ALL";
  } else {
    Print(*item.expression);
  }
  if (item.direction == SortDirection::kAscending) out_ += " ASC";
  if (item.direction == SortDirection::kDescending) out_ += " DESC";
  if (item.nulls == NullOrder::kFirst) out_ += " NULLS FIRST";
  if (item.nulls == NullOrder::kLast) out_ += " NULLS LAST";
}

void Printer::Print(const TypeName& type) {
  for (const Identifier& part : type.qualifier) {
    Print(part);
    out_ += '.';
  }
  out_ += IsBareTypeName(type.name.text) ? type.name.text : QuoteIdentifier(type.name.text);
  if (!type.modifiers.empty()) PrintParenthesized(type.modifiers);
  if (!type.fields.empty()) {
    out_ += '(';
    for (size_t i = 0; i < type.fields.size(); ++i) {
      if (i > 0) out_ += ", ";
      if (!type.fields[i].name.empty()) {
        Print(type.fields[i].name);
        out_ += ' ';
      }
      Print(type.fields[i].type);
    }
    out_ += ')';
  }
  for (const int64_t length : type.dimensions) {
    out_ += '[';
    if (length != TypeName::kVariableLength) out_ += std::to_string(length);
    out_ += ']';
  }
}

}  // namespace trivet::syntax
