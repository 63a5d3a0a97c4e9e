#include "cluster/remote_connection.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <utility>

#include "base/string_concat.h"
#include "cluster/session_messages.h"
#include "shuffle/flight_peer.h"
#include "shuffle/wire_batch.h"
#include "sql/parser.h"
#include "sql/syntax/statement.h"

namespace trivet {

namespace {

constexpr int64_t kCallTimeoutMs = 10'000;
// A statement that makes a table may run for as long as it takes; the lease is kept by pings.
constexpr int64_t kExecuteTimeoutMs = int64_t{24} * 3600 * 1000;
constexpr auto kPingInterval = std::chrono::seconds(5);
// A coordinator that keeps a journal is waited for so long when it is gone.
constexpr auto kRestartPatience = std::chrono::seconds(30);
constexpr auto kRestartPoll = std::chrono::milliseconds(200);
constexpr int64_t kHelloTimeoutMs = 2'000;
constexpr int64_t kReleaseTimeoutMs = 1'000;
// A stream is asked for so often without a new row.
constexpr int kResumeTries = 5;

// The connection to a coordinator and the session's life there: pinged until it is closed.
class SessionLink {
 public:
  SessionLink(std::shared_ptr<FlightPeer> peer, OpenAnswer opened, std::shared_ptr<void> keep_alive)
      : keep_alive_(std::move(keep_alive)),
        peer_(std::move(peer)),
        session_(std::move(opened.session)),
        durable_(opened.durable),
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
    TRIVET_ASSIGN_OR_RETURN(const std::string bytes,
                            peer_->Call(kOpenSessionAction, session_, kCallTimeoutMs));
    TRIVET_ASSIGN_OR_RETURN(OpenAnswer opened, DecodeOpenAnswer(bytes));
    return std::make_shared<SessionLink>(peer_, std::move(opened), keep_alive_);
  }

  // Waits until the coordinator, or one in its place, answers; `lost` where none is to be expected
  // or none comes in time, or `stop` says so.
  Status AwaitRestart(const Status& lost, const std::function<bool()>& stop) {
    const auto deadline = std::chrono::steady_clock::now() + kRestartPatience;
    while (durable_ && !stop() && std::chrono::steady_clock::now() < deadline) {
      const Status answered =
          peer_->Call(FlightService::kHelloAction, {}, kHelloTimeoutMs).status();
      if (answered.ok()) return answered;
      if (answered.code() != StatusCode::kUnavailable && answered.code() != StatusCode::kTimeout) {
        return answered;
      }
      std::this_thread::sleep_for(kRestartPoll);
    }
    return lost;
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
  const bool durable_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::thread pinger_;
};

// The rows of a result, fetched ahead by a thread up to a few chunks. Where the coordinator goes
// and another one goes on in its place, so does the stream, behind the last row that came.
class RemoteResultStream final : public ResultStream {
 public:
  RemoteResultStream(std::shared_ptr<SessionLink> link, uint64_t number, bool resumable,
                     std::unique_ptr<FlightMessageStream> stream, std::vector<LogicalType> types,
                     MemoryManager& memory)
      : link_(std::move(link)),
        number_(number),
        resumable_(resumable),
        stream_(std::move(stream)),
        types_(std::move(types)),
        memory_(memory),
        fetcher_([this] { FetchLoop(); }) {}

  ~RemoteResultStream() override {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
      changed_.notify_all();
      stream_->Cancel();
    }
    fetcher_.join();
    if (resumable_ && !released_) Release();
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
      stream_->Cancel();
    }
  }
  std::optional<double> Progress() const override { return AskProgress().share; }
  std::vector<StageProgress> Stages() const override { return AskProgress().stages; }
  std::string Analysis(bool) override { return {}; }

 private:
  static constexpr size_t kChunksAhead = 4;

  // Empty where the coordinator does not answer: reading the rows tells why.
  ProgressAnswer AskProgress() const {
    const auto bytes = link_->peer().Call(
        kProgressAction, Encode(ResultTicket{link_->session(), number_, 0}), kCallTimeoutMs);
    if (!bytes.ok()) return {};
    auto answer = DecodeProgressAnswer(*bytes);
    return answer.ok() ? std::move(*answer) : ProgressAnswer{};
  }

  bool Ends() {
    std::lock_guard lock(mutex_);
    return closing_ || cancelled_;
  }

  // The rows are here, or not wanted. Whether or not it arrives: the session's end releases them
  // else.
  void Release() {
    released_ = true;
    (void)link_->peer().Call(kReleaseAction, Encode(ResultTicket{link_->session(), number_, 0}),
                             kReleaseTimeoutMs);
  }

  // Opens the stream anew behind the rows that have come; `lost` where that cannot be.
  Status Resume(const Status& lost) {
    if (!resumable_ || lost.code() != StatusCode::kUnavailable || ++tries_ > kResumeTries) {
      return lost;
    }
    TRIVET_RETURN_IF_ERROR(link_->AwaitRestart(lost, [this] { return Ends(); }));
    const ResultTicket ticket{link_->session(), number_, rows_};
    auto stream = link_->peer().Get(kResultTicketKind, Encode(ticket));
    if (!stream.ok()) return Resume(stream.status());
    std::lock_guard lock(mutex_);
    if (closing_ || cancelled_) return lost;
    stream_ = std::move(*stream);
    return Status::OK();
  }

  // The next message, or false at the end; gone on after a restart.
  Result<bool> NextMessage(FlightMessage& message) {
    while (true) {
      Result<bool> more = stream_->Next(message);
      if (more.ok()) return more;
      TRIVET_RETURN_IF_ERROR(Resume(more.status()));
    }
  }

  void FetchLoop() {
    while (true) {
      FlightMessage message;
      Result<bool> more = NextMessage(message);
      if (more.ok() && *more && message.body.size > 0 && resumable_) {
        const auto chunk = ChunkReader::Open(message.body, types_, nullptr);
        if (chunk.ok()) rows_ += chunk->rows_left();
        tries_ = 0;
      }
      if (more.ok() && !*more && resumable_) Release();
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
  const bool resumable_;
  std::unique_ptr<FlightMessageStream> stream_;  // replaced under mutex_ by the fetcher alone
  const std::vector<LogicalType> types_;
  MemoryManager& memory_;
  uint64_t rows_ = 0;  // that have come; the fetcher's
  int tries_ = 0;      // since the last row; the fetcher's
  bool released_ = false;
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

// Whether the statements change nothing, so that running them a second time is the same.
bool ReadsOnly(std::string_view sql) {
  const auto statements = ParseStatements(sql);
  return statements.ok() &&
         std::all_of(statements->begin(), statements->end(), [](const auto& statement) {
           return statement->kind == syntax::StatementKind::kQuery;
         });
}

class FlightSession final : public RemoteSession {
 public:
  FlightSession(std::shared_ptr<Database> database, std::shared_ptr<SessionLink> link)
      : database_(std::move(database)), link_(std::move(link)) {}

  Result<std::unique_ptr<QueryResult>> Execute(std::string_view sql,
                                               const ParameterValues& parameters) override {
    const ExecuteRequest request{link_->session(), std::string(sql), parameters};
    auto called = link_->peer().Call(kExecuteAction, Encode(request), kExecuteTimeoutMs);
    if (called.status().code() == StatusCode::kUnavailable && ReadsOnly(sql)) {
      TRIVET_RETURN_IF_ERROR(link_->AwaitRestart(called.status(), [] { return false; }));
      called = link_->peer().Call(kExecuteAction, Encode(request), kExecuteTimeoutMs);
    }
    TRIVET_ASSIGN_OR_RETURN(const std::string bytes, std::move(called));
    TRIVET_ASSIGN_OR_RETURN(ExecuteAnswer answer, DecodeExecuteAnswer(bytes));
    if (answer.kind == ResultKind::kNothing) {
      return std::make_unique<QueryResult>(answer.kind, std::move(answer.columns),
                                           std::vector<Batch>{});
    }
    TRIVET_ASSIGN_OR_RETURN(
        auto stream, link_->peer().Get(kResultTicketKind,
                                       Encode(ResultTicket{link_->session(), answer.result, 0})));
    std::vector<LogicalType> types;
    for (const ResultColumn& column : answer.columns) types.push_back(column.type);
    auto rows = std::make_unique<RemoteResultStream>(link_, answer.result, answer.resumable,
                                                     std::move(stream), std::move(types),
                                                     database_->memory());
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
  Status RegisterCode(const CodeRegistration& registration) override {
    const RegisterCodeRequest request{link_->session(), registration};
    return link_->peer().Call(kRegisterCodeAction, Encode(request), kCallTimeoutMs).status();
  }

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
  TRIVET_ASSIGN_OR_RETURN(const std::string bytes,
                          peer->Call(kOpenSessionAction, {}, kCallTimeoutMs));
  TRIVET_ASSIGN_OR_RETURN(OpenAnswer opened, DecodeOpenAnswer(bytes));
  auto link = std::make_shared<SessionLink>(std::move(peer), std::move(opened), options.keep_alive);
  DatabaseOptions local;
  local.threads = 1;
  auto database = Database::Open(local);
  auto remote = std::make_unique<FlightSession>(database, std::move(link));
  return std::make_unique<Connection>(std::move(database), std::move(remote));
}

}  // namespace trivet
