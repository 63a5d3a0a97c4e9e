#include "cluster/session_journal.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/record_frame.h"
#include "shuffle/byte_codec.h"

// Header: "TRIVETS", the version as one byte; then framed records (record_frame.h): the kind as one
// byte, the session, and what the kind asks for.

namespace trivet {

namespace {

constexpr std::string_view kHeader = "TRIVETS\x01";
constexpr uint64_t kShortenBytes = uint64_t{1} << 20;

enum class RecordKind : uint8_t {
  kOpened = 1,
  kRan = 2,
  kMadeTransient = 3,
  kGave = 4,
  kReleased = 5,
  kClosed = 6,
};

ByteWriter Start(RecordKind kind, const std::string& session) {
  ByteWriter writer;
  writer.Put(static_cast<uint8_t>(kind));
  writer.PutString(session);
  return writer;
}

std::string OpenedRecord(const std::string& session, const std::string& other) {
  ByteWriter writer = Start(RecordKind::kOpened, session);
  writer.PutString(other);
  return writer.Take();
}

std::string RanRecord(const ExecuteRequest& statement) {
  ByteWriter writer = Start(RecordKind::kRan, statement.session);
  writer.PutString(Encode(statement));
  return writer.Take();
}

std::string GaveRecord(const std::string& session, uint64_t result, const SavedResult& saved) {
  ByteWriter writer = Start(RecordKind::kGave, session);
  writer.Put(saved.query);
  writer.Put(saved.result_stage);
  ExecuteAnswer answer;
  answer.result = result;
  answer.kind = ResultKind::kRows;
  answer.columns = saved.columns;
  writer.PutString(Encode(answer));
  return writer.Take();
}

std::pair<SavedDatabase*, SavedSession*> Find(std::vector<SavedDatabase>& databases,
                                              std::string_view id) {
  for (SavedDatabase& database : databases) {
    for (SavedSession& session : database.sessions) {
      if (session.id == id) return {&database, &session};
    }
  }
  return {nullptr, nullptr};
}

// Changes `databases` as a record says.
Status Apply(std::string_view body, std::vector<SavedDatabase>& databases) {
  ByteReader reader(body);
  const auto kind = static_cast<RecordKind>(reader.Get<uint8_t>());
  const std::string id(reader.GetString());
  const Status damaged = Status::Corruption("a damaged record of a session");
  if (kind == RecordKind::kOpened) {
    const std::string other(reader.GetString());
    auto [database, parent] = Find(databases, other);
    if (database == nullptr) database = &databases.emplace_back();
    database->sessions.push_back({id, true, {}});
    return reader.at_end() ? Status::OK() : damaged;
  }
  auto [database, session] = Find(databases, id);
  if (session == nullptr) return damaged;
  switch (kind) {
    case RecordKind::kRan: {
      TRIVET_ASSIGN_OR_RETURN(ExecuteRequest statement, DecodeExecuteRequest(reader.GetString()));
      database->statements.push_back(std::move(statement));
      break;
    }
    case RecordKind::kMadeTransient: database->had_transient = true; break;
    case RecordKind::kGave: {
      SavedResult saved;
      saved.query = reader.Get<QueryId>();
      saved.result_stage = reader.Get<StageId>();
      TRIVET_ASSIGN_OR_RETURN(ExecuteAnswer answer, DecodeExecuteAnswer(reader.GetString()));
      saved.columns = std::move(answer.columns);
      session->results[answer.result] = std::move(saved);
      break;
    }
    case RecordKind::kReleased: session->results.erase(reader.Get<uint64_t>()); break;
    case RecordKind::kClosed:
      session->open = false;
      session->results.clear();
      std::erase_if(databases, [](const SavedDatabase& each) { return !each.live(); });
      break;
    default: return damaged;
  }
  return reader.at_end() ? Status::OK() : damaged;
}

}  // namespace

bool SavedDatabase::live() const {
  return std::any_of(sessions.begin(), sessions.end(),
                     [](const SavedSession& session) { return session.open; });
}

Result<std::unique_ptr<SessionJournal>> SessionJournal::Open(const std::string& path, bool sync) {
  std::unique_ptr<SessionJournal> journal(new SessionJournal(sync));
  TRIVET_ASSIGN_OR_RETURN(journal->file_, AppendFile::Open(path));
  TRIVET_ASSIGN_OR_RETURN(const std::string bytes, journal->file_->Read());
  if (Status replayed = journal->Replay(bytes); !replayed.ok()) {
    return std::move(replayed).WithFile(path);
  }
  journal->saved_ = journal->now_;
  TRIVET_RETURN_IF_ERROR(journal->Shorten());
  return journal;
}

Status SessionJournal::Replay(std::string_view bytes) {
  if (bytes.size() < kHeader.size() && kHeader.starts_with(bytes)) return Status::OK();
  if (!bytes.starts_with(kHeader)) {
    return Status::Corruption("this is not a coordinator's list of sessions");
  }
  size_t offset = kHeader.size();
  while (offset < bytes.size()) {
    TRIVET_ASSIGN_OR_RETURN(const FoundRecord record,
                            FindRecord(bytes.substr(offset), offset, "the list of sessions"));
    if (record.torn) break;
    TRIVET_RETURN_IF_ERROR(Apply(record.body, now_));
    offset += kRecordFrameBytes + record.body.size();
  }
  return Status::OK();
}

std::string SessionJournal::EncodeAll(const std::vector<SavedDatabase>& databases) {
  std::string bytes;
  for (const SavedDatabase& database : databases) {
    const std::string& first = database.sessions.front().id;
    for (const SavedSession& session : database.sessions) {
      bytes += FrameRecord(OpenedRecord(session.id, session.id == first ? "" : first));
    }
    for (const ExecuteRequest& statement : database.statements) {
      bytes += FrameRecord(RanRecord(statement));
    }
    if (database.had_transient) {
      bytes += FrameRecord(Start(RecordKind::kMadeTransient, first).Take());
    }
    for (const SavedSession& session : database.sessions) {
      for (const auto& [number, result] : session.results) {
        bytes += FrameRecord(GaveRecord(session.id, number, result));
      }
      if (!session.open) bytes += FrameRecord(Start(RecordKind::kClosed, session.id).Take());
    }
  }
  return bytes;
}

Status SessionJournal::Shorten() {
  TRIVET_RETURN_IF_ERROR(file_->Replace(StrCat(kHeader, EncodeAll(now_))));
  began_with_ = file_->size();
  return Status::OK();
}

void SessionJournal::Append(const std::string& body) {
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr) return;
  // A session that has been closed meanwhile has nothing more to keep.
  if (!Apply(body, now_).ok()) return;
  Status kept = file_->Append(FrameRecord(body));
  if (kept.ok() && sync_) kept = file_->Sync();
  if (kept.ok() && file_->size() > std::max(kShortenBytes, 4 * began_with_)) kept = Shorten();
  if (kept.ok()) return;
  status_ = std::move(kept);
  file_->Discard();
  file_.reset();
}

void SessionJournal::Opened(const std::string& session, const std::string& other) {
  Append(OpenedRecord(session, other));
}
void SessionJournal::Ran(const ExecuteRequest& statement) { Append(RanRecord(statement)); }
void SessionJournal::MadeTransient(const std::string& session) {
  Append(Start(RecordKind::kMadeTransient, session).Take());
}
void SessionJournal::Gave(const std::string& session, uint64_t result, const SavedResult& saved) {
  Append(GaveRecord(session, result, saved));
}
void SessionJournal::Released(const std::string& session, uint64_t result) {
  ByteWriter writer = Start(RecordKind::kReleased, session);
  writer.Put(result);
  Append(writer.Take());
}
void SessionJournal::Closed(const std::string& session) {
  Append(Start(RecordKind::kClosed, session).Take());
}

Status SessionJournal::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace trivet
