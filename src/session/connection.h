#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
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

  // Cancels the statement that is being planned or run, and what the last one's result still has to
  // compute. Thread-safe.
  void Interrupt();
  // Asked about every 50 ms by the thread that runs a statement to its end inside Execute, so that
  // a host which notes signals on that thread can interrupt it: true interrupts.
  void SetInterruptCheck(std::function<bool()> check) { interrupt_check_ = std::move(check); }

  // Makes a table of foreign data (a registered stream) visible under the name, replacing one of
  // it.
  Status RegisterTable(const std::string& name, TablePtr table);
  Status UnregisterTable(const std::string& name);

  // Makes a function or operator of this process's visible to statements from now on.
  // NotImplemented on a remote connection, whose statements run elsewhere: see RegisterCode.
  Status RegisterFunction(CustomFunctionPtr function, OnRegistered mode);
  Status RegisterOperator(CustomOperatorPtr op, OnRegistered mode);
  // The same for a remote connection alone: the code goes along.
  Status RegisterCode(const CodeRegistration& registration);

  // Another connection to the same database.
  Result<std::unique_ptr<Connection>> Cursor();
  bool is_remote() const { return remote_ != nullptr; }
  Database& database() { return *database_; }
  Settings& settings() { return settings_; }

 private:
  friend class StatementRunner;
  friend class CurrentResult;
  void SetRunning(QueryResult* result);
  void BeginExecute();
  void NoteStart(const CancellationToken& token);
  // The token of the statement being planned, one inside the other; gives the one before.
  std::optional<CancellationToken> ExchangePlanning(std::optional<CancellationToken> token);

  std::shared_ptr<Database> database_;
  Settings settings_;
  std::unique_ptr<RemoteSession> remote_;
  std::map<std::string, std::string> prepared_;  // PREPARE: name to the statement's text
  std::mutex mutex_;
  QueryResult* running_ = nullptr;
  std::optional<CancellationToken> planning_;
  std::optional<CancellationToken> last_;  // of the query started last
  bool interrupted_ = false;
  std::function<bool()> interrupt_check_;
};

}  // namespace trivet
