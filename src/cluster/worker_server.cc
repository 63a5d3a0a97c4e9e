#include "cluster/worker_server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "base/string_concat.h"
#include "cluster/build_id.h"
#include "cluster/control_messages.h"
#include "coordinator/journal.h"
#include "shuffle/shuffle_server.h"

namespace trivet {

namespace {

constexpr int64_t kCallTimeoutMs = 5'000;
constexpr auto kHeartbeatInterval = std::chrono::seconds(1);
constexpr auto kRetryInterval = std::chrono::milliseconds(200);
constexpr auto kLongestSweepInterval = std::chrono::seconds(60);

std::string NewName() {
  char host[256] = "worker";
  gethostname(host, sizeof(host) - 1);
  return StrCat(host, "-", getpid());
}

// Later lives of a name have larger numbers.
uint64_t NewIncarnation() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

const AttemptId* AttemptOf(const Event& event) {
  if (const auto* finished = std::get_if<TaskFinished>(&event)) return &finished->attempt;
  if (const auto* failed = std::get_if<TaskFailed>(&event)) return &failed->attempt;
  if (const auto* fetch = std::get_if<FetchFailed>(&event)) return &fetch->attempt;
  return nullptr;
}

}  // namespace

WorkerServer::WorkerServer(WorkerServerOptions options, FileSystem& files)
    : options_(std::move(options)), files_(files) {
  identity_ = {options_.name.empty() ? NewName() : options_.name, NewIncarnation()};
}

Result<std::unique_ptr<WorkerServer>> WorkerServer::Start(WorkerServerOptions options,
                                                          FileSystem& files) {
  std::unique_ptr<WorkerServer> server(new WorkerServer(std::move(options), files));
  TRIVET_RETURN_IF_ERROR(server->Open());
  TRIVET_RETURN_IF_ERROR(server->Join());
  server->log_->Write(LogLevel::kInfo, LogEvent("worker_started")
                                           .Worker(server->identity_)
                                           .Text("location", server->location())
                                           .Text("coordinator", server->options_.coordinator)
                                           .Text("build_id", BuildId()));
  server->heartbeats_ = std::thread([self = server.get()] { self->HeartbeatLoop(); });
  server->reporter_ = std::thread([self = server.get()] { self->ReportLoop(); });
  server->sweeper_ = std::thread([self = server.get()] { self->SweepLoop(); });
  return server;
}

Status WorkerServer::Open() {
  LogOptions log = options_.log;
  log.process = identity_.name;
  TRIVET_ASSIGN_OR_RETURN(log_, EventLog::Open(std::move(log)));
  log_->Hide(options_.token);
  FlightPeerOptions peer;
  peer.token = options_.token;
  peer.tls = options_.tls;
  peers_ = std::make_unique<FlightPeers>(std::move(peer));
  const std::string parent =
      options_.directory.empty()
          ? StrCat(std::filesystem::temp_directory_path().string(), "/trivet-shuffle")
          : options_.directory;
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (error) return Status::IO("cannot make the directory for map outputs").WithFile(parent);
  TRIVET_RETURN_IF_ERROR(ShuffleStore::SweepAbandoned(parent).status());
  ShuffleStoreOptions store;
  store.directory = StrCat(parent, "/", identity_.name, ".", identity_.incarnation);
  store.quota_bytes = options_.disk_quota_bytes;
  TRIVET_ASSIGN_OR_RETURN(store_, ShuffleStore::Open(std::move(store), files_));
  const TicketSigner signer(options_.token);
  fetcher_ = std::make_unique<WorkerFetcher>(identity_, store_.get(), *peers_, signer);
  tables_ = std::make_unique<RemoteTables>(*peers_, options_.coordinator);
  WorkerRuntimeOptions runtime;
  runtime.identity = identity_;
  runtime.slots = options_.slots;
  runtime.memory_limit_bytes = options_.memory_limit_bytes;
  runtime.temp_directory = parent;  // the disk that was given for map outputs
  runtime.compression = options_.compression;
  runtime.log = log_;
  runtime.extensions = std::make_shared<WorkerExtensions>(
      extensions(), options_.code_loader, [this](const std::string& id) -> Result<std::string> {
        TRIVET_ASSIGN_OR_RETURN(auto peer, peers_->Get(options_.coordinator, stopping_token_));
        return peer->Call(kCodeAction, id, kCallTimeoutMs);
      });
  runtime_ =
      std::make_unique<WorkerRuntime>(std::move(runtime), *store_, *fetcher_, *tables_, files_,
                                      [this](Event event) { Enqueue(std::move(event)); });
  FlightServiceOptions service;
  service.host = options_.host;
  service.port = options_.port;
  service.token = options_.token;
  service.tls = options_.tls;
  service_ = std::make_unique<FlightService>(std::move(service));
  service_->SetIdentity(ToString(identity_));
  RegisterShuffle(*service_, *store_, signer, identity_);
  RegisterActions();
  return service_->Start();
}

ExtensionSetPtr WorkerServer::extensions() const {
  return options_.extensions != nullptr ? options_.extensions
                                        : std::make_shared<const ExtensionSet>();
}

void WorkerServer::RegisterActions() {
  const auto wrong_life = [this](const WorkerIncarnation& meant) {
    return meant == identity_
               ? Status::OK()
               : Status(StatusCode::kUnavailable, StrCat("worker ", ToString(meant), " is gone"));
  };
  service_->RegisterAction(
      std::string(kLaunchAction),
      [this, wrong_life](std::string_view body, const FlightCall&) -> Result<std::string> {
        TRIVET_ASSIGN_OR_RETURN(LaunchAttempt launch, DecodeLaunch(body));
        TRIVET_RETURN_IF_ERROR(wrong_life(launch.worker));
        runtime_->Launch(std::move(launch));
        return std::string();
      });
  service_->RegisterAction(
      std::string(kCancelAction),
      [this, wrong_life](std::string_view body, const FlightCall&) -> Result<std::string> {
        TRIVET_ASSIGN_OR_RETURN(CancelAttempt cancel, DecodeCancel(body));
        TRIVET_RETURN_IF_ERROR(wrong_life(cancel.worker));
        runtime_->Cancel(cancel.attempt);
        return std::string();
      });
  service_->RegisterAction(
      std::string(kDeleteAction),
      [this, wrong_life](std::string_view body, const FlightCall&) -> Result<std::string> {
        TRIVET_ASSIGN_OR_RETURN(DeleteShuffleData data, DecodeDelete(body));
        TRIVET_RETURN_IF_ERROR(wrong_life(data.worker));
        runtime_->DeleteQuery(data.query);
        return std::string();
      });
  service_->RegisterAction(
      std::string(kFenceAction),
      [this, wrong_life](std::string_view body, const FlightCall&) -> Result<std::string> {
        TRIVET_ASSIGN_OR_RETURN(FenceWorker fence, DecodeFence(body));
        TRIVET_RETURN_IF_ERROR(wrong_life(fence.worker));
        Stop(fence.reason);
        return std::string();
      });
}

WorkerServer::~WorkerServer() {
  Stop(Status::Cancelled("the worker was stopped"));
  if (heartbeats_.joinable()) heartbeats_.join();
  if (sweeper_.joinable()) sweeper_.join();
  if (service_) service_->Stop();
  runtime_.reset();
  {
    std::lock_guard lock(mutex_);
    reports_.clear();
    changed_.notify_all();
  }
  if (reporter_.joinable()) reporter_.join();
}

Status WorkerServer::SendEvent(const Event& event) {
  TRIVET_ASSIGN_OR_RETURN(auto peer, peers_->Get(options_.coordinator, stopping_token_));
  const auto answer = peer->Call(kEventAction, EncodeEvent(event), kCallTimeoutMs);
  if (answer.status().code() == StatusCode::kUnavailable) peers_->Forget(options_.coordinator);
  return answer.status();
}

Status WorkerServer::Join() {
  WorkerJoined joined;
  joined.worker = identity_;
  joined.address =
      options_.advertised_location.empty() ? service_->location() : options_.advertised_location;
  joined.slots = options_.slots;
  joined.capabilities.build_id = options_.build_id.empty() ? BuildId() : options_.build_id;
  joined.capabilities.protocol_version = kProtocolVersion;
  joined.capabilities.labels = options_.labels;
  if (options_.code_loader != nullptr) {
    joined.capabilities.labels.push_back(options_.code_loader->runtime());
  }
  joined.capabilities.functions = extensions()->custom_functions;
  joined.capabilities.operators = extensions()->custom_operators;
  return SendEvent(joined);
}

void WorkerServer::Enqueue(Event event) {
  std::lock_guard lock(mutex_);
  reports_.push_back(std::move(event));
  changed_.notify_all();
}

void WorkerServer::ReportLoop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !reports_.empty(); });
    if (stopping_) return;
    const Event report = reports_.front();
    lock.unlock();
    const Status sent = SendEvent(report);
    lock.lock();
    if (sent.ok()) {
      if (!reports_.empty()) reports_.pop_front();
    } else {
      changed_.wait_for(lock, kRetryInterval, [this] { return stopping_; });
    }
  }
}

void WorkerServer::SweepLoop() {
  const std::chrono::milliseconds age(options_.output_age_ms);
  const auto interval = std::min<std::chrono::milliseconds>(age, kLongestSweepInterval);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const size_t removed = store_->SweepOlderThan(age);
    if (removed > 0) {
      log_->Write(LogLevel::kInfo,
                  LogEvent("outputs_swept").Worker(identity_).Number("files", removed));
    }
    lock.lock();
    changed_.wait_for(lock, interval, [this] { return stopping_; });
  }
}

void WorkerServer::HeartbeatLoop() {
  uint64_t sequence = 0;
  auto reached = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    WorkerHeartbeat heartbeat;
    heartbeat.worker = identity_;
    heartbeat.sequence = ++sequence;
    heartbeat.stored_queries = store_->StoredQueries();
    for (const Event& report : reports_) {
      if (const AttemptId* attempt = AttemptOf(report)) heartbeat.running.push_back({*attempt});
    }
    lock.unlock();
    for (AttemptProgress& running : runtime_->Running()) heartbeat.running.push_back(running);
    const Status sent = SendEvent(heartbeat);
    const auto now = std::chrono::steady_clock::now();
    if (!sent.ok()) {
      log_->Write(LogLevel::kWarning,
                  LogEvent("coordinator_not_reached").Worker(identity_).Error(sent));
    }
    if (sent.ok()) reached = now;
    if (now - reached > std::chrono::milliseconds(options_.lease_ms)) {
      Stop(Status::Timeout(StrCat("the coordinator ", options_.coordinator,
                                  " has not answered for ", options_.lease_ms, " ms")));
    }
    lock.lock();
    changed_.wait_for(lock, kHeartbeatInterval, [this] { return stopping_; });
  }
}

void WorkerServer::Stop(Status reason) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  stopping_ = true;
  reason_ = std::move(reason);
  if (log_) {
    log_->Write(LogLevel::kInfo, LogEvent("worker_stops").Worker(identity_).Error(reason_));
  }
  stopping_token_.Cancel();
  changed_.notify_all();
}

Status WorkerServer::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_; });
  return reason_;
}

bool WorkerServer::WaitFor(int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                           [this] { return stopping_; });
}

}  // namespace trivet
