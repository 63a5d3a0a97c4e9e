#include "formats/parquet/delta_decoder.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "formats/parquet/bit_unpack.h"
#include "formats/parquet/value_decoder.h"
#include "vector/string_view.h"
#include "vector/vector.h"

namespace trivet::parquet {

bool DeltaStream::ReadVarint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (next_ == end_) return false;
    const uint8_t byte = *next_++;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

namespace {
uint64_t DecodeZigzag(uint64_t value) { return (value >> 1) ^ (~(value & 1) + 1); }
}  // namespace

bool DeltaStream::Start(const uint8_t* data, size_t size, size_t width) {
  begin_ = next_ = data;
  end_ = data + size;
  max_width_ = static_cast<int>(width * 8);
  in_miniblock_ = false;
  total_ = left_ = 0;  // what is left of the page before must not be read
  uint64_t block_values, miniblocks, total, first;
  if (!ReadVarint(block_values) || !ReadVarint(miniblocks) || !ReadVarint(total) ||
      !ReadVarint(first)) {
    return false;
  }
  if (miniblocks == 0 || miniblocks > kMaxMiniblocks || block_values == 0 ||
      block_values > (1u << 24) || block_values % miniblocks != 0 ||
      (block_values / miniblocks) % 8 != 0 || total > (uint64_t{1} << 32)) {
    return false;
  }
  miniblocks_ = static_cast<size_t>(miniblocks);
  miniblock_values_ = static_cast<size_t>(block_values / miniblocks);
  miniblock_ = miniblocks_;  // the first value stands before any block
  total_ = left_ = static_cast<size_t>(total);
  last_ = DecodeZigzag(first);
  first_pending_ = total_ > 0;
  return true;
}

bool DeltaStream::StartBlock() {
  uint64_t encoded;
  if (!ReadVarint(encoded)) return false;
  min_delta_ = DecodeZigzag(encoded);
  if (static_cast<size_t>(end_ - next_) < miniblocks_) return false;
  widths_ = next_;
  next_ += miniblocks_;
  miniblock_ = 0;
  return true;
}

bool DeltaStream::StartMiniblock() {
  if (miniblock_ == miniblocks_ && !StartBlock()) return false;
  packed_width_ = widths_[miniblock_++];
  if (packed_width_ > max_width_) return false;
  packed_ = next_;
  packed_position_ = 0;
  const size_t bytes = miniblock_values_ / 8 * static_cast<size_t>(packed_width_);
  const size_t have = static_cast<size_t>(end_ - next_);
  if (bytes > have) {
    // The last miniblock may lack its padding.
    const size_t needed =
        (std::min(left_, miniblock_values_) * static_cast<size_t>(packed_width_) + 7) / 8;
    if (needed > have) return false;
    next_ = end_;
  } else {
    next_ += bytes;
  }
  in_miniblock_ = true;
  return true;
}

bool DeltaStream::Decode(size_t count, int64_t* out) {
  if (count > left_) return false;
  if (count > 0 && first_pending_) {
    first_pending_ = false;
    *out++ = static_cast<int64_t>(last_);
    --left_;
    --count;
  }
  auto* deltas = reinterpret_cast<uint64_t*>(out);
  while (count > 0) {
    if (!in_miniblock_ && !StartMiniblock()) return false;
    const size_t taken = std::min(count, miniblock_values_ - packed_position_);
    UnpackBits64(packed_, packed_width_, packed_position_, taken, deltas);
    uint64_t value = last_;
    for (size_t i = 0; i < taken; ++i) deltas[i] = value += deltas[i] + min_delta_;
    last_ = value;
    deltas += taken;
    count -= taken;
    left_ -= taken;
    packed_position_ += taken;
    in_miniblock_ = packed_position_ < miniblock_values_;
  }
  return true;
}

bool DeltaStream::Skip(size_t count) {
  int64_t buffer[256];
  while (count > 0) {
    const size_t taken = std::min<size_t>(count, std::size(buffer));
    if (!Decode(taken, buffer)) return false;
    count -= taken;
  }
  return true;
}

size_t DeltaStream::MeasureBytes() const {
  DeltaStream walker = *this;
  size_t left = total_ > 0 ? total_ - 1 : 0;
  while (left > 0) {
    walker.left_ = left;
    if (!walker.StartMiniblock()) return 0;
    left -= std::min(left, miniblock_values_);
  }
  // Miniblocks that hold no value are there for their width only if they are the last block's;
  // writers leave them out, so nothing is skipped for them.
  return static_cast<size_t>(walker.next_ - begin_);
}

namespace {

class DeltaIntegerDecoder final : public ValueDecoder {
 public:
  explicit DeltaIntegerDecoder(size_t width) : width_(width) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    return stream_.Start(data, size, width_);
  }
  bool Decode(size_t count, uint8_t* out) override {
    if (width_ == sizeof(int64_t)) return stream_.Decode(count, reinterpret_cast<int64_t*>(out));
    int64_t buffer[256];
    while (count > 0) {
      const size_t taken = std::min<size_t>(count, std::size(buffer));
      if (!stream_.Decode(taken, buffer)) return false;
      for (size_t i = 0; i < taken; ++i) {
        const auto value = static_cast<int32_t>(buffer[i]);
        std::memcpy(out + i * sizeof(value), &value, sizeof(value));
      }
      out += taken * sizeof(int32_t);
      count -= taken;
    }
    return true;
  }
  bool Skip(size_t count) override { return stream_.Skip(count); }

 private:
  size_t width_;
  DeltaStream stream_;
};

// Lengths as deltas, then the bytes of all strings.
class DeltaLengthDecoder final : public ValueDecoder {
 public:
  explicit DeltaLengthDecoder(bool is_text) : is_text_(is_text) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    if (!lengths_.Start(data, size, sizeof(int32_t))) return false;
    const size_t lengths_size = lengths_.MeasureBytes();
    if (lengths_size == 0) return false;
    next_ = data + lengths_size;
    end_ = data + size;
    validate_ = is_text_ && !IsAscii(next_, size - lengths_size);
    return true;
  }
  bool Decode(size_t count, uint8_t* out) override {
    auto* views = reinterpret_cast<StringView*>(out);
    return Walk(count, [&](size_t i, const char* text, size_t size) {
      views[i] = StringView(text, static_cast<uint32_t>(size));
      return !validate_ || IsValidUtf8(text, size);
    });
  }
  bool Skip(size_t count) override {
    return Walk(count, [](size_t, const char*, size_t) { return true; });
  }

 private:
  template <typename Visit>
  bool Walk(size_t count, const Visit& visit) {
    int64_t lengths[256];
    for (size_t done = 0; done < count;) {
      const size_t taken = std::min<size_t>(count - done, std::size(lengths));
      if (!lengths_.Decode(taken, lengths)) return false;
      for (size_t i = 0; i < taken; ++i) {
        const int64_t length = lengths[i];
        if (length < 0 || length > end_ - next_) return false;
        if (!visit(done + i, reinterpret_cast<const char*>(next_), static_cast<size_t>(length))) {
          return false;
        }
        next_ += length;
      }
      done += taken;
    }
    return true;
  }

  bool is_text_;
  bool validate_ = false;
  DeltaStream lengths_;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
};

}  // namespace

std::unique_ptr<ValueDecoder> MakeDeltaIntegerDecoder(size_t width) {
  return std::make_unique<DeltaIntegerDecoder>(width);
}

std::unique_ptr<ValueDecoder> MakeDeltaLengthDecoder(bool is_text) {
  return std::make_unique<DeltaLengthDecoder>(is_text);
}

}  // namespace trivet::parquet
