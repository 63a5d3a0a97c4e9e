#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "session/database.h"
#include "session/query_result.h"
#include "session/remote_session.h"
#include "sql/binder/binder.h"

namespace trivet {

// A user's conversation with a database: parses, binds, plans and runs statements. Used by one
// thread at a time, except Interrupt.
class Connection {
 public:
  explicit Connection(std::shared_ptr<Database> database);
  // One whose statements run elsewhere; `database` only lends memory to results.
  Connection(std::shared_ptr<Database> database, std::unique_ptr<RemoteSession> remote);

  // Runs every statement of the text; gives the result of the last one. Earlier ones run to their
  // end. An error carries the position in `sql` (Status::Render shows it); statements before it
  // have run. Parameters are for all statements together.
  Result<std::unique_ptr<QueryResult>> Execute(std::string_view sql,
                                               const ParameterValues& parameters = {});
  // The same, but each statement's result is given to `visit` before the next statement starts; an
  // error of `visit` ends the run.
  Status ExecuteEach(std::string_view sql, const ParameterValues& parameters,
                     const std::function<Status(QueryResult& result)>& visit);

  // Cancels what runs now or, when the current statement is still being planned, that statement.
  // Thread-safe.
  void Interrupt();

  // Makes a table of foreign data (a registered stream) visible under the name, replacing one of
  // it.
  Status RegisterTable(const std::string& name, TablePtr table);
  Status UnregisterTable(const std::string& name);

  // Another connection to the same database.
  Result<std::unique_ptr<Connection>> Cursor();
  bool is_remote() const { return remote_ != nullptr; }
  Database& database() { return *database_; }
  Settings& settings() { return settings_; }

 private:
  friend class StatementRunner;
  friend class CurrentResult;
  void SetRunning(QueryResult* result);

  std::shared_ptr<Database> database_;
  Settings settings_;
  std::unique_ptr<RemoteSession> remote_;
  std::map<std::string, std::string> prepared_;  // PREPARE: name to the statement's text
  std::mutex mutex_;
  QueryResult* running_ = nullptr;
  bool interrupted_ = false;
};

}  // namespace trivet
