#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trivet::parquet {

// Wire types of Thrift's compact protocol.
enum class ThriftType : uint8_t {
  kStop = 0,
  kTrue = 1,
  kFalse = 2,
  kByte = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kDouble = 7,
  kBinary = 8,
  kList = 9,
  kSet = 10,
  kMap = 11,
  kStruct = 12,
};

// Reads Thrift's compact protocol from memory, trusting nothing: no read leaves the bytes, no count
// exceeds what is left of them, nesting is bounded. The first error sticks: reads then give zeros
// and loops end, so that callers check ok() once at the end. Borrows the bytes.
class ThriftReader {
 public:
  struct Field {
    int32_t id;
    ThriftType type;
  };

  ThriftReader(const uint8_t* data, size_t size) : begin_(data), next_(data), end_(data + size) {}

  bool ok() const { return !failed_; }
  // True where the error was that the bytes ended too early: with more of them it may succeed.
  bool truncated() const { return truncated_; }
  size_t position() const { return static_cast<size_t>(next_ - begin_); }

  // Calls visit(field) for each field of the struct at the cursor; visit reads the value and
  // returns true, or returns false to have it skipped.
  template <typename Visit>
  void ReadStruct(const Visit& visit) {
    if (!Enter()) return;
    int32_t id = 0;
    Field field;
    while (NextField(id, field)) {
      if (!visit(field)) Skip(field.type);
    }
    --depth_;
  }
  // Calls visit(element_type, index) for each element, which must read it (or Skip it).
  template <typename Visit>
  void ReadList(Field field, const Visit& visit) {
    ThriftType element;
    const size_t count = BeginList(field, element);
    for (size_t i = 0; i < count && ok(); ++i) visit(element, i);
  }

  bool ReadBoolean(Field field);
  // An element of a list of booleans.
  bool ReadBooleanElement();
  // 8 to 64 bits.
  int64_t ReadInteger(Field field) { return ReadInteger(field.type); }
  int64_t ReadInteger(ThriftType type);
  std::string_view ReadBinary(Field field) { return ReadBinary(field.type); }
  std::string_view ReadBinary(ThriftType type);
  void Skip(ThriftType type);
  void Fail() { failed_ = true; }

 private:
  static constexpr int kMaxDepth = 32;

  bool Enter();
  bool NextField(int32_t& id, Field& field);
  size_t BeginList(Field field, ThriftType& element);
  uint64_t ReadVarint();
  uint8_t ReadByte();
  void FailTruncated() { failed_ = truncated_ = true; }

  const uint8_t* begin_;
  const uint8_t* next_;
  const uint8_t* end_;
  int depth_ = 0;
  bool failed_ = false;
  bool truncated_ = false;
};

}  // namespace trivet::parquet
