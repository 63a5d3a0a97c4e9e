#include "sql/binder/statement_binder.h"

#include <algorithm>

#include "base/string_concat.h"
#include "expression/evaluator.h"

namespace trivet::binder {

Status StatementBinder::CheckParameters(const syntax::Statement& statement) const {
  static const ParameterValues kNone;
  const ParameterValues& given =
      state_.input().parameters == nullptr ? kNone : *state_.input().parameters;
  std::string missing;
  size_t numbered = 0;
  for (const syntax::Identifier& parameter : statement.parameters) {
    const std::string& name = parameter.text;
    const bool is_number =
        !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
    const bool found = (is_number && ++numbered <= given.positional.size()) ||
                       given.named.contains(syntax::LowerCase(name));
    if (!found) missing += StrCat(missing.empty() ? "" : ", ", name);
  }
  if (!missing.empty()) {
    return Status::InvalidInput(
        StrCat("Values were not provided for the following parameters: ", missing));
  }
  if (given.positional.size() > numbered) {
    return Status::InvalidInput(
        StrCat("the statement has ", numbered,
               numbered == 1 ? " parameter, but " : " parameters, but ", given.positional.size(),
               given.positional.size() == 1 ? " value was given" : " values were given"));
  }
  for (const auto& [name, value] : given.named) {
    const auto is_name = [&](const syntax::Identifier& parameter) {
      return syntax::EqualIgnoringCase(parameter.text, name);
    };
    if (std::ranges::none_of(statement.parameters, is_name)) {
      return Status::InvalidInput(StrCat("the statement has no parameter named $", name));
    }
  }
  return Status::OK();
}

Result<BoundStatement> StatementBinder::Bind(const syntax::Statement& statement) {
  TRIVET_RETURN_IF_ERROR(CheckParameters(statement));
  return BindKind(statement);
}

Result<BoundStatement> StatementBinder::BindKind(const syntax::Statement& statement) {
  using Kind = syntax::StatementKind;
  switch (statement.kind) {
    case Kind::kQuery: {
      const auto& query = statement.As<syntax::QueryStatement>();
      TRIVET_ASSIGN_OR_RETURN(BoundQuery bound, queries_.Bind(*query.query, nullptr, nullptr));
      return BoundStatement{std::move(bound)};
    }
    case Kind::kCreateTable: return BindCreateTable(statement.As<syntax::CreateTableStatement>());
    case Kind::kCreateView: return BindCreateView(statement.As<syntax::CreateViewStatement>());
    case Kind::kDrop: return BindDrop(statement.As<syntax::DropStatement>());
    case Kind::kInsert: return BindInsert(statement.As<syntax::InsertStatement>());
    case Kind::kCopy: return BindCopy(statement.As<syntax::CopyStatement>());
    case Kind::kSet: return BindSet(statement.As<syntax::SetStatement>());
    case Kind::kPragma: return BindPragma(statement.As<syntax::PragmaStatement>());
    case Kind::kExplain: return BindExplain(statement.As<syntax::ExplainStatement>());
    case Kind::kCall:
      return BindCall(*statement.As<syntax::CallStatement>().function, statement.position);
    case Kind::kUse: return Unsupported("USE is", statement.position);
    case Kind::kPrepare: return Unsupported("PREPARE is", statement.position);
    case Kind::kExecute: return Unsupported("EXECUTE is", statement.position);
    case Kind::kDeallocate: return Unsupported("DEALLOCATE is", statement.position);
    case Kind::kUnsupported:
      return Unsupported(statement.As<syntax::UnsupportedStatement>().name + " is",
                         statement.position);
  }
  return Status::Internal("unknown kind of statement");
}

Result<Value> StatementBinder::BindConstant(const syntax::Expression& expression,
                                            std::string_view place) {
  QueryLevel level;
  ClauseGuard guard(level, place, AliasRule::kHidden, nullptr, false);
  ExpressionBinder binder(state_, queries_, level, nullptr);
  TRIVET_ASSIGN_OR_RETURN(const ExpressionPtr bound, binder.Bind(expression));
  Result<Value> value = EvaluateConstant(bound, *state_.input().context);
  if (!value.ok()) return std::move(value).status().WithPosition(expression.position);
  return value;
}

}  // namespace trivet::binder

namespace trivet {

Result<BoundStatement> Bind(const syntax::Statement& statement, const BinderInput& input) {
  binder::StatementState state(input);
  return binder::StatementBinder(state).Bind(statement);
}

}  // namespace trivet
