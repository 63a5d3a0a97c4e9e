#include "coordinator/journal.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/hash.h"
#include "base/string_concat.h"
#include "coordinator/event_fields.h"

// Header: "TRIVETJ", the version as one byte.
// Record: the body's length in 4 bytes, 4 bytes that check the length, 4 that check the body; the
// body: its kind, then a moment and an event, or a state. All integers little-endian. The length
// has a check of its own so that a damaged one in the middle is not taken for an end that was not
// written.

namespace trivet {

namespace {

constexpr std::string_view kMagic = "TRIVETJ";
constexpr char kVersion = 1;
constexpr size_t kFrameBytes = 12;
constexpr char kEventRecord = 1;
constexpr char kStateRecord = 2;

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

std::string Frame(char kind, std::string_view rest) {
  std::string body(1, kind);
  body.append(rest);
  std::string record;
  record.reserve(kFrameBytes + body.size());
  const auto length = static_cast<uint32_t>(body.size());
  AppendFixed(record, length);
  AppendFixed(record, LengthCheck(length));
  AppendFixed(record, BodyCheck(body));
  record.append(body);
  return record;
}

// One record as found, or that the journal ends before it is whole.
struct FoundRecord {
  bool torn = false;
  std::string_view body;
};

// What a write that was cut off leaves: nothing more, or zeros where a file grew before its
// content.
bool IsUnwritten(std::string_view rest) {
  return std::all_of(rest.begin(), rest.end(), [](char byte) { return byte == 0; });
}

Result<FoundRecord> FindRecord(std::string_view rest, size_t offset) {
  FoundRecord torn;
  torn.torn = true;
  if (rest.size() < kFrameBytes || IsUnwritten(rest)) return torn;
  const uint32_t length = ReadFixed(rest);
  if (ReadFixed(rest.substr(4)) != LengthCheck(length)) {
    return Status::Corruption(StrCat("the journal's record at byte ", offset, " is damaged"));
  }
  if (rest.size() - kFrameBytes < length) return torn;
  const std::string_view body = rest.substr(kFrameBytes, length);
  if (ReadFixed(rest.substr(8)) != BodyCheck(body)) {
    // The last one may have been on its way to the disk; nobody acted on it then.
    if (rest.size() == kFrameBytes + length) return torn;
    return Status::Corruption(StrCat("the journal's record at byte ", offset, " is damaged"));
  }
  return FoundRecord{false, body};
}

Status ApplyRecord(std::string_view body, Coordinator& coordinator) {
  const std::string_view rest = body.empty() ? body : body.substr(1);
  if (!body.empty() && body[0] == kStateRecord) {
    TRIVET_ASSIGN_OR_RETURN(coordinator, Coordinator::Restore(coordinator.options(), rest));
    return Status::OK();
  }
  Decoder decoder(rest);
  TimePoint now;
  Event event;
  decoder.Read(now);
  decoder.Read(event);
  if (body.empty() || body[0] != kEventRecord || !decoder.Finished()) {
    return Status::Corruption("it holds no event");
  }
  coordinator.Handle(event, now);
  return Status::OK();
}

}  // namespace

std::string JournalHeader() { return StrCat(kMagic, kVersion); }

std::string EncodeJournalRecord(const Event& event, TimePoint now) {
  Encoder encoder;
  encoder.Write(now);
  encoder.Write(event);
  return Frame(kEventRecord, encoder.Take());
}

std::string EncodeJournalState(const Coordinator& coordinator) {
  return Frame(kStateRecord, coordinator.EncodeState());
}

std::string EncodeEvent(const Event& event) {
  Encoder encoder;
  encoder.Write(event);
  return encoder.Take();
}

Result<Event> DecodeEvent(std::string_view bytes) {
  Decoder decoder(bytes);
  Event event;
  decoder.Read(event);
  if (!decoder.Finished()) return Status::Corruption("the bytes are not an event");
  return event;
}

Result<ReplayedJournal> ReplayJournal(CoordinatorOptions options, std::string_view journal) {
  ReplayedJournal replayed{Coordinator(std::move(options)), 0, 0};
  const std::string header = JournalHeader();
  if (journal.size() < header.size() && header.starts_with(journal)) return replayed;
  if (!journal.starts_with(kMagic)) {
    return Status::Corruption("this is not a coordinator's journal");
  }
  if (journal[kMagic.size()] != kVersion) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("the journal is of version ", static_cast<int>(journal[kMagic.size()]),
                         ", this program reads version ", static_cast<int>(kVersion)));
  }
  size_t offset = header.size();
  while (offset < journal.size()) {
    TRIVET_ASSIGN_OR_RETURN(const FoundRecord record, FindRecord(journal.substr(offset), offset));
    if (record.torn) break;
    if (Status applied = ApplyRecord(record.body, replayed.coordinator); !applied.ok()) {
      return std::move(applied).WithContext(StrCat("the journal's record at byte ", offset));
    }
    offset += kFrameBytes + record.body.size();
    ++replayed.records;
  }
  replayed.valid_bytes = offset;
  return replayed;
}

}  // namespace trivet
