#include <algorithm>
#include <array>

#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/expression_binder.h"

namespace trivet::binder {

namespace {

// Functions that SQL calls without parentheses; a column of the name comes first.
constexpr std::array<std::string_view, 9> kBareFunctions = {
    "current_date", "current_time",   "current_timestamp",
    "localtime",    "localtimestamp", "current_user",
    "session_user", "user",           "current_schema"};

// Nodes of the tree and its height, counted up to limits: an alias that stands for an alias, and so
// on, may name a tree far larger than the text.
struct TreeSize {
  size_t nodes = 0;
  size_t height = 0;
};

void Measure(const Expression& expression, size_t depth, TreeSize& size) {
  if (++size.nodes > kMaxAliasNodes || depth > kMaxAliasDepth) {
    size.nodes = kMaxAliasNodes + 1;
    return;
  }
  size.height = std::max(size.height, depth);
  for (const ExpressionPtr& child : expression.children()) {
    if (size.nodes > kMaxAliasNodes) return;
    Measure(*child, depth + 1, size);
  }
}

bool IsGroupKey(const QueryLevel& level, const ExpressionPtr& expression) {
  if (level.grouping == nullptr) return false;
  for (const GroupKey& key : level.grouping->keys) {
    if (ExpressionsEqual(key.expression, expression)) return true;
  }
  return false;
}

}  // namespace

void ExpressionBinder::NoteReference(const QueryLevel& level) {
  for (AggregateProbe* probe : state_.probes()) probe->referenced.push_back(&level);
}

Result<ExpressionPtr> ExpressionBinder::BindColumn(const syntax::ColumnExpression& column) {
  for (QueryLevel* level = &level_; level != nullptr; level = level->outer) {
    TRIVET_ASSIGN_OR_RETURN(std::optional<ExpressionPtr> found, FindInLevel(column.names, *level));
    if (found) return (*found)->WithPosition(column.position);
  }
  if (column.names.size() == 1) {
    const std::string name = syntax::LowerCase(column.names[0].text);
    for (std::string_view bare : kBareFunctions) {
      if (bare == name && functions().HasScalar(name)) {
        return functions().BindScalar(name, {}, context());
      }
    }
  }
  return NotFound(column.names);
}

Result<std::optional<ExpressionPtr>> ExpressionBinder::FindInLevel(
    const syntax::QualifiedName& names, QueryLevel& level) {
  if (names.size() == 1) return FindUnqualified(names[0], level);
  if (level.from == nullptr) return std::optional<ExpressionPtr>();
  const std::span<const syntax::Identifier> all(names);
  TRIVET_ASSIGN_OR_RETURN(const ScopeRelation* relation,
                          level.from->FindRelation(all.first(names.size() - 1)));
  if (relation != nullptr) {
    const ScopeColumn* column = relation->Find(names.back().text);
    if (column == nullptr) return ColumnNotInRelation(names.back(), *relation);
    NoteReference(level);
    return std::optional(column->expression);
  }
  // a.b where a is a column: a field of a struct. A column of another type does not hide a table of
  // that name further out.
  const std::vector<const StarColumn*> base = level.from->FindColumns(names[0].text);
  TRIVET_ASSIGN_OR_RETURN(const ScopeRelation* first, level.from->FindRelation(all.first(1)));
  const bool is_struct = base.size() == 1 && base[0]->expression->type().id() == TypeId::kStruct;
  if (!is_struct && first == nullptr) return std::optional<ExpressionPtr>();
  return Unsupported("extraction of struct fields is", names.back().position);
}

Result<std::optional<ExpressionPtr>> ExpressionBinder::FindUnqualified(
    const syntax::Identifier& name, QueryLevel& level) {
  std::vector<const StarColumn*> found;
  if (level.from != nullptr) found = level.from->FindColumns(name.text);
  if (found.size() > 1) {
    TRIVET_ASSIGN_OR_RETURN(std::optional<ExpressionPtr> alias, FindAlias(name, level));
    if (alias) return alias;
    return AmbiguousColumn(name, found);
  }
  if (found.size() == 1) {
    const ExpressionPtr& column = found[0]->expression;
    if (level.prefer_ungrouped_aliases && !level.inside_aggregate && !IsGroupKey(level, column)) {
      TRIVET_ASSIGN_OR_RETURN(std::optional<ExpressionPtr> alias, FindAlias(name, level));
      if (alias) return alias;
    }
    NoteReference(level);
    return std::optional(column);
  }
  return FindAlias(name, level);
}

Result<std::optional<ExpressionPtr>> ExpressionBinder::FindAlias(const syntax::Identifier& name,
                                                                 QueryLevel& level) {
  if (level.entries == nullptr || level.alias_rule == AliasRule::kHidden) {
    return std::optional<ExpressionPtr>();
  }
  for (size_t i = 0; i < level.entries->size(); ++i) {
    const SelectEntry& entry = (*level.entries)[i];
    if (!entry.has_alias || !syntax::EqualIgnoringCase(entry.name, name.text)) continue;
    if (level.alias_rule == AliasRule::kEarlierBound && i >= level.visible_entries) {
      // The entry's own name means something else inside it; a later entry's is a slip worth
      // telling.
      if (i == level.visible_entries) continue;
      return Status::InvalidInput(
                 StrCat("Column \"", name.text,
                        "\" referenced that exists in the SELECT clause - but this "
                        "column cannot be referenced before it is defined"))
          .WithPosition(name.position);
    }
    return BindAlias(entry, level, name);
  }
  return std::optional<ExpressionPtr>();
}

Result<std::optional<ExpressionPtr>> ExpressionBinder::BindAlias(const SelectEntry& entry,
                                                                 QueryLevel& level,
                                                                 const syntax::Identifier& name) {
  ExpressionPtr bound = entry.bound;
  // Below the aggregate, what was bound above it is of no use.
  const bool again_here = level.alias_rule == AliasRule::kRebind || level.inside_aggregate;
  if (again_here && entry.expression != nullptr) {
    if (!level.aliases_in_progress.insert(&entry).second) return std::optional<ExpressionPtr>();
    ExpressionBinder binder(state_, queries_, level, ctes_);
    Result<ExpressionPtr> again = binder.Bind(*entry.expression);
    level.aliases_in_progress.erase(&entry);
    if (!again.ok()) return std::move(again).status();
    bound = std::move(again).value();
  }
  if (bound == nullptr) return std::optional<ExpressionPtr>();
  if (bound->is_volatile()) {
    return Status::InvalidInput(
               StrCat("Alias \"", name.text,
                      "\" referenced - but the expression has side effects. This is "
                      "not yet supported."))
        .WithPosition(name.position);
  }
  TreeSize size;
  Measure(*bound, 1, size);
  if (size.nodes > kMaxAliasNodes) {
    return Status::InvalidInput(
               StrCat("the expression that \"", name.text, "\" stands for is too large"))
        .WithPosition(name.position);
  }
  // What the expression refers to was noted when it was bound; an aggregate over it belongs here.
  NoteReference(level);
  return std::optional(bound);
}

Status ExpressionBinder::NotFound(const syntax::QualifiedName& names) const {
  if (names.size() == 1) {
    const FromScope* scope = level_.from;
    if (scope != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(const ScopeRelation* whole,
                              scope->FindRelation(std::span(names).first(1)));
      if (whole != nullptr) return Unsupported("a table as a value is", names[0].position);
    }
    // A subquery without FROM speaks of the tables around it.
    for (const QueryLevel* level = &level_; level != nullptr; level = level->outer) {
      if (level->from != nullptr && !level->from->star().empty()) {
        scope = level->from;
        break;
      }
    }
    return ColumnNotFound(names[0], scope);
  }
  for (const QueryLevel* level = &level_; level != nullptr; level = level->outer) {
    if (level->from == nullptr || level->from->FindColumns(names[0].text).empty()) continue;
    return Status::InvalidInput(
               StrCat("Cannot extract field '", names[1].text, "' from expression \"",
                      names[0].text, "\" because it is not a struct, union, map, json or geometry"))
        .WithPosition(names[1].position);
  }
  return RelationNotFound(names[names.size() - 2], level_.from);
}

Result<ExpressionPtr> ExpressionBinder::BindPositional(const syntax::PositionalExpression& column) {
  const size_t count = level_.from == nullptr ? 0 : level_.from->star().size();
  if (column.index < 1 || column.index > count) {
    return Status::InvalidInput(
        StrCat("Positional reference ", column.index, " out of range (total ", count, " columns)"));
  }
  NoteReference(level_);
  return level_.from->star()[column.index - 1].expression->WithPosition(column.position);
}

namespace {

// NULLs and nested values stand in every plan as they are.
ExpressionPtr ParameterValue(const Value& value, const PlanParameters* kept,
                             const std::string& name) {
  if (kept == nullptr) return Expression::Constant(value);
  const auto found = kept->find(name);
  return found == kept->end() ? Expression::Constant(value) : found->second->Reference();
}

}  // namespace

Result<ExpressionPtr> ExpressionBinder::BindParameter(
    const syntax::ParameterExpression& parameter) {
  const ParameterValues* values = state_.input().parameters;
  const std::string& name = parameter.name.text;
  const bool is_number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  if (values != nullptr && is_number && name.size() < 10) {
    const size_t number = std::stoul(name);
    if (number >= 1 && number <= values->positional.size()) {
      return ParameterValue(values->positional[number - 1], state_.input().plan_parameters,
                            std::to_string(number));
    }
  }
  if (values != nullptr) {
    const auto found = values->named.find(syntax::LowerCase(name));
    if (found != values->named.end()) {
      return ParameterValue(found->second, state_.input().plan_parameters, found->first);
    }
  }
  return Status::InvalidInput(
      StrCat("Values were not provided for the following parameters: ", name));
}

}  // namespace trivet::binder
