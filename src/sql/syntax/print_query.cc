#include "sql/syntax/print.h"
#include "sql/syntax/printer.h"
#include "sql/syntax/visit.h"

namespace trivet::syntax {

void Printer::Print(const Query& query) {
  PrintWith(query);
  VisitQuery(query, [&](const auto& node) { PrintNode(node); });
  PrintModifiers(query);
}

void Printer::PrintWith(const Query& query) {
  if (query.with.empty()) return;
  out_ += query.recursive ? "WITH RECURSIVE " : "WITH ";
  for (size_t i = 0; i < query.with.size(); ++i) {
    const CommonTableExpression& cte = query.with[i];
    if (i > 0) out_ += ", ";
    Print(cte.name);
    if (!cte.columns.empty()) {
      out_ += ' ';
      PrintParenthesized(cte.columns);
    }
    if (!cte.using_key.empty()) {
      out_ += " USING KEY ";
      PrintParenthesized(cte.using_key);
    }
    out_ += " AS ";
    if (cte.materialization == Materialization::kMaterialized) out_ += "MATERIALIZED ";
    if (cte.materialization == Materialization::kNotMaterialized) out_ += "NOT MATERIALIZED ";
    out_ += '(';
    Print(*cte.query);
    out_ += ')';
  }
  out_ += ' ';
}

void Printer::PrintModifiers(const Query& query) {
  if (!query.order_by.empty()) {
    out_ += " ORDER BY ";
    PrintList(query.order_by);
  }
  if (query.limit_is_percent) {
    out_ += " LIMIT (";
    Print(*query.limit);
    out_ += ") %";
  } else {
    PrintClause("LIMIT", query.limit);
  }
  PrintClause("OFFSET", query.offset);
}

void Printer::Print(const SelectItem& item) {
  Print(*item.expression);
  if (item.alias.empty()) return;
  out_ += " AS ";
  Print(item.alias);
}

void Printer::PrintNode(const SelectQuery& node) {
  out_ += "SELECT ";
  if (node.distinct != DistinctKind::kNone) out_ += "DISTINCT ";
  if (node.distinct == DistinctKind::kDistinctOn) {
    out_ += "ON ";
    PrintParenthesized(node.distinct_on);
    out_ += ' ';
  }
  PrintList(node.items);
  if (!node.from.empty()) {
    out_ += " FROM ";
    for (size_t i = 0; i < node.from.size(); ++i) {
      if (i > 0) out_ += " , ";
      Print(*node.from[i]);
    }
  }
  PrintSelectClauses(node);
}

void Printer::PrintSelectClauses(const SelectQuery& node) {
  PrintClause("WHERE", node.where);
  if (node.group_by_all) out_ += " GROUP BY ALL";
  for (size_t i = 0; i < node.group_by.size(); ++i) {
    out_ += i == 0 ? " GROUP BY " : ", ";
    PrintGrouping(node.group_by[i]);
  }
  PrintClause("HAVING", node.having);
  for (size_t i = 0; i < node.windows.size(); ++i) {
    out_ += i == 0 ? " WINDOW " : ", ";
    Print(node.windows[i].name);
    out_ += " AS ";
    PrintWindow(node.windows[i].window);
  }
  PrintClause("QUALIFY", node.qualify);
  if (node.sample.has_value()) {
    out_ += " USING SAMPLE ";
    PrintSample(*node.sample);
  }
}

void Printer::PrintGrouping(const GroupingElement& element) {
  switch (element.kind) {
    case GroupingKind::kExpression: Print(*element.expressions.front()); return;
    case GroupingKind::kEmpty: out_ += "()"; return;
    case GroupingKind::kSet: PrintParenthesized(element.expressions); return;
    case GroupingKind::kRollup: out_ += "ROLLUP ("; break;
    case GroupingKind::kCube: out_ += "CUBE ("; break;
    case GroupingKind::kGroupingSets: out_ += "GROUPING SETS ("; break;
  }
  for (size_t i = 0; i < element.children.size(); ++i) {
    if (i > 0) out_ += ", ";
    PrintGrouping(element.children[i]);
  }
  out_ += ')';
}

void Printer::PrintSample(const SampleClause& sample) {
  if (!sample.method.empty()) Print(sample.method);
  out_ += '(';
  Print(*sample.size);
  out_ += sample.is_percent ? " PERCENT)" : " ROWS)";
  if (sample.seed == nullptr) return;
  out_ += " REPEATABLE (";
  Print(*sample.seed);
  out_ += ')';
}

void Printer::PrintNode(const SetOperationQuery& node) {
  constexpr std::string_view kOperators[] = {" UNION ", " INTERSECT ", " EXCEPT "};
  for (size_t i = 0; i < node.operands.size(); ++i) {
    if (i > 0) {
      out_ += kOperators[static_cast<size_t>(node.operation)];
      if (node.all) out_ += "ALL ";
      if (node.by_name) out_ += "BY NAME ";
    }
    out_ += '(';
    Print(*node.operands[i]);
    out_ += ')';
  }
}

void Printer::PrintNode(const ValuesQuery& node) {
  out_ += "VALUES ";
  for (size_t i = 0; i < node.rows.size(); ++i) {
    if (i > 0) out_ += ", ";
    PrintParenthesized(node.rows[i]);
  }
}

void Printer::Print(const TableReference& table) {
  VisitTable(table, [&](const auto& node) { PrintNode(node); });
  PrintTableAlias(table);
}

void Printer::PrintTableAlias(const TableReference& table) {
  if (!table.alias.empty()) {
    out_ += " AS ";
    Print(table.alias);
    if (!table.column_aliases.empty()) PrintParenthesized(table.column_aliases);
  }
  if (table.sample.has_value()) {
    out_ += " TABLESAMPLE ";
    PrintSample(*table.sample);
  }
}

void Printer::PrintNode(const NamedTable& node) {
  if (node.is_string && style_ == Style::kSql) {
    out_ += QuoteString(node.name.back().text);
  } else {
    Print(node.name);
  }
}

void Printer::PrintNode(const FunctionTable& node) {
  if (node.lateral) out_ += "LATERAL ";
  Print(*node.function);
  if (node.with_ordinality) out_ += " WITH ORDINALITY";
}

void Printer::PrintNode(const SubqueryTable& node) {
  if (node.lateral && style_ == Style::kSql) out_ += "LATERAL ";
  out_ += '(';
  Print(*node.query);
  out_ += ')';
}

void Printer::PrintNode(const JoinTable& node) {
  constexpr std::string_view kKinds[] = {" INNER", " LEFT", " RIGHT", " FULL",
                                         " CROSS", " SEMI", " ANTI",  " POSITIONAL"};
  out_ += '(';
  Print(*node.left);
  if (node.natural) out_ += " NATURAL";
  if (node.asof) out_ += " ASOF";
  out_ += kKinds[static_cast<size_t>(node.join)];
  out_ += " JOIN ";
  Print(*node.right);
  if (node.on != nullptr) {
    out_ += " ON (";
    Print(*node.on);
    out_ += ')';
  }
  if (!node.using_columns.empty()) {
    out_ += " USING ";
    PrintParenthesized(node.using_columns);
  }
  out_ += ')';
}

void Printer::PrintNode(const ShowTable& node) {
  constexpr std::string_view kNames[] = {"DESCRIBE ",       "SUMMARIZE ",     "SHOW TABLES",
                                         "SHOW ALL TABLES", "SHOW DATABASES", "SHOW SCHEMAS",
                                         "SHOW VARIABLES"};
  out_ += '(';
  out_ += kNames[static_cast<size_t>(node.show)];
  if (node.show == ShowKind::kTables) {
    if (!node.name.empty()) {
      out_ += " FROM ";
      Print(node.name);
    }
  } else if (node.query != nullptr) {
    if (node.name.empty()) {
      Print(*node.query);
    } else {
      Print(*node.query->As<SelectQuery>().from.front());
    }
  }
  out_ += ')';
}

}  // namespace trivet::syntax
