#include "cluster/coordinator_session.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "context/query_context.h"
#include "distributed/distributed_result.h"
#include "shuffle/wire_batch.h"
#include "sql/parser.h"
#include "sql/syntax/statement.h"

namespace trivet {

namespace {

// What a statement leaves behind in its session.
enum class Trace : uint8_t { kNone, kStatement, kTables };

Trace TraceOf(const syntax::Statement& statement) {
  switch (statement.kind) {
    case syntax::StatementKind::kQuery:
    case syntax::StatementKind::kExplain:
    case syntax::StatementKind::kCall: return Trace::kNone;
    case syntax::StatementKind::kCreateView:
    case syntax::StatementKind::kDrop:
    case syntax::StatementKind::kSet:
    case syntax::StatementKind::kPragma:
    case syntax::StatementKind::kUse:
    case syntax::StatementKind::kPrepare:
    case syntax::StatementKind::kDeallocate: return Trace::kStatement;
    case syntax::StatementKind::kCopy:
      return statement.As<syntax::CopyStatement>().is_from ? Trace::kTables : Trace::kNone;
    default: return Trace::kTables;  // EXECUTE may run an INSERT
  }
}

}  // namespace

CoordinatorServer::Session::Session(std::string id, SessionDatabase on, SessionJournal* journal)
    : id_(std::move(id)),
      on_(std::move(on)),
      journal_(journal),
      connection_(on_.database->Connect()) {
  Use();
}

Result<ExecuteAnswer> CoordinatorServer::Session::Execute(const ExecuteRequest& request) {
  Use();
  TRIVET_RETURN_IF_ERROR(broken_);
  ++executing_;
  Result<std::unique_ptr<QueryResult>> run = [&] {
    std::lock_guard lock(statement_mutex_);
    auto result = connection_->Execute(request.sql, request.parameters);
    if (journal_ != nullptr) Keep(request, result.ok());
    return result;
  }();
  --executing_;
  Use();
  if (!run.ok()) return run.status();
  ExecuteAnswer answer;
  answer.kind = (*run)->kind();
  answer.columns = (*run)->columns();
  if (answer.kind == ResultKind::kNothing) return answer;
  std::lock_guard lock(mutex_);
  answer.result = next_result_++;
  const auto* stream = dynamic_cast<DistributedResultStream*>((*run)->stream());
  if (journal_ != nullptr && stream != nullptr) {
    answer.resumable = true;
    SavedResult& saved = resumable_[answer.result];
    saved = {stream->query(), stream->result_stage(), answer.columns};
    journal_->Gave(id_, answer.result, saved);
  }
  results_[answer.result] = std::move(*run);
  return answer;
}

// Of a text that failed it is not known which statements ran.
void CoordinatorServer::Session::Keep(const ExecuteRequest& request, bool ran) {
  const auto statements = ParseStatements(request.sql);
  if (!statements.ok()) return;
  bool tables = false;
  for (const syntax::StatementPtr& statement : *statements) {
    const Trace trace = TraceOf(*statement);
    tables = tables || trace == Trace::kTables ||
             (trace == Trace::kStatement && !ran && statements->size() > 1);
    if (trace != Trace::kStatement || !ran) continue;
    const size_t size = statement->end - statement->begin;
    journal_->Ran({id_, request.sql.substr(statement->begin, size), request.parameters});
  }
  if (tables) journal_->MadeTransient(id_);
}

Status CoordinatorServer::Session::Repeat(const ExecuteRequest& statement) {
  return connection_->Execute(statement.sql, statement.parameters).status();
}

void CoordinatorServer::Session::Know(uint64_t result, SavedResult saved) {
  std::lock_guard lock(mutex_);
  next_result_ = std::max(next_result_, result + 1);
  resumable_[result] = std::move(saved);
}

void CoordinatorServer::Session::Break(Status why) { broken_ = std::move(why); }

bool CoordinatorServer::Session::IsResumable(uint64_t result) const {
  std::lock_guard lock(mutex_);
  return resumable_.count(result) > 0;
}

Status CoordinatorServer::Session::Upload(UploadRequest request) {
  Use();
  TRIVET_RETURN_IF_ERROR(broken_);
  std::lock_guard lock(statement_mutex_);
  PartialTable& partial = uploads_[request.table];
  std::vector<LogicalType> types;
  for (const ResultColumn& column : request.columns) types.push_back(column.type);
  if (partial.builder == nullptr) {
    for (const ResultColumn& column : request.columns) {
      partial.columns.push_back({column.name, column.type});
    }
    partial.builder = std::make_unique<MemoryTableBuilder>(request.table, partial.columns,
                                                           on_.database->shared_memory());
  }
  if (!request.chunk.empty()) {
    TRIVET_ASSIGN_OR_RETURN(
        ChunkReader reader,
        ChunkReader::Open(SharedBytes::Of(std::move(request.chunk)), types, nullptr));
    Batch batch;
    while (reader.Next(batch)) TRIVET_RETURN_IF_ERROR(partial.builder->Append(batch));
  }
  if (!request.last) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(MemoryChunks chunks, partial.builder->Finish());
  auto table = std::make_shared<MemoryTable>(partial.columns, std::move(chunks));
  uploads_.erase(request.table);
  if (journal_ != nullptr) journal_->MadeTransient(id_);
  return connection_->RegisterTable(request.table, std::move(table));
}

namespace {
// The same function or operator, which keeps its code for as long as it lives itself.
template <typename Custom>
std::shared_ptr<const Custom> WithCode(std::shared_ptr<const Custom> custom,
                                       std::shared_ptr<const std::string> code) {
  auto both =
      std::make_shared<std::pair<decltype(custom), decltype(code)>>(custom, std::move(code));
  return {std::move(both), custom.get()};
}
}  // namespace

Status CoordinatorServer::Session::Register(const CodeRegistration& registration,
                                            const std::string& id,
                                            std::shared_ptr<const std::string> code) {
  Use();
  TRIVET_RETURN_IF_ERROR(broken_);
  std::lock_guard lock(statement_mutex_);
  if (journal_ != nullptr) journal_->MadeTransient(id_);
  const OnRegistered mode = registration.replace ? OnRegistered::kReplace : OnRegistered::kError;
  Database& database = *on_.database;
  if (registration.function) {
    CustomFunctionDeclaration declaration = *registration.function;
    declaration.code = id;
    return database.extensions().AddFunction(
        WithCode(DeclareFunction(std::move(declaration)), std::move(code)), mode);
  }
  CustomOperatorDeclaration declaration = *registration.op;
  declaration.code = id;
  return database.AddOperator(WithCode(DeclareOperator(std::move(declaration)), std::move(code)),
                              mode);
}

void CoordinatorServer::Session::Interrupt() {
  Use();
  connection_->Interrupt();
  std::lock_guard lock(mutex_);
  for (auto& [number, weak] : streaming_) {
    if (const auto result = weak.lock()) result->Cancel();
  }
  for (auto& [number, result] : results_) result->Cancel();
}

Result<std::shared_ptr<QueryResult>> CoordinatorServer::Session::TakeResult(
    const ResultTicket& ticket) {
  Use();
  std::lock_guard lock(mutex_);
  const auto found = results_.find(ticket.result);
  const auto saved = resumable_.find(ticket.result);
  std::shared_ptr<QueryResult> result;
  if (saved != resumable_.end() &&
      (ticket.rows_taken > 0 || found == results_.end() || streaming_.count(ticket.result) > 0)) {
    auto resumed = Resume(ticket, saved->second);
    results_.erase(ticket.result);
    TRIVET_ASSIGN_OR_RETURN(result, std::move(resumed));
    results_[ticket.result] = result;
  } else if (found == results_.end()) {
    return Status::NotFound(StrCat("the session has no result ", ticket.result, " any more"));
  } else if (saved != resumable_.end()) {
    result = found->second;  // and kept, for another time
  } else {
    result = std::move(found->second);
    results_.erase(found);
  }
  std::erase_if(streaming_, [](const auto& entry) { return entry.second.expired(); });
  streaming_[ticket.result] = result;
  return result;
}

Result<std::shared_ptr<QueryResult>> CoordinatorServer::Session::Resume(const ResultTicket& ticket,
                                                                        const SavedResult& saved) {
  std::unique_ptr<UploadedTables::Lease> uploads;
  const auto earlier = results_.find(ticket.result);
  if (earlier != results_.end()) {
    auto& stream = dynamic_cast<DistributedResultStream&>(*earlier->second->stream());
    uploads = stream.TakeUploads();
    stream.Abandon();
  }
  std::vector<LogicalType> types;
  for (const ResultColumn& column : saved.columns) types.push_back(column.type);
  auto context = std::make_unique<QueryContext>(QueryContext::Options{}, on_.database->files(),
                                                &on_.database->memory());
  TRIVET_ASSIGN_OR_RETURN(auto stream,
                          on_.runtime->Resume(saved.query, saved.result_stage, std::move(types),
                                              ticket.rows_taken, std::move(context)));
  stream->SetUploads(std::move(uploads));
  return std::make_shared<QueryResult>(on_.database, saved.columns, std::move(stream));
}

void CoordinatorServer::Session::Release(uint64_t number) {
  Use();
  std::shared_ptr<QueryResult> result;  // ends outside the lock
  std::lock_guard lock(mutex_);
  const auto found = results_.find(number);
  if (found != results_.end()) {
    result = std::move(found->second);
    results_.erase(found);
  }
  const auto saved = resumable_.find(number);
  if (saved == resumable_.end()) return;
  if (result == nullptr) on_.runtime->End(saved->second.query);
  resumable_.erase(saved);
  if (journal_ != nullptr) journal_->Released(id_, number);
}

ProgressAnswer CoordinatorServer::Session::Progress(uint64_t number) const {
  std::shared_ptr<QueryResult> result;
  {
    std::lock_guard lock(mutex_);
    const auto streaming = streaming_.find(number);
    if (streaming != streaming_.end()) result = streaming->second.lock();
  }
  ProgressAnswer answer;
  if (result == nullptr) return answer;
  answer.share = result->Progress();
  answer.stages = result->Stages();
  return answer;
}

bool CoordinatorServer::Session::Expired(std::chrono::milliseconds lease,
                                         std::chrono::milliseconds idle) const {
  const auto now = std::chrono::steady_clock::now();
  return executing_ == 0 && (now - heard_.load() > lease || now - used_.load() > idle);
}

void CoordinatorServer::Session::Close() {
  Interrupt();
  std::map<uint64_t, std::shared_ptr<QueryResult>> results;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [number, saved] : resumable_) {
      if (results_.count(number) == 0) on_.runtime->End(saved.query);
    }
    resumable_.clear();
    results = std::move(results_);
    results_.clear();
  }
}

}  // namespace trivet
