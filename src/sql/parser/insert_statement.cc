// INSERT.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

StatementParser::StatementResult StatementParser::ParseInsert() {
  auto statement = Make<InsertStatement>();
  cursor_.Advance();
  if (cursor_.Accept("or"_kw, "replace"_kw)) {
    statement->or_clause = OnConflictClause::kReplace;
  } else if (cursor_.Accept("or"_kw, "ignore"_kw)) {
    statement->or_clause = OnConflictClause::kIgnore;
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("into"_kw));
  TRIVET_RETURN_IF_ERROR(ParseInsertTarget(*statement));
  if (cursor_.At("overriding"_kw)) {
    return Status::NotImplemented("INSERT ... OVERRIDING").WithPosition(cursor_.Position());
  }
  if (cursor_.At("default"_kw) && cursor_.At("values"_kw, 1)) {
    if (!statement->columns.empty()) {
      return Status::InvalidInput("DEFAULT VALUES fills every column and takes no column list")
          .WithPosition(statement->columns.front().position);
    }
    cursor_.Advance(2);
  } else {
    TRIVET_ASSIGN_OR_RETURN(statement->query, ParseQuery());
  }
  if (cursor_.At("on"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(statement->on_conflict, ParseOnConflict());
  }
  if (cursor_.Accept("returning"_kw)) {
    do {
      TRIVET_ASSIGN_OR_RETURN(SelectItem item, ParseSelectItem());
      statement->returning.push_back(std::move(item));
    } while (AcceptComma());
  }
  return FinishStatement(std::move(statement));
}

// table [AS alias] [BY { NAME | POSITION }] [(columns)]
Status StatementParser::ParseInsertTarget(InsertStatement& statement) {
  TRIVET_ASSIGN_OR_RETURN(statement.table, ParseQualifiedName());
  if (cursor_.Accept("as"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(statement.alias, cursor_.ExpectColumnName());
  }
  if (cursor_.Accept("by"_kw)) {
    statement.by_name = cursor_.Accept("name"_kw);
    if (!statement.by_name) TRIVET_RETURN_IF_ERROR(cursor_.Expect("position"_kw));
  }
  const bool has_columns =
      cursor_.At(Symbol::kLeftParenthesis) && cursor_.AtColumnName(1) && !AtQuery(1);
  if (has_columns) {
    TRIVET_ASSIGN_OR_RETURN(statement.columns, ParseParenthesizedNames());
  }
  return Status::OK();
}

Result<OnConflict> StatementParser::ParseOnConflict() {
  OnConflict on_conflict;
  on_conflict.position = cursor_.Position();
  cursor_.Advance();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("conflict"_kw));
  if (cursor_.At("on"_kw) && cursor_.At("constraint"_kw, 1)) {
    return Status::NotImplemented("ON CONFLICT ON CONSTRAINT").WithPosition(cursor_.Position());
  }
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(on_conflict.columns, ParseParenthesizedNames());
    if (cursor_.Accept("where"_kw)) {
      TRIVET_ASSIGN_OR_RETURN(on_conflict.columns_where, ParseExpression());
    }
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("do"_kw));
  if (cursor_.Accept("nothing"_kw)) return on_conflict;
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("update"_kw));
  on_conflict.do_update = true;
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("set"_kw));
  TRIVET_ASSIGN_OR_RETURN(on_conflict.assignments, ParseAssignments());
  if (cursor_.Accept("where"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(on_conflict.update_where, ParseExpression());
  }
  return on_conflict;
}

// column = value, (column, column) = row
Result<std::vector<Assignment>> StatementParser::ParseAssignments() {
  std::vector<Assignment> assignments;
  do {
    Assignment assignment;
    if (cursor_.At(Symbol::kLeftParenthesis)) {
      TRIVET_ASSIGN_OR_RETURN(assignment.columns, ParseParenthesizedNames());
    } else {
      TRIVET_ASSIGN_OR_RETURN(Identifier column, cursor_.ExpectColumnName());
      assignment.columns.push_back(std::move(column));
    }
    TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kEqual));
    TRIVET_ASSIGN_OR_RETURN(assignment.value, ParseExpression());
    assignments.push_back(std::move(assignment));
  } while (AcceptComma());
  return assignments;
}

}  // namespace trivet
