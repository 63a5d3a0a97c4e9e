#include "sql/syntax/print.h"
#include "sql/syntax/printer.h"
#include "sql/syntax/visit.h"

namespace trivet::syntax {

namespace {

// A column that would be read as a string where a setting's value stands.
bool IsBareWord(const Expression& expression) {
  const auto* column = expression.TryAs<ColumnExpression>();
  return column != nullptr && column->names.size() == 1;
}

}  // namespace

void Printer::Print(const Statement& statement) {
  VisitStatement(statement, [&](const auto& node) { PrintNode(node); });
}

void Printer::PrintNode(const QueryStatement& node) { Print(*node.query); }

void Printer::PrintNode(const CreateTableStatement& node) {
  out_ += node.or_replace ? "CREATE OR REPLACE " : "CREATE ";
  if (node.temporary) out_ += "TEMPORARY ";
  out_ += node.if_not_exists ? "TABLE IF NOT EXISTS " : "TABLE ";
  Print(node.name);
  if (node.query != nullptr) {
    if (!node.column_names.empty()) PrintParenthesized(node.column_names);
    out_ += " AS ";
    Print(*node.query);
    if (!node.with_data) out_ += " WITH NO DATA";
    return;
  }
  out_ += " (";
  std::string_view separator;
  for (const ColumnDefinition& column : node.columns) {
    out_ += separator;
    separator = ", ";
    PrintColumn(column);
  }
  for (const Constraint& constraint : node.constraints) {
    out_ += separator;
    separator = ", ";
    PrintConstraint(constraint);
  }
  out_ += ')';
}

void Printer::PrintColumn(const ColumnDefinition& column) {
  Print(column.name);
  if (!column.type.empty()) {
    out_ += ' ';
    Print(column.type);
  }
  if (column.generated != nullptr) {
    out_ += " GENERATED ALWAYS AS (";
    Print(*column.generated);
    out_ += column.generated_stored ? ") STORED" : ") VIRTUAL";
  }
  if (!column.collation.empty()) {
    out_ += " COLLATE ";
    Print(column.collation);
  }
  if (!column.compression.empty()) {
    out_ += " USING COMPRESSION ";
    Print(column.compression);
  }
  if (column.not_null) out_ += " NOT NULL";
  if (column.default_value != nullptr) {
    out_ += " DEFAULT (";
    Print(*column.default_value);
    out_ += ')';
  }
  for (const Constraint& constraint : column.constraints) {
    out_ += ' ';
    PrintConstraint(constraint);
  }
}

void Printer::PrintConstraint(const Constraint& constraint) {
  const bool of_table = !constraint.columns.empty();
  switch (constraint.kind) {
    case ConstraintKind::kPrimaryKey: out_ += "PRIMARY KEY"; break;
    case ConstraintKind::kUnique: out_ += "UNIQUE"; break;
    case ConstraintKind::kCheck:
      out_ += "CHECK (";
      Print(*constraint.check);
      out_ += ')';
      return;
    case ConstraintKind::kForeignKey:
      if (of_table) out_ += "FOREIGN KEY";
      break;
  }
  if (of_table) {
    out_ += ' ';
    PrintParenthesized(constraint.columns);
  }
  if (constraint.kind != ConstraintKind::kForeignKey) return;
  out_ += of_table ? " REFERENCES " : "REFERENCES ";
  Print(constraint.referenced_table);
  if (!constraint.referenced_columns.empty()) {
    out_ += ' ';
    PrintParenthesized(constraint.referenced_columns);
  }
}

void Printer::PrintNode(const CreateViewStatement& node) {
  out_ += node.or_replace ? "CREATE OR REPLACE " : "CREATE ";
  if (node.temporary) out_ += "TEMPORARY ";
  out_ += node.if_not_exists ? "VIEW IF NOT EXISTS " : "VIEW ";
  Print(node.name);
  if (!node.column_names.empty()) PrintParenthesized(node.column_names);
  out_ += " AS ";
  Print(*node.query);
}

void Printer::PrintNode(const DropStatement& node) {
  out_ += node.drop == DropKind::kTable ? "DROP TABLE " : "DROP VIEW ";
  if (node.if_exists) out_ += "IF EXISTS ";
  PrintList(node.names);
  if (node.cascade) out_ += " CASCADE";
}

void Printer::PrintNode(const InsertStatement& node) {
  constexpr std::string_view kOrClauses[] = {"INSERT INTO ", "INSERT OR REPLACE INTO ",
                                             "INSERT OR IGNORE INTO "};
  out_ += kOrClauses[static_cast<size_t>(node.or_clause)];
  Print(node.table);
  if (!node.alias.empty()) {
    out_ += " AS ";
    Print(node.alias);
  }
  if (node.by_name) out_ += " BY NAME";
  if (!node.columns.empty()) {
    out_ += ' ';
    PrintParenthesized(node.columns);
  }
  out_ += ' ';
  if (node.query == nullptr) {
    out_ += "DEFAULT VALUES";
  } else {
    Print(*node.query);
  }
  if (node.on_conflict.has_value()) PrintOnConflict(*node.on_conflict);
  if (!node.returning.empty()) {
    out_ += " RETURNING ";
    PrintList(node.returning);
  }
}

void Printer::PrintOnConflict(const OnConflict& on_conflict) {
  out_ += " ON CONFLICT";
  if (!on_conflict.columns.empty()) {
    out_ += ' ';
    PrintParenthesized(on_conflict.columns);
    PrintClause("WHERE", on_conflict.columns_where);
  }
  if (!on_conflict.do_update) {
    out_ += " DO NOTHING";
    return;
  }
  out_ += " DO UPDATE SET ";
  PrintAssignments(on_conflict.assignments);
  PrintClause("WHERE", on_conflict.update_where);
}

void Printer::PrintAssignments(const std::vector<Assignment>& assignments) {
  for (size_t i = 0; i < assignments.size(); ++i) {
    if (i > 0) out_ += ", ";
    if (assignments[i].columns.size() == 1) {
      Print(assignments[i].columns.front());
    } else {
      PrintParenthesized(assignments[i].columns);
    }
    out_ += " = ";
    Print(*assignments[i].value);
  }
}

void Printer::PrintNode(const CopyStatement& node) {
  out_ += "COPY ";
  if (node.table.empty()) {
    out_ += '(';
    Print(*node.query);
    out_ += ')';
  } else {
    Print(node.table);
    if (!node.columns.empty()) {
      out_ += ' ';
      PrintParenthesized(node.columns);
    }
  }
  out_ += node.is_from ? " FROM " : " TO ";
  const bool is_literal = node.file->kind == ExpressionKind::kLiteral;
  if (!is_literal) out_ += '(';
  Print(*node.file);
  if (!is_literal) out_ += ')';
  if (!node.options.empty()) {
    out_ += ' ';
    PrintOptions(node.options);
  }
}

void Printer::PrintOptions(const std::vector<Option>& options) {
  out_ += '(';
  for (size_t i = 0; i < options.size(); ++i) {
    if (i > 0) out_ += ", ";
    Print(options[i].name);
    if (options[i].values.empty()) continue;
    out_ += ' ';
    const size_t start = out_.size();
    PrintSettingValues(options[i].values);
    // A parenthesis opens a list, also where it was meant to open the one value.
    if (options[i].values.size() == 1 && out_[start] != '(') continue;
    out_.insert(start, 1, '(');
    out_ += ')';
  }
  out_ += ')';
}

void Printer::PrintNode(const SetStatement& node) {
  constexpr std::string_view kScopes[] = {"", "SESSION ", "GLOBAL ", "LOCAL ", "VARIABLE "};
  out_ += node.reset ? "RESET " : "SET ";
  out_ += kScopes[static_cast<size_t>(node.scope)];
  Print(node.name);
  if (node.reset) return;
  out_ += " = ";
  PrintSettingValues(node.values);
}

void Printer::PrintSettingValues(const std::vector<ExpressionPtr>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out_ += ", ";
    const bool is_word = IsBareWord(*values[i]);
    if (is_word) out_ += '(';
    Print(*values[i]);
    if (is_word) out_ += ')';
  }
}

void Printer::PrintNode(const PragmaStatement& node) {
  out_ += "PRAGMA ";
  Print(node.name);
  if (node.is_assignment) {
    out_ += " = ";
    const Expression& value = *node.arguments.front().value;
    const bool is_word = IsBareWord(value);
    if (is_word) out_ += '(';
    Print(value);
    if (is_word) out_ += ')';
  } else if (!node.arguments.empty()) {
    PrintParenthesized(node.arguments);
  }
}

void Printer::PrintNode(const ExplainStatement& node) {
  out_ += node.analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ";
  if (!node.options.empty()) {
    PrintOptions(node.options);
    out_ += ' ';
  }
  Print(*node.statement);
}

void Printer::PrintNode(const UseStatement& node) {
  out_ += "USE ";
  Print(node.name);
}

void Printer::PrintNode(const PrepareStatement& node) {
  out_ += "PREPARE ";
  Print(node.name);
  out_ += " AS ";
  Print(*node.statement);
}

void Printer::PrintNode(const ExecuteStatement& node) {
  out_ += "EXECUTE ";
  Print(node.name);
  if (!node.arguments.empty()) PrintParenthesized(node.arguments);
}

void Printer::PrintNode(const DeallocateStatement& node) {
  out_ += "DEALLOCATE ";
  if (node.name.empty()) {
    out_ += "ALL";
  } else {
    Print(node.name);
  }
}

void Printer::PrintNode(const CallStatement& node) {
  out_ += "CALL ";
  Print(*node.function);
}

void Printer::PrintNode(const UnsupportedStatement& node) { out_ += node.name; }

}  // namespace trivet::syntax
