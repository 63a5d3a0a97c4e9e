#include "formats/parquet/bloom_filter.h"

#include <parquet/xxhasher.h>

#include <algorithm>
#include <cstring>

#include "base/string_concat.h"

namespace trivet::parquet {

namespace {

constexpr size_t kBlockBytes = 32;
constexpr size_t kHeaderBytes = 128;  // more than any header takes
constexpr uint32_t kSalts[8] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

template <typename T>
std::string BytesOf(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

bool BlockContains(const uint8_t* block, uint32_t key) {
  for (int i = 0; i < 8; ++i) {
    uint32_t word;
    std::memcpy(&word, block + i * 4, sizeof(word));
    if (((word >> ((key * kSalts[i]) >> 27)) & 1) == 0) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> PlainBytes(const Leaf& leaf, const Value& value) {
  switch (leaf.physical) {
    case PhysicalKind::kInt32:
      if (leaf.type.id() == TypeId::kTime) {
        return BytesOf(static_cast<int32_t>(value.integer() / leaf.conversion.multiplier));
      }
      return BytesOf(static_cast<int32_t>(value.integer()));
    case PhysicalKind::kInt64: {
      // A finer value than the column can hold equals none of its values, but that is for the
      // filter itself to find: any hash will do.
      if (leaf.conversion.divisor != 1) return std::nullopt;
      return BytesOf(static_cast<int64_t>(value.integer() / leaf.conversion.multiplier));
    }
    // Zero has two encodings, NaN many.
    case PhysicalKind::kFloat:
      if (value.floating() == 0 || value.floating() != value.floating()) return std::nullopt;
      return BytesOf(static_cast<float>(value.floating()));
    case PhysicalKind::kDouble:
      if (value.floating() == 0 || value.floating() != value.floating()) return std::nullopt;
      return BytesOf(value.floating());
    case PhysicalKind::kByteArray:
    case PhysicalKind::kFixedLengthByteArray:
      if (leaf.type.physical() == PhysicalType::kString) return value.string();
      return std::nullopt;
    default: return std::nullopt;
  }
}

Result<bool> BloomMayContain(const RandomAccessFile& file, const Leaf& leaf,
                             const ColumnChunk& chunk, const std::vector<Value>& values,
                             OperatorMetrics* metrics) {
  const auto offset = static_cast<uint64_t>(chunk.bloom_filter_offset);
  if (offset == 0 || offset >= file.size()) return true;
  uint8_t header[kHeaderBytes];
  const size_t size = static_cast<size_t>(std::min<uint64_t>(kHeaderBytes, file.size() - offset));
  TRIVET_RETURN_IF_ERROR(file.ReadAt(offset, size, header));
  size_t header_bytes = 0;
  const Result<int32_t> parsed = ParseBloomFilterHeader(header, size, header_bytes);
  if (!parsed.ok()) {
    return parsed.status()
        .WithContext(StrCat("column \"", leaf.path, "\""))
        .WithFile(file.path(), offset);
  }
  const auto filter_bytes = static_cast<uint64_t>(parsed.value());
  const uint64_t blocks = filter_bytes / kBlockBytes;
  if (blocks == 0 || filter_bytes > file.size() - offset - header_bytes) return true;
  if (metrics) metrics->bytes_read.fetch_add(size, std::memory_order_relaxed);
  ::parquet::XxHasher hasher;
  for (const Value& value : values) {
    const std::optional<std::string> bytes = PlainBytes(leaf, value);
    if (!bytes) return true;
    const ::parquet::ByteArray array(static_cast<uint32_t>(bytes->size()),
                                     reinterpret_cast<const uint8_t*>(bytes->data()));
    uint64_t hash;
    if (leaf.physical == PhysicalKind::kByteArray ||
        leaf.physical == PhysicalKind::kFixedLengthByteArray) {
      hash = hasher.Hash(&array);
    } else if (bytes->size() == sizeof(int32_t)) {
      int32_t word;
      std::memcpy(&word, bytes->data(), sizeof(word));
      hash = hasher.Hash(word);
    } else {
      int64_t word;
      std::memcpy(&word, bytes->data(), sizeof(word));
      hash = hasher.Hash(word);
    }
    const uint64_t block = ((hash >> 32) * blocks) >> 32;
    uint8_t content[kBlockBytes];
    TRIVET_RETURN_IF_ERROR(
        file.ReadAt(offset + header_bytes + block * kBlockBytes, kBlockBytes, content));
    if (metrics) metrics->bytes_read.fetch_add(kBlockBytes, std::memory_order_relaxed);
    if (BlockContains(content, static_cast<uint32_t>(hash))) return true;
  }
  return false;
}

}  // namespace trivet::parquet
