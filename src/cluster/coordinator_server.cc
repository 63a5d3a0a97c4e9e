#include "cluster/coordinator_server.h"

#include <utility>

#include "base/string_concat.h"
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
  ResultSource(std::shared_ptr<Session> session, std::shared_ptr<QueryResult> result)
      : session_(std::move(session)), result_(std::move(result)), builder_(Types(*result_)) {}
  ~ResultSource() override { result_->Cancel(); }

  Result<bool> Next(FlightMessage& out) override {
    constexpr size_t kChunkBytes = size_t{1} << 20;
    constexpr int kPollMs = 50;
    constexpr auto kSilence = std::chrono::seconds(1);
    const auto began = std::chrono::steady_clock::now();
    while (!finished_ && builder_.memory_bytes() < kChunkBytes) {
      session_->Touch();
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
  ChunkBuilder builder_;
  bool finished_ = false;
};

CoordinatorServer::CoordinatorServer(CoordinatorServerOptions options, FileSystem& files)
    : options_(std::move(options)), files_(files), last_used_(std::chrono::steady_clock::now()) {}

Result<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    CoordinatorServerOptions options, FileSystem& files) {
  std::unique_ptr<CoordinatorServer> server(new CoordinatorServer(std::move(options), files));
  TRIVET_RETURN_IF_ERROR(server->Open());
  server->leases_ = std::thread([self = server.get()] { self->LeaseLoop(); });
  return server;
}

Status CoordinatorServer::Open() {
  FlightPeerOptions peer;
  peer.token = options_.token;
  peer.tls = options_.tls;
  peers_ = std::make_unique<FlightPeers>(std::move(peer));
  control_ = std::make_unique<FlightWorkerControl>(*peers_);
  driver_ = std::make_unique<CoordinatorDriver>(options_.coordinator, *control_);
  fetcher_ = std::make_unique<WorkerFetcher>(WorkerIncarnation{"coordinator", 0}, nullptr, *peers_,
                                             TicketSigner(options_.token));
  FlightServiceOptions service;
  service.host = options_.host;
  service.port = options_.port;
  service.token = options_.token;
  service.tls = options_.tls;
  service_ = std::make_unique<FlightService>(std::move(service));
  service_->SetIdentity("coordinator");
  RegisterActions();
  return service_->Start();
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

Result<std::string> CoordinatorServer::OpenSession(const std::string& other) {
  std::shared_ptr<Database> database;
  if (other.empty()) {
    DatabaseOptions fresh;
    fresh.memory_limit_bytes = options_.memory_limit_bytes;
    fresh.files = &files_;
    fresh.runtime = std::make_shared<DistributedRuntime>(*driver_, *fetcher_, tables_,
                                                         options_.planning, options_.queries);
    database = Database::Open(std::move(fresh));
    RegisterClusterTables(database->table_functions(), *driver_);
  } else {
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(other));
    database = session->database();
  }
  std::string id = NewToken();
  auto session = std::make_shared<Session>(id, std::move(database));
  std::lock_guard lock(mutex_);
  if (stopping_) return Status(StatusCode::kUnavailable, "the coordinator stops");
  sessions_[id] = std::move(session);
  return id;
}

Result<std::shared_ptr<CoordinatorServer::Session>> CoordinatorServer::FindSession(
    const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) {
    return Status::NotFound("the session has ended")
        .WithHint("connect again; a session ends when its client is silent for too long");
  }
  return found->second;
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
  add(kInterruptAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(std::string(body)));
    session->Interrupt();
    return std::string();
  });
  add(kProgressAction, [this](std::string_view body) -> Result<std::string> {
    TRIVET_ASSIGN_OR_RETURN(const ResultTicket ticket, DecodeResultTicket(body));
    TRIVET_ASSIGN_OR_RETURN(const auto session, FindSession(ticket.session));
    const std::optional<double> progress = session->Progress(ticket.result);
    return progress ? std::to_string(*progress) : std::string();
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
        TRIVET_ASSIGN_OR_RETURN(auto session, FindSession(ticket.session));
        TRIVET_ASSIGN_OR_RETURN(auto result, session->TakeResult(ticket.result));
        return std::unique_ptr<FlightMessageSource>(
            std::make_unique<ResultSource>(std::move(session), std::move(result)));
      });
}

void CoordinatorServer::LeaseLoop() {
  constexpr auto kInterval = std::chrono::seconds(1);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<std::string> expired;
    for (const auto& [id, session] : sessions_) {
      if (session->Expired(std::chrono::milliseconds(options_.session_lease_ms))) {
        expired.push_back(id);
      }
    }
    lock.unlock();
    for (const std::string& id : expired) CloseSession(id);
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
