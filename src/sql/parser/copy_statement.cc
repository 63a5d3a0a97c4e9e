// COPY and option lists.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

StatementParser::StatementResult StatementParser::ParseCopy() {
  auto statement = Make<CopyStatement>();
  cursor_.Advance();
  if (cursor_.At("from"_kw) && cursor_.At("database"_kw, 1)) {
    return Status::NotImplemented("COPY FROM DATABASE").WithPosition(statement->position);
  }
  TRIVET_RETURN_IF_ERROR(ParseCopySource(*statement));
  TRIVET_RETURN_IF_ERROR(ParseCopyFile(*statement));
  const bool has_with = cursor_.Accept("with"_kw);
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(statement->options, ParseOptions());
  } else if (has_with || !cursor_.AtStatementEnd()) {
    TRIVET_ASSIGN_OR_RETURN(statement->options, ParseBareCopyOptions());
  }
  return FinishStatement(std::move(statement));
}

// (query) TO, table [(columns)] TO, table [(columns)] FROM
Status StatementParser::ParseCopySource(CopyStatement& statement) {
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    const size_t opening = cursor_.Position();
    cursor_.Advance();
    TRIVET_ASSIGN_OR_RETURN(statement.query, ParseQuery());
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
    return cursor_.Expect("to"_kw);
  }
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(statement.table, ParseQualifiedName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(statement.columns, ParseParenthesizedNames());
  }
  statement.is_from = cursor_.Accept("from"_kw);
  if (statement.is_from) return Status::OK();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("to"_kw));
  auto table = Make<NamedTable>(position);
  table->name = statement.table;
  TRIVET_ASSIGN_OR_RETURN(statement.query, SelectAllFrom(std::move(table)));
  if (statement.columns.empty()) return Status::OK();
  auto& select = statement.query->As<SelectQuery>();
  select.items.clear();
  for (const Identifier& column : statement.columns) {
    auto expression = Make<ColumnExpression>(column.position);
    expression->names.push_back(column);
    SelectItem item;
    item.position = column.position;
    item.expression = std::move(expression);
    select.items.push_back(std::move(item));
  }
  return Status::OK();
}

Status StatementParser::ParseCopyFile(CopyStatement& statement) {
  const size_t position = cursor_.Position();
  if (cursor_.Accept("stdin"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(statement.file, StringLiteral("/dev/stdin", position));
  } else if (cursor_.Accept("stdout"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(statement.file, StringLiteral("/dev/stdout", position));
  } else if (cursor_.Accept(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(statement.file, ParseExpression());
    return cursor_.ExpectClosing(Symbol::kRightParenthesis, position);
  } else if (cursor_.Peek().kind == TokenKind::kParameter) {
    TRIVET_ASSIGN_OR_RETURN(statement.file, ParseParameter());
  } else {
    if (!cursor_.AtString()) {
      return cursor_.SyntaxError().WithHint("the file's name goes into single quotes");
    }
    TRIVET_ASSIGN_OR_RETURN(statement.file, ParseLiteral());
  }
  return Status::OK();
}

// (name value, name, name (value, value))
Result<std::vector<Option>> StatementParser::ParseOptions() {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  std::vector<Option> options;
  do {
    Option option;
    TRIVET_ASSIGN_OR_RETURN(option.name, cursor_.ExpectLabel());
    cursor_.Accept(Symbol::kEqual);
    TRIVET_ASSIGN_OR_RETURN(option.values, ParseOptionValues());
    options.push_back(std::move(option));
  } while (cursor_.Accept(Symbol::kComma) && !cursor_.At(Symbol::kRightParenthesis));
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return options;
}

Result<std::vector<ExpressionPtr>> StatementParser::ParseOptionValues() {
  std::vector<ExpressionPtr> values;
  if (cursor_.At(Symbol::kComma) || cursor_.At(Symbol::kRightParenthesis)) return values;
  const size_t opening = cursor_.Position();
  const bool is_list = cursor_.Accept(Symbol::kLeftParenthesis);
  do {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, ParseSettingValue());
    values.push_back(std::move(value));
  } while (is_list && AcceptComma());
  if (is_list) {
    TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  }
  return values;
}

ExpressionResult StatementParser::ParseSettingValue() {
  // Keywords such as ON stand for themselves.
  const Token& next = cursor_.Peek(1);
  const bool is_alone = next.kind == TokenKind::kEnd || next.symbol == Symbol::kSemicolon ||
                        next.symbol == Symbol::kComma || next.symbol == Symbol::kRightParenthesis;
  const bool is_value = cursor_.At("true"_kw) || cursor_.At("false"_kw) || cursor_.At("null"_kw) ||
                        cursor_.At("default"_kw);
  if (cursor_.AtLabel() && is_alone && !is_value) {
    Identifier word = cursor_.TakeIdentifier();
    return StringLiteral(std::move(word.text), word.position);
  }
  return ParseExpression();
}

// The older way to write options: CSV HEADER DELIMITER ',' NULL 'x'.
Result<std::vector<Option>> StatementParser::ParseBareCopyOptions() {
  std::vector<Option> options;
  do {
    Option option;
    const Keyword keyword = cursor_.Peek().keyword;
    const size_t position = cursor_.Position();
    if (keyword == "csv"_kw) {
      option.name = {"format", position};
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr format, StringLiteral("csv", position));
      option.values.push_back(std::move(format));
      cursor_.Advance();
    } else if (keyword == "header"_kw) {
      option.name = cursor_.TakeIdentifier();
    } else if (keyword == "delimiter"_kw || keyword == "null"_kw || keyword == "quote"_kw ||
               keyword == "escape"_kw || keyword == "encoding"_kw) {
      option.name = cursor_.TakeIdentifier();
      cursor_.Accept("as"_kw);
      if (!cursor_.AtString()) return cursor_.SyntaxError();
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, ParseLiteral());
      option.values.push_back(std::move(value));
    } else {
      return cursor_.SyntaxError().WithHint("options go into parentheses: (FORMAT csv, HEADER)");
    }
    options.push_back(std::move(option));
  } while (!cursor_.AtStatementEnd());
  return options;
}

}  // namespace trivet
