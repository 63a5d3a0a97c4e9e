#include "formats/parquet/value_decoder.h"

#include <arrow/util/utf8.h>

#include <cstring>
#include <utility>

namespace trivet::parquet {

bool IsAscii(const uint8_t* data, size_t size) {
  size_t i = 0;
  // Blocks keep the loop vectorised and still leave early on other scripts.
  for (; i + 256 <= size; i += 256) {
    uint64_t seen = 0;
    for (size_t j = 0; j < 256; j += sizeof(uint64_t)) {
      uint64_t word;
      std::memcpy(&word, data + i + j, sizeof(word));
      seen |= word;
    }
    if (seen & 0x8080808080808080ULL) return false;
  }
  uint8_t seen = 0;
  for (; i < size; ++i) seen |= data[i];
  return (seen & 0x80) == 0;
}

bool IsValidUtf8(const char* data, size_t size) {
  // Without its tables Arrow takes any bytes for valid.
  static const bool has_tables = (arrow::util::InitializeUTF8(), true);
  return has_tables && arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(data),
                                                 static_cast<int64_t>(size));
}

std::unique_ptr<ValueDecoder> MakeValueDecoder(Encoding encoding, const Leaf& leaf,
                                               std::shared_ptr<PagePool> pool) {
  const PhysicalKind physical = leaf.physical;
  switch (encoding) {
    case Encoding::kPlain: return MakePlainDecoder(leaf);
    case Encoding::kRle:
      return physical == PhysicalKind::kBoolean ? MakeRleBooleanDecoder() : nullptr;
    case Encoding::kDeltaBinaryPacked:
      if (physical == PhysicalKind::kInt32) return MakeDeltaIntegerDecoder(4);
      if (physical == PhysicalKind::kInt64) return MakeDeltaIntegerDecoder(8);
      return nullptr;
    case Encoding::kDeltaLengthByteArray:
      return physical == PhysicalKind::kByteArray ? MakeDeltaLengthDecoder(leaf.is_text) : nullptr;
    case Encoding::kDeltaByteArray:
      if (physical != PhysicalKind::kByteArray && physical != PhysicalKind::kFixedLengthByteArray) {
        return nullptr;
      }
      return MakeDeltaStringDecoder(leaf, std::move(pool));
    case Encoding::kByteStreamSplit:
      if (physical == PhysicalKind::kBoolean || physical == PhysicalKind::kByteArray ||
          physical == PhysicalKind::kInt96) {
        return nullptr;
      }
      return MakeByteStreamSplitDecoder(leaf, std::move(pool));
    default: return nullptr;
  }
}

}  // namespace trivet::parquet
