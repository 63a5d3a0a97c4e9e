#include "fragment/table_codec.h"

#include <algorithm>

#include "fragment/value_codec.h"
#include "fragment/wire.h"

namespace trivet {

namespace {

Status EncodeReference(const TableReference& reference, wire::Table& out) {
  out.set_opener(reference.opener);
  for (const FileInfo& info : reference.files) {
    wire::File& file = *out.add_files();
    file.set_path(info.path);
    file.set_size_bytes(info.size_bytes);
    file.set_modified_nanos(info.modified_nanos);
  }
  for (const auto& [name, value] : reference.options) {
    wire::Option& option = *out.add_options();
    option.set_name(name);
    TRIVET_RETURN_IF_ERROR(EncodeValue(value, *option.mutable_value()));
  }
  return Status::OK();
}

Result<TableReference> DecodeReference(const wire::Table& message) {
  TableReference reference;
  reference.opener = message.opener();
  for (const wire::File& file : message.files()) {
    reference.files.push_back({file.path(), file.size_bytes(), file.modified_nanos(), false});
  }
  for (const wire::Option& option : message.options()) {
    TRIVET_ASSIGN_OR_RETURN(Value value, DecodeValue(option.value()));
    reference.options.emplace_back(option.name(), std::move(value));
  }
  return reference;
}

Result<TablePtr> Open(const TableReference& reference, const std::string& upload_id,
                      const std::vector<ColumnDefinition>& columns,
                      const DecodeFragmentOptions& options) {
  if (reference.opener == kUploadedRows) {
    if (options.resolver == nullptr) {
      return Mismatch(StrCat("uploaded rows \"", upload_id, "\" cannot be read here"));
    }
    return options.resolver->Resolve(upload_id, columns);
  }
  if (options.tables == nullptr) return TableOpeners().Open(reference, *options.files);
  return options.tables->Open(reference, *options.files);
}

bool SameColumns(const std::vector<ColumnDefinition>& a, const std::vector<ColumnDefinition>& b) {
  return std::ranges::equal(a, b, [](const ColumnDefinition& x, const ColumnDefinition& y) {
    return x.name == y.name && x.type == y.type && x.not_null == y.not_null;
  });
}

}  // namespace

Status EncodeTable(const TablePtr& table, TableUploads* uploads, wire::Table& out) {
  if (table == nullptr) return Status::Internal("a scan without a table");
  TRIVET_ASSIGN_OR_RETURN(const TableReference reference, table->Reference());
  TRIVET_RETURN_IF_ERROR(EncodeReference(reference, out));
  for (const ColumnDefinition& column : table->columns()) {
    TRIVET_RETURN_IF_ERROR(
        EncodeColumn(column.name, column.type, column.not_null, *out.add_columns()));
  }
  if (reference.opener != kUploadedRows) return Status::OK();
  if (uploads == nullptr) {
    return Status::NotImplemented(
        StrCat("a table of kind ", table->kind(), " cannot be brought to another process here"));
  }
  TRIVET_ASSIGN_OR_RETURN(std::string id, uploads->IdOf(table));
  out.set_upload_id(std::move(id));
  return Status::OK();
}

Result<TablePtr> DecodeTable(const wire::Table& message, const DecodeFragmentOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(const TableReference reference, DecodeReference(message));
  std::vector<ColumnDefinition> columns;
  for (const wire::Column& column : message.columns()) {
    TRIVET_ASSIGN_OR_RETURN(ColumnDefinition definition, DecodeColumn(column));
    columns.push_back(std::move(definition));
  }
  TRIVET_ASSIGN_OR_RETURN(TablePtr table, Open(reference, message.upload_id(), columns, options));
  if (table == nullptr || !SameColumns(table->columns(), columns)) {
    return Status::InvalidInput(StrCat("the columns of a table of \"", reference.opener,
                                       "\" are others than those the query was planned for"));
  }
  return table;
}

}  // namespace trivet
