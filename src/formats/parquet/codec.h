#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "formats/parquet/format.h"

namespace trivet::parquet {

std::string_view CodecName(Codec codec);

// The most bytes that `compressed` bytes of the codec can expand to, where that is bounded tightly
// enough to tell a corrupt size from a real one; otherwise the largest size_t.
size_t MaxUncompressedBytes(Codec codec, size_t compressed);

// Decompresses whole pages of one codec. Holds the codec's state: one per column reader and thread.
class Decompressor {
 public:
  // NotImplemented, naming the codec, where it is not built in.
  static Result<std::unique_ptr<Decompressor>> Make(Codec codec);
  virtual ~Decompressor() = default;

  // Fills exactly `out_size` bytes; false where the input is not that. May write up to kSlackBytes
  // behind them and read as many behind the input.
  virtual bool Decompress(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) = 0;
};

}  // namespace trivet::parquet
