#include "shuffle/shuffle_client.h"

#include <chrono>

#include "base/string_concat.h"
#include "shuffle/shuffle_server.h"

namespace trivet {

namespace {

int64_t UnixNowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Blocks from another worker, each checked on arrival.
class RemoteStream final : public BlockStream {
 public:
  RemoteStream(FetchRequest request, std::unique_ptr<FlightMessageStream> messages,
               FlightPeers& peers)
      : request_(std::move(request)), messages_(std::move(messages)), peers_(peers) {}

  Result<bool> Next(BlockGroup& out) override {
    out = BlockGroup();
    FlightMessage message;
    const Result<bool> more = messages_->Next(message);
    if (!more.ok()) return Failure(more.status());
    if (!*more) {
      if (next_source_ == request_.attempts.size()) return false;
      return Status::Corruption(StrCat("the answer of ", request_.peer.location, " ends before ",
                                       ToString(request_.attempts[next_source_])));
    }
    TRIVET_RETURN_IF_ERROR(DecodeGroupHeader(message.header, out));
    if (out.failed_source) {
      if (*out.failed_source >= request_.attempts.size()) {
        return Status::Corruption("the header of shuffled rows names an output not asked for");
      }
      const std::optional<uint32_t> failed = out.failed_source;
      const Result<bool> end = messages_->Next(message);
      out.failed_source = failed;
      if (!end.ok()) return end.status();
      return Status::Corruption("a peer reports a failure without saying which");
    }
    out.bytes = std::move(message.body);
    TRIVET_RETURN_IF_ERROR(CheckGroup(out));
    return true;
  }

  void Cancel() override { messages_->Cancel(); }

 private:
  // A peer that has gone may come back as another: the next request asks anew.
  Status Failure(const Status& status) {
    if (status.code() == StatusCode::kUnavailable) peers_.Forget(request_.peer.location);
    return status;
  }

  Status CheckGroup(BlockGroup& group) {
    size_t at = 0;
    for (const BlockHeader& header : group.headers) {
      if (header.source != next_source_ || next_source_ >= request_.attempts.size() ||
          header.bytes > group.bytes.size - at) {
        return Status::Corruption("shuffled rows arrive out of order");
      }
      const Status status = CheckBlock(group.bytes.Part(at, header.bytes).view(), header.checksum);
      if (header.bytes != 0 && !status.ok()) {
        group.failed_source = header.source;
        return Status(status).WithContext(StrCat("partition ", header.partition, " of ",
                                                 ToString(request_.attempts[header.source]),
                                                 ", changed on its way"));
      }
      at += header.bytes;
      if (header.is_last) ++next_source_;
    }
    if (at == group.bytes.size) return Status::OK();
    return Status::Corruption("shuffled rows have another size than their header says");
  }

  const FetchRequest request_;
  const std::unique_ptr<FlightMessageStream> messages_;
  FlightPeers& peers_;
  uint32_t next_source_ = 0;
};

}  // namespace

WorkerFetcher::WorkerFetcher(WorkerIncarnation self, ShuffleStore* store, FlightPeers& peers,
                             TicketSigner signer)
    : self_(std::move(self)), store_(store), peers_(peers), signer_(std::move(signer)) {}

Result<std::unique_ptr<BlockStream>> WorkerFetcher::Open(const FetchRequest& request,
                                                         const CancellationToken& cancelled) {
  if (store_ != nullptr && request.peer.worker == self_) return OpenLocalStream(*store_, request);
  return OpenRemote(request, cancelled);
}

Result<std::unique_ptr<BlockStream>> WorkerFetcher::OpenRemote(const FetchRequest& request,
                                                               const CancellationToken& cancelled) {
  const std::string expected = ToString(request.peer.worker);
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<FlightPeer> peer,
                          peers_.Get(request.peer.location, cancelled));
  if (peer->identity() != expected) {
    // The connection may be to an earlier life of the worker.
    peers_.Forget(request.peer.location);
    TRIVET_ASSIGN_OR_RETURN(peer, peers_.Get(request.peer.location, cancelled));
  }
  if (peer->identity() != expected) {
    return Status(StatusCode::kUnavailable,
                  StrCat("worker ", expected, " has gone; at ", request.peer.location, " is ",
                         peer->identity()));
  }
  const std::string ticket = signer_.Sign({request, UnixNowMs() + kTicketLifeMs});
  auto messages = peer->Get(kShuffleTicketKind, ticket);
  if (!messages.ok()) {
    if (messages.status().code() == StatusCode::kUnavailable) peers_.Forget(request.peer.location);
    return messages.status();
  }
  return std::make_unique<RemoteStream>(request, std::move(*messages), peers_);
}

}  // namespace trivet
