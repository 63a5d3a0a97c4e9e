#include <algorithm>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "sql/binder/show_binder.h"
#include "sql/binder/system_tables.h"
#include "sql/binder/table_binder.h"
#include "sql/syntax/print.h"

namespace trivet::binder {

namespace {

Result<TablePtr> MakeTable(const TableFunction& function, const TableFunctionCall& call,
                           const BinderInput& input) {
  // Its rows are of this moment, and whoever keeps plans asks whether anybody looked at the clock.
  if (!function.is_reproducible) (void)input.context->query_time_micros();
  return function.bind(call);
}

// The name under which a file is known: "dir/lineitem.parquet" is lineitem.
std::string BaseName(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return name.substr(0, name.find('.'));
}

// Could FROM "x" mean a file? Only what no table's plain name looks like.
bool LooksLikePath(const std::string& name) {
  return name.find_first_of("./*") != std::string::npos;
}

}  // namespace

Result<CatalogName> ResolveCatalogName(const syntax::QualifiedName& name) {
  CatalogName resolved;
  resolved.name = name.back().text;
  if (name.size() > 3) {
    return Status::InvalidInput("Too many parts in the name of a table")
        .WithPosition(name[0].position);
  }
  if (name.size() == 3 && !syntax::EqualIgnoringCase(name[0].text, Catalog::kDatabase) &&
      !syntax::EqualIgnoringCase(name[0].text, "temp") &&
      !syntax::EqualIgnoringCase(name[0].text, "system")) {
    return Status::NotFound(StrCat("Catalog \"", name[0].text, "\" does not exist!"))
        .WithPosition(name[0].position);
  }
  if (name.size() == 1) return resolved;
  resolved.schema = syntax::LowerCase(name[name.size() - 2].text);
  // memory.t names the database where no schema is called so.
  if (name.size() == 2 && resolved.schema == Catalog::kDatabase) resolved.schema.clear();
  if (name.size() == 3 && syntax::EqualIgnoringCase(name[0].text, "temp")) resolved.schema = "temp";
  return resolved;
}

Result<BoundTable> TableBinder::Bind(const syntax::TableReference& table, QueryLevel* outer) {
  TRIVET_RETURN_IF_ERROR(state_.CheckStack().WithPosition(table.position));
  Result<BoundTable> bound = BindKind(table, outer);
  if (!bound.ok()) return std::move(bound).status().WithPosition(table.position);
  if (table.sample) return Unsupported("TABLESAMPLE is", table.sample->position);
  return bound;
}

Result<BoundTable> TableBinder::BindKind(const syntax::TableReference& table, QueryLevel* outer) {
  switch (table.kind) {
    case syntax::TableKind::kNamed: return BindNamed(table.As<syntax::NamedTable>());
    case syntax::TableKind::kFunction:
      return BindFunction(table.As<syntax::FunctionTable>(), outer);
    case syntax::TableKind::kSubquery:
      return BindSubquery(table.As<syntax::SubqueryTable>(), outer);
    case syntax::TableKind::kJoin: {
      TRIVET_ASSIGN_OR_RETURN(BoundTable joined, BindJoin(table.As<syntax::JoinTable>(), outer));
      if (table.alias.empty()) return joined;
      // (a JOIN b) AS x: all columns under one name.
      ScopeRelation relation;
      relation.alias = table.alias.text;
      for (const StarColumn& column : joined.scope.star()) {
        relation.columns.push_back({column.name, column.expression});
      }
      const size_t named = std::min(table.column_aliases.size(), relation.columns.size());
      for (size_t i = 0; i < named; ++i) relation.columns[i].name = table.column_aliases[i].text;
      FromScope scope;
      scope.Add(std::move(relation));
      return BoundTable{std::move(joined.plan), std::move(scope)};
    }
    case syntax::TableKind::kShow: {
      TRIVET_ASSIGN_OR_RETURN(BoundQuery query,
                              BindShow(table.As<syntax::ShowTable>(), state_, queries_, ctes_));
      return Named(table, "", "", std::move(query));
    }
  }
  return Status::Internal("unknown kind of table");
}

// The table under its alias, or under its own name where it has none.
Result<BoundTable> TableBinder::Named(const syntax::TableReference& table, std::string name,
                                      std::string schema, BoundQuery query) {
  if (!table.alias.empty()) {
    name = table.alias.text;
    schema.clear();
  }
  TRIVET_RETURN_IF_ERROR(RenameColumns(name, table.column_aliases, query.columns));
  BoundTable bound;
  bound.plan = std::move(query.plan);
  ScopeRelation relation = MakeRelation(std::move(name), query.columns);
  relation.schema = std::move(schema);
  bound.scope.Add(std::move(relation));
  return bound;
}

BoundQuery TableBinder::Scan(TablePtr table, const std::string& name) {
  auto scan = std::make_unique<LogicalScan>(table, name);
  for (size_t i = 0; i < table->columns().size(); ++i) {
    scan->columns.push_back({state_.ids().Next(), i, true});
  }
  BoundQuery query;
  query.columns = scan->Columns();
  query.plan = std::move(scan);
  return query;
}

Result<BoundTable> TableBinder::BindNamed(const syntax::NamedTable& table) {
  const std::string& name = table.name.back().text;
  if (table.is_string) return BindFile(table, name);
  bool circular = false;
  if (table.name.size() == 1) {
    TRIVET_ASSIGN_OR_RETURN(std::optional<BoundTable> cte, BindCte(table, circular));
    if (cte) return std::move(*cte);
  }
  TRIVET_ASSIGN_OR_RETURN(const CatalogName resolved, ResolveCatalogName(table.name));
  const CatalogEntryPtr entry = state_.input().catalog->Find(resolved);
  if (entry != nullptr) return BindEntry(table, *entry);
  TRIVET_ASSIGN_OR_RETURN(std::optional<BoundQuery> system,
                          BindSystemTable(resolved.schema, resolved.name, state_));
  if (system) return Named(table, name, resolved.schema, std::move(*system));
  if (resolved.schema == "system") {
    // What the runtime knows of itself: system.workers is trivet_workers().
    const TableFunction* listing =
        state_.input().table_functions->Find("trivet_" + syntax::LowerCase(resolved.name));
    if (listing != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(TablePtr rows, MakeTable(*listing, {}, state_.input()));
      return Named(table, name, resolved.schema, Scan(std::move(rows), name));
    }
  }
  if (circular) {
    return Status::InvalidInput(StrCat("Circular reference to CTE \"", name,
                                       "\", use WITH RECURSIVE to use recursive CTEs."));
  }
  if (table.name.size() == 1 && LooksLikePath(name) &&
      state_.input().table_functions->open_path()) {
    return BindFile(table, name);
  }
  if (table.name.size() > 1 && resolved.schema != "main" && resolved.schema != "temp" &&
      !resolved.schema.empty() && !IsSystemSchema(resolved.schema)) {
    return Status::NotFound(StrCat("Schema with name ", resolved.schema, " does not exist!"));
  }
  return state_.input().catalog->Lookup(resolved).status();
}

Result<std::optional<BoundTable>> TableBinder::BindCte(const syntax::NamedTable& table,
                                                       bool& circular) {
  for (CteFrame* frame = ctes_; frame != nullptr; frame = frame->outer) {
    for (CteEntry& entry : frame->entries) {
      if (!syntax::EqualIgnoringCase(entry.name, table.name[0].text)) continue;
      if (entry.in_definition) {
        if (frame->recursive) {
          return Unsupported(StrCat("the recursive common table expression ", entry.name, " is"),
                             table.position);
        }
        circular = true;
        continue;
      }
      auto scan = std::make_unique<LogicalCteScan>(entry.id, entry.name);
      BoundQuery query;
      for (const OutputColumn& column : entry.columns) {
        scan->definition_columns.push_back(column.id);
        scan->columns.push_back({state_.ids().Next(), column.name, column.type});
      }
      query.columns = scan->columns;
      query.plan = std::move(scan);
      TRIVET_ASSIGN_OR_RETURN(BoundTable bound, Named(table, entry.name, "", std::move(query)));
      return std::optional(std::move(bound));
    }
  }
  return std::optional<BoundTable>();
}

Result<BoundTable> TableBinder::BindEntry(const syntax::NamedTable& table,
                                          const CatalogEntry& entry) {
  if (!entry.is_view()) {
    return Named(table, entry.name, entry.schema,
                 Scan(entry.table, table.alias.empty() ? entry.name : table.alias.text));
  }
  TRIVET_ASSIGN_OR_RETURN(
      BoundQuery query,
      queries_.BindText(entry.view_sql, StrCat("view ", entry.name), table.name.back().position));
  const size_t named = std::min(entry.view_columns.size(), query.columns.size());
  for (size_t i = 0; i < named; ++i) query.columns[i].name = entry.view_columns[i];
  MakeNamesUnique(query.columns);
  return Named(table, entry.name, entry.schema, std::move(query));
}

Result<BoundTable> TableBinder::BindFile(const syntax::NamedTable& table, const std::string& path) {
  const TableFunctionRegistry& functions = *state_.input().table_functions;
  if (!functions.open_path()) {
    return Status::NotFound(StrCat("no file format is registered to read ", path));
  }
  TablePtr& opened = state_.opened_files()[path];
  if (!opened) {
    TRIVET_ASSIGN_OR_RETURN(opened, functions.open_path()(path, *state_.input().files));
  }
  const std::string name = BaseName(path);
  return Named(table, name, "", Scan(opened, table.alias.empty() ? name : table.alias.text));
}

Result<Value> TableBinder::BindFunctionArgument(const syntax::Expression& argument) {
  // Lists (the paths of several files) and structs (types of columns by name) are made here,
  // although expressions have none yet.
  const auto* collection = argument.TryAs<syntax::FunctionExpression>();
  if (collection != nullptr && collection->name == "struct_pack") {
    std::vector<StructField> fields;
    std::vector<Value> values;
    for (const syntax::Argument& field : collection->arguments) {
      if (field.name.empty()) {
        return Status::InvalidInput("the fields of a struct argument need names")
            .WithPosition(field.value->position);
      }
      TRIVET_ASSIGN_OR_RETURN(Value value, BindFunctionArgument(*field.value));
      fields.push_back({field.name.text, value.type()});
      values.push_back(std::move(value));
    }
    return Value::Struct(LogicalType::Struct(std::move(fields)), std::move(values));
  }
  if (collection != nullptr && collection->name == "list_value") {
    std::vector<Value> elements;
    for (const syntax::Argument& element : collection->arguments) {
      TRIVET_ASSIGN_OR_RETURN(Value value, BindFunctionArgument(*element.value));
      if (!elements.empty() && !(elements[0].type() == value.type())) {
        return Status::InvalidInput("the elements of a list argument must have one type")
            .WithPosition(element.value->position);
      }
      elements.push_back(std::move(value));
    }
    const LogicalType type = elements.empty() ? LogicalType(TypeId::kVarchar) : elements[0].type();
    return Value::List(LogicalType::List(type), std::move(elements));
  }
  QueryLevel level;
  ClauseGuard guard(level, "arguments of a table function", AliasRule::kHidden, nullptr, false);
  ExpressionBinder binder(state_, queries_, level, ctes_);
  TRIVET_ASSIGN_OR_RETURN(const ExpressionPtr bound, binder.Bind(argument));
  Result<Value> value = EvaluateConstant(bound, *state_.input().context);
  if (!value.ok()) return std::move(value).status().WithPosition(argument.position);
  return value;
}

Result<BoundTable> TableBinder::BindFunction(const syntax::FunctionTable& table, QueryLevel*) {
  const syntax::FunctionExpression& call = *table.function;
  if (table.with_ordinality) return Unsupported("WITH ORDINALITY is", table.position);
  if (call.name == "unnest") return Unsupported("UNNEST is", call.position);
  if (call.arguments.empty()) {
    TRIVET_ASSIGN_OR_RETURN(std::optional<BoundQuery> system,
                            BindSystemFunction(call.name, state_));
    if (system) return Named(table, call.name, "", std::move(*system));
  }
  const TableFunctionRegistry& functions = *state_.input().table_functions;
  const TableFunction* function = functions.Find(call.name);
  if (state_.input().custom_operators) {
    CustomOperatorPtr op = state_.input().custom_operators(call.name);
    if (op != nullptr && function != nullptr) {
      return Status::AlreadyExists(
                 StrCat("\"", op->declaration().name,
                        "\" is a table function and a custom operator: the operator needs another "
                        "name"))
          .WithPosition(call.position);
    }
    if (op != nullptr) return BindCustomOperator(table, std::move(op));
  }
  if (function == nullptr) {
    Status status =
        Status::NotFound(StrCat("Table Function with name ", call.name, " does not exist!"))
            .WithPosition(call.position);
    std::vector<std::string> names = functions.Names();
    std::ranges::copy(SystemFunctionNames(), std::back_inserter(names));
    const std::string nearest = NearestName(call.name, names);
    if (nearest.empty()) return status;
    return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
  }
  TableFunctionCall bound_call;
  bound_call.files = state_.input().files;
  for (const syntax::Argument& argument : call.arguments) {
    TRIVET_ASSIGN_OR_RETURN(Value value, BindFunctionArgument(*argument.value));
    if (argument.name.empty()) {
      bound_call.arguments.push_back(std::move(value));
      continue;
    }
    const std::string name = syntax::LowerCase(argument.name.text);
    if (std::ranges::find(function->unsupported_parameters, name) !=
        function->unsupported_parameters.end()) {
      return Unsupported(StrCat("the option ", name, " of ", call.name, " is"),
                         argument.name.position);
    }
    if (std::ranges::find(function->named_parameters, name) == function->named_parameters.end()) {
      Status status = Status::InvalidInput(StrCat("Invalid named parameter \"", argument.name.text,
                                                  "\" for function ", call.name))
                          .WithPosition(argument.name.position);
      const std::string nearest = NearestName(name, function->named_parameters);
      if (nearest.empty()) return status;
      return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
    }
    bound_call.named_arguments.emplace_back(name, std::move(value));
  }
  TRIVET_ASSIGN_OR_RETURN(TablePtr made, MakeTable(*function, bound_call, state_.input()));
  return Named(table, call.name, "",
               Scan(std::move(made), table.alias.empty() ? call.name : table.alias.text));
}

Result<BoundTable> TableBinder::BindSubquery(const syntax::SubqueryTable& table,
                                             QueryLevel* outer) {
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*table.query, outer, ctes_));
  MakeNamesUnique(query.columns);
  return Named(table, "unnamed_subquery", "", std::move(query));
}

}  // namespace trivet::binder
