#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/session_messages.h"
#include "coordinator/identifiers.h"
#include "distributed/append_file.h"

namespace trivet {

// A result that a client may still ask for: whose rows, and of which types.
struct SavedResult {
  QueryId query = 0;
  StageId result_stage = 0;
  std::vector<ResultColumn> columns;
};

// A session as an earlier coordinator's process left it.
struct SavedSession {
  std::string id;
  bool open = true;
  std::map<uint64_t, SavedResult> results;
};

// A database and the sessions that share it, with the statements that made it what it was, in
// order.
struct SavedDatabase {
  std::vector<SavedSession> sessions;
  std::vector<ExecuteRequest> statements;
  // Tables in memory and code that sessions registered are not kept: what there was is gone.
  bool had_transient = false;

  bool live() const;
};

// What clients' sessions need in order to go on with another coordinator's process: settings, views
// and prepared statements as the statements that made them, and which query gives which result.
// Thread-safe. What cannot be written is reported once, by status(), and nothing is kept any more.
class SessionJournal {
 public:
  // Reads what is there, and starts anew with what still counts of it.
  static Result<std::unique_ptr<SessionJournal>> Open(const std::string& path, bool sync);

  // As found at Open; the caller's.
  std::vector<SavedDatabase> TakeSaved() { return std::move(saved_); }

  // A session, on the database of `other` where that is not empty.
  void Opened(const std::string& session, const std::string& other);
  void Ran(const ExecuteRequest& statement);
  // The session made what is not kept: a table in memory, or a function or operator of its own.
  void MadeTransient(const std::string& session);
  void Gave(const std::string& session, uint64_t result, const SavedResult& saved);
  void Released(const std::string& session, uint64_t result);
  void Closed(const std::string& session);
  Status status() const;

 private:
  explicit SessionJournal(bool sync) : sync_(sync) {}
  Status Replay(std::string_view bytes);
  static std::string EncodeAll(const std::vector<SavedDatabase>& databases);
  void Append(const std::string& body);
  Status Shorten();

  const bool sync_;
  std::vector<SavedDatabase> saved_;
  mutable std::mutex mutex_;
  std::vector<SavedDatabase> now_;    // what the file says
  uint64_t began_with_ = 0;           // bytes
  std::unique_ptr<AppendFile> file_;  // null once it could not be written
  Status status_;
};

}  // namespace trivet
