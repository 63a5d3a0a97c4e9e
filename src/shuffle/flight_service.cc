#include "shuffle/flight_service.h"

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>
#include <arrow/flight/server.h>
#include <arrow/flight/server_middleware.h>
#include <arrow/ipc/options.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <map>

#include "base/assert.h"
#include "base/string_concat.h"
#include "shuffle/byte_codec.h"
#include "shuffle/flight_headers.h"
#include "shuffle/flight_status.h"
#include "shuffle/port_probe.h"
#include "shuffle/sha256.h"
#include "shuffle/status_codec.h"

namespace trivet {

namespace {

namespace flight = arrow::flight;

// Runs a handler; nothing that it throws may reach the transport.
template <typename Body>
auto Guarded(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status::OutOfMemory("the process has no memory left to answer a call");
  } catch (const std::exception& error) {
    return Status::Internal(StrCat("a call failed: ", error.what()));
  }
}

class ServerCall final : public FlightCall {
 public:
  ServerCall(const flight::ServerCallContext& context, const std::atomic<bool>& stopping)
      : context_(context), stopping_(stopping) {}
  std::string peer() const override { return context_.peer(); }
  bool IsCancelled() const override {
    return stopping_.load(std::memory_order_relaxed) || context_.is_cancelled();
  }

 private:
  const flight::ServerCallContext& context_;
  const std::atomic<bool>& stopping_;
};

std::string_view Header(const flight::CallHeaders& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : found->second;
}

// Turns away callers of another version or without the token, whatever they ask for.
class Gatekeeper final : public flight::ServerMiddlewareFactory {
 public:
  explicit Gatekeeper(std::string token) : token_(std::move(token)) {}

  arrow::Status StartCall(const flight::CallInfo&, const flight::ServerCallContext& context,
                          std::shared_ptr<flight::ServerMiddleware>*) override {
    return ToFlightStatus(Check(context.incoming_headers()));
  }

 private:
  Status Check(const flight::CallHeaders& headers) const {
    const std::string_view version = Header(headers, kProtocolHeader);
    if (version != std::to_string(kProtocolVersion)) {
      return Status(StatusCode::kProtocolMismatch,
                    StrCat("the caller speaks protocol version ",
                           version.empty() ? "unknown" : version, "; this process speaks version ",
                           kProtocolVersion))
          .WithHint("run the same build of trivet on every machine");
    }
    if (token_.empty()) return Status::OK();
    const std::string_view shown = Header(headers, kTokenHeader);
    if (shown.starts_with(kTokenPrefix) &&
        ConstantTimeEqual(shown.substr(kTokenPrefix.size()), token_)) {
      return Status::OK();
    }
    return Status(StatusCode::kPermissionDenied,
                  shown.empty() ? "the caller shows no token" : "the caller's token is wrong");
  }

  const std::string token_;
};

// The bytes of a message's body as Arrow takes them.
class BodyBuffer final : public arrow::Buffer {
 public:
  explicit BodyBuffer(SharedBytes bytes)
      : arrow::Buffer(bytes.size == 0 ? reinterpret_cast<const uint8_t*>("") : bytes.data,
                      static_cast<int64_t>(bytes.size)),
        bytes_(std::move(bytes)) {}

 private:
  SharedBytes bytes_;
};

// One stream of messages to a caller. Each is a record batch of one column of bytes, so that
// nothing of the body is copied or looked at on the way.
class MessageSender {
 public:
  explicit MessageSender(flight::FlightMessageWriter& writer) : writer_(writer) {}

  // Sends what the source gives until it ends or fails, or the caller goes. A write waits until the
  // caller has room.
  arrow::Status SendAll(const FlightCall& call, FlightMessageSource& source) {
    arrow::ipc::IpcWriteOptions options = arrow::ipc::IpcWriteOptions::Defaults();
    options.allow_64bit = true;
    options.use_threads = false;
    ARROW_RETURN_NOT_OK(writer_.Begin(schema_, options));
    while (!call.IsCancelled()) {
      FlightMessage message;
      const Result<bool> more = Guarded([&] { return source.Next(message); });
      if (!more.ok()) return Send(MessageKind::kError, EncodeStatus(more.status()), {});
      if (!*more) return Send(MessageKind::kEnd, "", {});
      ARROW_RETURN_NOT_OK(Send(MessageKind::kData, message.header, std::move(message.body)));
    }
    return ToFlightStatus(Status::Cancelled("the stream was cancelled"));
  }

 private:
  arrow::Status Send(MessageKind kind, std::string_view header, SharedBytes bytes) {
    auto body = std::make_shared<BodyBuffer>(std::move(bytes));
    const int64_t size = body->size();
    const auto batch = arrow::RecordBatch::Make(
        schema_, size, {std::make_shared<arrow::UInt8Array>(size, std::move(body))});
    std::string tagged(1, static_cast<char>(kind));
    tagged.append(header);
    return writer_.WriteWithMetadata(*batch, arrow::Buffer::FromString(std::move(tagged)));
  }

  flight::FlightMessageWriter& writer_;
  const std::shared_ptr<arrow::Schema> schema_ =
      arrow::schema({arrow::field("bytes", arrow::uint8(), false)});
};

}  // namespace

class FlightService::Server final : public flight::FlightServerBase {
 public:
  explicit Server(FlightServiceOptions options) : options_(std::move(options)) {}

  arrow::Status DoAction(const flight::ServerCallContext& context, const flight::Action& action,
                         std::unique_ptr<flight::ResultStream>* result) override {
    const auto handler = actions_.find(action.type);
    if (handler == actions_.end()) {
      return ToFlightStatus(
          Status::NotImplemented(StrCat("this process knows no action \"", action.type, "\"")));
    }
    const ServerCall call(context, stopping_);
    std::string_view body;
    if (action.body != nullptr) body = static_cast<std::string_view>(*action.body);
    Result<std::string> answer = Guarded([&] { return handler->second(body, call); });
    if (!answer.ok()) return ToFlightStatus(answer.status());
    std::vector<flight::Result> results(1);
    results[0].body = arrow::Buffer::FromString(std::move(*answer));
    *result = std::make_unique<flight::SimpleResultStream>(std::move(results));
    return arrow::Status::OK();
  }

  // Tickets come as the command of an exchange in which the caller then says nothing more: unlike
  // a plain get, an exchange can be cancelled before the server has said its first word.
  arrow::Status DoExchange(const flight::ServerCallContext& context,
                           std::unique_ptr<flight::FlightMessageReader> reader,
                           std::unique_ptr<flight::FlightMessageWriter> writer) override {
    const std::string_view ticket = reader->descriptor().cmd;
    ByteReader bytes(ticket);
    const std::string kind(bytes.GetString());
    const auto handler = tickets_.find(kind);
    if (!bytes.ok() || handler == tickets_.end()) {
      return ToFlightStatus(Status::NotImplemented("this process knows no such kind of ticket"));
    }
    const ServerCall call(context, stopping_);
    const std::string_view rest = ticket.substr(ticket.size() - bytes.left());
    const auto source = Guarded([&] { return handler->second(rest, call); });
    if (!source.ok()) return ToFlightStatus(source.status());
    ARROW_RETURN_NOT_OK(MessageSender(*writer).SendAll(call, **source));
    (void)reader->Next();  // comes back when the caller hangs up
    return arrow::Status::OK();
  }

  Status Listen();
  void StopListening();

 private:
  friend class FlightService;
  FlightServiceOptions options_;
  std::map<std::string, ActionHandler> actions_;
  std::map<std::string, TicketHandler> tickets_;
  std::atomic<bool> stopping_{false};
  bool listening_ = false;
};

Status FlightService::Server::Listen() {
  if (options_.token.empty() && !options_.allow_anyone) {
    return Status::InvalidInput("a server needs a token that its callers must show");
  }
  TRIVET_ASSIGN_OR_RETURN(const TlsMaterial tls, ReadTlsFiles(options_.tls));
  if (!options_.tls.empty() && tls.certificate.empty()) {
    return Status::InvalidInput("a server with TLS needs a certificate and its key");
  }
  TRIVET_RETURN_IF_ERROR(CheckPortIsFree(options_.host, options_.port));
  const auto location = tls.certificate.empty()
                            ? flight::Location::ForGrpcTcp(options_.host, options_.port)
                            : flight::Location::ForGrpcTls(options_.host, options_.port);
  if (!location.ok()) return Status::InvalidInput(location.status().message());
  flight::FlightServerOptions options(*location);
  options.middleware.emplace_back("gatekeeper", std::make_shared<Gatekeeper>(options_.token));
  if (!tls.certificate.empty()) {
    options.tls_certificates.push_back({tls.certificate, tls.key});
    options.verify_client = !tls.authority.empty();
    options.root_certificates = tls.authority;
  }
  const arrow::Status started = Init(options);
  if (!started.ok()) {
    // Somebody may have taken the port since it was looked at.
    TRIVET_RETURN_IF_ERROR(CheckPortIsFree(options_.host, options_.port));
    return Status::InvalidInput(StrCat("cannot serve on ", options_.host, ":", options_.port,
                                       tls.certificate.empty() ? "" : " with these certificates",
                                       ": ", started.message()));
  }
  listening_ = true;
  return Status::OK();
}

void FlightService::Server::StopListening() {
  stopping_.store(true, std::memory_order_relaxed);
  if (!std::exchange(listening_, false)) return;
  const auto deadline =
      std::chrono::system_clock::now() + std::chrono::milliseconds(kStopTimeoutMs);
  // Calls that are left at the deadline are cancelled by the transport; nothing is left to report.
  (void)Shutdown(&deadline);
  (void)Wait();
}

FlightService::FlightService(FlightServiceOptions options)
    : server_(std::make_unique<Server>(std::move(options))) {
  SetIdentity("");
}

FlightService::~FlightService() { Stop(); }

void FlightService::SetIdentity(std::string identity) {
  RegisterAction(std::string(kHelloAction),
                 [identity = std::move(identity)](std::string_view, const FlightCall&) {
                   return Result<std::string>(identity);
                 });
}

void FlightService::RegisterAction(std::string name, ActionHandler handler) {
  TRIVET_ASSERT(!server_->listening_);
  server_->actions_[std::move(name)] = std::move(handler);
}

void FlightService::RegisterTicketKind(std::string kind, TicketHandler handler) {
  TRIVET_ASSERT(!server_->listening_);
  server_->tickets_[std::move(kind)] = std::move(handler);
}

Status FlightService::Start() { return server_->Listen(); }

void FlightService::Stop() { server_->StopListening(); }

uint16_t FlightService::port() const { return static_cast<uint16_t>(server_->port()); }

std::string FlightService::location() const {
  const FlightServiceOptions& options = server_->options_;
  const std::string& host =
      options.advertised_host.empty() ? options.host : options.advertised_host;
  return StrCat(options.tls.empty() ? "grpc://" : "grpc+tls://", host, ":", port());
}

std::string MakeKindTicket(std::string_view kind, std::string_view ticket) {
  ByteWriter writer;
  writer.PutString(kind);
  return writer.Take().append(ticket);
}

}  // namespace trivet
