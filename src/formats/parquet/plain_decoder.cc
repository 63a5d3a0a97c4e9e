#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "formats/parquet/rle_decoder.h"
#include "formats/parquet/value_decoder.h"
#include "vector/string_view.h"

namespace trivet::parquet {

namespace {

class PlainFixedDecoder final : public ValueDecoder {
 public:
  explicit PlainFixedDecoder(size_t width) : width_(width) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    next_ = data;
    left_ = size / width_;
    return true;
  }
  bool Decode(size_t count, uint8_t* out) override {
    if (count > left_) return false;
    std::memcpy(out, next_, count * width_);
    return Skip(count);
  }
  bool Skip(size_t count) override {
    if (count > left_) return false;
    next_ += count * width_;
    left_ -= count;
    return true;
  }
  const uint8_t* contiguous() const override { return next_; }

 private:
  size_t width_;
  const uint8_t* next_ = nullptr;
  size_t left_ = 0;
};

// FIXED_LEN_BYTE_ARRAY as strings.
class PlainFixedStringDecoder final : public ValueDecoder {
 public:
  PlainFixedStringDecoder(size_t length, bool is_text) : length_(length), is_text_(is_text) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    next_ = data;
    left_ = size / length_;
    validate_ = is_text_ && !IsAscii(data, size);
    return true;
  }
  bool Decode(size_t count, uint8_t* out) override {
    if (count > left_) return false;
    auto* views = reinterpret_cast<StringView*>(out);
    bool valid = true;
    for (size_t i = 0; i < count; ++i) {
      const auto* text = reinterpret_cast<const char*>(next_ + i * length_);
      if (validate_) valid &= IsValidUtf8(text, length_);
      views[i] = StringView(text, static_cast<uint32_t>(length_));
    }
    return Skip(count) && valid;
  }
  bool Skip(size_t count) override {
    if (count > left_) return false;
    next_ += count * length_;
    left_ -= count;
    return true;
  }

 private:
  size_t length_;
  bool is_text_;
  bool validate_ = false;
  const uint8_t* next_ = nullptr;
  size_t left_ = 0;
};

class PlainBooleanDecoder final : public ValueDecoder {
 public:
  bool Start(const uint8_t* data, size_t size, size_t) override {
    data_ = data;
    position_ = 0;
    bits_ = size * 8;
    return true;
  }
  bool Decode(size_t count, uint8_t* out) override {
    if (count > bits_ - position_) return false;
    for (size_t i = 0; i < count; ++i, ++position_) {
      out[i] = (data_[position_ >> 3] >> (position_ & 7)) & 1;
    }
    return true;
  }
  bool Skip(size_t count) override {
    if (count > bits_ - position_) return false;
    position_ += count;
    return true;
  }

 private:
  const uint8_t* data_ = nullptr;
  size_t position_ = 0;
  size_t bits_ = 0;
};

class RleBooleanDecoder final : public ValueDecoder {
 public:
  bool Start(const uint8_t* data, size_t size, size_t) override {
    values_ = RleDecoder();  // what is left of the page before must not be read
    uint32_t length;
    if (size < sizeof(length)) return false;
    std::memcpy(&length, data, sizeof(length));
    if (length > size - sizeof(length)) return false;
    values_ = RleDecoder(data + sizeof(length), length, 1);
    return true;
  }
  bool Decode(size_t count, uint8_t* out) override {
    uint32_t buffer[256];
    while (count > 0) {
      const size_t taken = std::min<size_t>(count, std::size(buffer));
      if (!values_.Decode(taken, buffer)) return false;
      for (size_t i = 0; i < taken; ++i) out[i] = static_cast<uint8_t>(buffer[i]);
      out += taken;
      count -= taken;
    }
    return true;
  }
  bool Skip(size_t count) override { return values_.Skip(count); }

 private:
  RleDecoder values_;
};

// A short string as it lies in the page, its 4-byte length and then its bytes, is a StringView but
// for the bytes of its successor: these masks clear them.
struct InlineMasks {
  alignas(16) uint8_t bytes[StringView::kInlineSize + 1][16];
};
constexpr InlineMasks MakeInlineMasks() {
  InlineMasks masks{};
  for (size_t length = 0; length <= StringView::kInlineSize; ++length) {
    for (size_t i = 0; i < 16; ++i) masks.bytes[length][i] = i < 4 + length ? 0xFF : 0;
  }
  return masks;
}
constexpr InlineMasks kInlineMasks = MakeInlineMasks();

class PlainStringDecoder final : public ValueDecoder {
 public:
  explicit PlainStringDecoder(bool is_text) : is_text_(is_text) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    next_ = data;
    end_ = data + size;
    validate_ = is_text_ && !IsAscii(data, size);
    return true;
  }

  bool Decode(size_t count, uint8_t* out) override {
    const uint8_t* next = next_;
    const auto* first = reinterpret_cast<const StringView*>(out);
    for (size_t i = 0; i < count; ++i, out += sizeof(StringView)) {
      uint32_t length;
      if (static_cast<size_t>(end_ - next) < sizeof(length)) return false;
      std::memcpy(&length, next, sizeof(length));
      if (length > static_cast<size_t>(end_ - next) - sizeof(length)) return false;
      uint64_t words[2];
      std::memcpy(words, next, sizeof(words));
      if (length <= StringView::kInlineSize) {
        uint64_t masks[2];
        std::memcpy(masks, kInlineMasks.bytes[length], sizeof(masks));
        words[0] &= masks[0];
        words[1] &= masks[1];
      } else {
        words[1] = reinterpret_cast<uint64_t>(next + sizeof(length));
      }
      std::memcpy(out, words, sizeof(words));
      next += sizeof(length) + length;
    }
    next_ = next;
    if (!validate_) return true;
    for (size_t i = 0; i < count; ++i) {
      if (!IsValidUtf8(first[i].data(), first[i].size())) return false;
    }
    return true;
  }

  bool Skip(size_t count) override {
    for (size_t i = 0; i < count; ++i) {
      uint32_t length;
      if (static_cast<size_t>(end_ - next_) < sizeof(length)) return false;
      std::memcpy(&length, next_, sizeof(length));
      if (length > static_cast<size_t>(end_ - next_) - sizeof(length)) return false;
      next_ += sizeof(length) + length;
    }
    return true;
  }

 private:
  bool is_text_;
  bool validate_ = false;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
};

}  // namespace

std::unique_ptr<ValueDecoder> MakePlainDecoder(const Leaf& leaf) {
  switch (leaf.physical) {
    case PhysicalKind::kBoolean: return std::make_unique<PlainBooleanDecoder>();
    case PhysicalKind::kByteArray: return std::make_unique<PlainStringDecoder>(leaf.is_text);
    case PhysicalKind::kFixedLengthByteArray:
      if (leaf.conversion.raw_is_string) {
        return std::make_unique<PlainFixedStringDecoder>(leaf.type_length, leaf.is_text);
      }
      [[fallthrough]];
    default: return std::make_unique<PlainFixedDecoder>(leaf.conversion.raw_width);
  }
}

std::unique_ptr<ValueDecoder> MakeRleBooleanDecoder() {
  return std::make_unique<RleBooleanDecoder>();
}

}  // namespace trivet::parquet
