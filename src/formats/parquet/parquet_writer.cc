#include "formats/parquet/parquet_writer.h"

#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/memory_pool_arrow.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"
#include "vector/arrow_export.h"

namespace trivet {

namespace {

struct ParquetWriterOptions {
  std::string compression = "snappy";
  int64_t compression_level = -1;  // the codec's default
  int64_t row_group_rows = 122880;
  bool page_v2 = false;
};

std::string ToLower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Result<ParquetWriterOptions> ReadOptions(const FormatOptions& named) {
  ParquetWriterOptions options;
  OptionReader reader("COPY TO parquet", named);
  reader.Take({"compression", "codec"}, options.compression);
  reader.Take({"compression_level"}, options.compression_level, 0);
  reader.Take({"row_group_size"}, options.row_group_rows, 1);
  std::string version = "V1";
  reader.Take({"parquet_version"}, version);
  version = ToLower(version);
  if (version != "v1" && version != "v2") {
    reader.Fail(Status::InvalidInput("COPY TO parquet: option parquet_version must be V1 or V2"));
  }
  options.page_v2 = version == "v2";
  options.compression = ToLower(options.compression);
  reader.RefuseSeveralFiles();
  reader.Refuse({"row_group_size_bytes", "row_groups_per_file", "field_ids", "kv_metadata",
                 "encryption_config", "dictionary_size_limit"});
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  return options;
}

Result<arrow::Compression::type> CodecOf(const std::string& name) {
  static const std::pair<const char*, arrow::Compression::type> kCodecs[] = {
      {"snappy", arrow::Compression::SNAPPY},
      {"zstd", arrow::Compression::ZSTD},
      {"gzip", arrow::Compression::GZIP},
      {"brotli", arrow::Compression::BROTLI},
      {"lz4", arrow::Compression::LZ4},
      {"lz4_raw", arrow::Compression::LZ4},
      {"none", arrow::Compression::UNCOMPRESSED},
      {"uncompressed", arrow::Compression::UNCOMPRESSED}};
  for (const auto& [known, codec] : kCodecs) {
    if (name == known) return codec;
  }
  return Status::InvalidInput(StrCat("Parquet has no compression \"", name, "\""))
      .WithHint("one of snappy, zstd, gzip, brotli, lz4_raw and uncompressed");
}

class ParquetWriter final : public FileWriter {
 public:
  ParquetWriter(const FileWriterRequest& request, const ExecutionContext& context)
      : path_(request.path), pool_(ReservedMemoryPool::Make(context.memory(), "Parquet writer")) {
    for (const ColumnDefinition& column : request.columns) types_.push_back(column.type);
  }
  // The writer's buffers go before the pool that counts them.
  ~ParquetWriter() override { writer_.reset(); }

  Status Open(const FileWriterRequest& request, const ExecutionContext& context) {
    TRIVET_ASSIGN_OR_RETURN(const ParquetWriterOptions options, ReadOptions(request.options));
    TRIVET_ASSIGN_OR_RETURN(const arrow::Compression::type codec, CodecOf(options.compression));
    TRIVET_RETURN_IF_ERROR(MakeSchema(request.columns));
    TRIVET_ASSIGN_OR_RETURN(staged_, StagedFile::Create(path_, context.files()));
    ::parquet::WriterProperties::Builder properties;
    properties.memory_pool(pool_.get())
        ->created_by("Trivet")
        ->compression(codec)
        ->max_row_group_length(options.row_group_rows)
        ->enable_write_page_index()
        ->enable_page_checksum()
        ->data_page_version(options.page_v2 ? ::parquet::ParquetDataPageVersion::V2
                                            : ::parquet::ParquetDataPageVersion::V1);
    if (options.compression_level >= 0) {
      properties.compression_level(static_cast<int>(options.compression_level));
    }
    TRIVET_ASSIGN_OR_RETURN(
        writer_,
        FromArrow(::parquet::arrow::FileWriter::Open(
            *schema_, pool_.get(), MakeOutputStream(staged_->TakeFile()), properties.build())));
    return Status::OK();
  }

  Status Write(const Batch& batch) override {
    ArrowArray exported;
    TRIVET_RETURN_IF_ERROR(
        ExportArrowBatch(batch, types_, &exported, nullptr, {.uuid = ArrowUuid::kExtension}));
    TRIVET_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::RecordBatch> imported,
                            FromArrow(arrow::ImportRecordBatch(&exported, schema_)));
    return AtPath(FromArrow(writer_->WriteRecordBatch(*imported)));
  }

  Status Close() override {
    TRIVET_RETURN_IF_ERROR(AtPath(FromArrow(writer_->Close())));
    writer_.reset();
    return staged_->Commit();
  }

 private:
  Status AtPath(Status status) const { return std::move(status).WithFile(path_); }

  Status MakeSchema(const std::vector<ColumnDefinition>& columns) {
    if (columns.empty()) return Status::InvalidInput("a Parquet file needs at least one column");
    std::vector<std::string> names;
    for (const ColumnDefinition& column : columns) {
      if (column.type.id() == TypeId::kInterval) {
        return Status::NotImplemented(
                   StrCat("column \"", column.name, "\": writing INTERVAL to Parquet"))
            .WithHint("cast it to VARCHAR");
      }
      names.push_back(column.name);
    }
    ArrowSchema exported;
    TRIVET_RETURN_IF_ERROR(
        ExportArrowSchema(names, types_, &exported, {.uuid = ArrowUuid::kExtension}));
    TRIVET_ASSIGN_OR_RETURN(schema_, FromArrow(arrow::ImportSchema(&exported)));
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].not_null) continue;
      const int field = static_cast<int>(i);
      TRIVET_ASSIGN_OR_RETURN(
          schema_, FromArrow(schema_->SetField(field, schema_->field(field)->WithNullable(false))));
    }
    return Status::OK();
  }

  std::string path_;
  std::shared_ptr<ReservedMemoryPool> pool_;
  std::vector<LogicalType> types_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<StagedFile> staged_;
  std::unique_ptr<::parquet::arrow::FileWriter> writer_;
};

}  // namespace

Result<std::unique_ptr<FileWriter>> OpenParquetWriter(const FileWriterRequest& request,
                                                      const ExecutionContext& context) {
  auto writer = std::make_unique<ParquetWriter>(request, context);
  TRIVET_RETURN_IF_ERROR(writer->Open(request, context));
  return std::unique_ptr<FileWriter>(std::move(writer));
}

}  // namespace trivet
