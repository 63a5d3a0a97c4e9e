#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "coordinator/time_point.h"

// The compact encoding of journals and states: integers as varints (signed ones zigzag), strings
// and containers behind their number of elements, structs field after field. A struct names its
// fields once, in a FieldsOf beside it, for both ways.

namespace trivet {

// Specialised by each struct: static auto Tie(auto& value) { return std::tie(value.a, value.b); }
template <typename T>
struct FieldsOf;

class Encoder {
 public:
  std::string Take() { return std::move(bytes_); }

  template <typename T>
  void Write(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      WriteUnsigned(static_cast<uint64_t>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      WriteUnsigned(std::bit_cast<uint64_t>(double{value}));
    } else if constexpr (std::is_signed_v<T>) {
      WriteSigned(value);
    } else if constexpr (std::is_unsigned_v<T>) {
      WriteUnsigned(value);
    } else {
      std::apply([&](const auto&... fields) { (Write(fields), ...); }, FieldsOf<T>::Tie(value));
    }
  }
  void Write(const std::string& value) {
    WriteUnsigned(value.size());
    bytes_.append(value);
  }
  void Write(const Status& value);
  void Write(const Duration& value) { WriteSigned(value.count()); }
  void Write(const TimePoint& value) { WriteSigned(value.time_since_epoch().count()); }
  template <typename T>
  void Write(const std::vector<T>& values) {
    WriteElements(values);
  }
  template <typename T>
  void Write(const std::set<T>& values) {
    WriteElements(values);
  }
  template <typename K, typename V>
  void Write(const std::map<K, V>& values) {
    WriteElements(values);
  }
  template <typename A, typename B>
  void Write(const std::pair<A, B>& value) {
    Write(value.first);
    Write(value.second);
  }
  template <typename T>
  void Write(const std::optional<T>& value) {
    WriteUnsigned(value ? 1 : 0);
    if (value) Write(*value);
  }
  template <typename... Ts>
  void Write(const std::variant<Ts...>& value) {
    WriteUnsigned(value.index());
    std::visit([&](const auto& alternative) { Write(alternative); }, value);
  }

 private:
  template <typename Container>
  void WriteElements(const Container& values) {
    WriteUnsigned(values.size());
    for (const auto& value : values) Write(value);
  }
  void WriteUnsigned(uint64_t value);
  void WriteSigned(int64_t value) {
    WriteUnsigned((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }

  std::string bytes_;
};

// Reads what an Encoder wrote. After any error ok() is false and what was read means nothing; no
// input makes it read past its end or reserve more than a small multiple of the input's size.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  // Everything was read, and well.
  bool Finished() const { return ok_ && bytes_.empty(); }

  template <typename T>
  void Read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = ReadUnsigned() != 0;
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(ReadWithin<std::underlying_type_t<T>>());
    } else if constexpr (std::is_floating_point_v<T>) {
      value = std::bit_cast<double>(ReadUnsigned());
    } else if constexpr (std::is_signed_v<T>) {
      value = static_cast<T>(ReadSigned());
    } else if constexpr (std::is_unsigned_v<T>) {
      value = ReadWithin<T>();
    } else {
      std::apply([&](auto&... fields) { (Read(fields), ...); }, FieldsOf<T>::Tie(value));
    }
  }
  void Read(std::string& value);
  void Read(Status& value);
  void Read(Duration& value) { value = Duration{ReadSigned()}; }
  void Read(TimePoint& value) { value = TimePoint{Duration{ReadSigned()}}; }
  template <typename T>
  void Read(std::vector<T>& values) {
    values.clear();
    for (uint64_t count = ReadCount(); ok_ && count > 0; --count) Read(values.emplace_back());
  }
  template <typename T>
  void Read(std::set<T>& values) {
    values.clear();
    for (uint64_t count = ReadCount(); ok_ && count > 0; --count) {
      T value;
      Read(value);
      values.insert(std::move(value));
    }
  }
  template <typename K, typename V>
  void Read(std::map<K, V>& values) {
    values.clear();
    for (uint64_t count = ReadCount(); ok_ && count > 0; --count) {
      K key;
      Read(key);
      Read(values[std::move(key)]);
    }
  }
  template <typename T>
  void Read(std::optional<T>& value) {
    value.reset();
    if (ReadUnsigned() != 0) Read(value.emplace());
  }
  template <typename... Ts>
  void Read(std::variant<Ts...>& value) {
    const uint64_t index = ReadUnsigned();
    if (index >= sizeof...(Ts)) {
      ok_ = false;
      return;
    }
    uint64_t i = 0;
    ((i++ == index ? Read(value.template emplace<Ts>()) : void()), ...);
  }

 private:
  uint64_t ReadUnsigned();
  int64_t ReadSigned() {
    const uint64_t value = ReadUnsigned();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  // A number of elements of at least a byte each.
  uint64_t ReadCount();
  template <typename T>
  T ReadWithin() {
    const uint64_t value = ReadUnsigned();
    if (static_cast<T>(value) != value) ok_ = false;
    return static_cast<T>(value);
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace trivet
