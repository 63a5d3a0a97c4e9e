#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "shuffle/flight_security.h"
#include "shuffle/shared_bytes.h"

namespace trivet {

// One message of a stream: a small header and a body, both opaque to the transport.
struct FlightMessage {
  std::string header;
  SharedBytes body;
};

// What a server sends in answer to a ticket. One thread at a time.
class FlightMessageSource {
 public:
  virtual ~FlightMessageSource() = default;
  // Gives the next message; false after the last. A failure ends the stream with that status.
  virtual Result<bool> Next(FlightMessage& out) = 0;
};

// About the call that is being answered. Valid during the call alone.
class FlightCall {
 public:
  virtual ~FlightCall() = default;
  virtual std::string peer() const = 0;
  // The caller has gone, or the call's time is over.
  virtual bool IsCancelled() const = 0;
};

using ActionHandler =
    std::function<Result<std::string>(std::string_view body, const FlightCall& call)>;
using TicketHandler = std::function<Result<std::unique_ptr<FlightMessageSource>>(
    std::string_view ticket, const FlightCall& call)>;

struct FlightServiceOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  // What location() names instead of `host`, where that is no address to reach it by ("0.0.0.0").
  std::string advertised_host;
  // What callers must show. Empty is refused unless `allow_anyone` says that it is meant.
  std::string token;
  bool allow_anyone = false;
  TlsOptions tls;
};

// The one Arrow Flight server of a process: control messages are actions, streams answer tickets.
// Handlers are registered before Start and called on the server's threads, several at a time;
// exceptions and errors become typed statuses at the caller. Register* and Start on one thread.
class FlightService {
 public:
  explicit FlightService(FlightServiceOptions options);
  // Stops, waiting at most kStopTimeoutMs for calls to end.
  ~FlightService();
  FlightService(const FlightService&) = delete;
  FlightService& operator=(const FlightService&) = delete;

  static constexpr int64_t kStopTimeoutMs = 2'000;
  // Answered by every service: gives back the identity text set below.
  static constexpr std::string_view kHelloAction = "hello";

  // What "hello" answers, by which a caller knows whom it has reached (a worker's incarnation).
  void SetIdentity(std::string identity);
  void RegisterAction(std::string name, ActionHandler handler);
  // Tickets start with their kind's name, see MakeKindTicket.
  void RegisterTicketKind(std::string kind, TicketHandler handler);

  // Listens and serves on threads of its own. InvalidInput without a token; AlreadyExists where the
  // port is taken; NotFound or InvalidInput for certificates that cannot be used.
  Status Start();
  // Refuses new calls, tells running ones that they are cancelled and waits for them. Idempotent.
  void Stop();

  uint16_t port() const;
  // "grpc://HOST:PORT" or "grpc+tls://HOST:PORT".
  std::string location() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

// The ticket of a stream: its kind's name and the rest.
std::string MakeKindTicket(std::string_view kind, std::string_view ticket);

}  // namespace trivet
