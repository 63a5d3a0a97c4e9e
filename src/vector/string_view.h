#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace trivet {

// A 16-byte string: up to 12 bytes inline, longer ones as a 4-byte prefix and a pointer (the shape
// of Umbra's and Arrow's string views; Neumann & Freitag, CIDR 2020). Unused inline bytes are zero,
// so that equality of short strings is equality of two words. Does not own its bytes: the vector
// that holds the view keeps them alive.
class StringView {
 public:
  static constexpr uint32_t kInlineSize = 12;

  StringView() : size_(0), prefix_{0, 0, 0, 0} { value_.tail_word = 0; }
  StringView(const char* data, uint32_t size) : size_(size), prefix_{0, 0, 0, 0} {
    value_.tail_word = 0;
    if (size <= kInlineSize) {
      if (size != 0) std::memcpy(inline_data(), data, size);  // no bytes may come as null
    } else {
      std::memcpy(prefix_, data, sizeof(prefix_));
      value_.pointer = data;
    }
  }
  explicit StringView(std::string_view text)
      : StringView(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return size_; }
  bool is_inline() const { return size_ <= kInlineSize; }
  const char* data() const { return is_inline() ? prefix_ : value_.pointer; }
  std::string_view view() const { return {data(), size_}; }
  std::string str() const { return std::string(data(), size_); }

  // Size and first four bytes in one word: differs for most unequal strings.
  uint64_t head_word() const {
    uint64_t word;
    std::memcpy(&word, this, sizeof(word));
    return word;
  }
  uint64_t tail_word() const { return value_.tail_word; }

  friend bool operator==(const StringView& a, const StringView& b) {
    if (a.head_word() != b.head_word()) return false;
    if (a.is_inline()) return a.value_.tail_word == b.value_.tail_word;
    return a.value_.pointer == b.value_.pointer ||
           std::memcmp(a.value_.pointer + 4, b.value_.pointer + 4, a.size_ - 4) == 0;
  }
  // Byte order; a proper prefix is smaller.
  friend int Compare(const StringView& a, const StringView& b) {
    const uint32_t shorter = a.size_ < b.size_ ? a.size_ : b.size_;
    const int order = std::memcmp(a.data(), b.data(), shorter);
    if (order != 0) return order;
    return a.size_ < b.size_ ? -1 : (a.size_ > b.size_ ? 1 : 0);
  }
  friend bool operator<(const StringView& a, const StringView& b) { return Compare(a, b) < 0; }

 private:
  char* inline_data() { return prefix_; }

  uint32_t size_;
  char prefix_[4];
  union {
    char tail[8];
    const char* pointer;
    uint64_t tail_word;
  } value_;
};
static_assert(sizeof(StringView) == 16);

}  // namespace trivet
