#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace trivet {

// Appends numbers (little-endian) and strings (length, then bytes) to a string: headers, indexes
// and tickets. One thread.
class ByteWriter {
 public:
  template <typename T>
    requires std::is_integral_v<T>
  void Put(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  void PutString(std::string_view text) {
    Put(static_cast<uint32_t>(text.size()));
    bytes_.append(text);
  }
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote. Past the end everything reads as zero or empty and ok() turns false,
// so that a decoder checks once, at its end. Borrows the bytes; one thread.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  template <typename T>
    requires std::is_integral_v<T>
  T Get() {
    T value{};
    if (left_.size() < sizeof(T)) {
      Fail();
    } else {
      left_.copy(reinterpret_cast<char*>(&value), sizeof(T));
      left_.remove_prefix(sizeof(T));
    }
    return value;
  }
  std::string_view GetString() {
    const auto size = Get<uint32_t>();
    if (left_.size() < size) {
      Fail();
      return {};
    }
    const std::string_view text = left_.substr(0, size);
    left_.remove_prefix(size);
    return text;
  }
  // A number of elements that take `element_bytes` each at least; more than can be there fails.
  uint32_t GetCount(size_t element_bytes) {
    const auto count = Get<uint32_t>();
    if (count > left_.size() / element_bytes) {
      Fail();
      return 0;
    }
    return count;
  }
  // For a decoder that finds a value which cannot be.
  void Reject() { Fail(); }
  bool ok() const { return ok_; }
  size_t left() const { return left_.size(); }
  // Everything was there and nothing is left.
  bool at_end() const { return ok_ && left_.empty(); }

 private:
  void Fail() {
    ok_ = false;
    left_ = {};
  }
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace trivet
