#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shuffle/block_stream.h"

namespace trivet {

// Leave to read certain partitions of certain outputs of one life of one worker, until a time.
struct ShuffleTicket {
  FetchRequest request;  // its location is not part of the ticket
  int64_t expires_unix_ms = 0;
};

// Makes tickets and checks them: a MAC (HMAC-SHA256 under a key derived from the cluster's secret)
// stands over every byte. Immutable, thread-safe.
class TicketSigner {
 public:
  // Clocks of a cluster's machines may differ by so much.
  static constexpr int64_t kClockToleranceMs = 30'000;

  explicit TicketSigner(std::string_view cluster_secret);

  std::string Sign(const ShuffleTicket& ticket) const;
  // PermissionDenied for a ticket that was forged, changed, or has expired.
  Result<ShuffleTicket> Verify(std::string_view ticket, int64_t now_unix_ms) const;

 private:
  std::string key_;
};

}  // namespace trivet
