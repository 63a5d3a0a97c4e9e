#include "coordinator/journal.h"

#include <utility>

#include "base/string_concat.h"
#include "coordinator/event_fields.h"
#include "coordinator/record_frame.h"

// Header: "TRIVETJ", the version as one byte. Records are framed (record_frame.h); the body: its
// kind, then a moment and an event, or a state. All integers little-endian.

namespace trivet {

namespace {

constexpr std::string_view kMagic = "TRIVETJ";
constexpr char kVersion = 2;
constexpr char kEventRecord = 1;
constexpr char kStateRecord = 2;

std::string Frame(char kind, std::string_view rest) {
  std::string body(1, kind);
  body.append(rest);
  return FrameRecord(body);
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
    TRIVET_ASSIGN_OR_RETURN(const FoundRecord record,
                            FindRecord(journal.substr(offset), offset, "the journal"));
    if (record.torn) break;
    if (Status applied = ApplyRecord(record.body, replayed.coordinator); !applied.ok()) {
      return std::move(applied).WithContext(StrCat("the journal's record at byte ", offset));
    }
    offset += kRecordFrameBytes + record.body.size();
    ++replayed.records;
  }
  replayed.valid_bytes = offset;
  return replayed;
}

}  // namespace trivet
