#include <arrow/array/data.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/compression.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>

#include "base/string_concat.h"
#include "shuffle/arrow_status.h"
#include "shuffle/column_builder.h"
#include "shuffle/wire_batch.h"
#include "vector/string_view.h"

namespace trivet {

namespace {

// Compressed buffers that save less than this are kept as they were: nothing to decompress later.
constexpr double kMinimumSaving = 0.05;
// So that values can be used where they lie once the chunk itself lies so.
constexpr int32_t kBufferAlignment = 64;

Result<std::shared_ptr<arrow::util::Codec>> MakeCodec(WireCompression compression) {
  arrow::Compression::type type = arrow::Compression::UNCOMPRESSED;
  switch (compression) {
    case WireCompression::kNone: return std::shared_ptr<arrow::util::Codec>();
    case WireCompression::kLz4: type = arrow::Compression::LZ4_FRAME; break;
    case WireCompression::kZstd: type = arrow::Compression::ZSTD; break;
  }
  auto codec = arrow::util::Codec::Create(type);
  if (!codec.ok()) return FromArrow(codec.status(), StatusCode::kNotImplemented);
  return std::shared_ptr<arrow::util::Codec>(std::move(*codec));
}

size_t StringBytes(const Vector& column, size_t row_count) {
  const VectorView view = column.View();
  size_t bytes = 0;
  for (size_t i = 0; i < row_count; ++i) {
    if (view.IsValid(i)) bytes += view.Get<StringView>(i).size();
  }
  return bytes;
}

size_t NestedBytes(const Vector& column, size_t row_count) {
  const Vector& flat = column.is_dictionary() ? *column.dictionary() : column;
  // Children are counted whole: an upper bound, unless one dictionary entry stands for many rows.
  const size_t entries = std::max<size_t>(flat.capacity(), 1);
  const size_t repeats = (row_count + entries - 1) / entries;
  size_t bytes = 0;
  for (const Vector& child : flat.children()) {
    bytes += EstimateWireBytes({child}, child.capacity());
  }
  return bytes * repeats;
}

}  // namespace

Result<WireCompression> ParseWireCompression(std::string_view name) {
  if (name == "none") return WireCompression::kNone;
  if (name == "lz4") return WireCompression::kLz4;
  if (name == "zstd") return WireCompression::kZstd;
  return Status::InvalidInput(StrCat("unknown compression \"", name, "\""))
      .WithHint("the compressions are none, lz4 and zstd");
}

size_t EstimateWireBytes(const std::vector<Vector>& columns, size_t row_count) {
  size_t bytes = 0;
  for (const Vector& column : columns) {
    bytes += row_count / 8 + 1;
    switch (column.type().physical()) {
      case PhysicalType::kString:
        bytes += row_count * sizeof(int32_t) + StringBytes(column, row_count);
        break;
      case PhysicalType::kList:
        bytes += row_count * sizeof(int32_t) + NestedBytes(column, row_count);
        break;
      case PhysicalType::kStruct: bytes += NestedBytes(column, row_count); break;
      default: bytes += row_count * TypeSize(column.type());
    }
  }
  return bytes;
}

ChunkBuilder::ChunkBuilder(const std::vector<LogicalType>& types) {
  for (const LogicalType& type : types) columns_.push_back(std::make_unique<ColumnBuilder>(type));
}
ChunkBuilder::ChunkBuilder(ChunkBuilder&&) noexcept = default;
ChunkBuilder& ChunkBuilder::operator=(ChunkBuilder&&) noexcept = default;
ChunkBuilder::~ChunkBuilder() = default;

void ChunkBuilder::Append(const std::vector<Vector>& columns, const uint32_t* rows, size_t count) {
  TRIVET_ASSERT(columns.size() == columns_.size());
  memory_bytes_ = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns_[i]->Append(columns[i], rows, count);
    memory_bytes_ += columns_[i]->memory_bytes();
  }
  row_count_ += count;
}

Result<SharedBytes> ChunkBuilder::Finish(WireCompression compression) {
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
  for (const auto& column : columns_) {
    TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<arrow::ArrayData> array, column->Finish());
    fields.push_back(arrow::field("", array->type));
    arrays.push_back(std::move(array));
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)),
                                              static_cast<int64_t>(row_count_), std::move(arrays));
  arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
  options.allow_64bit = true;
  options.alignment = kBufferAlignment;
  options.use_threads = false;
  options.memory_pool = arrow::system_memory_pool();
  options.min_space_savings = kMinimumSaving;
  TRIVET_ASSIGN_OR_RETURN(options.codec, MakeCodec(compression));

  // The reader reserves memory by this before it decompresses anything.
  const auto metadata = arrow::key_value_metadata({{kRawBytesKey, std::to_string(memory_bytes_)}});
  arrow::ipc::IpcPayload payload;
  arrow::Status status = arrow::ipc::GetRecordBatchPayload(*batch, metadata, options, &payload);
  if (!status.ok()) return FromArrow(status, StatusCode::kInternal);
  auto sink = arrow::io::BufferOutputStream::Create(arrow::ipc::GetPayloadSize(payload, options),
                                                    options.memory_pool);
  if (!sink.ok()) return FromArrow(sink.status(), StatusCode::kInternal);
  int32_t metadata_bytes = 0;
  status = arrow::ipc::WriteIpcPayload(payload, options, sink->get(), &metadata_bytes);
  if (!status.ok()) return FromArrow(status, StatusCode::kInternal);
  auto bytes = (*sink)->Finish();
  if (!bytes.ok()) return FromArrow(bytes.status(), StatusCode::kInternal);
  row_count_ = 0;
  memory_bytes_ = 0;
  const std::shared_ptr<arrow::Buffer>& buffer = *bytes;
  return SharedBytes{buffer, buffer->data(), static_cast<size_t>(buffer->size())};
}

}  // namespace trivet
