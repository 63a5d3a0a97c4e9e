#include "session/connection.h"

#include <utility>

#include "base/string_concat.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"
#include "sql/parser.h"
#include "sql/syntax/print.h"

namespace trivet {

Connection::Connection(std::shared_ptr<Database> database)
    : database_(std::move(database)),
      settings_(database_->settings().Get(), &database_->settings()) {}

Connection::Connection(std::shared_ptr<Database> database, std::unique_ptr<RemoteSession> remote)
    : database_(std::move(database)),
      settings_(database_->settings().Get(), &database_->settings()),
      remote_(std::move(remote)) {}

namespace {

// The statement alone, at its place: errors point into the whole text, on its lines.
std::string AtItsPlace(std::string_view sql, const syntax::Statement& statement) {
  std::string text(sql.substr(0, statement.end));
  for (size_t i = 0; i < statement.begin; ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
  return text;
}

}  // namespace

Status Connection::ExecuteEach(std::string_view sql, const ParameterValues& parameters,
                               const std::function<Status(QueryResult& result)>& visit) {
  BeginExecute();
  TRIVET_ASSIGN_OR_RETURN(const auto statements, ParseStatements(sql));
  for (const syntax::StatementPtr& statement : statements) {
    std::unique_ptr<QueryResult> result;
    if (remote_) {
      TRIVET_ASSIGN_OR_RETURN(result, remote_->Execute(AtItsPlace(sql, *statement), parameters));
    } else {
      StatementRunner runner(*this, sql, parameters);
      TRIVET_ASSIGN_OR_RETURN(result, runner.Run(*statement));
    }
    CurrentResult current(*this, *result);
    TRIVET_RETURN_IF_ERROR(visit(*result));
  }
  return Status::OK();
}

Result<std::unique_ptr<QueryResult>> Connection::Execute(std::string_view sql,
                                                         const ParameterValues& parameters) {
  BeginExecute();
  if (remote_) return remote_->Execute(sql, parameters);
  {
    StatementRunner runner(*this, sql, parameters);
    TRIVET_ASSIGN_OR_RETURN(auto cached, runner.RunCached());
    if (cached != nullptr) return cached;
  }
  TRIVET_ASSIGN_OR_RETURN(const auto statements, ParseStatements(sql));
  if (statements.size() == 1) {
    StatementRunner runner(*this, sql, parameters);
    return runner.RunAndKeep(*statements[0]);
  }
  std::unique_ptr<QueryResult> last = NothingResult();
  static const ParameterValues kNone;
  const bool any_values = !parameters.positional.empty() || !parameters.named.empty();
  for (size_t i = 0; i < statements.size(); ++i) {
    const bool is_last = i + 1 == statements.size();
    // Which statement a value is meant for could only be guessed.
    if (!is_last && any_values && !statements[i]->parameters.empty()) {
      return Status::NotImplemented("parameters in a statement that others follow")
          .WithHint("run the statements one by one: values belong to the last one")
          .WithPosition(statements[i]->begin);
    }
    StatementRunner runner(*this, sql, is_last ? parameters : kNone);
    TRIVET_ASSIGN_OR_RETURN(last, runner.Run(*statements[i]));
    if (is_last) break;
    CurrentResult current(*this, *last);
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, last->Next(batch));
      if (!more) break;
    }
  }
  return last;
}

Status Connection::RegisterFunction(CustomFunctionPtr function, OnRegistered mode) {
  if (remote_) return Status::NotImplemented("a function of this process on a remote connection");
  return database_->extensions().AddFunction(std::move(function), mode);
}

Status Connection::RegisterOperator(CustomOperatorPtr op, OnRegistered mode) {
  if (remote_) return Status::NotImplemented("an operator of this process on a remote connection");
  return database_->AddOperator(std::move(op), mode);
}

Status Connection::RegisterCode(const CodeRegistration& registration) {
  if (!remote_) return Status::NotImplemented("code that travels, on an embedded connection");
  return remote_->RegisterCode(registration);
}

Result<std::unique_ptr<Connection>> Connection::Cursor() {
  if (!remote_) return database_->Connect();
  TRIVET_ASSIGN_OR_RETURN(auto remote, remote_->Fork());
  return std::make_unique<Connection>(database_, std::move(remote));
}

void Connection::BeginExecute() {
  std::lock_guard lock(mutex_);
  interrupted_ = false;
  last_.reset();
}

// The result is going to be the caller's, and may be gone when an interrupt comes: its token stays,
// which its reader looks at.
void Connection::NoteStart(const CancellationToken& token) {
  std::lock_guard lock(mutex_);
  last_ = token;
  if (interrupted_) token.Cancel();
}

std::optional<CancellationToken> Connection::ExchangePlanning(
    std::optional<CancellationToken> token) {
  std::lock_guard lock(mutex_);
  if (token && interrupted_) token->Cancel();
  return std::exchange(planning_, std::move(token));
}

void Connection::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (planning_) planning_->Cancel();
  if (running_ != nullptr) running_->Cancel();
  if (last_) last_->Cancel();
  if (remote_) remote_->Interrupt();
}

void Connection::SetRunning(QueryResult* result) {
  std::lock_guard lock(mutex_);
  running_ = result;
  if (result != nullptr && interrupted_) result->Cancel();
}

Status Connection::RegisterTable(const std::string& name, TablePtr table) {
  if (remote_) return remote_->RegisterTable(name, table);
  CatalogEntry entry;
  entry.schema = Catalog::kTemporarySchema;
  entry.name = name;
  entry.table = std::move(table);
  const Status status = database_->catalog().Create(std::move(entry), OnConflict::kReplace);
  database_->plan_cache().Clear();
  return status;
}

Status Connection::UnregisterTable(const std::string& name) {
  if (remote_)
    return remote_->Execute(StrCat("DROP TABLE ", syntax::QuoteIdentifier(name)), {}).status();
  const Status status = database_->catalog().Drop({Catalog::kTemporarySchema, name}, false, false);
  database_->plan_cache().Clear();
  return status;
}

}  // namespace trivet
