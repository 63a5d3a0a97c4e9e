#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "shuffle/flight_security.h"
#include "shuffle/flight_service.h"

namespace trivet {

struct FlightPeerOptions {
  std::string token;
  TlsOptions tls;
  // Until a peer has answered its first call.
  int64_t connect_timeout_ms = 5'000;
  // A peer that a stream waits for is asked for a sign of life so often ...
  int64_t keepalive_interval_ms = 5'000;
  // ... and is gone if it does not answer in so long.
  int64_t keepalive_timeout_ms = 10'000;
  // A stream that brings nothing for so long fails, however alive its peer.
  int64_t no_progress_timeout_ms = 60'000;
};

// A stream of messages from a peer. Next on one thread; Cancel on any.
class FlightMessageStream {
 public:
  virtual ~FlightMessageStream() = default;
  // Waits for the next message; false after the last. Cancelled after Cancel; Timeout without
  // progress; Unavailable where the peer is gone; else the status that the server's source gave.
  virtual Result<bool> Next(FlightMessage& out) = 0;
  virtual void Cancel() = 0;
};

// A connection to the FlightService of another process. Thread-safe.
class FlightPeer {
 public:
  // Connects and says hello. PermissionDenied for a wrong token, ProtocolMismatch for another
  // version, Unavailable where nobody answers in time.
  static Result<std::shared_ptr<FlightPeer>> Connect(const std::string& location,
                                                     const FlightPeerOptions& options);
  ~FlightPeer();

  // What the peer's hello said.
  const std::string& identity() const;
  const std::string& location() const;

  // Runs an action. Timeout after `timeout_ms`. The handler's error comes back as it was.
  Result<std::string> Call(std::string_view action, std::string_view body, int64_t timeout_ms);
  // Starts a stream without waiting for the server, whose refusal comes with the first Next, or
  // from here where it was faster.
  Result<std::unique_ptr<FlightMessageStream>> Get(std::string_view kind, std::string_view ticket);

 private:
  FlightPeer();
  class Connection;
  std::shared_ptr<Connection> connection_;
};

// The connections of one process, one per location, made when first asked for and shared.
// Thread-safe.
class FlightPeers {
 public:
  explicit FlightPeers(FlightPeerOptions options);
  // Waits for connections that are being made, connect_timeout_ms at most.
  ~FlightPeers();

  // Waits for the connection until `cancelled`. A failed one is tried anew by the next call.
  Result<std::shared_ptr<FlightPeer>> Get(const std::string& location,
                                          const CancellationToken& cancelled);
  // The next Get of this location connects anew.
  void Forget(const std::string& location);

 private:
  struct Entry;
  void JoinRetired();

  const FlightPeerOptions options_;
  std::mutex mutex_;
  std::condition_variable connected_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::vector<std::shared_ptr<Entry>> retired_;  // replaced; their threads have done their work
};

}  // namespace trivet
