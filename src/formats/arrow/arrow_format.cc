#include "formats/arrow/arrow_format.h"

#include <arrow/c/bridge.h>
#include <arrow/ipc/reader.h>
#include <arrow/type.h>

#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/file_batches_arrow.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"
#include "vector/arrow_import.h"

namespace trivet {

namespace {

Result<bool> IsFileFormat(const RandomAccessFile& file) {
  char magic[6];
  if (file.size() < sizeof(magic)) return false;
  TRIVET_RETURN_IF_ERROR(file.ReadAt(0, sizeof(magic), magic));
  return std::string_view(magic, sizeof(magic)) == "ARROW1";
}

// The file or stream format behind one face. Arrow's reader checks what it is told to check:
// batches are validated as they come, because offsets in a file are not to be trusted.
class IpcSource final : public BatchSource {
 public:
  Status Open(const std::shared_ptr<const RandomAccessFile>& file, OperatorMetrics* metrics,
              arrow::MemoryPool* pool, const std::vector<size_t>* columns) {
    arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    options.memory_pool = pool;
    if (columns != nullptr) {
      order_ = *columns;
      for (const size_t column : *columns)
        options.included_fields.push_back(static_cast<int>(column));
    }
    TRIVET_ASSIGN_OR_RETURN(const bool is_file, IsFileFormat(*file));
    input_ = MakeInputFile(file, metrics);
    if (is_file) {
      TRIVET_ASSIGN_OR_RETURN(file_,
                              FromArrow(arrow::ipc::RecordBatchFileReader::Open(input_, options)));
    } else {
      TRIVET_ASSIGN_OR_RETURN(
          stream_, FromArrow(arrow::ipc::RecordBatchStreamReader::Open(input_, options)));
    }
    return Status::OK();
  }

  std::shared_ptr<arrow::Schema> schema() const {
    return file_ ? file_->schema() : stream_->schema();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      if (file_ == nullptr) {
        TRIVET_RETURN_IF_ERROR(Corrupt(stream_->ReadNext(&batch)));
      } else if (next_ == file_->num_record_batches()) {
        batch = nullptr;
      } else {
        arrow::Result<std::shared_ptr<arrow::RecordBatch>> read = file_->ReadRecordBatch(next_++);
        TRIVET_RETURN_IF_ERROR(Corrupt(read.status()));
        batch = std::move(read).ValueUnsafe();
      }
    } while (batch != nullptr && batch->num_rows() == 0);
    if (batch == nullptr) return batch;
    TRIVET_RETURN_IF_ERROR(Corrupt(batch->ValidateFull()));
    return InOrder(*batch);
  }

 private:
  static Status Corrupt(const arrow::Status& status) {
    if (status.IsInvalid()) return Status::Corruption(status.message());
    return FromArrow(status);
  }

  // Included fields come in the file's order.
  Result<std::shared_ptr<arrow::RecordBatch>> InOrder(const arrow::RecordBatch& batch) const {
    std::vector<int> places;
    for (const size_t wanted : order_) {
      int place = 0;
      for (const size_t other : order_) place += other < wanted;
      places.push_back(place);
    }
    return FromArrow(batch.SelectColumns(places));
  }

  std::shared_ptr<arrow::io::RandomAccessFile> input_;
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> stream_;
  std::vector<size_t> order_;
  int next_ = 0;
};

Result<std::vector<FileColumn>> ReadColumns(FileSystem& files, const FileInfo& info) {
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const RandomAccessFile> file,
                          files.OpenForRead(info.path));
  if (file->size() == 0) return Status::InvalidInput("the file is empty, it is not an Arrow file");
  IpcSource source;
  const Status opened = source.Open(file, nullptr, arrow::default_memory_pool(), nullptr);
  if (!opened.ok()) {
    return Status::InvalidInput(StrCat("the file is not an Arrow IPC file: ", opened.message()));
  }
  ArrowHolder<ArrowSchema> schema;
  TRIVET_RETURN_IF_ERROR(FromArrow(arrow::ExportSchema(*source.schema(), schema.get())));
  std::vector<FileColumn> columns;
  for (int64_t i = 0; i < schema.get()->n_children; ++i) {
    const ArrowSchema& field = *schema.get()->children[i];
    Result<LogicalType> type = ImportArrowType(field);
    if (!type.ok())
      return std::move(type).status().WithContext(StrCat("column \"", field.name, "\""));
    FileColumn column;
    column.definition = {field.name, *type, (field.flags & ARROW_FLAG_NULLABLE) == 0};
    column.source = static_cast<size_t>(i);
    column.source_type = *type;
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<TablePtr> Open(std::vector<FileInfo> infos, const FormatOptions& named, FileSystem& files) {
  OptionReader reader("read_arrow", named);
  bool filename = false;
  std::optional<bool> hive_partitioning;
  reader.Take({"filename"}, filename);
  reader.Take({"hive_partitioning"}, hive_partitioning);
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  FileTableParts parts;
  parts.kind = "READ_ARROW";
  parts.format = "arrow";
  parts.files = std::move(infos);
  parts.options = named;
  for (size_t i = 0; i < parts.files.size(); ++i) {
    Result<std::vector<FileColumn>> columns = ReadColumns(files, parts.files[i]);
    if (!columns.ok()) return std::move(columns).status().WithFile(parts.files[i].path);
    if (i == 0) {
      parts.columns = std::move(columns).value();
      continue;
    }
    const bool same = std::equal(parts.columns.begin(), parts.columns.end(), columns->begin(),
                                 columns->end(), [](const FileColumn& a, const FileColumn& b) {
                                   return a.definition.name == b.definition.name &&
                                          a.definition.type == b.definition.type;
                                 });
    if (!same) {
      return Status::InvalidInput(StrCat("the files \"", parts.files[0].path, "\" and \"",
                                         parts.files[i].path, "\" have different columns"));
    }
  }
  TRIVET_RETURN_IF_ERROR(AddPathColumns(filename ? "filename" : "", hive_partitioning, parts));
  parts.open = [](const BatchSourceRequest& request) -> Result<std::unique_ptr<BatchSource>> {
    auto source = std::make_unique<IpcSource>();
    TRIVET_RETURN_IF_ERROR(
        source->Open(request.file, request.metrics, request.pool, &request.columns));
    return std::unique_ptr<BatchSource>(std::move(source));
  };
  return MakeFileTable(std::move(parts));
}

}  // namespace

ReadableFormat MakeArrowFormat() {
  ReadableFormat format;
  format.name = "arrow";
  format.functions = {"read_arrow"};
  format.extensions = {".arrow", ".ipc", ".feather", ".arrows"};
  format.option_names = {"filename", "hive_partitioning"};
  format.open = &Open;
  format.description = "Reads Arrow IPC files and streams";
  return format;
}

}  // namespace trivet
