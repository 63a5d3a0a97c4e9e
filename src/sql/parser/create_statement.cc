// CREATE TABLE, CREATE VIEW and DROP.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

bool IsObjectModifier(Keyword keyword) {
  switch (keyword) {
    case "foreign"_kw:
    case "global"_kw:
    case "local"_kw:
    case "materialized"_kw:
    case "persistent"_kw:
    case "recursive"_kw:
    case "temp"_kw:
    case "temporary"_kw:
    case "unique"_kw:
    case "unlogged"_kw:
    case "virtual"_kw: return true;
    default: return false;
  }
}

// What the dialect or PostgreSQL can create; TABLE and VIEW arrive here behind a modifier alone.
bool IsObjectKind(Keyword keyword) {
  switch (keyword) {
    case "access"_kw:
    case "aggregate"_kw:
    case "cast"_kw:
    case "collation"_kw:
    case "conversion"_kw:
    case "database"_kw:
    case "domain"_kw:
    case "event"_kw:
    case "extension"_kw:
    case "function"_kw:
    case "index"_kw:
    case "language"_kw:
    case "macro"_kw:
    case "operator"_kw:
    case "policy"_kw:
    case "procedure"_kw:
    case "publication"_kw:
    case "role"_kw:
    case "rule"_kw:
    case "schema"_kw:
    case "secret"_kw:
    case "sequence"_kw:
    case "server"_kw:
    case "statistics"_kw:
    case "subscription"_kw:
    case "table"_kw:
    case "tablespace"_kw:
    case "transform"_kw:
    case "trigger"_kw:
    case "type"_kw:
    case "user"_kw:
    case "view"_kw: return true;
    default: return false;
  }
}

}  // namespace

StatementParser::StatementResult StatementParser::ParseCreate() {
  const size_t position = cursor_.Position();
  // How far ahead the kind of object stands.
  size_t ahead = 1;
  const bool or_replace = cursor_.At("or"_kw, 1) && cursor_.At("replace"_kw, 2);
  if (or_replace) ahead += 2;
  const bool temporary = cursor_.At("temp"_kw, ahead) || cursor_.At("temporary"_kw, ahead);
  if (temporary) ++ahead;
  if (cursor_.At("table"_kw, ahead)) {
    cursor_.Advance(ahead + 1);
    auto statement = Make<CreateTableStatement>(position);
    statement->or_replace = or_replace;
    statement->temporary = temporary;
    return ParseCreateTable(std::move(statement));
  }
  if (cursor_.At("view"_kw, ahead)) {
    cursor_.Advance(ahead + 1);
    auto statement = Make<CreateViewStatement>(position);
    statement->or_replace = or_replace;
    statement->temporary = temporary;
    return ParseCreateView(std::move(statement));
  }
  return ParseUnsupportedObject("CREATE", ahead);
}

// CREATE UNIQUE INDEX, DROP SCHEMA: the kind of object stands `ahead` tokens from here.
StatementParser::StatementResult StatementParser::ParseUnsupportedObject(std::string name,
                                                                         size_t ahead) {
  auto statement = Make<UnsupportedStatement>();
  statement->name = std::move(name);
  cursor_.Advance(ahead);
  while (IsObjectModifier(cursor_.Peek().keyword) && cursor_.AtLabel(1)) {
    statement->name += ' ' + UpperCase(KeywordText(cursor_.Peek().keyword));
    cursor_.Advance();
  }
  if (!IsObjectKind(cursor_.Peek().keyword)) return cursor_.SyntaxError();
  statement->name += ' ' + UpperCase(KeywordText(cursor_.Peek().keyword));
  while (!cursor_.AtStatementEnd()) cursor_.Advance();
  return FinishStatement(std::move(statement));
}

// IF NOT EXISTS, which contradicts OR REPLACE.
Result<bool> StatementParser::ParseIfNotExists(bool or_replace) {
  if (!cursor_.At("if"_kw) || !cursor_.At("not"_kw, 1) || !cursor_.At("exists"_kw, 2)) return false;
  if (or_replace) {
    return Status::InvalidInput("OR REPLACE and IF NOT EXISTS contradict each other")
        .WithPosition(cursor_.Position());
  }
  cursor_.Advance(3);
  return true;
}

StatementParser::StatementResult StatementParser::ParseCreateTable(
    std::unique_ptr<CreateTableStatement> statement) {
  TRIVET_ASSIGN_OR_RETURN(statement->if_not_exists, ParseIfNotExists(statement->or_replace));
  TRIVET_ASSIGN_OR_RETURN(statement->name, ParseQualifiedName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_RETURN_IF_ERROR(ParseTableElements(*statement));
  } else if (!cursor_.At("as"_kw)) {
    return cursor_.SyntaxError();
  }
  const bool has_query = cursor_.At("as"_kw);
  TRIVET_RETURN_IF_ERROR(CheckTableElements(*statement, has_query));
  if (has_query) TRIVET_RETURN_IF_ERROR(ParseCreateTableQuery(*statement));
  const bool has_storage_clause = cursor_.At("on"_kw) || cursor_.At("with"_kw) ||
                                  cursor_.At("partitioned"_kw) || cursor_.At("sorted"_kw);
  if (has_storage_clause) {
    return Status::NotImplemented("storage clauses of CREATE TABLE")
        .WithPosition(cursor_.Position());
  }
  return FinishStatement(std::move(statement));
}

// AS query [WITH [NO] DATA]
Status StatementParser::ParseCreateTableQuery(CreateTableStatement& statement) {
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(statement.query, ParseQuery());
  if (!cursor_.At("with"_kw)) return Status::OK();
  const bool is_no = cursor_.At("no"_kw, 1);
  if (!cursor_.At("data"_kw, is_no ? 2 : 1)) return Status::OK();
  cursor_.Advance(is_no ? 3 : 2);
  statement.with_data = !is_no;
  return Status::OK();
}

Status StatementParser::ParseTableElements(CreateTableStatement& statement) {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  do {
    if (AtTableConstraint()) {
      TRIVET_ASSIGN_OR_RETURN(Constraint constraint, ParseTableConstraint());
      statement.constraints.push_back(std::move(constraint));
    } else {
      TRIVET_ASSIGN_OR_RETURN(ColumnDefinition column, ParseColumnDefinition());
      statement.columns.push_back(std::move(column));
    }
  } while (cursor_.Accept(Symbol::kComma) && !cursor_.At(Symbol::kRightParenthesis));
  return cursor_.ExpectClosing(Symbol::kRightParenthesis, opening);
}

// In front of AS stand names alone; otherwise each column has a type.
Status StatementParser::CheckTableElements(CreateTableStatement& statement, bool has_query) const {
  for (ColumnDefinition& column : statement.columns) {
    const bool is_name = column.type.empty() && column.generated == nullptr;
    if (!has_query && is_name) {
      return Status::InvalidInput("the column " + column.name.text + " needs a type")
          .WithPosition(column.name.position);
    }
    const bool has_more = !is_name || column.not_null || column.default_value != nullptr ||
                          !column.constraints.empty() || !column.collation.empty() ||
                          !column.compression.empty();
    if (has_query && has_more) {
      return Status::InvalidInput("a column takes its type from the query behind AS")
          .WithPosition(column.name.position)
          .WithHint("give the name alone");
    }
    if (has_query) statement.column_names.push_back(column.name);
  }
  if (has_query && !statement.constraints.empty()) {
    return Status::InvalidInput("a table created from a query takes no constraints")
        .WithPosition(statement.constraints.front().position);
  }
  if (has_query) {
    statement.columns.clear();
  } else if (statement.columns.empty()) {
    return Status::InvalidInput("a table needs at least one column")
        .WithPosition(statement.position);
  }
  return Status::OK();
}

StatementParser::StatementResult StatementParser::ParseCreateView(
    std::unique_ptr<CreateViewStatement> statement) {
  TRIVET_ASSIGN_OR_RETURN(statement->if_not_exists, ParseIfNotExists(statement->or_replace));
  TRIVET_ASSIGN_OR_RETURN(statement->name, ParseQualifiedName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(statement->column_names, ParseParenthesizedNames());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
  statement->query_begin = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(statement->query, ParseQuery());
  statement->query_end = cursor_.Previous().end;
  return FinishStatement(std::move(statement));
}

// DROP { TABLE | VIEW } [IF EXISTS] name, ... [CASCADE | RESTRICT]
StatementParser::StatementResult StatementParser::ParseDrop() {
  if (!cursor_.At("table"_kw, 1) && !cursor_.At("view"_kw, 1)) {
    return ParseUnsupportedObject("DROP", 1);
  }
  auto statement = Make<DropStatement>();
  statement->drop = cursor_.At("table"_kw, 1) ? DropKind::kTable : DropKind::kView;
  cursor_.Advance(2);
  statement->if_exists = cursor_.Accept("if"_kw, "exists"_kw);
  do {
    TRIVET_ASSIGN_OR_RETURN(QualifiedName name, ParseQualifiedName());
    statement->names.push_back(std::move(name));
  } while (cursor_.Accept(Symbol::kComma));
  statement->cascade = cursor_.Accept("cascade"_kw);
  if (!statement->cascade) cursor_.Accept("restrict"_kw);
  return FinishStatement(std::move(statement));
}

}  // namespace trivet
