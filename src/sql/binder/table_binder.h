#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/binder/query_binder.h"
#include "sql/syntax/table.h"

namespace trivet::binder {

// The catalog's name for a written one; NotFound for another database.
Result<CatalogName> ResolveCatalogName(const syntax::QualifiedName& name);

// An entry of FROM with what it makes visible.
struct BoundTable {
  PlanPtr plan;
  FromScope scope;
};

// Binds the entries of FROM and their joins. `outer` is what lateral entries may refer to: the
// level around the query, and the entries to their left.
class TableBinder {
 public:
  TableBinder(StatementState& state, QueryBinder& queries, CteFrame* ctes)
      : state_(state), queries_(queries), ctes_(ctes) {}

  // Entries separated by commas; without any, one row without columns.
  Result<BoundTable> BindList(const std::vector<syntax::TableReferencePtr>& list,
                              QueryLevel* outer);
  Result<BoundTable> Bind(const syntax::TableReference& table, QueryLevel* outer);

 private:
  Result<BoundTable> BindKind(const syntax::TableReference& table, QueryLevel* outer);
  Result<BoundTable> Named(const syntax::TableReference& table, std::string name,
                           std::string schema, BoundQuery query);

  // bind_table.cc
  Result<BoundTable> BindNamed(const syntax::NamedTable& table);
  Result<std::optional<BoundTable>> BindCte(const syntax::NamedTable& table, bool& circular);
  Result<BoundTable> BindEntry(const syntax::NamedTable& table, const CatalogEntry& entry);
  Result<BoundTable> BindFile(const syntax::NamedTable& table, const std::string& path);
  Result<BoundTable> BindFunction(const syntax::FunctionTable& table, QueryLevel* outer);
  // bind_custom_operator.cc
  Result<BoundTable> BindCustomOperator(const syntax::FunctionTable& table, CustomOperatorPtr op);
  Result<BoundQuery> BindOperatorInput(const CustomOperatorDeclaration& op,
                                       const syntax::FunctionExpression& call);
  Result<std::vector<Value>> BindOperatorArguments(const CustomOperatorDeclaration& op,
                                                   const syntax::FunctionExpression& call);
  Result<Value> BindFunctionArgument(const syntax::Expression& argument);
  BoundQuery Scan(TablePtr table, const std::string& name);
  Result<BoundTable> BindSubquery(const syntax::SubqueryTable& table, QueryLevel* outer);

  // bind_join.cc
  Result<BoundTable> BindJoin(const syntax::JoinTable& join, QueryLevel* outer);
  Result<BoundTable> Join(const syntax::JoinTable* written, JoinKind kind, BoundTable left,
                          const syntax::TableReference& right, QueryLevel* outer);
  struct JoinParts;
  Status BindCondition(const syntax::JoinTable& written, JoinParts& parts, QueryLevel* outer);
  Status BindUsing(const std::vector<syntax::Identifier>& names, JoinParts& parts);
  Status MergeColumn(const syntax::Identifier& name, JoinParts& parts);
  PlanPtr PlanOf(JoinParts& parts);
  PlanPtr PlanWithInside(JoinParts& parts);
  Status PlaceJoins(PendingJoins joins, size_t position, JoinParts& parts);

  StatementState& state_;
  QueryBinder& queries_;
  CteFrame* ctes_;
};

}  // namespace trivet::binder
