#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trivet {

// Records in a file that only grows: the body's length in 4 bytes, 4 bytes that check the length, 4
// that check the body, the body; little-endian. The length has a check of its own so that a damaged
// one in the middle is not taken for an end that was not written.
inline constexpr size_t kRecordFrameBytes = 12;
std::string FrameRecord(std::string_view body);

// One record as found, or that the bytes end before it is whole.
struct FoundRecord {
  bool torn = false;
  std::string_view body;
};
// The record at the start of `rest`, which begins at byte `offset` of a `file` ("the journal").
// Corruption where it is damaged elsewhere than at the end of all bytes.
Result<FoundRecord> FindRecord(std::string_view rest, size_t offset, std::string_view file);

}  // namespace trivet
