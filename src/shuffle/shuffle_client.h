#pragma once

#include <memory>

#include "shuffle/block_stream.h"
#include "shuffle/flight_peer.h"
#include "shuffle/shuffle_store.h"
#include "shuffle/shuffle_ticket.h"

namespace trivet {

// What a worker's tasks fetch with: outputs of its own store from its files, all others from their
// workers over Flight. Checks who answers (another life of the worker is Unavailable) and that
// every output arrives whole. Thread-safe.
class WorkerFetcher final : public PartitionFetcher {
 public:
  static constexpr int64_t kTicketLifeMs = 10 * 60 * 1000;

  // `store` (null: none of its own) and `peers` outlive the fetcher and its streams.
  WorkerFetcher(WorkerIncarnation self, ShuffleStore* store, FlightPeers& peers,
                TicketSigner signer);

  Result<std::unique_ptr<BlockStream>> Open(const FetchRequest& request,
                                            const CancellationToken& cancelled) override;

 private:
  Result<std::unique_ptr<BlockStream>> OpenRemote(const FetchRequest& request,
                                                  const CancellationToken& cancelled);

  const WorkerIncarnation self_;
  ShuffleStore* const store_;
  FlightPeers& peers_;
  const TicketSigner signer_;
};

}  // namespace trivet
