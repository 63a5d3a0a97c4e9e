#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/bound_statement.h"
#include "sql/binder/statement_state.h"

namespace trivet::binder {

// Rows of constants as a query; the cells must have the columns' types.
BoundQuery ConstantRows(const std::vector<std::pair<std::string, LogicalType>>& columns,
                        std::vector<std::vector<Value>> rows, ColumnIdGenerator& ids);

// Listings of the catalog, functions, types and settings. Nothing where there is no listing of the
// name.
Result<std::optional<BoundQuery>> BindSystemFunction(const std::string& name,
                                                     StatementState& state);
Result<std::optional<BoundQuery>> BindSystemTable(const std::string& schema,
                                                  const std::string& name, StatementState& state);
bool IsSystemSchema(const std::string& schema);
std::vector<std::string> SystemFunctionNames();

}  // namespace trivet::binder
