#include "shuffle/shuffle_ticket.h"

#include "base/string_concat.h"
#include "shuffle/byte_codec.h"
#include "shuffle/sha256.h"

namespace trivet {

namespace {

constexpr uint8_t kTicketVersion = 1;
constexpr size_t kMacBytes = 32;
constexpr size_t kAttemptBytes = 20;

std::string Bytes(const Sha256Digest& digest) {
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::string EncodeTicket(const ShuffleTicket& ticket) {
  ByteWriter writer;
  writer.Put(kTicketVersion);
  writer.Put(ticket.expires_unix_ms);
  writer.PutString(ticket.request.peer.worker.name);
  writer.Put(ticket.request.peer.worker.incarnation);
  writer.Put(ticket.request.partition_begin);
  writer.Put(ticket.request.partition_end);
  writer.Put(static_cast<uint32_t>(ticket.request.attempts.size()));
  for (const AttemptId& attempt : ticket.request.attempts) {
    writer.Put(attempt.task.query);
    writer.Put(attempt.task.stage);
    writer.Put(attempt.task.partition);
    writer.Put(attempt.attempt);
  }
  return writer.Take();
}

}  // namespace

TicketSigner::TicketSigner(std::string_view cluster_secret)
    : key_(Bytes(HmacSha256(cluster_secret, "trivet shuffle ticket"))) {}

std::string TicketSigner::Sign(const ShuffleTicket& ticket) const {
  const std::string bytes = EncodeTicket(ticket);
  return Bytes(HmacSha256(key_, bytes)) + bytes;
}

Result<ShuffleTicket> TicketSigner::Verify(std::string_view ticket, int64_t now_unix_ms) const {
  const Status forged(StatusCode::kPermissionDenied,
                      "a ticket for shuffled rows is not genuine: it was not made with this "
                      "cluster's secret");
  if (ticket.size() < kMacBytes) return forged;
  const std::string_view bytes = ticket.substr(kMacBytes);
  if (!ConstantTimeEqual(ticket.substr(0, kMacBytes), Bytes(HmacSha256(key_, bytes)))) {
    return forged;
  }
  ByteReader reader(bytes);
  const auto version = reader.Get<uint8_t>();
  if (version != kTicketVersion) {
    return Status(
        StatusCode::kProtocolMismatch,
        StrCat("a ticket has version ", version, "; this build reads version ", kTicketVersion));
  }
  ShuffleTicket decoded;
  decoded.expires_unix_ms = reader.Get<int64_t>();
  decoded.request.peer.worker.name = reader.GetString();
  decoded.request.peer.worker.incarnation = reader.Get<uint64_t>();
  decoded.request.partition_begin = reader.Get<uint32_t>();
  decoded.request.partition_end = reader.Get<uint32_t>();
  decoded.request.attempts.resize(reader.GetCount(kAttemptBytes));
  for (AttemptId& attempt : decoded.request.attempts) {
    attempt.task.query = reader.Get<uint64_t>();
    attempt.task.stage = reader.Get<uint32_t>();
    attempt.task.partition = reader.Get<uint32_t>();
    attempt.attempt = reader.Get<uint32_t>();
  }
  if (!reader.at_end()) return Status::Corruption("a ticket for shuffled rows cannot be read");
  if (now_unix_ms - decoded.expires_unix_ms > kClockToleranceMs) {
    return Status(StatusCode::kPermissionDenied,
                  StrCat("a ticket for shuffled rows expired ",
                         (now_unix_ms - decoded.expires_unix_ms) / 1000, " s ago"));
  }
  return decoded;
}

}  // namespace trivet
