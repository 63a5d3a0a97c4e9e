#include "shuffle/flight_peer.h"

#include <arrow/array/array_primitive.h>
#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/string_concat.h"
#include "shuffle/flight_headers.h"
#include "shuffle/flight_status.h"
#include "shuffle/status_codec.h"
#include "shuffle/stream_watch.h"

namespace trivet {

namespace {

namespace flight = arrow::flight;

// Trailers that carry errors may take so much.
constexpr int kMaxTrailerBytes = 64 * 1024;

flight::FlightClientOptions ClientOptions(const FlightPeerOptions& options,
                                          const TlsMaterial& tls) {
  flight::FlightClientOptions client = flight::FlightClientOptions::Defaults();
  client.tls_root_certs = tls.authority;
  client.cert_chain = tls.certificate;
  client.private_key = tls.key;
  client.override_hostname = options.tls.server_name;
  const auto timeout = static_cast<int>(options.connect_timeout_ms);
  client.generic_options = {
      {"grpc.min_reconnect_backoff_ms", timeout},
      {"grpc.initial_reconnect_backoff_ms", 100},
      {"grpc.max_reconnect_backoff_ms", 1000},
      {"grpc.max_metadata_size", kMaxTrailerBytes},
      {"grpc.absolute_max_metadata_size", kMaxTrailerBytes},
      // Peers are reached directly, and a new connection does not wait for an earlier one's sake.
      {"grpc.enable_http_proxy", 0},
      {"grpc.service_config_disable_resolution", 1},
      {"grpc.use_local_subchannel_pool", 1},
  };
  return client;
}

}  // namespace

class FlightPeer::Connection {
 public:
  Connection(std::string location, const FlightPeerOptions& options,
             std::unique_ptr<flight::FlightClient> client)
      : location_(std::move(location)),
        options_(options),
        client_(std::move(client)),
        watch_({options.keepalive_interval_ms, options.no_progress_timeout_ms},
               [this] { return Ping(); }) {}

  Result<std::string> Call(std::string_view action, std::string_view body, int64_t timeout_ms) {
    flight::FlightCallOptions call = CallOptions();
    call.timeout = std::chrono::duration<double>(static_cast<double>(timeout_ms) / 1000);
    const flight::Action request{std::string(action), arrow::Buffer::FromString(std::string(body))};
    auto results = client_->DoAction(call, request);
    if (!results.ok()) return FromFlightStatus(results.status(), location_);
    auto answer = (*results)->Next();
    if (!answer.ok()) return FromFlightStatus(answer.status(), location_);
    if (*answer == nullptr || (*answer)->body == nullptr) return std::string();
    std::string text = (*answer)->body->ToString();
    // The call's own status comes after its results.
    auto end = (*results)->Next();
    if (!end.ok()) return FromFlightStatus(end.status(), location_);
    return text;
  }

  Result<flight::FlightClient::DoExchangeResult> Get(std::string_view kind,
                                                     std::string_view ticket) {
    auto exchange = client_->DoExchange(
        CallOptions(), flight::FlightDescriptor::Command(MakeKindTicket(kind, ticket)));
    if (!exchange.ok()) return FromFlightStatus(exchange.status(), location_);
    return std::move(*exchange);
  }

  const std::string& location() const { return location_; }
  StreamWatch& watch() { return watch_; }
  std::string identity;

 private:
  flight::FlightCallOptions CallOptions() const {
    flight::FlightCallOptions call;
    call.headers.emplace_back(kProtocolHeader, std::to_string(kProtocolVersion));
    if (!options_.token.empty()) {
      call.headers.emplace_back(kTokenHeader, StrCat(kTokenPrefix, options_.token));
    }
    return call;
  }

  // Any answer is a sign of life.
  Status Ping() {
    const Status status =
        Call(FlightService::kHelloAction, "", options_.keepalive_timeout_ms).status();
    const bool silent =
        status.code() == StatusCode::kTimeout || status.code() == StatusCode::kUnavailable;
    return silent ? status : Status::OK();
  }

  const std::string location_;
  const FlightPeerOptions options_;
  const std::unique_ptr<flight::FlightClient> client_;
  StreamWatch watch_;  // last: its thread uses the others
};

namespace {

// A body that Flight has received, kept by what uses it.
SharedBytes BodyOf(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto& bytes = static_cast<const arrow::UInt8Array&>(*batch->column(0));
  return {batch, bytes.raw_values(), static_cast<size_t>(bytes.length())};
}

bool IsByteColumn(const arrow::RecordBatch& batch) {
  return batch.num_columns() == 1 && batch.column(0)->type_id() == arrow::Type::UINT8;
}

template <typename Connection>
class PeerStream final : public FlightMessageStream {
 public:
  PeerStream(std::shared_ptr<Connection> connection,
             flight::FlightClient::DoExchangeResult exchange)
      : connection_(std::move(connection)),
        writer_(std::move(exchange.writer)),
        reader_(std::move(exchange.reader)),
        watched_(connection_->watch().Add([this] { reader_->Cancel(); })) {}

  ~PeerStream() override {
    connection_->watch().Remove(watched_);
    reader_->Cancel();  // hangs up
    (void)writer_->Close();
  }

  Result<bool> Next(FlightMessage& out) override {
    if (cancelled_.load(std::memory_order_acquire)) return CancelledStatus();
    connection_->watch().BeginWait(watched_);
    auto chunk = Read();
    const Status given_up = connection_->watch().EndWait(watched_);
    if (!chunk.ok()) {
      if (cancelled_.load(std::memory_order_acquire)) return CancelledStatus();
      if (!given_up.ok()) return Status(given_up).WithContext(connection_->location());
      return FromFlightStatus(chunk.status(), connection_->location());
    }
    if (chunk->data == nullptr) {
      return Status(StatusCode::kUnavailable,
                    StrCat(connection_->location(), " ended a stream before its end"));
    }
    return Take(*chunk, out);
  }

  void Cancel() override {
    cancelled_.store(true, std::memory_order_release);
    reader_->Cancel();
  }

 private:
  arrow::Result<flight::FlightStreamChunk> Read() {
    // The ticket goes with the first message to the server. Where that fails the stream has ended,
    // and reading tells why.
    if (!std::exchange(asked_, true)) {
      (void)writer_->WriteMetadata(arrow::Buffer::FromString(std::string()));
    }
    return reader_->Next();
  }
  Result<bool> Take(const flight::FlightStreamChunk& chunk, FlightMessage& out) {
    std::string_view header;
    if (chunk.app_metadata != nullptr) header = static_cast<std::string_view>(*chunk.app_metadata);
    if (header.empty() || !IsByteColumn(*chunk.data)) {
      return Status(StatusCode::kProtocolMismatch,
                    StrCat(connection_->location(), " sends messages of another form"));
    }
    const auto kind = static_cast<MessageKind>(header.front());
    header.remove_prefix(1);
    if (kind == MessageKind::kEnd) return false;
    if (kind == MessageKind::kError) {
      Status sent;
      TRIVET_RETURN_IF_ERROR(DecodeStatus(header, sent));
      return sent;
    }
    out.header = header;
    out.body = BodyOf(chunk.data);
    return true;
  }
  static Status CancelledStatus() { return Status::Cancelled("the stream was cancelled"); }

  const std::shared_ptr<Connection> connection_;
  const std::unique_ptr<flight::FlightStreamWriter> writer_;
  const std::unique_ptr<flight::FlightStreamReader> reader_;
  std::atomic<bool> cancelled_{false};
  bool asked_ = false;
  const StreamWatch::Id watched_;
};

}  // namespace

FlightPeer::FlightPeer() = default;
FlightPeer::~FlightPeer() = default;
const std::string& FlightPeer::identity() const { return connection_->identity; }
const std::string& FlightPeer::location() const { return connection_->location(); }

Result<std::shared_ptr<FlightPeer>> FlightPeer::Connect(const std::string& location,
                                                        const FlightPeerOptions& options) {
  const auto parsed = flight::Location::Parse(location);
  const bool known = location.starts_with("grpc://") || location.starts_with("grpc+tls://");
  if (!parsed.ok() || !known) {
    return Status::InvalidInput(StrCat("\"", location, "\" names no peer"))
        .WithHint("write grpc://HOST:PORT or grpc+tls://HOST:PORT");
  }
  TRIVET_ASSIGN_OR_RETURN(const TlsMaterial tls, ReadTlsFiles(options.tls));
  auto client = flight::FlightClient::Connect(*parsed, ClientOptions(options, tls));
  if (!client.ok()) return FromFlightStatus(client.status(), location);

  std::shared_ptr<FlightPeer> peer(new FlightPeer());
  peer->connection_ = std::make_shared<Connection>(location, options, std::move(*client));
  auto hello = peer->connection_->Call(FlightService::kHelloAction, "", options.connect_timeout_ms);
  if (!hello.ok()) {
    if (hello.status().code() != StatusCode::kTimeout) return hello.status();
    return Status(StatusCode::kUnavailable, StrCat("nobody answers at ", location, " within ",
                                                   options.connect_timeout_ms, " ms"));
  }
  peer->connection_->identity = std::move(*hello);
  return peer;
}

Result<std::string> FlightPeer::Call(std::string_view action, std::string_view body,
                                     int64_t timeout_ms) {
  return connection_->Call(action, body, timeout_ms);
}

Result<std::unique_ptr<FlightMessageStream>> FlightPeer::Get(std::string_view kind,
                                                             std::string_view ticket) {
  TRIVET_ASSIGN_OR_RETURN(auto exchange, connection_->Get(kind, ticket));
  return std::make_unique<PeerStream<Connection>>(connection_, std::move(exchange));
}

}  // namespace trivet
