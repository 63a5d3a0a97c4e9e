// Columns and constraints of CREATE TABLE.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

// name [type] constraints
Result<ColumnDefinition> StatementParser::ParseColumnDefinition() {
  ColumnDefinition column;
  TRIVET_ASSIGN_OR_RETURN(column.name, cursor_.ExpectColumnName());
  const bool has_type = !cursor_.At(Symbol::kComma) && !cursor_.At(Symbol::kRightParenthesis) &&
                        !cursor_.At("as"_kw) && !cursor_.At("generated"_kw);
  if (has_type) {
    TRIVET_ASSIGN_OR_RETURN(column.type, ParseType());
  }
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const bool found, ParseColumnConstraint(column));
    if (!found) return column;
  }
}

// False where no constraint begins.
Result<bool> StatementParser::ParseColumnConstraint(ColumnDefinition& column) {
  if (cursor_.Accept("constraint"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(const Identifier unused_name, cursor_.ExpectColumnName());
  }
  if (cursor_.Accept("not"_kw, "null"_kw)) {
    column.not_null = true;
  } else if (cursor_.Accept("null"_kw)) {
    column.not_null = false;
  } else if (cursor_.Accept("default"_kw)) {
    // Above NOT, so that NOT NULL behind the value is a constraint.
    TRIVET_ASSIGN_OR_RETURN(column.default_value, ParseExpression(Precedence::kOther));
  } else if (cursor_.Accept("collate"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(column.collation, cursor_.ExpectColumnName());
  } else if (cursor_.Accept("using"_kw, "compression"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(column.compression, cursor_.ExpectColumnName());
  } else if (cursor_.At("generated"_kw) || cursor_.At("as"_kw)) {
    TRIVET_RETURN_IF_ERROR(ParseGenerated(column));
  } else {
    return ParseColumnKey(column);
  }
  return true;
}

// PRIMARY KEY, UNIQUE, CHECK and REFERENCES
Result<bool> StatementParser::ParseColumnKey(ColumnDefinition& column) {
  Constraint constraint;
  constraint.position = cursor_.Position();
  if (cursor_.Accept("primary"_kw, "key"_kw)) {
    constraint.kind = ConstraintKind::kPrimaryKey;
  } else if (cursor_.Accept("unique"_kw)) {
    constraint.kind = ConstraintKind::kUnique;
  } else if (cursor_.At("check"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(constraint.check, ParseCheck());
  } else if (cursor_.At("references"_kw)) {
    TRIVET_RETURN_IF_ERROR(ParseReferences(constraint));
  } else {
    return false;
  }
  column.constraints.push_back(std::move(constraint));
  return true;
}

// [GENERATED ALWAYS] AS (expression) [STORED | VIRTUAL]
Status StatementParser::ParseGenerated(ColumnDefinition& column) {
  if (cursor_.Accept("generated"_kw)) TRIVET_RETURN_IF_ERROR(cursor_.Expect("always"_kw));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  TRIVET_ASSIGN_OR_RETURN(column.generated, ParseExpression());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  column.generated_stored = cursor_.Accept("stored"_kw);
  if (!column.generated_stored) cursor_.Accept("virtual"_kw);
  return Status::OK();
}

bool StatementParser::AtTableConstraint() const {
  return cursor_.At("constraint"_kw) || cursor_.At("primary"_kw) || cursor_.At("unique"_kw) ||
         cursor_.At("check"_kw) || cursor_.At("foreign"_kw);
}

Result<Constraint> StatementParser::ParseTableConstraint() {
  if (cursor_.Accept("constraint"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(const Identifier unused_name, cursor_.ExpectColumnName());
  }
  Constraint constraint;
  constraint.position = cursor_.Position();
  if (cursor_.At("check"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(constraint.check, ParseCheck());
    return constraint;
  }
  if (cursor_.Accept("primary"_kw, "key"_kw)) {
    constraint.kind = ConstraintKind::kPrimaryKey;
  } else if (cursor_.Accept("foreign"_kw, "key"_kw)) {
    constraint.kind = ConstraintKind::kForeignKey;
  } else {
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("unique"_kw));
    constraint.kind = ConstraintKind::kUnique;
  }
  TRIVET_ASSIGN_OR_RETURN(constraint.columns, ParseParenthesizedNames());
  if (constraint.kind == ConstraintKind::kForeignKey) {
    TRIVET_RETURN_IF_ERROR(ParseReferences(constraint));
  }
  return constraint;
}

Result<ExpressionPtr> StatementParser::ParseCheck() {
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition, ParseExpression());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return condition;
}

// REFERENCES table [(columns)]
Status StatementParser::ParseReferences(Constraint& constraint) {
  constraint.kind = ConstraintKind::kForeignKey;
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("references"_kw));
  TRIVET_ASSIGN_OR_RETURN(constraint.referenced_table, ParseQualifiedName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(constraint.referenced_columns, ParseParenthesizedNames());
  }
  if (cursor_.At("on"_kw) || cursor_.At("match"_kw)) {
    return Status::NotImplemented("actions of a foreign key").WithPosition(cursor_.Position());
  }
  return Status::OK();
}

}  // namespace trivet
