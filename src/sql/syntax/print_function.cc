#include "sql/syntax/print.h"
#include "sql/syntax/printer.h"

namespace trivet::syntax {

void Printer::Print(const Argument& argument) {
  if (!argument.name.empty()) {
    Print(argument.name);
    out_ += " := ";
  }
  Print(*argument.value);
}

void Printer::PrintOperator(const FunctionExpression& node) {
  out_ += '(';
  if (node.arguments.size() == 1) {
    out_ += node.name + '(';
    Print(*node.arguments[0].value);
    out_ += "))";
    return;
  }
  Print(*node.arguments[0].value);
  out_ += ' ' + node.name + ' ';
  Print(*node.arguments[1].value);
  out_ += ')';
}

void Printer::PrintNode(const FunctionExpression& node) {
  if (node.is_operator) {
    PrintOperator(node);
    return;
  }
  PrintFunctionCall(node, node.name);
}

void Printer::PrintFunctionCall(const FunctionExpression& node, std::string_view name) {
  for (const Identifier& part : node.qualifier) {
    Print(part);
    out_ += '.';
  }
  // These three are part of the language rather than looked up, and are shown so.
  if (name == "coalesce" || name == "try" || name == "grouping") {
    out_ += UpperCase(name);
  } else {
    out_ += QuoteIdentifier(name);
  }
  out_ += '(';
  if (node.distinct) out_ += "DISTINCT ";
  PrintList(node.arguments);
  PrintAggregateParts(node);
}

// What follows the arguments, from inside the parentheses on.
void Printer::PrintAggregateParts(const FunctionExpression& node) {
  if (!node.order_by.empty()) {
    out_ += node.arguments.empty() ? "ORDER BY " : " ORDER BY ";
    PrintList(node.order_by);
  }
  if (node.nulls == NullTreatment::kIgnore) out_ += " IGNORE NULLS";
  if (node.nulls == NullTreatment::kRespect) out_ += " RESPECT NULLS";
  out_ += ')';
  if (!node.within_group.empty()) {
    out_ += " WITHIN GROUP ( ORDER BY ";
    PrintList(node.within_group);
    out_ += ')';
  }
  if (node.filter != nullptr) {
    out_ += " FILTER (WHERE ";
    Print(*node.filter);
    out_ += ')';
  }
}

void Printer::PrintNode(const WindowExpression& node) {
  const bool is_count_star = style_ == Style::kName && node.function->name == "count_star";
  PrintFunctionCall(*node.function,
                    is_count_star ? "count" : std::string_view(node.function->name));
  out_ += " OVER ";
  if (node.window.is_reference) {
    Print(node.window.base);
    return;
  }
  PrintWindow(node.window);
}

void Printer::PrintWindow(const WindowSpecification& window) {
  std::string_view separator;
  const auto separate = [&] {
    out_ += separator;
    separator = " ";
  };
  out_ += '(';
  if (!window.base.empty()) {
    separate();
    Print(window.base);
  }
  if (!window.partition_by.empty()) {
    separate();
    out_ += "PARTITION BY ";
    PrintList(window.partition_by);
  }
  if (!window.order_by.empty()) {
    separate();
    out_ += "ORDER BY ";
    PrintList(window.order_by);
  }
  if (window.has_frame) {
    separate();
    PrintFrame(window);
  }
  out_ += ')';
}

void Printer::PrintFrame(const WindowSpecification& window) {
  constexpr std::string_view kUnits[] = {"ROWS", "RANGE", "GROUPS"};
  constexpr std::string_view kExclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                              " EXCLUDE TIES"};
  out_ += kUnits[static_cast<size_t>(window.unit)];
  out_ += " BETWEEN ";
  PrintFrameBound(window.start);
  out_ += " AND ";
  PrintFrameBound(window.end);
  out_ += kExclusions[static_cast<size_t>(window.exclusion)];
}

void Printer::PrintFrameBound(const FrameBound& bound) {
  if (bound.offset != nullptr) {
    Print(*bound.offset);
    out_ += ' ';
  }
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding: out_ += "UNBOUNDED PRECEDING"; return;
    case FrameBoundKind::kPreceding: out_ += "PRECEDING"; return;
    case FrameBoundKind::kCurrentRow: out_ += "CURRENT ROW"; return;
    case FrameBoundKind::kFollowing: out_ += "FOLLOWING"; return;
    case FrameBoundKind::kUnboundedFollowing: out_ += "UNBOUNDED FOLLOWING";
  }
}

}  // namespace trivet::syntax
