#include "formats/parquet/parquet_format.h"

#include "formats/parquet/parquet_table.h"

namespace trivet {

namespace {

Result<TablePtr> Open(const std::vector<std::string>& patterns, const FormatOptions& named,
                      FileSystem& files) {
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
  return OpenParquet(patterns, options, files);
}

}  // namespace

ReadableFormat MakeParquetFormat() {
  ReadableFormat format;
  format.name = "parquet";
  format.functions = {"read_parquet", "parquet_scan"};
  format.extensions = {".parquet", ".parq", ".pq"};
  format.option_names = {"hive_partitioning", "hive_types_autocast", "union_by_name",
                         "binary_as_string",  "file_row_number",     "filename"};
  format.open = &Open;
  format.description = "Reads Parquet files, one or many, by paths or glob patterns";
  return format;
}

}  // namespace trivet
