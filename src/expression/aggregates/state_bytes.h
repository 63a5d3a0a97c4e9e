#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "expression/aggregate_function.h"
#include "expression/aggregates/kept_value.h"

namespace trivet {

static_assert(std::endian::native == std::endian::little, "states travel as little-endian bytes");

// Appends what a state holds to its bytes, as AggregateFunction::serialize gives them. Counts, sums
// and lengths take as many bytes as they need, seven bits in each, so that most states are short.
class StateWriter {
 public:
  explicit StateWriter(std::string& bytes) : bytes_(bytes) {}

  void PutFlag(bool flag) { bytes_.push_back(flag ? 1 : 0); }
  void PutUnsigned(uint128_t value);
  void PutSigned(int128_t value);
  // A value of any physical type that is not nested.
  template <typename T>
  void PutValue(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    PutRaw(&value, sizeof(value));
  }
  void PutValue(const StringView& value) {
    PutUnsigned(value.size());
    PutRaw(value.data(), value.size());
  }
  void PutKept(const LogicalType& type, const KeptAny& value);
  void PutPosition(const RowPosition& position) {
    PutUnsigned(position.morsel);
    PutUnsigned(position.place);
  }
  void PutRaw(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }
  std::string* bytes() { return &bytes_; }

 private:
  std::string& bytes_;
};

// Reads what StateWriter wrote. Every call answers false where the bytes cannot have been written
// so. Strings point into the bytes. Not more is believed than what keeps all later arithmetic
// within its types: the bytes may come from a broken disk.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : bytes_(bytes) {}

  bool GetFlag(bool& flag);
  bool GetUnsigned(uint128_t& value);
  bool GetSigned(int128_t& value);
  // A number of rows.
  bool GetCount(uint64_t& count);
  bool GetCount(int64_t& count) {
    uint64_t value = 0;
    const bool ok = GetCount(value);
    count = static_cast<int64_t>(value);
    return ok;
  }
  // A sum of `count` values of `bits` bits.
  bool GetSum(uint64_t count, int bits, int128_t& sum);
  template <typename T>
  bool GetValue(const LogicalType& type, T& value) {
    if constexpr (std::is_same_v<T, StringView>) {
      return GetString(value);
    } else {
      if (!GetRaw(&value, sizeof(value))) return false;
      if constexpr (std::is_same_v<T, uint8_t>) {
        return type.physical() != PhysicalType::kBool || value <= 1;
      }
      return true;
    }
  }
  // A value for `kept`, which takes it by KeptAny::Keep where it wants it.
  bool GetKept(const LogicalType& type, KeptAny& value);
  bool GetPosition(RowPosition& position);
  bool GetRaw(void* data, size_t size) {
    if (bytes_.size() < size) return false;
    std::memcpy(data, bytes_.data(), size);
    bytes_.remove_prefix(size);
    return true;
  }
  size_t left() const { return bytes_.size(); }
  std::string_view* bytes() { return &bytes_; }

 private:
  // Rows that no table has.
  static constexpr uint64_t kMostRows = uint64_t{1} << 48;

  bool GetString(StringView& value);

  std::string_view bytes_;
};

// Stores the bytes of a state; an error of the row where they are too long for a value.
void StoreStateBytes(const AggregateCall& call, size_t row, std::string_view bytes, Vector& blobs);
// Says that the bytes in `row` are no state.
void ReportBrokenState(const AggregateCall& call, size_t row);

// The functions of an aggregate's struct that has, besides what state_loops.h wants,
//
//   static void Write(const AggregateCall&, const State&, StateWriter&);
//   // Adds a written state to the target; false where the bytes are not such a state.
//   static bool Absorb(const AggregateCall&, StateReader&, State& target);
//
// Where kIsRefusable is set, too, a target is after a refusal of the arena as it was before, or
// such that the same bytes may be absorbed again.
template <typename Op>
void SerializeStates(const AggregateCall& call, uint8_t* const* states, size_t count,
                     Vector& blobs) {
  std::string bytes;
  Reservation reservation(&call.context.memory(), call.bound.function->name);
  for (size_t row = 0; row < count && call.errors.empty(); ++row) {
    bytes.clear();
    StateWriter writer(bytes);
    Op::Write(call, *reinterpret_cast<const typename Op::State*>(states[row]), writer);
    // A group may hold all texts of the input.
    const Status reserved = reservation.Resize(bytes.capacity());
    if (!reserved.ok()) call.errors.Add(row, reserved);
    StoreStateBytes(call, row, bytes, blobs);
  }
}

// Aggregates that can go on elsewhere after a refusal of the arena: a row that it was refused for
// changes nothing, and is noted as an OutOfMemory of the row in the call's errors, as are all rows
// not added after it. Of order-dependent aggregates these are behind all that were added.
template <typename Op>
concept Refusable = requires {
  { Op::kIsRefusable } -> std::convertible_to<bool>;
} && Op::kIsRefusable;

// Calls add(row) for each row until it answers false, for the arena has refused.
template <typename Add>
void AddUntilRefused(const AggregateCall& call, size_t count, const Add& add) {
  size_t row = 0;
  while (row < count && add(row)) ++row;
  for (; row < count; ++row) call.errors.Add(row, call.arena.status());
}

template <typename Op>
void DeserializeStates(const AggregateCall& call, const Vector& blobs, size_t count,
                       uint8_t* const* states) {
  const VectorView view = blobs.View();
  for (size_t row = 0; row < count; ++row) {
    if (!view.IsValid(row)) {
      ReportBrokenState(call, row);
      continue;
    }
    StateReader reader(view.Get<StringView>(row).view());
    auto& target = *reinterpret_cast<typename Op::State*>(states[row]);
    const bool absorbed = Op::Absorb(call, reader, target);
    if constexpr (Refusable<Op>) {
      if (!call.arena.status().ok()) {
        AddUntilRefused(call, count, [&](size_t i) { return i < row; });
        return;
      }
    }
    if (!absorbed || reader.left() != 0) ReportBrokenState(call, row);
  }
}

template <typename Op>
void FillSerialization(AggregateFunction& function) {
  function.serialize = SerializeStates<Op>;
  function.deserialize_combine = DeserializeStates<Op>;
}

}  // namespace trivet
