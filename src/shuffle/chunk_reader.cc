#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/message.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>

#include "base/string_concat.h"
#include "shuffle/arrow_status.h"
#include "shuffle/column_builder.h"
#include "shuffle/wire_batch.h"
#include "vector/string_view.h"

namespace trivet {

namespace {

// What the vectors of a chunk rest on.
struct ChunkMemory {
  std::shared_ptr<arrow::RecordBatch> batch;
  SharedBytes bytes;  // uncompressed values lie in here
  Reservation reservation;
};

// Bits [begin, begin + count) as words of their own, the rest of the last word set.
std::shared_ptr<Buffer> CopyBits(const uint8_t* bits, size_t begin, size_t count) {
  auto words = std::make_shared<Buffer>(BitWords(std::max<size_t>(count, 1)) * sizeof(uint64_t));
  uint8_t* out = words->data();
  std::memset(out, 0xFF, words->size());
  if (begin % 8 == 0) {
    std::memcpy(out, bits + begin / 8, (count + 7) / 8);
    return words;
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t from = begin + i;
    if (!((bits[from / 8] >> (from % 8)) & 1)) out[i / 8] &= static_cast<uint8_t>(~(1u << (i % 8)));
  }
  return words;
}

void AddValidity(const arrow::ArrayData& array, size_t begin, size_t count, Vector& vector) {
  if (array.buffers[0] == nullptr || array.null_count == 0) return;
  const auto words = CopyBits(array.buffers[0]->data(), begin, count);
  vector.SetValidity(reinterpret_cast<const uint64_t*>(words->data()), words);
}

Vector NullColumn(const LogicalType& type, size_t count) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(count, 1));
  std::memset(vector.mutable_data<uint8_t>(), 0, vector.capacity() * TypeSize(type));
  std::memset(vector.MutableValidity(), 0, BitWords(vector.capacity()) * sizeof(uint64_t));
  return vector;
}

Vector DecodeColumn(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                    size_t count, const Owner& owner);

Vector DecodeFixed(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                   size_t count, const Owner& owner) {
  const size_t width = TypeSize(type);
  const uint8_t* values = array.buffers[1]->data() + begin * width;
  if (reinterpret_cast<uintptr_t>(values) % width == 0) {
    return Vector::Wrap(type, values, nullptr, owner, count);
  }
  // Messages lie anywhere in what a peer has sent.
  Vector copy = Vector::MakeFlat(type, std::max<size_t>(count, 1));
  std::memcpy(copy.mutable_data<uint8_t>(), values, count * width);
  return copy;
}

// One of the offsets of strings or lists, which may lie at any address of a message.
int32_t OffsetAt(const arrow::ArrayData& array, size_t row) {
  int32_t offset;
  std::memcpy(&offset, array.buffers[1]->data() + row * sizeof(offset), sizeof(offset));
  return offset;
}

Vector DecodeStrings(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                     size_t count, const Owner& owner) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(count, 1));
  const auto* bytes = reinterpret_cast<const char*>(array.buffers[2]->data());
  auto* out = vector.mutable_data<StringView>();
  int32_t start = OffsetAt(array, begin);
  for (size_t i = 0; i < count; ++i) {
    const int32_t end = OffsetAt(array, begin + i + 1);
    out[i] = StringView(bytes + start, static_cast<uint32_t>(end - start));
    start = end;
  }
  vector.AddOwner(owner);
  return vector;
}

Vector DecodeLists(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                   size_t count, const Owner& owner) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(count, 1));
  const uint64_t first = OffsetAt(array, begin);
  auto* entries = vector.mutable_data<ListEntry>();
  for (size_t i = 0; i < count; ++i) {
    entries[i] = {
        OffsetAt(array, begin + i) - first,
        static_cast<uint64_t>(OffsetAt(array, begin + i + 1) - OffsetAt(array, begin + i))};
  }
  const size_t elements = OffsetAt(array, begin + count) - first;
  Vector child = DecodeColumn(*array.child_data[0], type.element(), first, elements, owner);
  vector.mutable_children().front() = std::move(child);
  return vector;
}

Vector DecodeStructs(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                     size_t count, const Owner& owner) {
  Vector vector = Vector::Wrap(type, nullptr, nullptr, owner, std::max<size_t>(count, 1));
  for (size_t i = 0; i < array.child_data.size(); ++i) {
    Vector child = DecodeColumn(*array.child_data[i], type.fields()[i].type, begin, count, owner);
    vector.mutable_children().push_back(std::move(child));
  }
  return vector;
}

// Rows [begin, begin + count) of the array, whose own offset is 0, as it came in a message.
Vector DecodeColumn(const arrow::ArrayData& array, const LogicalType& type, size_t begin,
                    size_t count, const Owner& owner) {
  if (type.IsNull()) return NullColumn(type, count);
  if (count == 0) return Vector::MakeFlat(type, 1);  // the array may lack its buffers
  Vector vector;
  switch (type.physical()) {
    case PhysicalType::kString: vector = DecodeStrings(array, type, begin, count, owner); break;
    case PhysicalType::kList: vector = DecodeLists(array, type, begin, count, owner); break;
    case PhysicalType::kStruct: vector = DecodeStructs(array, type, begin, count, owner); break;
    default: vector = DecodeFixed(array, type, begin, count, owner);
  }
  AddValidity(array, begin, count, vector);
  return vector;
}

// The bytes of a message as Arrow takes them, kept by what it makes of them.
class SharedBuffer final : public arrow::Buffer {
 public:
  explicit SharedBuffer(SharedBytes bytes)
      : arrow::Buffer(bytes.data, static_cast<int64_t>(bytes.size)), bytes_(std::move(bytes)) {}

 private:
  SharedBytes bytes_;
};

Result<uint64_t> RawBytes(const arrow::ipc::Message& message) {
  const auto& metadata = message.custom_metadata();
  const int at = metadata ? metadata->FindKey(kRawBytesKey) : -1;
  if (at < 0) return Status::Corruption("a chunk does not say how large it is");
  return std::strtoull(metadata->value(at).c_str(), nullptr, 10);
}

}  // namespace

class ChunkColumns {
 public:
  ChunkColumns(std::vector<LogicalType> types, std::shared_ptr<ChunkMemory> memory)
      : types_(std::move(types)), memory_(std::move(memory)) {}

  Vector Decode(size_t column, size_t begin, size_t count) const {
    return DecodeColumn(*memory_->batch->column_data(static_cast<int>(column)), types_[column],
                        begin, count, memory_);
  }
  size_t column_count() const { return types_.size(); }

 private:
  std::vector<LogicalType> types_;
  std::shared_ptr<ChunkMemory> memory_;
};

ChunkReader::ChunkReader() = default;
ChunkReader::ChunkReader(ChunkReader&&) noexcept = default;
ChunkReader& ChunkReader::operator=(ChunkReader&&) noexcept = default;
ChunkReader::~ChunkReader() = default;

Result<ChunkReader> ChunkReader::Open(SharedBytes chunk, const std::vector<LogicalType>& types,
                                      MemoryManager* memory) {
  auto kept = std::make_shared<ChunkMemory>();
  kept->bytes = chunk;
  arrow::io::BufferReader stream(std::make_shared<SharedBuffer>(std::move(chunk)));
  auto message = arrow::ipc::ReadMessage(&stream, arrow::system_memory_pool());
  if (!message.ok()) return FromArrow(message.status(), StatusCode::kCorruption);
  if (*message == nullptr) return Status::Corruption("a chunk is empty");
  TRIVET_ASSIGN_OR_RETURN(const uint64_t raw_bytes, RawBytes(**message));
  if (memory != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(kept->reservation, memory->TryReserve(raw_bytes, "exchange"));
  }

  arrow::FieldVector fields;
  for (const LogicalType& type : types) fields.push_back(arrow::field("", WireType(type)));
  arrow::ipc::IpcReadOptions options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  options.memory_pool = arrow::system_memory_pool();
  auto batch =
      arrow::ipc::ReadRecordBatch(**message, arrow::schema(std::move(fields)), nullptr, options);
  if (!batch.ok()) return FromArrow(batch.status(), StatusCode::kCorruption);
  // Offsets are checked one by one: what follows trusts them.
  const arrow::Status valid = (*batch)->ValidateFull();
  if (!valid.ok()) return FromArrow(valid, StatusCode::kCorruption);

  kept->batch = std::move(*batch);
  ChunkReader reader;
  reader.row_count_ = static_cast<size_t>(kept->batch->num_rows());
  reader.columns_ = std::make_unique<ChunkColumns>(types, std::move(kept));
  return reader;
}

bool ChunkReader::Next(Batch& out, size_t max_rows) {
  const size_t count = std::min({rows_left(), max_rows, kVectorSize});
  if (count == 0) return false;
  std::vector<Vector> columns;
  columns.reserve(columns_->column_count());
  for (size_t i = 0; i < columns_->column_count(); ++i) {
    columns.push_back(columns_->Decode(i, next_row_, count));
  }
  out = Batch(std::move(columns), count);
  next_row_ += count;
  // What batches still need they keep themselves.
  if (rows_left() == 0) columns_.reset();
  return true;
}

}  // namespace trivet
