#include "formats/parquet/parquet_format.h"

#include "formats/parquet/parquet_table.h"

namespace trivet {

Result<ParquetOptions> ReadParquetOptions(const FormatOptions& named) {
  ParquetOptions options;
  OptionReader reader("read_parquet", named);
  reader.Take({"hive_partitioning"}, options.hive_partitioning);
  reader.Take({"hive_types_autocast"}, options.hive_types_autocast);
  reader.Take({"union_by_name"}, options.union_by_name);
  reader.Take({"binary_as_string"}, options.binary_as_string);
  reader.Take({"file_row_number"}, options.file_row_number);
  // filename = true adds the column; filename = 'name' also names it.
  if (const Value* filename = reader.TakeValue({"filename"})) {
    if (!filename->is_null() && filename->type().id() == TypeId::kBoolean) {
      options.filename = filename->boolean();
    } else if (!filename->is_null() && filename->type().id() == TypeId::kVarchar) {
      options.filename = true;
      options.filename_column = filename->string();
    } else {
      reader.Fail(
          Status::InvalidInput("read_parquet: option filename must be true, false or a name"));
    }
  }
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  return options;
}

FormatOptions NameParquetOptions(const ParquetOptions& options) {
  FormatOptions named = {{"hive_types_autocast", Value::Boolean(options.hive_types_autocast)},
                         {"union_by_name", Value::Boolean(options.union_by_name)},
                         {"binary_as_string", Value::Boolean(options.binary_as_string)},
                         {"file_row_number", Value::Boolean(options.file_row_number)}};
  if (options.filename) named.emplace_back("filename", Value::Varchar(options.filename_column));
  if (options.hive_partitioning) {
    named.emplace_back("hive_partitioning", Value::Boolean(*options.hive_partitioning));
  }
  return named;
}

namespace {

Result<TablePtr> Open(std::vector<FileInfo> infos, const FormatOptions& named, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(const ParquetOptions options, ReadParquetOptions(named));
  return OpenParquetFiles(std::move(infos), options, files);
}

}  // namespace

ReadableFormat MakeParquetFormat() {
  ReadableFormat format;
  format.name = "parquet";
  format.functions = {"read_parquet", "parquet_scan"};
  format.extensions = {".parquet", ".parq", ".pq"};
  format.option_names = {"hive_partitioning", "hive_types_autocast", "union_by_name",
                         "binary_as_string",  "file_row_number",     "filename"};
  format.unsupported_option_names = {"encryption_config", "hive_types", "schema",
                                     "explicit_cardinality", "can_have_nan"};
  format.open = &Open;
  format.description = "Reads Parquet files, one or many, by paths or glob patterns";
  return format;
}

}  // namespace trivet
