#include "formats/parquet/rle_decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "formats/parquet/bit_unpack.h"

namespace trivet::parquet {

void FillBits(uint64_t* bits, size_t offset, size_t count, bool value) {
  while (count > 0) {
    const size_t shift = offset & 63;
    const size_t taken = std::min(count, 64 - shift);
    const uint64_t mask = (taken == 64 ? ~uint64_t{0} : (uint64_t{1} << taken) - 1) << shift;
    uint64_t& word = bits[offset >> 6];
    word = value ? word | mask : word & ~mask;
    offset += taken;
    count -= taken;
  }
}

bool RleDecoder::NextRun() {
  uint64_t header = 0;
  int shift = 0;
  do {
    if (next_ == end_ || shift > 35) return false;
    header |= static_cast<uint64_t>(*next_ & 0x7F) << shift;
    shift += 7;
  } while (*next_++ & 0x80);
  const uint64_t units = header >> 1;
  if (units == 0) return false;
  const size_t left = static_cast<size_t>(end_ - next_);
  if (header & 1) {
    repeated_ = false;
    packed_ = next_;
    packed_position_ = 0;
    run_left_ = static_cast<size_t>(units) * 8;
    const size_t bytes = static_cast<size_t>(units) * static_cast<size_t>(width_);
    if (bytes > left) {
      // Some writers do not pad the last run: what is there counts.
      run_left_ = width_ == 0 ? 0 : left * 8 / static_cast<size_t>(width_);
      next_ = end_;
      return run_left_ > 0;
    }
    next_ += bytes;
    return true;
  }
  const size_t bytes = static_cast<size_t>(width_ + 7) / 8;
  if (bytes > left) return false;
  repeated_ = true;
  value_ = 0;
  std::memcpy(&value_, next_, bytes);
  if (width_ < 32 && (value_ >> width_) != 0) return false;
  next_ += bytes;
  run_left_ = static_cast<size_t>(units);
  return true;
}

bool RleDecoder::Decode(size_t count, uint32_t* out) {
  while (count > 0) {
    if (run_left_ == 0 && !NextRun()) return false;
    const size_t taken = std::min(count, run_left_);
    if (repeated_) {
      std::fill_n(out, taken, value_);
    } else {
      UnpackBits(packed_, width_, packed_position_, taken, out);
      packed_position_ += taken;
    }
    run_left_ -= taken;
    out += taken;
    count -= taken;
  }
  return true;
}

bool RleDecoder::Skip(size_t count) {
  while (count > 0) {
    if (run_left_ == 0 && !NextRun()) return false;
    const size_t taken = std::min(count, run_left_);
    packed_position_ += taken;
    run_left_ -= taken;
    count -= taken;
  }
  return true;
}

size_t RleDecoder::RepeatedAhead(uint32_t& value) {
  if (run_left_ == 0 && !NextRun()) return 0;
  value = value_;
  return repeated_ ? run_left_ : 0;
}

bool RleDecoder::DecodeEqual(size_t count, uint32_t wanted, uint64_t* bits, size_t offset,
                             size_t& matches) {
  while (count > 0) {
    if (run_left_ == 0 && !NextRun()) return false;
    size_t taken = std::min(count, run_left_);
    if (repeated_) {
      FillBits(bits, offset, taken, value_ == wanted);
      matches += value_ == wanted ? taken : 0;
    } else {
      // Pieces that end at the target's words, so that each is stored once.
      taken = std::min(taken, 64 - (offset & 63));
      uint64_t piece = 0;
      if (width_ == 1) {
        const uint8_t* bytes = packed_ + (packed_position_ >> 3);
        const size_t shift = packed_position_ & 7;
        std::memcpy(&piece, bytes, sizeof(piece));
        piece >>= shift;
        if (shift != 0) piece |= static_cast<uint64_t>(bytes[8]) << (64 - shift);
        if (wanted == 0) piece = ~piece;
      } else {
        uint32_t values[64];
        UnpackBits(packed_, width_, packed_position_, taken, values);
        for (size_t i = 0; i < taken; ++i) {
          piece |= static_cast<uint64_t>(values[i] == wanted) << i;
        }
      }
      const uint64_t mask = taken == 64 ? ~uint64_t{0} : (uint64_t{1} << taken) - 1;
      piece &= mask;
      uint64_t& word = bits[offset >> 6];
      word = (word & ~(mask << (offset & 63))) | (piece << (offset & 63));
      matches += static_cast<size_t>(std::popcount(piece));
      packed_position_ += taken;
    }
    run_left_ -= taken;
    offset += taken;
    count -= taken;
  }
  return true;
}

}  // namespace trivet::parquet
