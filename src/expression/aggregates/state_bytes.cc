#include "expression/aggregates/state_bytes.h"

#include "base/string_concat.h"
#include "vector/physical_dispatch.h"

namespace trivet {

namespace {
constexpr int kGroupBits = 7;
constexpr uint8_t kMoreFollows = 0x80;
}  // namespace

void StateWriter::PutUnsigned(uint128_t value) {
  while (value >= kMoreFollows) {
    bytes_.push_back(static_cast<char>(static_cast<uint8_t>(value) | kMoreFollows));
    value >>= kGroupBits;
  }
  bytes_.push_back(static_cast<char>(value));
}

// The sign goes to the lowest bit, so that small negative numbers are short as well.
void StateWriter::PutSigned(int128_t value) {
  const auto sign = static_cast<uint128_t>(value >> 127);
  PutUnsigned((static_cast<uint128_t>(value) << 1) ^ sign);
}

void StateWriter::PutKept(const LogicalType& type, const KeptAny& value) {
  PutFlag(value.is_null);
  if (value.is_null) return;
  if (type.physical() == PhysicalType::kString) {
    PutValue(value.string.value);
  } else {
    PutRaw(&value.string.value, TypeSize(type));
  }
}

bool StateReader::GetFlag(bool& flag) {
  uint8_t byte = 0;
  if (!GetRaw(&byte, sizeof(byte)) || byte > 1) return false;
  flag = byte != 0;
  return true;
}

bool StateReader::GetUnsigned(uint128_t& value) {
  value = 0;
  for (int shift = 0; shift < 128; shift += kGroupBits) {
    uint8_t byte = 0;
    if (!GetRaw(&byte, sizeof(byte))) return false;
    const uint128_t group = byte & (kMoreFollows - 1);
    value |= group << shift;
    if ((byte & kMoreFollows) == 0) return (value >> shift) == group;
  }
  return false;
}

bool StateReader::GetSigned(int128_t& value) {
  uint128_t folded = 0;
  if (!GetUnsigned(folded)) return false;
  value = static_cast<int128_t>((folded >> 1) ^ (0 - (folded & 1)));
  return true;
}

bool StateReader::GetCount(uint64_t& count) {
  uint128_t value = 0;
  if (!GetUnsigned(value) || value > kMostRows) return false;
  count = static_cast<uint64_t>(value);
  return true;
}

bool StateReader::GetSum(uint64_t count, int bits, int128_t& sum) {
  if (!GetSigned(sum)) return false;
  const int128_t most = static_cast<int128_t>(count) << bits;
  return sum >= -most && sum <= most;
}

bool StateReader::GetString(StringView& value) {
  uint128_t size = 0;
  if (!GetUnsigned(size) || size > bytes_.size()) return false;
  value = StringView(bytes_.substr(0, static_cast<size_t>(size)));
  bytes_.remove_prefix(static_cast<size_t>(size));
  return true;
}

bool StateReader::GetKept(const LogicalType& type, KeptAny& value) {
  value = KeptAny{};
  if (!GetFlag(value.is_null)) return false;
  if (value.is_null) return true;
  return DispatchPhysical(type.physical(), [&]<typename T>() {
    T read{};
    if (!GetValue(type, read)) return false;
    std::memcpy(static_cast<void*>(&value.string.value), &read, sizeof(read));
    return true;
  });
}

bool StateReader::GetPosition(RowPosition& position) {
  uint128_t morsel = 0;
  uint128_t place = 0;
  if (!GetUnsigned(morsel) || !GetUnsigned(place)) return false;
  position = {static_cast<uint64_t>(morsel), static_cast<uint64_t>(place)};
  return morsel == position.morsel && place == position.place;
}

void StoreStateBytes(const AggregateCall& call, size_t row, std::string_view bytes, Vector& blobs) {
  if (bytes.size() > ~uint32_t{0}) {
    call.errors.Add(row,
                    Status::ResourceExhausted(StrCat("aggregate ", call.bound.function->name,
                                                     ": what a group holds is longer than 4 GiB")));
    bytes = {};
  }
  blobs.SetString(row, bytes);
}

void ReportBrokenState(const AggregateCall& call, size_t row) {
  call.errors.Add(row, Status::Corruption(StrCat("aggregate ", call.bound.function->name,
                                                 ": broken bytes of an intermediate state")));
}

}  // namespace trivet
