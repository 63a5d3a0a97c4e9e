#include "formats/parquet/thrift_reader.h"

#include <limits>

namespace trivet::parquet {

namespace {
int64_t DecodeZigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}
}  // namespace

bool ThriftReader::Enter() {
  if (failed_) return false;
  if (depth_ == kMaxDepth) {
    failed_ = true;
    return false;
  }
  ++depth_;
  return true;
}

uint8_t ThriftReader::ReadByte() {
  if (failed_ || next_ == end_) {
    if (!failed_) FailTruncated();
    return 0;
  }
  return *next_++;
}

uint64_t ThriftReader::ReadVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = ReadByte();
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  failed_ = true;
  return 0;
}

bool ThriftReader::NextField(int32_t& id, Field& field) {
  const uint8_t header = ReadByte();
  if (failed_ || header == 0) return false;
  const uint8_t type = header & 0x0F;
  const uint8_t delta = header >> 4;
  if (type == 0 || type > static_cast<uint8_t>(ThriftType::kStruct)) {
    failed_ = true;
    return false;
  }
  const int64_t next_id = delta != 0 ? int64_t{id} + delta : DecodeZigzag(ReadVarint());
  if (next_id < 0 || next_id > std::numeric_limits<int16_t>::max()) failed_ = true;
  if (failed_) return false;
  id = static_cast<int32_t>(next_id);
  field = {id, static_cast<ThriftType>(type)};
  return true;
}

size_t ThriftReader::BeginList(Field field, ThriftType& element) {
  if (field.type != ThriftType::kList && field.type != ThriftType::kSet) failed_ = true;
  const uint8_t header = ReadByte();
  uint64_t count = header >> 4;
  if (count == 15) count = ReadVarint();
  const uint8_t type = header & 0x0F;
  if (type == 0 || type > static_cast<uint8_t>(ThriftType::kStruct)) failed_ = true;
  // Every element takes at least a byte.
  if (!failed_ && count > static_cast<size_t>(end_ - next_)) FailTruncated();
  if (failed_) return 0;
  element = static_cast<ThriftType>(type);
  return count;
}

bool ThriftReader::ReadBoolean(Field field) {
  if (field.type != ThriftType::kTrue && field.type != ThriftType::kFalse) failed_ = true;
  return field.type == ThriftType::kTrue;
}

bool ThriftReader::ReadBooleanElement() {
  return ReadByte() == static_cast<uint8_t>(ThriftType::kTrue);
}

int64_t ThriftReader::ReadInteger(ThriftType type) {
  switch (type) {
    case ThriftType::kByte: return static_cast<int8_t>(ReadByte());
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64: return DecodeZigzag(ReadVarint());
    default: failed_ = true; return 0;
  }
}

std::string_view ThriftReader::ReadBinary(ThriftType type) {
  if (type != ThriftType::kBinary) failed_ = true;
  const uint64_t size = ReadVarint();
  if (!failed_ && size > static_cast<size_t>(end_ - next_)) FailTruncated();
  if (failed_) return {};
  const std::string_view bytes(reinterpret_cast<const char*>(next_), size);
  next_ += size;
  return bytes;
}

void ThriftReader::Skip(ThriftType type) {
  switch (type) {
    case ThriftType::kStop: failed_ = true; return;
    case ThriftType::kTrue:
    case ThriftType::kFalse: return;  // the value is the type
    case ThriftType::kByte: ReadByte(); return;
    case ThriftType::kInt16:
    case ThriftType::kInt32:
    case ThriftType::kInt64: ReadVarint(); return;
    case ThriftType::kDouble:
      if (end_ - next_ < 8) {
        if (!failed_) FailTruncated();
      } else {
        next_ += 8;
      }
      return;
    case ThriftType::kBinary: ReadBinary(type); return;
    case ThriftType::kStruct: ReadStruct([](Field) { return false; }); return;
    case ThriftType::kList:
    case ThriftType::kSet: {
      if (!Enter()) return;
      ReadList({0, type}, [&](ThriftType element, size_t) {
        const bool boolean = element == ThriftType::kTrue || element == ThriftType::kFalse;
        boolean ? static_cast<void>(ReadByte()) : Skip(element);
      });
      --depth_;
      return;
    }
    // No Parquet structure has a map; one that appears is garbage.
    case ThriftType::kMap: failed_ = true; return;
  }
}

}  // namespace trivet::parquet
