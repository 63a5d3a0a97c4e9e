#include "sql/binder/scope.h"

#include <algorithm>
#include <span>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/syntax/node.h"

namespace trivet::binder {

namespace {

constexpr size_t kMaxCandidates = 5;

// The names most like the wrong one, quoted, nearest first.
std::string Candidates(std::string_view wrong, std::vector<std::string> names) {
  std::ranges::stable_sort(names, {}, [&](const std::string& name) {
    const size_t point = name.rfind('.');
    return EditDistance(wrong, point == std::string::npos ? name : name.substr(point + 1));
  });
  std::string text;
  size_t count = 0;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second || count == kMaxCandidates) continue;
    text += StrCat(count++ == 0 ? "\"" : ", \"", name, "\"");
  }
  return text;
}

}  // namespace

const ScopeColumn* ScopeRelation::Find(std::string_view column) const {
  for (const ScopeColumn& candidate : columns) {
    if (syntax::EqualIgnoringCase(candidate.name, column)) return &candidate;
  }
  return nullptr;
}

void FromScope::Add(ScopeRelation relation) {
  for (const ScopeColumn& column : relation.columns) {
    star_.push_back({column.name, column.expression, relation.alias});
  }
  relations_.push_back(std::move(relation));
}

void FromScope::Append(FromScope other) {
  std::ranges::move(other.relations_, std::back_inserter(relations_));
  std::ranges::move(other.star_, std::back_inserter(star_));
}

Result<const ScopeRelation*> FromScope::FindRelation(
    std::span<const syntax::Identifier> name) const {
  const ScopeRelation* found = nullptr;
  for (const ScopeRelation& relation : relations_) {
    if (!syntax::EqualIgnoringCase(relation.alias, name.back().text)) continue;
    const bool matches = name.size() == 1 ||
                         (syntax::EqualIgnoringCase(relation.schema, name[name.size() - 2].text) &&
                          (name.size() == 2 || syntax::EqualIgnoringCase(name[0].text, "memory")));
    if (!matches) continue;
    if (found != nullptr) {
      return Status::InvalidInput(
                 StrCat("Ambiguous reference to table \"", name.back().text,
                        "\" (duplicate alias \"", name.back().text,
                        "\", explicitly alias one of the tables using \"AS my_alias\")"))
          .WithPosition(name.back().position);
    }
    found = &relation;
  }
  return found;
}

std::vector<const StarColumn*> FromScope::FindColumns(std::string_view name) const {
  std::vector<const StarColumn*> found;
  for (const StarColumn& column : star_) {
    if (syntax::EqualIgnoringCase(column.name, name)) found.push_back(&column);
  }
  return found;
}

ScopeRelation MakeRelation(std::string alias, const std::vector<OutputColumn>& columns) {
  ScopeRelation relation;
  relation.alias = std::move(alias);
  for (const OutputColumn& column : columns) {
    relation.columns.push_back({column.name, column.Reference()});
  }
  return relation;
}

Status RenameColumns(const std::string& table, const std::vector<syntax::Identifier>& names,
                     std::vector<OutputColumn>& columns) {
  if (names.size() > columns.size()) {
    return Status::InvalidInput(StrCat("table \"", table, "\" has ", columns.size(),
                                       " columns available but ", names.size(),
                                       " columns specified"))
        .WithPosition(names[columns.size()].position);
  }
  for (size_t i = 0; i < names.size(); ++i) columns[i].name = names[i].text;
  return Status::OK();
}

void MakeNamesUnique(std::vector<OutputColumn>& columns) {
  std::set<std::string> taken;
  for (const OutputColumn& column : columns) taken.insert(syntax::LowerCase(column.name));
  std::set<std::string> seen;
  for (OutputColumn& column : columns) {
    if (seen.insert(syntax::LowerCase(column.name)).second) continue;
    std::string name;
    size_t number = 1;
    do {
      name = StrCat(column.name, "_", number++);
    } while (taken.contains(syntax::LowerCase(name)));
    taken.insert(syntax::LowerCase(name));
    seen.insert(syntax::LowerCase(name));
    column.name = std::move(name);
  }
}

Status ColumnNotFound(const syntax::Identifier& name, const FromScope* scope) {
  std::vector<std::string> names;
  if (scope != nullptr) {
    for (const StarColumn& column : scope->star()) names.push_back(column.name);
  }
  if (names.empty()) {
    return Status::InvalidInput(StrCat("Referenced column \"", name.text,
                                       "\" was not found because the FROM clause is missing"))
        .WithPosition(name.position);
  }
  return Status::InvalidInput(
             StrCat("Referenced column \"", name.text, "\" not found in FROM clause!"))
      .WithPosition(name.position)
      .WithHint("Candidate bindings: " + Candidates(name.text, std::move(names)));
}

Status ColumnNotInRelation(const syntax::Identifier& name, const ScopeRelation& relation) {
  std::vector<std::string> names;
  for (const ScopeColumn& column : relation.columns) names.push_back(column.name);
  return Status::InvalidInput(StrCat("Table \"", relation.alias,
                                     "\" does not have a column named \"", name.text, "\""))
      .WithPosition(name.position)
      .WithHint("Candidate bindings: " + Candidates(name.text, std::move(names)));
}

Status RelationNotFound(const syntax::Identifier& name, const FromScope* scope) {
  std::vector<std::string> names;
  if (scope != nullptr) {
    for (const ScopeRelation& relation : scope->relations()) {
      if (!relation.alias.empty()) names.push_back(relation.alias);
    }
  }
  Status status = Status::InvalidInput(StrCat("Referenced table \"", name.text, "\" not found!"))
                      .WithPosition(name.position);
  if (names.empty()) return status;
  return std::move(status).WithHint("Candidate tables: " + Candidates(name.text, std::move(names)));
}

Status AmbiguousColumn(const syntax::Identifier& name,
                       const std::vector<const StarColumn*>& found) {
  std::string uses;
  for (const StarColumn* column : found) {
    uses += StrCat(uses.empty() ? "'" : " or '", column->relation, ".", column->name, "'");
  }
  return Status::InvalidInput(
             StrCat("Ambiguous reference to column name \"", name.text, "\" (use: ", uses, ")"))
      .WithPosition(name.position);
}

}  // namespace trivet::binder
