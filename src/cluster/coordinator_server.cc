#include "cluster/coordinator_server.h"

#include <utility>

#include "base/string_concat.h"
#include "cluster/build_id.h"
#include "cluster/control_messages.h"
#include "cluster/coordinator_session.h"
#include "cluster/remote_table.h"
#include "coordinator/journal.h"
#include "distributed/cluster_tables.h"
#include "shuffle/wire_batch.h"

namespace trivet {

// The rows of a result as chunks of a fair size, each as soon as the next rows keep one waiting.
// Where there are none for a second, an empty message says that the query goes on, and finds out
// whether its client is still there.
class CoordinatorServer::ResultSource final : public FlightMessageSource {
 public:
  ResultSource(std::shared_ptr<Session> session, std::shared_ptr<QueryResult> result,
               bool resumable)
      : session_(std::move(session)),
        result_(std::move(result)),
        resumable_(resumable),
        builder_(Types(*result_)) {}
  // A resumable result stays until its client releases it or its session ends.
  ~ResultSource() override {
    if (!resumable_) result_->Cancel();
  }

  Result<bool> Next(FlightMessage& out) override {
    constexpr size_t kChunkBytes = size_t{1} << 20;
    constexpr int kPollMs = 50;
    constexpr auto kSilence = std::chrono::seconds(1);
    const auto began = std::chrono::steady_clock::now();
    while (!finished_ && builder_.memory_bytes() < kChunkBytes) {
      session_->Use();
      Batch batch;
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome,
                              result_->Poll(batch, builder_.row_count() > 0 ? 0 : kPollMs));
      if (outcome == Outcome::kFinished) finished_ = true;
      if (outcome == Outcome::kHaveOutput) {
        builder_.Append(batch.columns(), nullptr, batch.row_count());
      }
      if (outcome != Outcome::kBlocked) continue;
      if (builder_.row_count() > 0) break;
      if (std::chrono::steady_clock::now() - began > kSilence) {
        out = {};
        return true;
      }
    }
    if (builder_.row_count() == 0) return false;
    TRIVET_ASSIGN_OR_RETURN(out.body, builder_.Finish(WireCompression::kNone));
    out.header.clear();
    return true;
  }

 private:
  static std::vector<LogicalType> Types(const QueryResult& result) {
    std::vector<LogicalType> types;
    for (const ResultColumn& column : result.columns()) types.push_back(column.type);
    return types;
  }

  std::shared_ptr<Session> session_;
  std::shared_ptr<QueryResult> result_;
  const bool resumable_;
  ChunkBuilder builder_;
  bool finished_ = false;
};

CoordinatorServer::CoordinatorServer(CoordinatorServerOptions options, FileSystem& files)
    : options_(std::move(options)),
      files_(files),
      token_(options_.token),
      last_used_(std::chrono::steady_clock::now()) {}

Result<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    CoordinatorServerOptions options, FileSystem& files) {
  std::unique_ptr<CoordinatorServer> server(new CoordinatorServer(std::move(options), files));
  TRIVET_RETURN_IF_ERROR(server->Open());
  server->leases_ = std::thread([self = server.get()] { self->LeaseLoop(); });
  return server;
}

Status CoordinatorServer::OpenLog() {
  if (!options_.journal_directory.empty()) {
    TRIVET_ASSIGN_OR_RETURN(journal_, JournalDirectory::Open(options_.journal_directory));
    if (token_.empty()) token_ = journal_->token();
    if (token_.empty()) token_ = NewToken();
  }
  TRIVET_ASSIGN_OR_RETURN(log_, EventLog::Open(options_.log));
  log_->Hide(token_);
  return Status::OK();
}

Status CoordinatorServer::OpenDriver() {
  CoordinatorDriverOptions driver;
  driver.coordinator = options_.coordinator;
  if (driver.coordinator.build_id.empty()) driver.coordinator.build_id = BuildId();
  driver.log = log_;
  driver.sync_journal = options_.sync_journal;
  if (journal_ != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(driver.journal, AppendFile::Open(journal_->File("journal")));
    TRIVET_ASSIGN_OR_RETURN(
        session_journal_, SessionJournal::Open(journal_->File("sessions"), options_.sync_journal));
  }
  TRIVET_ASSIGN_OR_RETURN(driver_, CoordinatorDriver::Open(std::move(driver), *control_));
  for (const WorkerSnapshot& worker : driver_->Workers()) {
    control_->SetAddress(worker.worker, worker.address);
  }
  if (session_journal_ != nullptr) {
    restored_ = std::make_unique<RestoredSessions>(session_journal_->TakeSaved(), *driver_);
  }
  return Status::OK();
}

Status CoordinatorServer::Open() {
  TRIVET_RETURN_IF_ERROR(OpenLog());
  FlightPeerOptions peer;
  peer.token = token_;
  peer.tls = options_.tls;
  peers_ = std::make_unique<FlightPeers>(std::move(peer));
  control_ = std::make_unique<FlightWorkerControl>(*peers_);
  TRIVET_RETURN_IF_ERROR(OpenDriver());
  fetcher_ = std::make_unique<WorkerFetcher>(WorkerIncarnation{"coordinator", 0}, nullptr, *peers_,
                                             TicketSigner(token_));
  FlightServiceOptions service;
  service.host = options_.host;
  service.port = options_.port;
  if (service.port == 0 && journal_ != nullptr) service.port = journal_->port();
  service.token = token_;
  service.tls = options_.tls;
  service_ = std::make_unique<FlightService>(std::move(service));
  service_->SetIdentity("coordinator");
  RegisterActions();
  driver_->Start();
  TRIVET_RETURN_IF_ERROR(service_->Start());
  if (journal_ != nullptr) {
    TRIVET_RETURN_IF_ERROR(journal_->Remember(service_->port(), token_));
  }
  log_->Write(LogLevel::kInfo, LogEvent("coordinator_started")
                                   .Text("location", location())
                                   .Text("build_id", BuildId())
                                   .Number("replayed_records", driver_->replayed_records()));
  return Status::OK();
}

CoordinatorServer::~CoordinatorServer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  if (leases_.joinable()) leases_.join();
  std::map<std::string, std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    sessions = std::move(sessions_);
    sessions_.clear();
  }
  for (const auto& [id, session] : sessions) session->Close();
  if (service_) service_->Stop();
  sessions.clear();
}

Result<std::string> CoordinatorServer::TakeEvent(std::string_view body) {
  TRIVET_ASSIGN_OR_RETURN(const Event event, DecodeEvent(body));
  if (const auto* joined = std::get_if<WorkerJoined>(&event)) {
    control_->SetAddress(joined->worker, joined->address);
  }
  driver_->Post(event);
  return std::string();
}

SessionDatabase CoordinatorServer::NewDatabase() {
  SessionDatabase made;
  made.runtime = std::make_shared<DistributedRuntime>(*driver_, *fetcher_, tables_,
                                                      options_.planning, options_.queries);
  if (session_journal_ != nullptr) made.runtime->KeepOutputs();
  DatabaseOptions fresh;
  fresh.memory_limit_bytes = options_.memory_limit_bytes;
  fresh.files = &files_;
  fresh.extensions = options_.extensions;
  fresh.runtime = made.runtime;
  made.database = Database::Open(std::move(fresh));
  RegisterClusterTables(made.database->table_functions(), *driver_);
  return made;
}

Result<std::string> CoordinatorServer::OpenSession(const std::string& other) {
  SessionDatabase on;
  if (other.empty()) {
    on = NewDatabase();
  } else {
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(other));
    on = session->on();
  }
  OpenAnswer answer{NewToken(), session_journal_ != nullptr};
  auto session = std::make_shared<Session>(answer.session, std::move(on), session_journal_.get());
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Status(StatusCode::kUnavailable, "the coordinator stops");
    if (sessions_.size() >= options_.max_sessions) {
      return Status::ResourceExhausted(
                 StrCat("the coordinator has ", sessions_.size(), " sessions, as many as may be"))
          .WithHint("close connections that are not needed, or allow more with --max-sessions");
    }
    sessions_[answer.session] = std::move(session);
  }
  if (session_journal_ != nullptr) session_journal_->Opened(answer.session, other);
  return Encode(answer);
}

Result<std::shared_ptr<CoordinatorServer::Session>> CoordinatorServer::FindSession(
    const std::string& id) {
  const auto find = [&]() -> std::shared_ptr<Session> {
    std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    return found != sessions_.end() ? found->second : nullptr;
  };
  std::shared_ptr<Session> session = find();
  if (session == nullptr && restored_ != nullptr) {
    restored_->Take(id, [this](const SavedDatabase& saved) { RestoreDatabase(saved); });
    session = find();
  }
  if (session != nullptr) return session;
  return Status::NotFound("the session has ended")
      .WithHint(StrCat("connect again; a session ends when its client is silent for ",
                       options_.session_lease_ms / 1000, " s or uses it for nothing for ",
                       options_.session_idle_ms / 1000, " s"));
}

void CoordinatorServer::RestoreDatabase(const SavedDatabase& saved) {
  const SessionDatabase on = NewDatabase();
  std::map<std::string, std::shared_ptr<Session>> sessions;
  for (const SavedSession& each : saved.sessions) {
    auto session = std::make_shared<Session>(each.id, on, session_journal_.get());
    for (const auto& [number, result] : each.results) session->Know(number, result);
    sessions[each.id] = std::move(session);
  }
  Status repeated;
  if (saved.had_transient) {
    repeated =
        Status(StatusCode::kUnavailable,
               "the coordinator was started anew, and this session's tables in memory and the "
               "functions and operators that it registered went with the old one")
            .WithHint("connect again and make them again");
  }
  for (const ExecuteRequest& statement : saved.statements) {
    if (!repeated.ok()) break;
    repeated = sessions[statement.session]->Repeat(statement).WithContext(
        "the coordinator was started anew, and this session cannot go on");
  }
  log_->Write(LogLevel::kInfo, LogEvent("sessions_restored")
                                   .Number("sessions", sessions.size())
                                   .Number("statements", saved.statements.size())
                                   .Error(repeated));
  std::lock_guard lock(mutex_);
  for (const SavedSession& each : saved.sessions) {
    if (!each.open) continue;
    if (!repeated.ok()) sessions[each.id]->Break(repeated);
    sessions_[each.id] = sessions[each.id];
  }
}

Result<std::unique_ptr<FlightMessageSource>> CoordinatorServer::OpenResult(
    const ResultTicket& ticket) {
  TRIVET_ASSIGN_OR_RETURN(auto session, FindSession(ticket.session));
  TRIVET_ASSIGN_OR_RETURN(auto result, session->TakeResult(ticket));
  const bool resumable = session->IsResumable(ticket.result);
  return std::unique_ptr<FlightMessageSource>(
      std::make_unique<ResultSource>(std::move(session), std::move(result), resumable));
}

void CoordinatorServer::EndOrphans() {
  const auto [sessions, queries] = restored_->TakeLeft();
  for (const QueryId query : queries) {
    driver_->Post(QueryCancelled{query, "its client has not come back"});
  }
  for (const std::string& session : sessions) session_journal_->Closed(session);
}

void CoordinatorServer::CloseSession(const std::string& id) {
  std::shared_ptr<Session> session;
  {
    std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return;
    session = std::move(found->second);
    sessions_.erase(found);
    last_used_ = std::chrono::steady_clock::now();
  }
  session->Close();
  if (session_journal_ != nullptr) session_journal_->Closed(id);
}

void CoordinatorServer::RegisterActions() {
  const auto add = [this](std::string_view name, auto handler) {
    service_->RegisterAction(
        std::string(name),
        [handler](std::string_view body, const FlightCall&) -> Result<std::string> {
          return handler(body);
        });
  };
  add(kEventAction, [this](std::string_view body) { return TakeEvent(body); });
  add(kOpenSessionAction, [this](std::string_view body) { return OpenSession(std::string(body)); });
  add(kExecuteAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const ExecuteRequest request, DecodeExecuteRequest(body));
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(request.session));
    TRIVET_ASSIGN_OR_RETURN(const ExecuteAnswer answer, session->Execute(request));
    return Encode(answer);
  });
  add(kUploadAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(UploadRequest request, DecodeUploadRequest(body));
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(request.session));
    TRIVET_RETURN_IF_ERROR(session->Upload(std::move(request)));
    return std::string();
  });
  add(kRegisterCodeAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const RegisterCodeRequest request, DecodeRegisterCodeRequest(body));
    TRIVET_RETURN_IF_ERROR(RegisterCode(request));
    return std::string();
  });
  add(kCodeAction, [this](std::string_view body) { return FindCode(std::string(body)); });
  add(kInterruptAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(std::string(body)));
    session->Interrupt();
    return std::string();
  });
  add(kProgressAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const ResultTicket ticket, DecodeResultTicket(body));
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(ticket.session));
    return Encode(session->Progress(ticket.result));
  });
  add(kReleaseAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const ResultTicket ticket, DecodeResultTicket(body));
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(ticket.session));
    session->Release(ticket.result);
    return std::string();
  });
  add(kPingAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(std::string(body)));
    session->Touch();
    return std::string();
  });
  add(kCloseSessionAction, [this](std::string_view body) -> Result<std::string> {
    CloseSession(std::string(body));
    return std::string();
  });
  RegisterTableRows(*service_, tables_);
  service_->RegisterTicketKind(
      std::string(kResultTicketKind),
      [this](std::string_view bytes,
             const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
        TRIVET_ASSIGN_OR_RETURN(const ResultTicket ticket, DecodeResultTicket(bytes));
        return OpenResult(ticket);
      });
}

// The registered function or operator keeps its code; the coordinator only knows where it is.
Status CoordinatorServer::RegisterCode(const RegisterCodeRequest& request) {
  TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(request.session));
  auto bytes = std::make_shared<const std::string>(request.registration.code);
  const std::string id = NewToken();
  {
    std::lock_guard lock(mutex_);
    std::erase_if(code_, [](const auto& entry) { return entry.second.expired(); });
    code_[id] = bytes;
  }
  return session->Register(request.registration, id, std::move(bytes));
}

Result<std::string> CoordinatorServer::FindCode(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto found = code_.find(id);
  const auto bytes = found != code_.end() ? found->second.lock() : nullptr;
  if (bytes == nullptr) return Status::NotFound("the code of a function or operator is gone");
  return *bytes;
}

void CoordinatorServer::LeaseLoop() {
  constexpr auto kInterval = std::chrono::seconds(1);
  const std::chrono::milliseconds lease(options_.session_lease_ms);
  const auto started = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<std::string> expired;
    for (const auto& [id, session] : sessions_) {
      if (session->Expired(lease, std::chrono::milliseconds(options_.session_idle_ms))) {
        expired.push_back(id);
      }
    }
    lock.unlock();
    for (const std::string& id : expired) {
      log_->Write(LogLevel::kInfo, LogEvent("session_expired"));
      CloseSession(id);
    }
    if (restored_ != nullptr && std::chrono::steady_clock::now() - started > lease) EndOrphans();
    lock.lock();
    stop_.wait_for(lock, kInterval, [this] { return stopping_; });
  }
}

size_t CoordinatorServer::session_count() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

int64_t CoordinatorServer::idle_ms() const {
  std::lock_guard lock(mutex_);
  if (!sessions_.empty()) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               last_used_)
      .count();
}

}  // namespace trivet
