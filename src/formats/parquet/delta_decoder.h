#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// Decodes DELTA_BINARY_PACKED integers of up to 64 bits: blocks of a smallest delta and bit-packed
// miniblocks (Lemire & Boytsov, SPE 2015). Memory is constant whatever the header claims. Functions
// return false where the bytes are corrupt. kSlackBytes behind the bytes are readable.
class DeltaStream {
 public:
  // Reads the header. `width` is the type's bytes: arithmetic wraps at it.
  bool Start(const uint8_t* data, size_t size, size_t width);
  // Values that the header claims.
  size_t total() const { return total_; }
  bool Decode(size_t count, int64_t* out);
  bool Skip(size_t count);
  // Bytes from the start of the stream to its end, without decoding it; 0 where it is corrupt. To
  // be called right after Start.
  size_t MeasureBytes() const;

 private:
  static constexpr size_t kMaxMiniblocks = 512;

  bool ReadVarint(uint64_t& value);
  bool StartBlock();
  bool StartMiniblock();

  const uint8_t* begin_ = nullptr;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  size_t total_ = 0;
  size_t left_ = 0;  // values not given out yet
  size_t miniblocks_ = 0;
  size_t miniblock_values_ = 0;
  bool first_pending_ = false;
  uint64_t last_ = 0;
  uint64_t min_delta_ = 0;
  const uint8_t* widths_ = nullptr;
  size_t miniblock_ = 0;  // in its block
  const uint8_t* packed_ = nullptr;
  int packed_width_ = 0;
  size_t packed_position_ = 0;  // in its miniblock
  bool in_miniblock_ = false;
  int max_width_ = 64;
};

}  // namespace trivet::parquet
