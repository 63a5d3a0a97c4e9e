#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/c/bridge.h>
#include <arrow/io/memory.h>
#include <arrow/json/options.h>
#include <arrow/json/reader.h>
#include <arrow/table.h>

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/status_arrow.h"
#include "formats/adapters/streams_arrow.h"
#include "formats/json/json_lines.h"
#include "formats/json/json_source_arrow.h"
#include "formats/type_detection.h"
#include "vector/arrow_import.h"

namespace trivet {

namespace {

constexpr int64_t kSampleBytes = 4 << 20;
constexpr int32_t kBlockBytes = 4 << 20;  // an object must fit one

// A stream of JSON rewritten to one object a line.
class JsonLinesStream final : public arrow::io::InputStream {
 public:
  JsonLinesStream(std::shared_ptr<arrow::io::InputStream> input, bool rewrite)
      : input_(std::move(input)), rewrite_(rewrite) {}

  arrow::Result<int64_t> Read(int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, input_->Read(size, out));
    if (rewrite_) lines_.Rewrite(static_cast<char*>(out), static_cast<size_t>(got));
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> buffer,
                          arrow::AllocateResizableBuffer(size));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, Read(size, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Tell() const override { return input_->Tell(); }
  arrow::Status Close() override { return input_->Close(); }
  bool closed() const override { return input_->closed(); }

 private:
  std::shared_ptr<arrow::io::InputStream> input_;
  bool rewrite_;
  JsonLines lines_;
};

Result<std::string> ReadStart(const std::shared_ptr<const RandomAccessFile>& file,
                              const JsonOptions& options, int64_t limit) {
  TRIVET_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::io::InputStream> stream,
                          FromArrow(MakeDecompressedInput(file, nullptr, options.compression,
                                                          arrow::default_memory_pool())));
  std::string text;
  text.resize(static_cast<size_t>(limit));
  int64_t size = 0;
  while (size < limit) {
    TRIVET_ASSIGN_OR_RETURN(const int64_t got,
                            FromArrow(stream->Read(limit - size, text.data() + size)));
    if (got == 0) break;
    size += got;
  }
  text.resize(static_cast<size_t>(size));
  return text;
}

Status JsonError(const arrow::Status& status, uint64_t rows_before) {
  Status ours = FromArrow(status);
  if (!status.IsInvalid()) return ours;
  // Arrow counts rows within a block.
  const std::string& message = status.message();
  const size_t place = message.rfind("in row ");
  if (place == std::string::npos) return Status::InvalidInput(message);
  const uint64_t row = std::strtoull(message.c_str() + place + 7, nullptr, 10);
  return Status::InvalidInput(StrCat(message.substr(0, place), "in line ", rows_before + row + 1));
}

Result<std::shared_ptr<arrow::Table>> ParseSample(const std::string& text,
                                                  std::shared_ptr<arrow::Schema> schema) {
  auto read = arrow::json::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = static_cast<int32_t>(std::max<size_t>(text.size(), 1) + 1);
  auto parse = arrow::json::ParseOptions::Defaults();
  parse.explicit_schema = std::move(schema);
  auto input = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(text));
  arrow::Result<std::shared_ptr<arrow::json::TableReader>> reader =
      arrow::json::TableReader::Make(arrow::default_memory_pool(), input, read, parse);
  TRIVET_RETURN_IF_ERROR(JsonError(reader.status(), 0));
  arrow::Result<std::shared_ptr<arrow::Table>> table = (*reader)->Read();
  TRIVET_RETURN_IF_ERROR(JsonError(table.status(), 0));
  return std::move(table).ValueUnsafe();
}

// Dates and times are read as text and told apart by the engine's rules; of NULLs alone nothing is
// known.
std::shared_ptr<arrow::DataType> AsText(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::TIMESTAMP:
    case arrow::Type::NA: return arrow::utf8();
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListType&>(*type);
      return arrow::list(list.value_field()->WithType(AsText(list.value_type())));
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields())
        fields.push_back(field->WithType(AsText(field->type())));
      return arrow::struct_(fields);
    }
    default: return type;
  }
}

std::shared_ptr<arrow::Schema> AsText(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields())
    fields.push_back(field->WithType(AsText(field->type())));
  return arrow::schema(fields);
}

LogicalType DetectColumn(const arrow::ChunkedArray& column) {
  std::vector<std::optional<std::string_view>> texts;
  for (const auto& chunk : column.chunks()) {
    const auto& strings = static_cast<const arrow::StringArray&>(*chunk);
    for (int64_t i = 0; i < strings.length(); ++i) {
      texts.push_back(strings.IsNull(i) ? std::nullopt : std::optional(strings.GetView(i)));
    }
  }
  const LogicalType type = DetectType(texts);
  return type.IsTemporal() ? type : LogicalType(TypeId::kVarchar);
}

// The Arrow type in which a column of a wanted type is read.
std::shared_ptr<arrow::DataType> ReadAs(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kBoolean: return arrow::boolean();
    case TypeId::kInt8: return arrow::int8();
    case TypeId::kInt16: return arrow::int16();
    case TypeId::kInt32: return arrow::int32();
    case TypeId::kInt64: return arrow::int64();
    case TypeId::kUInt8: return arrow::uint8();
    case TypeId::kUInt16: return arrow::uint16();
    case TypeId::kUInt32: return arrow::uint32();
    case TypeId::kUInt64: return arrow::uint64();
    case TypeId::kFloat: return arrow::float32();
    case TypeId::kDouble: return arrow::float64();
    default: return arrow::utf8();
  }
}

JsonShape ShapeOfColumns(const JsonOptions& options) {
  JsonShape shape;
  arrow::FieldVector fields;
  for (const auto& [name, type] : options.columns) {
    fields.push_back(arrow::field(name, ReadAs(type)));
    const bool text = fields.back()->type()->id() == arrow::Type::STRING;
    shape.source_types.push_back(text ? LogicalType(TypeId::kVarchar) : type);
    shape.types.push_back(type);
  }
  shape.schema = arrow::schema(fields);
  return shape;
}

class JsonSource final : public BatchSource {
 public:
  explicit JsonSource(std::shared_ptr<arrow::json::StreamingReader> reader)
      : reader_(std::move(reader)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader_ != nullptr) {
      TRIVET_RETURN_IF_ERROR(JsonError(reader_->ReadNext(&batch), rows_));
      if (batch == nullptr || batch->num_rows() > 0) break;
    }
    if (batch == nullptr) return batch;
    first_line_ = rows_ + 1;
    rows_ += static_cast<uint64_t>(batch->num_rows());
    return batch;
  }
  uint64_t first_line() const override { return first_line_; }

 private:
  std::shared_ptr<arrow::json::StreamingReader> reader_;
  uint64_t rows_ = 0;
  uint64_t first_line_ = 0;
};

}  // namespace

Result<JsonShape> DetectJson(FileSystem& files, const FileInfo& info, const JsonOptions& options) {
  if (!options.columns.empty()) return ShapeOfColumns(options);
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const RandomAccessFile> file,
                          files.OpenForRead(info.path));
  TRIVET_ASSIGN_OR_RETURN(std::string text, ReadStart(file, options, kSampleBytes));
  if (!JsonLines::IsLines(text)) JsonLines().Rewrite(text.data(), text.size());
  // What is cut off at the end of the sample is no object.
  if (static_cast<int64_t>(text.size()) == kSampleBytes) {
    const size_t end = text.rfind('\n');
    if (end != std::string::npos) text.resize(end + 1);
  }
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Status::InvalidInput("the file holds no JSON object")
        .WithHint("columns = {'name': 'TYPE', …} names its columns");
  }
  TRIVET_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Table> inferred, ParseSample(text, nullptr));
  JsonShape shape;
  shape.schema = AsText(*inferred->schema());
  TRIVET_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Table> sample,
                          ParseSample(text, shape.schema));
  ArrowHolder<ArrowSchema> exported;
  TRIVET_RETURN_IF_ERROR(FromArrow(arrow::ExportSchema(*shape.schema, exported.get())));
  for (int i = 0; i < shape.schema->num_fields(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, ImportArrowType(*exported.get()->children[i]));
    shape.source_types.push_back(type);
    if (type.id() == TypeId::kVarchar) type = DetectColumn(*sample->column(i));
    shape.types.push_back(std::move(type));
  }
  return shape;
}

bool SameColumns(const JsonShape& a, const JsonShape& b) {
  return a.schema->field_names() == b.schema->field_names() && a.types == b.types;
}

std::vector<FileColumn> ColumnsOf(const JsonShape& shape) {
  std::vector<FileColumn> columns;
  for (size_t i = 0; i < shape.types.size(); ++i) {
    FileColumn column;
    column.definition = {shape.schema->field(static_cast<int>(i))->name(), shape.types[i]};
    column.source = i;
    column.source_type = shape.source_types[i];
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::unique_ptr<BatchSource>> OpenJsonSource(const JsonOptions& options,
                                                    const JsonShape& shape,
                                                    const BatchSourceRequest& request) {
  constexpr int64_t kStartBytes = 64 * 1024;
  TRIVET_ASSIGN_OR_RETURN(const std::string start, ReadStart(request.file, options, kStartBytes));
  if (start.find_first_not_of(" \t\r\n") == std::string::npos &&
      static_cast<int64_t>(start.size()) < kStartBytes) {
    return std::unique_ptr<BatchSource>(std::make_unique<JsonSource>(nullptr));
  }
  auto read = arrow::json::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = kBlockBytes;
  auto parse = arrow::json::ParseOptions::Defaults();
  arrow::FieldVector fields;
  for (const size_t column : request.columns) {
    fields.push_back(shape.schema->field(static_cast<int>(column)));
  }
  parse.explicit_schema = arrow::schema(fields);
  parse.unexpected_field_behavior = arrow::json::UnexpectedFieldBehavior::Ignore;
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<arrow::io::InputStream> input,
                          FromArrow(MakeDecompressedInput(request.file, request.metrics,
                                                          options.compression, request.pool)));
  input = std::make_shared<JsonLinesStream>(std::move(input), !JsonLines::IsLines(start));
  arrow::Result<std::shared_ptr<arrow::json::StreamingReader>> reader =
      arrow::json::StreamingReader::Make(input, read, parse, arrow::io::IOContext(request.pool));
  TRIVET_RETURN_IF_ERROR(JsonError(reader.status(), 0));
  return std::unique_ptr<BatchSource>(
      std::make_unique<JsonSource>(std::move(reader).ValueUnsafe()));
}

}  // namespace trivet
