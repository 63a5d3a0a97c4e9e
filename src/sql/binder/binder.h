#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "catalog/catalog.h"
#include "catalog/table_function.h"
#include "expression/function_registry.h"
#include "expression/parameter.h"
#include "plan/bound_statement.h"
#include "plan/custom_operator.h"
#include "sql/syntax/statement.h"

namespace trivet {

// The settings of a session as SQL may read and list them.
class SettingsView {
 public:
  struct Setting {
    std::string name;  // lower case
    Value value;
    std::string description;
    std::string input_type;  // a type name such as "VARCHAR" or "UBIGINT"
    std::string scope;       // "GLOBAL" or "LOCAL"
  };
  virtual ~SettingsView() = default;
  virtual std::vector<Setting> List() const = 0;  // sorted by name
};

// Values for `?`, `$1` (positional, from 1) and `$name` (lower-case names).
struct ParameterValues {
  std::vector<Value> positional;
  std::map<std::string, Value> named;
};

// Those parameters, by name or number, whose values are kept out of the plan, for it to serve
// others.
using PlanParameters = std::map<std::string, std::shared_ptr<const PlanParameter>>;

// The custom operators that FROM may name, by name in lower case; null where there is none.
using FindCustomOperator = std::function<CustomOperatorPtr(const std::string& name)>;

// All that binding reads. The pointers are borrowed for the call; `settings` and `parameters` may
// be null.
struct BinderInput {
  const Catalog* catalog = nullptr;
  const FunctionRegistry* functions = nullptr;
  const TableFunctionRegistry* table_functions = nullptr;
  FindCustomOperator custom_operators;  // may be empty
  const SettingsView* settings = nullptr;
  const ParameterValues* parameters = nullptr;
  const PlanParameters* plan_parameters = nullptr;  // null: all values become part of the plan
  const EvaluationContext* context = nullptr;
  FileSystem* files = nullptr;
  ColumnIdGenerator* ids = nullptr;
  // Of an ORDER BY that does not say.
  bool default_descending = false;
  bool default_nulls_first = false;
  // The text that was parsed, of which CREATE VIEW keeps the query's part.
  std::string_view sql;
};

// Resolves a statement's names and types. In the result every column of a BoundQuery stands in the
// order of `plan->Columns()` with the same ids; the plan passes ValidatePlan. Subqueries are single
// and mark joins, dependent ones where they are correlated. Errors are InvalidInput, NotFound or
// NotImplemented with the position in the text and, for a wrong name, the nearest right one as
// hint. Reentrant.
Result<BoundStatement> Bind(const syntax::Statement& statement, const BinderInput& input);

}  // namespace trivet
