#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "plan/logical_operators.h"
#include "sql/syntax/query.h"

namespace trivet::binder {

// A column that a name may mean: an expression over the plan's columns (mostly one column; for a
// column merged by FULL JOIN USING the first of two that is not NULL).
struct ScopeColumn {
  std::string name;
  ExpressionPtr expression;
};

// A table, view, function or subquery of a FROM clause under the name by which it is known there.
struct ScopeRelation {
  std::string alias;
  std::string schema;  // empty where only the alias names it
  std::vector<ScopeColumn> columns;

  const ScopeColumn* Find(std::string_view column) const;
};

// One place of `*`. USING and NATURAL merge two columns into one place.
struct StarColumn {
  std::string name;
  ExpressionPtr expression;
  std::string relation;  // alias of the relation it comes from
};

// What the FROM clause, or the part of it bound so far, makes visible.
class FromScope {
 public:
  // A relation of its own; its columns are places of `*` in order.
  void Add(ScopeRelation relation);
  void Append(FromScope other);

  const std::vector<ScopeRelation>& relations() const { return relations_; }
  const std::vector<StarColumn>& star() const { return star_; }
  std::vector<StarColumn>& star() { return star_; }
  std::vector<ScopeRelation>& relations() { return relations_; }

  // The relation of a name of up to three parts (database, schema, alias); null when there is none,
  // InvalidInput when there are several.
  Result<const ScopeRelation*> FindRelation(std::span<const syntax::Identifier> name) const;
  // The places of `*` with the name: none, the column, or several (ambiguous).
  std::vector<const StarColumn*> FindColumns(std::string_view name) const;

 private:
  std::vector<ScopeRelation> relations_;
  std::vector<StarColumn> star_;
};

// The relation of a plan's columns.
ScopeRelation MakeRelation(std::string alias, const std::vector<OutputColumn>& columns);
// Gives columns the names in front, as in `t(a, b)`; InvalidInput where there are too many.
Status RenameColumns(const std::string& table, const std::vector<syntax::Identifier>& names,
                     std::vector<OutputColumn>& columns);
// Names made different, as in a table made from a query: a, a_1, a_2.
void MakeNamesUnique(std::vector<OutputColumn>& columns);

// Messages for names that were not found, with the nearest right ones.
Status ColumnNotFound(const syntax::Identifier& name, const FromScope* scope);
Status ColumnNotInRelation(const syntax::Identifier& name, const ScopeRelation& relation);
Status RelationNotFound(const syntax::Identifier& name, const FromScope* scope);
Status AmbiguousColumn(const syntax::Identifier& name, const std::vector<const StarColumn*>& found);

}  // namespace trivet::binder
