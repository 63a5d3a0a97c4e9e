// Settings, EXPLAIN, prepared statements, CALL.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

// SET [scope] name { = | TO } values, SET TIME ZONE value
StatementParser::StatementResult StatementParser::ParseSet() {
  auto statement = Make<SetStatement>();
  cursor_.Advance();
  if (cursor_.At("time"_kw) && cursor_.At("zone"_kw, 1)) {
    statement->name = {"timezone", cursor_.Position()};
    cursor_.Advance(2);
  } else if (cursor_.At("schema"_kw) && cursor_.AtString(1)) {
    statement->name = cursor_.TakeIdentifier();
  } else {
    TRIVET_RETURN_IF_ERROR(ParseSettingName(*statement));
    if (!cursor_.Accept(Symbol::kEqual)) TRIVET_RETURN_IF_ERROR(cursor_.Expect("to"_kw));
  }
  do {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, statement->scope == SetScope::kVariable
                                                     ? ParseExpression()
                                                     : ParseSettingValue());
    statement->values.push_back(std::move(value));
  } while (cursor_.Accept(Symbol::kComma));
  return FinishStatement(std::move(statement));
}

StatementParser::StatementResult StatementParser::ParseReset() {
  auto statement = Make<SetStatement>();
  statement->reset = true;
  cursor_.Advance();
  TRIVET_RETURN_IF_ERROR(ParseSettingName(*statement));
  return FinishStatement(std::move(statement));
}

// [SESSION | GLOBAL | LOCAL | VARIABLE] name; a scope's word is a name where no name follows.
Status StatementParser::ParseSettingName(SetStatement& statement) {
  if (cursor_.AtColumnName(1)) {
    if (cursor_.Accept("session"_kw)) {
      statement.scope = SetScope::kSession;
    } else if (cursor_.Accept("global"_kw)) {
      statement.scope = SetScope::kGlobal;
    } else if (cursor_.Accept("local"_kw)) {
      statement.scope = SetScope::kLocal;
    } else if (cursor_.Accept("variable"_kw)) {
      statement.scope = SetScope::kVariable;
    }
  }
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(const QualifiedName parts, ParseQualifiedName());
  statement.name.position = position;
  for (const Identifier& part : parts) {
    if (!statement.name.empty()) statement.name.text += '.';
    statement.name.text += part.text;
  }
  return Status::OK();
}

StatementParser::StatementResult StatementParser::ParsePragma() {
  auto statement = Make<PragmaStatement>();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(statement->name, cursor_.ExpectColumnName());
  if (cursor_.Accept(Symbol::kEqual)) {
    statement->is_assignment = true;
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, ParseSettingValue());
    statement->arguments.push_back({{}, std::move(value)});
  } else if (cursor_.At(Symbol::kLeftParenthesis)) {
    FunctionExpression call;
    TRIVET_RETURN_IF_ERROR(ParseArguments(call));
    statement->arguments = std::move(call.arguments);
  }
  return FinishStatement(std::move(statement));
}

// EXPLAIN [ANALYZE] [(options)] statement; ANALYZE may also be an option.
StatementParser::StatementResult StatementParser::ParseExplain() {
  auto explain = Make<ExplainStatement>();
  cursor_.Advance();
  explain->analyze = cursor_.Accept("analyze"_kw) || cursor_.Accept("analyse"_kw);
  const bool has_options =
      cursor_.At(Symbol::kLeftParenthesis) && cursor_.AtLabel(1) && !AtQuery(1);
  if (has_options) {
    TRIVET_ASSIGN_OR_RETURN(explain->options, ParseOptions());
    std::erase_if(explain->options, [&](const Option& option) {
      if (!(option.name == "analyze") || !option.values.empty()) return false;
      explain->analyze = true;
      return true;
    });
  }
  TRIVET_ASSIGN_OR_RETURN(explain->statement, ParseStatement());
  return FinishStatement(std::move(explain));
}

StatementParser::StatementResult StatementParser::ParseUse() {
  auto statement = Make<UseStatement>();
  cursor_.Advance();
  if (cursor_.AtString()) {
    Identifier name{{}, cursor_.Position()};
    TRIVET_ASSIGN_OR_RETURN(name.text, ParseString());
    statement->name.push_back(std::move(name));
  } else {
    TRIVET_ASSIGN_OR_RETURN(statement->name, ParseQualifiedName());
  }
  return FinishStatement(std::move(statement));
}

// PREPARE name AS statement: the parameters belong to the statement inside.
StatementParser::StatementResult StatementParser::ParsePrepare() {
  auto prepare = Make<PrepareStatement>();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(prepare->name, cursor_.ExpectColumnName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    return Status::NotImplemented("PREPARE with a list of types").WithPosition(cursor_.Position());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
  TRIVET_ASSIGN_OR_RETURN(prepare->statement, ParseStatement());
  prepare->statement->parameters = std::exchange(parameters_, {});
  return FinishStatement(std::move(prepare));
}

StatementParser::StatementResult StatementParser::ParseExecute() {
  auto statement = Make<ExecuteStatement>();
  cursor_.Advance();
  TRIVET_ASSIGN_OR_RETURN(statement->name, cursor_.ExpectColumnName());
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    FunctionExpression call;
    TRIVET_RETURN_IF_ERROR(ParseArguments(call));
    statement->arguments = std::move(call.arguments);
  }
  return FinishStatement(std::move(statement));
}

StatementParser::StatementResult StatementParser::ParseDeallocate() {
  auto statement = Make<DeallocateStatement>();
  cursor_.Advance();
  cursor_.Accept("prepare"_kw);
  if (!cursor_.Accept("all"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(statement->name, cursor_.ExpectColumnName());
  }
  return FinishStatement(std::move(statement));
}

StatementParser::StatementResult StatementParser::ParseCall() {
  auto statement = Make<CallStatement>();
  cursor_.Advance();
  const size_t position = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(QualifiedName name, ParseQualifiedName());
  statement->function = Make<FunctionExpression>(position);
  statement->function->name = LowerCase(name.back().text);
  name.pop_back();
  statement->function->qualifier = std::move(name);
  if (!cursor_.At(Symbol::kLeftParenthesis)) return cursor_.SyntaxError();
  TRIVET_RETURN_IF_ERROR(ParseArguments(*statement->function));
  TRIVET_RETURN_IF_ERROR(Measure(*statement->function));
  return FinishStatement(std::move(statement));
}

}  // namespace trivet
