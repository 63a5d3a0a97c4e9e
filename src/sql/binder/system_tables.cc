#include "sql/binder/system_tables.h"

#include <algorithm>
#include <array>

#include "base/string_concat.h"
#include "base/version.h"
#include "sql/binder/type_name.h"

namespace trivet::binder {

namespace {

using Row = std::vector<Value>;
using ColumnList = std::vector<std::pair<std::string, LogicalType>>;

Value Text(std::string text) { return Value::Varchar(std::move(text)); }
Value NoText() { return Value::Null(TypeId::kVarchar); }

std::string ParameterText(const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::kExact: return parameter.type.ToString();
    case Parameter::Kind::kAny: return "ANY";
    case Parameter::Kind::kAnyDecimal: return "DECIMAL";
    case Parameter::Kind::kAnyInteger: return "ANY INTEGER";
    case Parameter::Kind::kAnyNumeric: return "ANY NUMERIC";
    case Parameter::Kind::kAnyTimestamp: return "ANY TIMESTAMP";
  }
  return "ANY";
}

template <typename Function>
Row FunctionRow(const Function& function, const std::string& type, bool has_side_effects) {
  std::string parameters = "[";
  for (const Parameter& parameter : function.parameters) {
    parameters += StrCat(parameters.size() > 1 ? ", " : "", ParameterText(parameter));
  }
  return {Text("system"),
          Text("main"),
          Text(function.name),
          Text(type),
          function.description.empty() ? NoText() : Text(function.description),
          Text(function.return_type.IsNull() ? "ANY" : function.return_type.ToString()),
          Text(parameters + "]"),
          function.variadic ? Text(ParameterText(*function.variadic)) : NoText(),
          Value::Boolean(has_side_effects)};
}

BoundQuery Functions(StatementState& state) {
  std::vector<Row> rows;
  state.input().functions->ForEachScalar([&](const ScalarFunction& function) {
    rows.push_back(FunctionRow(function, "scalar", function.volatility == Volatility::kVolatile));
  });
  state.input().functions->ForEachAggregate([&](const AggregateFunction& function) {
    rows.push_back(FunctionRow(function, "aggregate", false));
  });
  for (const std::string& name : state.input().table_functions->Names()) {
    const TableFunction* function = state.input().table_functions->Find(name);
    std::string named = "[";
    for (const std::string& parameter : function->named_parameters) {
      named += StrCat(named.size() > 1 ? ", " : "", parameter);
    }
    rows.push_back({Text("system"), Text("main"), Text(name), Text("table"),
                    function->description.empty() ? NoText() : Text(function->description),
                    NoText(), Text(named + "]"), NoText(), Value::Boolean(false)});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"database_name", text},
                       {"schema_name", text},
                       {"function_name", text},
                       {"function_type", text},
                       {"description", text},
                       {"return_type", text},
                       {"parameter_types", text},
                       {"varargs", text},
                       {"has_side_effects", TypeId::kBoolean}},
                      std::move(rows), state.ids());
}

BoundQuery Settings(StatementState& state) {
  std::vector<Row> rows;
  if (state.input().settings != nullptr) {
    for (const SettingsView::Setting& setting : state.input().settings->List()) {
      rows.push_back({Text(setting.name),
                      setting.value.is_null() ? NoText() : Text(setting.value.ToString()),
                      Text(setting.description), Text(setting.input_type), Text(setting.scope)});
    }
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"name", text},
                       {"value", text},
                       {"description", text},
                       {"input_type", text},
                       {"scope", text}},
                      std::move(rows), state.ids());
}

std::string TypeCategory(const LogicalType& type) {
  if (type.IsNumeric()) return "NUMERIC";
  if (type.id() == TypeId::kBoolean) return "BOOLEAN";
  if (type.IsTemporal()) return "DATETIME";
  if (type.id() == TypeId::kVarchar) return "STRING";
  return "";
}

BoundQuery Types(StatementState& state) {
  std::vector<Row> rows;
  const auto add = [&](std::string_view name, const LogicalType& type) {
    const std::string category = TypeCategory(type);
    rows.push_back({Text("main"), Text(syntax::LowerCase(name)),
                    Value::Int64(static_cast<int64_t>(TypeSize(type))),
                    Text(type.id() == TypeId::kDecimal ? "DECIMAL" : type.ToString()),
                    category.empty() ? NoText() : Text(category)});
  };
  for (const NamedType& type : NamedTypes()) add(type.name, type.type);
  for (const char* name : {"DECIMAL", "NUMERIC", "DEC"}) add(name, LogicalType::Decimal(18, 3));
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"schema_name", text},
                       {"type_name", text},
                       {"type_size", TypeId::kInt64},
                       {"logical_type", text},
                       {"type_category", text}},
                      std::move(rows), state.ids());
}

Value RowCount(const CatalogEntry& entry) {
  const std::optional<uint64_t> rows = entry.table->statistics().row_count;
  return rows ? Value::Int64(static_cast<int64_t>(*rows)) : Value::Null(TypeId::kInt64);
}

const char* DatabaseOf(const CatalogEntry& entry) {
  return entry.schema == Catalog::kTemporarySchema ? "temp" : Catalog::kDatabase;
}

BoundQuery Tables(StatementState& state) {
  std::vector<Row> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    if (entry->is_view()) continue;
    rows.push_back({Text(DatabaseOf(*entry)), Text("main"), Text(entry->name),
                    Value::Boolean(entry->schema == Catalog::kTemporarySchema), RowCount(*entry),
                    Value::Int64(static_cast<int64_t>(entry->table->columns().size()))});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"database_name", text},
                       {"schema_name", text},
                       {"table_name", text},
                       {"temporary", TypeId::kBoolean},
                       {"estimated_size", TypeId::kInt64},
                       {"column_count", TypeId::kInt64}},
                      std::move(rows), state.ids());
}

BoundQuery Views(StatementState& state) {
  std::vector<Row> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    if (!entry->is_view()) continue;
    rows.push_back({Text(DatabaseOf(*entry)), Text("main"), Text(entry->name),
                    Value::Boolean(entry->schema == Catalog::kTemporarySchema),
                    Text(entry->view_sql)});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"database_name", text},
                       {"schema_name", text},
                       {"view_name", text},
                       {"temporary", TypeId::kBoolean},
                       {"sql", text}},
                      std::move(rows), state.ids());
}

Value DefaultText(const CatalogEntry& entry, size_t column) {
  const bool has = column < entry.defaults.size() && entry.defaults[column] != nullptr;
  return has ? Text(entry.defaults[column]->ToString()) : NoText();
}

BoundQuery Columns(StatementState& state) {
  std::vector<Row> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    if (entry->is_view()) continue;
    const auto& columns = entry->table->columns();
    for (size_t i = 0; i < columns.size(); ++i) {
      rows.push_back({Text(DatabaseOf(*entry)), Text("main"), Text(entry->name),
                      Text(columns[i].name), Value::Int32(static_cast<int32_t>(i + 1)),
                      DefaultText(*entry, i), Value::Boolean(!columns[i].not_null),
                      Text(columns[i].type.ToString())});
    }
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"database_name", text},
                       {"schema_name", text},
                       {"table_name", text},
                       {"column_name", text},
                       {"column_index", TypeId::kInt32},
                       {"column_default", text},
                       {"is_nullable", TypeId::kBoolean},
                       {"data_type", text}},
                      std::move(rows), state.ids());
}

BoundQuery Version(StatementState& state) {
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"library_version", text}, {"source_id", text}, {"codename", text}},
                      {{Text(StrCat("v", kVersion)), Text(""), Text("Trivet")}}, state.ids());
}

BoundQuery InformationTables(StatementState& state) {
  std::vector<Row> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    const bool temporary = entry->schema == Catalog::kTemporarySchema;
    rows.push_back({Text(DatabaseOf(*entry)), Text("main"), Text(entry->name),
                    Text(entry->is_view() ? "VIEW"
                         : temporary      ? "LOCAL TEMPORARY"
                                          : "BASE TABLE")});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows(
      {{"table_catalog", text}, {"table_schema", text}, {"table_name", text}, {"table_type", text}},
      std::move(rows), state.ids());
}

BoundQuery InformationColumns(StatementState& state) {
  std::vector<Row> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    if (entry->is_view()) continue;
    const auto& columns = entry->table->columns();
    for (size_t i = 0; i < columns.size(); ++i) {
      rows.push_back({Text(DatabaseOf(*entry)), Text("main"), Text(entry->name),
                      Text(columns[i].name), Value::Int32(static_cast<int32_t>(i + 1)),
                      DefaultText(*entry, i), Text(columns[i].not_null ? "NO" : "YES"),
                      Text(columns[i].type.ToString())});
    }
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"table_catalog", text},
                       {"table_schema", text},
                       {"table_name", text},
                       {"column_name", text},
                       {"ordinal_position", TypeId::kInt32},
                       {"column_default", text},
                       {"is_nullable", text},
                       {"data_type", text}},
                      std::move(rows), state.ids());
}

struct SystemListing {
  std::string_view schema;  // empty: called as a function, or read by its bare name
  std::string_view name;
  BoundQuery (*list)(StatementState& state);
};

constexpr std::array<SystemListing, 14> kListings = {{
    {"", "duckdb_functions", Functions},
    {"", "trivet_functions", Functions},
    {"", "duckdb_settings", Settings},
    {"", "trivet_settings", Settings},
    {"", "duckdb_types", Types},
    {"", "trivet_types", Types},
    {"", "duckdb_tables", Tables},
    {"", "trivet_tables", Tables},
    {"", "duckdb_views", Views},
    {"", "duckdb_columns", Columns},
    {"", "trivet_columns", Columns},
    {"", "pragma_version", Version},
    {"information_schema", "tables", InformationTables},
    {"information_schema", "columns", InformationColumns},
}};

}  // namespace

BoundQuery ConstantRows(const ColumnList& columns, std::vector<Row> rows, ColumnIdGenerator& ids) {
  auto values = std::make_unique<LogicalValues>();
  for (const auto& [name, type] : columns) values->columns.push_back({ids.Next(), name, type});
  for (Row& row : rows) {
    std::vector<ExpressionPtr> cells;
    for (Value& value : row) cells.push_back(Expression::Constant(std::move(value)));
    values->rows.push_back(std::move(cells));
  }
  BoundQuery query;
  query.columns = values->columns;
  query.plan = std::move(values);
  return query;
}

Result<std::optional<BoundQuery>> BindSystemFunction(const std::string& name,
                                                     StatementState& state) {
  for (const SystemListing& listing : kListings) {
    if (listing.schema.empty() && listing.name == name) return std::optional(listing.list(state));
  }
  return std::optional<BoundQuery>();
}

Result<std::optional<BoundQuery>> BindSystemTable(const std::string& schema,
                                                  const std::string& name, StatementState& state) {
  const bool plain = schema.empty() || schema == "main" || schema == "pg_catalog";
  for (const SystemListing& listing : kListings) {
    const bool in_schema = listing.schema.empty() ? plain : schema == listing.schema;
    if (in_schema && syntax::EqualIgnoringCase(listing.name, name)) {
      return std::optional(listing.list(state));
    }
  }
  return std::optional<BoundQuery>();
}

bool IsSystemSchema(const std::string& schema) {
  return schema == "information_schema" || schema == "pg_catalog" || schema == "system";
}

std::vector<std::string> SystemFunctionNames() {
  std::vector<std::string> names;
  for (const SystemListing& listing : kListings) {
    if (listing.schema.empty()) names.emplace_back(listing.name);
  }
  return names;
}

}  // namespace trivet::binder
