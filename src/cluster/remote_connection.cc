#include "cluster/remote_connection.h"

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <thread>
#include <utility>

#include "base/string_concat.h"
#include "cluster/session_messages.h"
#include "shuffle/flight_peer.h"
#include "shuffle/wire_batch.h"

namespace trivet {

namespace {

constexpr int64_t kCallTimeoutMs = 10'000;
// A statement that makes a table may run for as long as it takes; the lease is kept by pings.
constexpr int64_t kExecuteTimeoutMs = int64_t{24} * 3600 * 1000;
constexpr auto kPingInterval = std::chrono::seconds(5);

// The connection to a coordinator and the session's life there: pinged until it is closed.
class SessionLink {
 public:
  SessionLink(std::shared_ptr<FlightPeer> peer, std::string session,
              std::shared_ptr<void> keep_alive)
      : keep_alive_(std::move(keep_alive)),
        peer_(std::move(peer)),
        session_(std::move(session)),
        pinger_([this] { PingLoop(); }) {}

  ~SessionLink() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
      changed_.notify_all();
    }
    pinger_.join();
    // Whether or not it arrives: the lease ends the session else.
    (void)peer_->Call(kCloseSessionAction, session_, kCallTimeoutMs);
  }

  // Another session on the same database.
  Result<std::shared_ptr<SessionLink>> Fork() {
    TRIVET_ASSIGN_OR_RETURN(std::string session,
                            peer_->Call(kOpenSessionAction, session_, kCallTimeoutMs));
    return std::make_shared<SessionLink>(peer_, std::move(session), keep_alive_);
  }

  FlightPeer& peer() { return *peer_; }
  const std::string& session() const { return session_; }

 private:
  void PingLoop() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kPingInterval, [this] { return closing_; })) {
      lock.unlock();
      (void)peer_->Call(kPingAction, session_, kCallTimeoutMs);  // calls that matter report errors
      lock.lock();
    }
  }

  const std::shared_ptr<void> keep_alive_;
  std::shared_ptr<FlightPeer> peer_;
  const std::string session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::thread pinger_;
};

// The rows of a result, fetched ahead by a thread up to a few chunks.
class RemoteResultStream final : public ResultStream {
 public:
  RemoteResultStream(std::shared_ptr<SessionLink> link, uint64_t number,
                     std::unique_ptr<FlightMessageStream> stream, std::vector<LogicalType> types,
                     MemoryManager& memory)
      : link_(std::move(link)),
        number_(number),
        stream_(std::move(stream)),
        types_(std::move(types)),
        memory_(memory),
        fetcher_([this] { FetchLoop(); }) {}

  ~RemoteResultStream() override {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
      changed_.notify_all();
    }
    stream_->Cancel();
    fetcher_.join();
  }

  Result<Outcome> Poll(Batch& batch, int timeout_ms) override {
    while (true) {
      if (chunk_.rows_left() > 0 && chunk_.Next(batch)) return Outcome::kHaveOutput;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                        [this] { return !chunks_.empty() || finished_; });
      if (cancelled_) return Status::Cancelled("the query was cancelled");
      if (chunks_.empty()) {
        if (!finished_) return Outcome::kBlocked;
        if (!status_.ok()) return status_;
        return Outcome::kFinished;
      }
      SharedBytes bytes = std::move(chunks_.front());
      chunks_.pop_front();
      changed_.notify_all();
      lock.unlock();
      TRIVET_ASSIGN_OR_RETURN(chunk_, ChunkReader::Open(std::move(bytes), types_, &memory_));
    }
  }

  void Cancel() override {
    {
      std::lock_guard lock(mutex_);
      cancelled_ = true;
      changed_.notify_all();
    }
    stream_->Cancel();
  }
  std::optional<double> Progress() const override {
    const auto answer = link_->peer().Call(
        kProgressAction, Encode(ResultTicket{link_->session(), number_}), kCallTimeoutMs);
    if (!answer.ok() || answer->empty()) return std::nullopt;
    return std::strtod(answer->c_str(), nullptr);
  }
  std::string Analysis(bool) override { return {}; }

 private:
  static constexpr size_t kChunksAhead = 4;

  void FetchLoop() {
    while (true) {
      FlightMessage message;
      Result<bool> more = stream_->Next(message);
      std::unique_lock lock(mutex_);
      if (!more.ok() || !*more) {
        finished_ = true;
        status_ = more.status();
        changed_.notify_all();
        return;
      }
      if (message.body.size == 0) continue;  // the query goes on, but has no rows yet
      chunks_.push_back(std::move(message.body));
      changed_.notify_all();
      changed_.wait(lock, [this] { return closing_ || chunks_.size() < kChunksAhead; });
    }
  }

  const std::shared_ptr<SessionLink> link_;
  const uint64_t number_;
  const std::unique_ptr<FlightMessageStream> stream_;
  const std::vector<LogicalType> types_;
  MemoryManager& memory_;
  ChunkReader chunk_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SharedBytes> chunks_;
  bool finished_ = false;
  bool closing_ = false;
  bool cancelled_ = false;
  Status status_;
  std::thread fetcher_;
};

class FlightSession final : public RemoteSession {
 public:
  FlightSession(std::shared_ptr<Database> database, std::shared_ptr<SessionLink> link)
      : database_(std::move(database)), link_(std::move(link)) {}

  Result<std::unique_ptr<QueryResult>> Execute(std::string_view sql,
                                               const ParameterValues& parameters) override {
    const ExecuteRequest request{link_->session(), std::string(sql), parameters};
    TRIVET_ASSIGN_OR_RETURN(const std::string bytes,
                            link_->peer().Call(kExecuteAction, Encode(request), kExecuteTimeoutMs));
    TRIVET_ASSIGN_OR_RETURN(ExecuteAnswer answer, DecodeExecuteAnswer(bytes));
    if (answer.kind == ResultKind::kNothing) {
      return std::make_unique<QueryResult>(answer.kind, std::move(answer.columns),
                                           std::vector<Batch>{});
    }
    TRIVET_ASSIGN_OR_RETURN(
        auto stream, link_->peer().Get(kResultTicketKind,
                                       Encode(ResultTicket{link_->session(), answer.result})));
    std::vector<LogicalType> types;
    for (const ResultColumn& column : answer.columns) types.push_back(column.type);
    auto rows = std::make_unique<RemoteResultStream>(link_, answer.result, std::move(stream),
                                                     std::move(types), database_->memory());
    if (answer.kind == ResultKind::kRows) {
      return std::make_unique<QueryResult>(database_, std::move(answer.columns), std::move(rows));
    }
    std::vector<Batch> batches;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, rows->Next(batch));
      if (!more) break;
      batches.push_back(batch);
    }
    return std::make_unique<QueryResult>(answer.kind, std::move(answer.columns),
                                         std::move(batches));
  }

  void Interrupt() override {
    (void)link_->peer().Call(kInterruptAction, link_->session(), kCallTimeoutMs);
  }

  Result<std::unique_ptr<RemoteSession>> Fork() override {
    TRIVET_ASSIGN_OR_RETURN(auto link, link_->Fork());
    return std::unique_ptr<RemoteSession>(
        std::make_unique<FlightSession>(database_, std::move(link)));
  }

  Status RegisterTable(const std::string& name, const TablePtr& table) override;

 private:
  std::shared_ptr<Database> database_;
  std::shared_ptr<SessionLink> link_;
};

// Reads the foreign table here, once, and sends its rows in parts.
Status FlightSession::RegisterTable(const std::string& name, const TablePtr& table) {
  constexpr size_t kPartBytes = size_t{4} << 20;
  UploadRequest request;
  request.session = link_->session();
  request.table = name;
  std::vector<LogicalType> types;
  ScanRequest wanted;
  for (const ColumnDefinition& column : table->columns()) {
    wanted.columns.push_back(types.size());
    request.columns.push_back({column.name, column.type});
    types.push_back(column.type);
  }
  const QueryContext context({}, database_->files(), &database_->memory());
  TRIVET_ASSIGN_OR_RETURN(const auto scan, table->Scan(wanted, context));
  ChunkBuilder builder(types);
  const auto send = [&](bool last) -> Status {
    request.last = last;
    request.chunk.clear();
    if (builder.row_count() > 0) {
      TRIVET_ASSIGN_OR_RETURN(const SharedBytes chunk, builder.Finish(WireCompression::kLz4));
      request.chunk = std::string(chunk.view());
    }
    return link_->peer().Call(kUploadAction, Encode(request), kExecuteTimeoutMs).status();
  };
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const auto morsel, scan->NextMorsel());
    if (morsel == nullptr) break;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, morsel->Next(batch));
      if (!more) break;
      builder.Append(batch.columns(), nullptr, batch.row_count());
      if (builder.memory_bytes() >= kPartBytes) TRIVET_RETURN_IF_ERROR(send(false));
    }
  }
  return send(true);
}

}  // namespace

Result<std::unique_ptr<Connection>> ConnectRemote(const RemoteOptions& options) {
  FlightPeerOptions peer_options;
  peer_options.token = options.token;
  peer_options.tls = options.tls;
  peer_options.connect_timeout_ms = options.connect_timeout_ms;
  TRIVET_ASSIGN_OR_RETURN(auto peer, FlightPeer::Connect(options.location, peer_options));
  if (peer->identity() != "coordinator") {
    return Status::InvalidInput(
        StrCat(options.location, " is not a coordinator but worker ", peer->identity()));
  }
  TRIVET_ASSIGN_OR_RETURN(std::string session, peer->Call(kOpenSessionAction, {}, kCallTimeoutMs));
  auto link =
      std::make_shared<SessionLink>(std::move(peer), std::move(session), options.keep_alive);
  DatabaseOptions local;
  local.threads = 1;
  auto database = Database::Open(local);
  auto remote = std::make_unique<FlightSession>(database, std::move(link));
  return std::make_unique<Connection>(std::move(database), std::move(remote));
}

}  // namespace trivet
