#include <algorithm>

#include "base/string_concat.h"
#include "sql/binder/statement_binder.h"
#include "sql/binder/table_binder.h"

namespace trivet::binder {

struct StatementBinder::CopyOptions {
  std::string path;
  std::string format;
  std::vector<std::pair<std::string, Value>> options;  // the others, lower-case names
};

namespace {

// The format that a path's ending names; csv where it names none.
std::string FormatOf(const std::string& path) {
  std::string lower = syntax::LowerCase(path);
  for (const char* packed : {".gz", ".zst", ".bz2", ".lz4", ".snappy"}) {
    if (lower.ends_with(packed)) lower.resize(lower.size() - std::string_view(packed).size());
  }
  if (lower.ends_with(".parquet") || lower.ends_with(".pq")) return "parquet";
  if (lower.ends_with(".json") || lower.ends_with(".jsonl") || lower.ends_with(".ndjson")) {
    return "json";
  }
  if (lower.ends_with(".arrow") || lower.ends_with(".ipc") || lower.ends_with(".feather")) {
    return "arrow";
  }
  return "csv";
}

// Constant lists such as FORCE_QUOTE (a, b): names arrive as strings.
Value ListOf(std::vector<Value> values) {
  const LogicalType type = values.empty() ? LogicalType(TypeId::kVarchar) : values[0].type();
  return Value::List(LogicalType::List(type), std::move(values));
}

}  // namespace

Status StatementBinder::BindCopyOptions(const syntax::CopyStatement& statement,
                                        CopyOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(const Value file, BindConstant(*statement.file, "COPY file name"));
  if (file.is_null() || file.type().id() != TypeId::kVarchar) {
    return Status::InvalidInput("COPY needs a string as file name")
        .WithPosition(statement.file->position);
  }
  options.path = file.string();
  for (const syntax::Option& option : statement.options) {
    const std::string name = syntax::LowerCase(option.name.text);
    std::vector<Value> values;
    for (const syntax::ExpressionPtr& written : option.values) {
      TRIVET_ASSIGN_OR_RETURN(Value value, BindConstant(*written, "COPY option"));
      values.push_back(std::move(value));
    }
    if (name == "format") {
      if (values.size() != 1 || values[0].type().id() != TypeId::kVarchar || values[0].is_null()) {
        return Status::InvalidInput("FORMAT takes the name of a format")
            .WithPosition(option.name.position);
      }
      options.format = syntax::LowerCase(values[0].string());
      continue;
    }
    for (const auto& [known, value] : options.options) {
      if (known == name) {
        return Status::InvalidInput(StrCat("the option ", option.name.text, " is given twice"))
            .WithPosition(option.name.position);
      }
    }
    Value value = values.empty()       ? Value::Boolean(true)
                  : values.size() == 1 ? std::move(values[0])
                                       : ListOf(std::move(values));
    options.options.emplace_back(name, std::move(value));
  }
  if (options.format.empty()) options.format = FormatOf(options.path);
  return Status::OK();
}

Result<BoundStatement> StatementBinder::BindCopy(const syntax::CopyStatement& statement) {
  if (statement.is_from) return BindCopyFrom(statement);
  CopyOptions options;
  TRIVET_RETURN_IF_ERROR(BindCopyOptions(statement, options));
  BoundCopyTo bound;
  TRIVET_ASSIGN_OR_RETURN(bound.query, queries_.Bind(*statement.query, nullptr, nullptr));
  MakeNamesUnique(bound.query.columns);
  bound.path = std::move(options.path);
  bound.format = std::move(options.format);
  bound.options = std::move(options.options);
  return BoundStatement{std::move(bound)};
}

// COPY t FROM 'file' inserts what the format's table function reads.
Result<BoundStatement> StatementBinder::BindCopyFrom(const syntax::CopyStatement& statement) {
  CopyOptions options;
  TRIVET_RETURN_IF_ERROR(BindCopyOptions(statement, options));
  TRIVET_ASSIGN_OR_RETURN(const CatalogEntryPtr entry, FindTarget(statement.table));
  TRIVET_ASSIGN_OR_RETURN(const std::vector<size_t> targets,
                          TargetColumns(statement.columns, *entry));
  const std::string name = "read_" + options.format;
  const TableFunction* reader = state_.input().table_functions->Find(name);
  if (reader == nullptr) {
    return Status::NotFound(StrCat("Copy Function with name ", options.format, " does not exist!"))
        .WithPosition(statement.position);
  }
  TableFunctionCall call;
  call.files = state_.input().files;
  call.arguments.push_back(Value::Varchar(options.path));
  for (auto& [option, value] : options.options) {
    if (std::ranges::find(reader->unsupported_parameters, option) !=
        reader->unsupported_parameters.end()) {
      return Unsupported(StrCat("the option ", option, " of ", name, " is"), statement.position);
    }
    if (std::ranges::find(reader->named_parameters, option) == reader->named_parameters.end()) {
      return Status::InvalidInput(
                 StrCat("the format ", options.format, " has no option ", option, " for COPY FROM"))
          .WithPosition(statement.position);
    }
    call.named_arguments.emplace_back(option, std::move(value));
  }
  TRIVET_ASSIGN_OR_RETURN(TablePtr table, reader->bind(call));
  auto scan = std::make_unique<LogicalScan>(table, name);
  for (size_t i = 0; i < table->columns().size(); ++i) {
    scan->columns.push_back({state_.ids().Next(), i, true});
  }
  BoundQuery query;
  query.columns = scan->Columns();
  query.plan = std::move(scan);
  return InsertInto(*entry, targets, std::move(query), statement.position);
}

}  // namespace trivet::binder
