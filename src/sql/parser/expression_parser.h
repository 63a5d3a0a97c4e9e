#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/parser/core.h"

namespace trivet {

// Binding strength of operators, weakest first.
enum class Precedence : uint8_t {
  kLowest,
  kArrow,  // ->
  kOr,
  kAnd,
  kIs,
  kComparison,
  kMatch,  // BETWEEN, IN, LIKE and its kin
  kOther,  // || and every operator without a level of its own
  kBitwise,
  kAdditive,
  kMultiplicative,
  kExponent,
  kCollate,
  kAtTimeZone,
  kPrefix,
};

// Expressions and types. Queries inside them are parsed by the class built on this one.
class ExpressionParser : public ParserCore {
 public:
  // Nothing may follow the expression or type.
  ExpressionResult ParseWholeExpression();
  Result<syntax::TypeName> ParseWholeType();

 protected:
  using ParserCore::ParserCore;
  ~ExpressionParser() = default;

  virtual bool AtQuery(size_t ahead = 0) const = 0;
  virtual QueryResult ParseQuery() = 0;
  // True at a token that goes on with a parenthesised query, such as UNION or LIMIT.
  virtual bool AtQueryRest() const = 0;
  virtual QueryResult ParseQueryRest(QueryPtr first) = 0;

  // Consumes operators that bind at least as tightly as `lowest`.
  ExpressionResult ParseExpression(Precedence lowest = Precedence::kLowest);
  Result<std::vector<ExpressionPtr>> ParseExpressionList();
  Result<std::vector<syntax::OrderItem>> ParseOrderBy();
  Result<syntax::WindowSpecification> ParseWindowSpecification();
  // Arguments and what may follow them inside the parentheses; the opening one has not been
  // consumed.
  Status ParseArguments(syntax::FunctionExpression& call);
  ExpressionResult ParseStar(syntax::QualifiedName relation);
  ExpressionResult ParseLiteral();
  ExpressionResult ParseParameter();
  Result<std::string> ParseString();
  Result<syntax::TypeName> ParseType();
  Status ParseTypeModifiers(syntax::TypeName& type);
  ExpressionResult StringLiteral(std::string value, size_t position) const;

  // Of the statement at hand.
  Identifiers parameters_;
  uint64_t highest_parameter_ = 0;

 private:
  // What stood in parentheses: a query, or one or more expressions.
  struct Parenthesized {
    std::vector<ExpressionPtr> expressions;
    bool trailing_comma = false;  // (a,) is a row of one
    QueryPtr query;
  };

  // Infix operators (expression.cc, match.cc).
  Precedence InfixPrecedence() const;
  Precedence WordPrecedence() const;
  ExpressionResult ContinueExpression(ExpressionPtr left, Precedence lowest);
  ExpressionResult ParseInfix(ExpressionPtr left, Precedence precedence);
  ExpressionResult ParseConjunction(ExpressionPtr left, syntax::ConjunctionKind kind);
  ExpressionResult ParseComparison(ExpressionPtr left);
  ExpressionResult ParseQuantified(ExpressionPtr left, syntax::ComparisonOperator comparison,
                                   size_t position);
  Status ChainedComparison() const;
  ExpressionResult ParseIs(ExpressionPtr left);
  ExpressionResult ParseTrailingCasts(ExpressionResult operand);
  ExpressionResult ParseCollate(ExpressionPtr left);
  ExpressionResult ParseMatch(ExpressionPtr left);
  ExpressionResult ParseBetween(ExpressionPtr value, size_t position);
  ExpressionResult ParseIn(ExpressionPtr value, size_t position);
  ExpressionResult ParseLike(ExpressionPtr value, bool negated, size_t position);
  ExpressionResult ParseRegexMatch(ExpressionPtr value);

  // Prefix and postfix operators (prefix.cc).
  ExpressionResult ParsePrefix(Precedence lowest);
  ExpressionResult ParseSigned();
  ExpressionResult ParseLambda();
  ExpressionResult ParsePostfix(ExpressionPtr base);
  ExpressionResult ParseSubscript(ExpressionPtr base);
  ExpressionResult ParseDot(ExpressionPtr base);

  // Operands (primary.cc, literal.cc, collection.cc).
  ExpressionResult ParsePrimary();
  ExpressionResult ParseWordPrimary();
  ExpressionResult ParsePath();
  ExpressionResult ParseNumber();
  ExpressionResult ParsePositional();
  Result<Parenthesized> ParseParentheses();
  Result<Parenthesized> ParseNestedParentheses();
  ExpressionResult ParseParenthesizedPrimary();
  ExpressionResult ToExpression(Parenthesized inside, size_t position);
  ExpressionResult MakeSubquery(syntax::SubqueryKind kind, QueryPtr query, size_t position);
  ExpressionResult ParseSubqueryOperand(syntax::SubqueryKind kind);
  ExpressionResult ParseCase();
  ExpressionResult ParseList();
  ExpressionResult ParseComprehension(ExpressionPtr result, size_t opening);
  ExpressionResult ParseStruct();
  ExpressionResult ParseMap();
  ExpressionResult ParseColumns(bool unpacked);
  Status ParseStarLists(syntax::StarExpression& star);
  Status ParseStarReplacements(syntax::StarExpression& star);
  Status ParseStarRenames(syntax::StarExpression& star);

  // Calls (function_call.cc, window.cc).
  ExpressionResult ParseCall(syntax::QualifiedName name);
  Result<syntax::Argument> ParseArgument();
  Status ParseNullTreatment(syntax::FunctionExpression& call);
  ExpressionResult ParseCallSuffix(std::unique_ptr<syntax::FunctionExpression> call);
  Status DesugarCall(syntax::FunctionExpression& call) const;
  Status ParseFrame(syntax::WindowSpecification& window);
  Result<syntax::FrameBound> ParseFrameBound();
  Result<syntax::OrderItem> ParseOrderItem();

  // Forms with a syntax of their own (special_form.cc, interval.cc).
  bool AtSpecialForm() const;
  ExpressionResult ParseSpecialForm();
  ExpressionResult ParseCast(bool try_cast);
  ExpressionResult ParseExtract();
  Status ParseSubstringArguments(syntax::FunctionExpression& call);
  Status ParsePositionArguments(syntax::FunctionExpression& call);
  Status ParseOverlayArguments(syntax::FunctionExpression& call);
  Status ParseTrimArguments(syntax::FunctionExpression& call);
  Status ParseMoreArguments(syntax::FunctionExpression& call);
  Status AddArgument(syntax::FunctionExpression& call, Precedence lowest = Precedence::kLowest);
  bool AtInterval() const;
  ExpressionResult ParseInterval();
  ExpressionResult MakeInterval(ExpressionPtr value, Keyword unit, size_t position) const;

  // Types (type.cc).
  bool AtTypedLiteral() const;
  ExpressionResult ParseTypedLiteral();
  Status ParseTypeBody(syntax::TypeName& type);
  Status ParseKeywordType(syntax::TypeName& type);
  Status ParseNamedType(syntax::TypeName& type);
  Status ParseTimeType(syntax::TypeName& type, std::string_view name);
  Status ParseFloatType(syntax::TypeName& type);
  Status ParseTypeFields(syntax::TypeName& type, bool named);
  Status ParseTypeDimensions(syntax::TypeName& type);

  // Builders.
  ExpressionResult MakeOperator(std::string name, ExpressionPtr left, ExpressionPtr right,
                                size_t position) const;
  template <typename... Arguments>
  ExpressionResult MakeCall(std::string name, size_t position, Arguments... arguments) const {
    auto call = Make<syntax::FunctionExpression>(position);
    call->name = std::move(name);
    (call->arguments.push_back({{}, std::move(arguments)}), ...);
    return Finish(std::move(call));
  }
  ExpressionResult MakeCast(ExpressionPtr operand, std::string_view type, size_t position) const;
  ExpressionResult MakeNot(ExpressionPtr operand, size_t position) const;
  ExpressionResult NegateIf(bool negated, ExpressionResult operand, size_t position) const;
};

}  // namespace trivet
