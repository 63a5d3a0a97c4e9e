#include "coordinator/record_frame.h"

#include <algorithm>
#include <cstdint>

#include "base/hash.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

uint32_t LengthCheck(uint32_t length) {
  return static_cast<uint32_t>(HashInt64(length ^ 0x7472697665746aULL));
}

uint32_t BodyCheck(std::string_view body) {
  return static_cast<uint32_t>(HashBytes(body.data(), body.size()));
}

void AppendFixed(std::string& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

uint32_t ReadFixed(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= uint32_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return value;
}

// What a write that was cut off leaves: nothing more, or zeros where a file grew before its
// content.
bool IsUnwritten(std::string_view rest) {
  return std::all_of(rest.begin(), rest.end(), [](char byte) { return byte == 0; });
}

}  // namespace

std::string FrameRecord(std::string_view body) {
  std::string record;
  record.reserve(kRecordFrameBytes + body.size());
  const auto length = static_cast<uint32_t>(body.size());
  AppendFixed(record, length);
  AppendFixed(record, LengthCheck(length));
  AppendFixed(record, BodyCheck(body));
  record.append(body);
  return record;
}

Result<FoundRecord> FindRecord(std::string_view rest, size_t offset, std::string_view file) {
  FoundRecord torn;
  torn.torn = true;
  if (rest.size() < kRecordFrameBytes || IsUnwritten(rest)) return torn;
  const uint32_t length = ReadFixed(rest);
  const Status damaged =
      Status::Corruption(StrCat(file, "'s record at byte ", offset, " is damaged"));
  if (ReadFixed(rest.substr(4)) != LengthCheck(length)) return damaged;
  if (rest.size() - kRecordFrameBytes < length) return torn;
  const std::string_view body = rest.substr(kRecordFrameBytes, length);
  if (ReadFixed(rest.substr(8)) != BodyCheck(body)) {
    // The last one may have been on its way to the disk; nobody acted on it then.
    if (rest.size() == kRecordFrameBytes + length) return torn;
    return damaged;
  }
  return FoundRecord{false, body};
}

}  // namespace trivet
