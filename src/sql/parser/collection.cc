// Lists, structs, maps, stars and COLUMNS.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

// [a, b] or [result FOR x IN list IF condition]
ExpressionResult ExpressionParser::ParseList() {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  auto list = Make<FunctionExpression>(opening);
  list->name = "list_value";
  if (!cursor_.At(Symbol::kRightBracket)) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr first, ParseExpression());
    if (cursor_.At("for"_kw)) return ParseComprehension(std::move(first), opening);
    list->arguments.push_back({{}, std::move(first)});
    while (AcceptComma()) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr element, ParseExpression());
      list->arguments.push_back({{}, std::move(element)});
    }
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBracket, opening));
  return Finish(std::move(list));
}

// list_apply(list_filter(list, lambda x: condition), lambda x: result)
ExpressionResult ExpressionParser::ParseComprehension(ExpressionPtr result, size_t opening) {
  const size_t position = cursor_.Position();
  cursor_.Advance();
  auto body = Make<LambdaExpression>(position);
  do {
    TRIVET_ASSIGN_OR_RETURN(Identifier parameter, cursor_.ExpectColumnName());
    body->parameters.push_back(std::move(parameter));
  } while (cursor_.Accept(Symbol::kComma));
  TRIVET_RETURN_IF_ERROR(cursor_.Expect("in"_kw));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr list, ParseExpression());
  if (cursor_.Accept("if"_kw)) {
    if (body->parameters.size() > 1) {
      return Status::NotImplemented("a list comprehension with both an index and a condition")
          .WithPosition(position);
    }
    auto filter = Make<LambdaExpression>(position);
    filter->parameters = body->parameters;
    TRIVET_ASSIGN_OR_RETURN(filter->body, ParseExpression());
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition, Finish(std::move(filter)));
    TRIVET_ASSIGN_OR_RETURN(
        list, MakeCall("list_filter", opening, std::move(list), std::move(condition)));
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBracket, opening));
  body->body = std::move(result);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr lambda, Finish(std::move(body)));
  return MakeCall("list_apply", opening, std::move(list), std::move(lambda));
}

// {'a': 1, b: 2}
ExpressionResult ExpressionParser::ParseStruct() {
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  auto node = Make<FunctionExpression>(opening);
  node->name = "struct_pack";
  if (!cursor_.At(Symbol::kRightBrace)) {
    do {
      Argument field;
      field.name.position = cursor_.Position();
      if (cursor_.AtString()) {
        TRIVET_ASSIGN_OR_RETURN(field.name.text, ParseString());
        if (field.name.empty()) {
          return Status::InvalidInput("a struct field needs a name")
              .WithPosition(field.name.position);
        }
      } else {
        TRIVET_ASSIGN_OR_RETURN(field.name, cursor_.ExpectColumnName());
      }
      TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kColon));
      TRIVET_ASSIGN_OR_RETURN(field.value, ParseExpression());
      node->arguments.push_back(std::move(field));
    } while (AcceptComma());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBrace, opening));
  return Finish(std::move(node));
}

// MAP {key: value}
ExpressionResult ExpressionParser::ParseMap() {
  const size_t position = cursor_.Position();
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  cursor_.Advance();
  auto keys = Make<FunctionExpression>(position);
  auto values = Make<FunctionExpression>(position);
  keys->name = "list_value";
  values->name = "list_value";
  if (!cursor_.At(Symbol::kRightBrace)) {
    do {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr key, ParseExpression());
      keys->arguments.push_back({{}, std::move(key)});
      TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kColon));
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, ParseExpression());
      values->arguments.push_back({{}, std::move(value)});
    } while (AcceptComma());
  }
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightBrace, opening));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr key_list, Finish(std::move(keys)));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value_list, Finish(std::move(values)));
  return MakeCall("map", position, std::move(key_list), std::move(value_list));
}

ExpressionResult ExpressionParser::ParseColumns(bool unpacked) {
  auto node = Make<ColumnsExpression>();
  node->unpacked = unpacked;
  cursor_.Advance();
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  TRIVET_ASSIGN_OR_RETURN(node->argument, ParseExpression());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return Finish(std::move(node));
}

// At the star; the relation in front of it and its dot have been consumed.
ExpressionResult ExpressionParser::ParseStar(QualifiedName relation) {
  auto star =
      Make<StarExpression>(relation.empty() ? cursor_.Position() : relation.front().position);
  star->relation = std::move(relation);
  cursor_.Advance();
  TRIVET_RETURN_IF_ERROR(ParseStarLists(*star));
  return Finish(std::move(star));
}

Status ExpressionParser::ParseStarLists(StarExpression& star) {
  // SELECT * EXCEPT (SELECT ...) is the set operation.
  const bool is_except = cursor_.At("except"_kw) && cursor_.At(Symbol::kLeftParenthesis, 1) &&
                         !AtQuery(2) && !cursor_.At(Symbol::kLeftParenthesis, 2);
  if (cursor_.At("exclude"_kw) || is_except) {
    cursor_.Advance();
    const size_t opening = cursor_.Position();
    const bool is_list = cursor_.Accept(Symbol::kLeftParenthesis);
    do {
      TRIVET_ASSIGN_OR_RETURN(QualifiedName column, ParseQualifiedName());
      star.exclude.push_back(std::move(column));
    } while (is_list && AcceptComma());
    if (is_list) {
      TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
    }
  }
  if (cursor_.Accept("replace"_kw)) TRIVET_RETURN_IF_ERROR(ParseStarReplacements(star));
  if (cursor_.Accept("rename"_kw)) TRIVET_RETURN_IF_ERROR(ParseStarRenames(star));
  return Status::OK();
}

Status ExpressionParser::ParseStarReplacements(StarExpression& star) {
  const size_t opening = cursor_.Position();
  const bool is_list = cursor_.Accept(Symbol::kLeftParenthesis);
  do {
    StarReplacement replacement;
    TRIVET_ASSIGN_OR_RETURN(replacement.expression, ParseExpression());
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
    TRIVET_ASSIGN_OR_RETURN(replacement.column, cursor_.ExpectLabel());
    star.replace.push_back(std::move(replacement));
  } while (is_list && AcceptComma());
  return is_list ? cursor_.ExpectClosing(Symbol::kRightParenthesis, opening) : Status::OK();
}

Status ExpressionParser::ParseStarRenames(StarExpression& star) {
  const size_t opening = cursor_.Position();
  const bool is_list = cursor_.Accept(Symbol::kLeftParenthesis);
  do {
    StarRename rename;
    TRIVET_ASSIGN_OR_RETURN(rename.column, ParseQualifiedName());
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("as"_kw));
    TRIVET_ASSIGN_OR_RETURN(rename.name, cursor_.ExpectLabel());
    star.rename.push_back(std::move(rename));
  } while (is_list && AcceptComma());
  return is_list ? cursor_.ExpectClosing(Symbol::kRightParenthesis, opening) : Status::OK();
}

}  // namespace trivet
