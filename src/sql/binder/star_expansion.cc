#include "sql/binder/star_expansion.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"
#include "sql/syntax/visit.h"

namespace trivet::binder {

namespace {

// A column that a star names: its place in FromScope::star(), or a column of one relation.
struct Match {
  std::string name;
  ExpressionPtr expression;
  std::string relation;
  const syntax::Expression* replacement = nullptr;
  size_t star_place = 0;  // from 1; 0 where the column has no place of its own (merged by USING)
};

// Calls `visit` with the owner of each expression directly below, not looking into queries.
template <typename Value, typename Visitor>
void ForEachOwner(Value& value, Visitor&& visit) {
  if constexpr (std::is_same_v<Value, syntax::ExpressionPtr>) {
    if (value != nullptr) visit(value);
  } else if constexpr (syntax::visit_detail::IsOwner<Value>::value) {
    using Pointee = typename Value::element_type;
    if constexpr (std::is_base_of_v<syntax::Expression, Pointee>) {
      if (value != nullptr) ForEachOwner(*value, visit);
    }
  } else if constexpr (syntax::visit_detail::IsVector<Value>::value) {
    for (auto& element : value) ForEachOwner(element, visit);
  } else if constexpr (syntax::visit_detail::IsOptional<Value>::value) {
    if (value.has_value()) ForEachOwner(*value, visit);
  } else if constexpr (syntax::visit_detail::HasFields<Value>) {
    std::apply([&](auto&... field) { (ForEachOwner(field, visit), ...); }, value.Fields());
  }
}

const syntax::ColumnsExpression* FindColumns(const syntax::Expression& expression) {
  if (const auto* columns = expression.TryAs<syntax::ColumnsExpression>()) return columns;
  const syntax::ColumnsExpression* found = nullptr;
  syntax::VisitExpression(expression, [&](const auto& node) {
    syntax::ForEachChild(node, [&](const auto& child) {
      if constexpr (std::is_base_of_v<syntax::Expression, std::decay_t<decltype(child)>>) {
        if (found == nullptr) found = FindColumns(child);
      }
    });
  });
  return found;
}

bool NameMatches(const syntax::QualifiedName& name, const Match& match) {
  if (!syntax::EqualIgnoringCase(name.back().text, match.name)) return false;
  return name.size() == 1 || syntax::EqualIgnoringCase(name[name.size() - 2].text, match.relation);
}

Status NotInStar(const syntax::Identifier& name, std::string_view list,
                 const std::vector<Match>& matches) {
  std::vector<std::string> names;
  for (const Match& match : matches) names.push_back(match.name);
  Status status = Status::InvalidInput(StrCat("Column \"", name.text, "\" in ", list,
                                              " list not found in FROM clause"))
                      .WithPosition(name.position);
  const std::string nearest = NearestName(name.text, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Candidate bindings: \"", nearest, "\""));
}

Status ApplyLists(const syntax::StarExpression& star, std::vector<Match>& matches) {
  const std::vector<Match> all = matches;
  const auto known = [&](const syntax::QualifiedName& name) {
    return std::ranges::any_of(all, [&](const Match& match) { return NameMatches(name, match); });
  };
  for (const syntax::QualifiedName& name : star.exclude) {
    if (!known(name)) return NotInStar(name.back(), "EXCLUDE", all);
    std::erase_if(matches, [&](const Match& match) { return NameMatches(name, match); });
  }
  for (const syntax::StarReplacement& replacement : star.replace) {
    const syntax::QualifiedName name = {replacement.column};
    if (!known(name)) return NotInStar(replacement.column, "REPLACE", all);
    for (Match& match : matches) {
      if (NameMatches(name, match)) match.replacement = replacement.expression.get();
    }
  }
  for (const syntax::StarRename& rename : star.rename) {
    if (!known(rename.column)) return NotInStar(rename.column.back(), "RENAME", all);
    for (Match& match : matches) {
      if (NameMatches(rename.column, match)) match.name = rename.name.text;
    }
  }
  return Status::OK();
}

std::vector<Match> AllColumns(const FromScope& from) {
  std::vector<Match> matches;
  for (size_t i = 0; i < from.star().size(); ++i) {
    const StarColumn& column = from.star()[i];
    matches.push_back({column.name, column.expression, column.relation, nullptr, i + 1});
  }
  return matches;
}

Result<std::vector<Match>> StarColumns(const syntax::StarExpression& star, const FromScope& from) {
  std::vector<Match> matches;
  if (star.relation.empty()) {
    if (from.relations().empty()) {
      return Status::InvalidInput("SELECT * expression without FROM clause!")
          .WithPosition(star.position);
    }
    matches = AllColumns(from);
  } else {
    TRIVET_ASSIGN_OR_RETURN(const ScopeRelation* relation, from.FindRelation(star.relation));
    if (relation == nullptr) return RelationNotFound(star.relation.back(), &from);
    for (const ScopeColumn& column : relation->columns) {
      matches.push_back({column.name, column.expression, relation->alias, nullptr, 0});
    }
  }
  TRIVET_RETURN_IF_ERROR(ApplyLists(star, matches));
  return matches;
}

// COLUMNS('expression'): the names that the regular expression matches somewhere.
Result<std::vector<Match>> RegularExpressionColumns(const syntax::LiteralExpression& pattern,
                                                    const FromScope& from, StatementState& state) {
  std::vector<Match> matches;
  for (Match& match : AllColumns(from)) {
    std::vector<ExpressionPtr> arguments = {Expression::Constant(Value::Varchar(match.name)),
                                            Expression::Constant(Value::Varchar(pattern.value))};
    TRIVET_ASSIGN_OR_RETURN(const ExpressionPtr call,
                            state.input().functions->BindScalar(
                                "regexp_matches", std::move(arguments), state.input().context));
    TRIVET_ASSIGN_OR_RETURN(const Value matched, EvaluateConstant(call, *state.input().context));
    if (!matched.is_null() && matched.boolean()) matches.push_back(std::move(match));
  }
  if (matches.empty()) {
    return Status::InvalidInput(
        StrCat("No matching columns found that match regex \"", pattern.value, "\""));
  }
  return matches;
}

Result<std::vector<Match>> ListedColumns(const syntax::FunctionExpression& list,
                                         const FromScope& from) {
  std::vector<Match> matches;
  const std::vector<Match> all = AllColumns(from);
  for (const syntax::Argument& argument : list.arguments) {
    const auto* name = argument.value->TryAs<syntax::LiteralExpression>();
    if (name == nullptr || name->literal != syntax::LiteralKind::kString) {
      return Status::InvalidInput("COLUMNS takes a list of names")
          .WithPosition(argument.value->position);
    }
    const auto found = std::ranges::find_if(all, [&](const Match& match) {
      return syntax::EqualIgnoringCase(match.name, name->value);
    });
    if (found == all.end()) return ColumnNotFound({name->value, name->position}, &from);
    matches.push_back(*found);
  }
  return matches;
}

Result<std::vector<Match>> MatchingColumns(const syntax::ColumnsExpression& columns,
                                           const FromScope& from, StatementState& state) {
  const syntax::Expression& argument = *columns.argument;
  if (const auto* star = argument.TryAs<syntax::StarExpression>()) return StarColumns(*star, from);
  const auto* literal = argument.TryAs<syntax::LiteralExpression>();
  if (literal != nullptr && literal->literal == syntax::LiteralKind::kString) {
    return RegularExpressionColumns(*literal, from, state);
  }
  const auto* list = argument.TryAs<syntax::FunctionExpression>();
  if (list != nullptr && list->name == "list_value") return ListedColumns(*list, from);
  return Unsupported("COLUMNS with a lambda is", argument.position);
}

syntax::ExpressionPtr PlaceOf(const Match& match, size_t position) {
  if (match.replacement != nullptr) return syntax::Clone(*match.replacement);
  if (match.star_place == 0) {
    auto column = std::make_unique<syntax::ColumnExpression>();
    column->names = {{match.relation, position}, {match.name, position}};
    column->position = position;
    return column;
  }
  auto place = std::make_unique<syntax::PositionalExpression>();
  place->index = match.star_place;
  place->position = position;
  return place;
}

void PutArguments(std::vector<syntax::Argument>& arguments, const std::vector<Match>& matches) {
  std::vector<syntax::Argument> expanded;
  for (syntax::Argument& argument : arguments) {
    const auto* columns = argument.value->TryAs<syntax::ColumnsExpression>();
    if (columns == nullptr || !columns->unpacked) {
      expanded.push_back(std::move(argument));
      continue;
    }
    for (const Match& match : matches) {
      expanded.emplace_back().value = PlaceOf(match, argument.value->position);
    }
  }
  arguments = std::move(expanded);
}

// Puts one column in place of each COLUMNS below, or all of them into the argument list of
// *COLUMNS.
void PutColumns(syntax::ExpressionPtr& owner, const Match& match, const std::vector<Match>& all) {
  if (owner->kind == syntax::ExpressionKind::kColumns) {
    owner = PlaceOf(match, owner->position);
    return;
  }
  syntax::VisitExpression(*owner, [&](auto& node) {
    if constexpr (std::is_same_v<std::decay_t<decltype(node)>, syntax::FunctionExpression>) {
      PutArguments(node.arguments, all);
    }
    ForEachOwner(node, [&](syntax::ExpressionPtr& child) { PutColumns(child, match, all); });
  });
}

// The name of an item without an alias: a column's as its table spells it.
std::string ItemName(const syntax::Expression& expression, const FromScope& from) {
  std::string name = syntax::ColumnName(expression);
  const auto* column = expression.TryAs<syntax::ColumnExpression>();
  if (column == nullptr) return name;
  const std::vector<const StarColumn*> found = from.FindColumns(column->names.back().text);
  return found.empty() ? name : found[0]->name;
}

}  // namespace

Status ExpandSelectItem(const syntax::SelectItem& item, const FromScope& from,
                        StatementState& state, std::vector<syntax::ExpressionPtr>& storage,
                        std::vector<SelectEntry>& entries) {
  const syntax::Expression& expression = *item.expression;
  if (const auto* star = expression.TryAs<syntax::StarExpression>()) {
    TRIVET_ASSIGN_OR_RETURN(const std::vector<Match> matches, StarColumns(*star, from));
    for (const Match& match : matches) {
      SelectEntry entry{match.replacement, match.name, false, star->position, nullptr};
      if (match.replacement == nullptr)
        entry.bound = match.expression->WithPosition(star->position);
      entries.push_back(std::move(entry));
    }
    return Status::OK();
  }
  const syntax::ColumnsExpression* columns = FindColumns(expression);
  const bool has_alias = !item.alias.empty();
  if (columns == nullptr) {
    entries.push_back({&expression, has_alias ? item.alias.text : ItemName(expression, from),
                       has_alias, item.position, nullptr});
    return Status::OK();
  }
  if (has_alias && item.alias.text.find('\\') != std::string::npos) {
    return Unsupported("an alias made from the matches of COLUMNS is", item.alias.position);
  }
  Result<std::vector<Match>> matches = MatchingColumns(*columns, from, state);
  if (!matches.ok()) return std::move(matches).status().WithPosition(columns->position);
  for (const Match& match : *matches) {
    storage.push_back(syntax::Clone(expression));
    PutColumns(storage.back(), match, *matches);
    const std::string name = columns->unpacked ? syntax::ColumnName(expression) : match.name;
    entries.push_back({storage.back().get(), has_alias ? item.alias.text : name, has_alias,
                       item.position, nullptr});
    if (columns->unpacked) break;
  }
  return Status::OK();
}

}  // namespace trivet::binder
