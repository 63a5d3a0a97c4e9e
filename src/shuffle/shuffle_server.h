#pragma once

#include <string>

#include "shuffle/flight_service.h"
#include "shuffle/shuffle_store.h"
#include "shuffle/shuffle_ticket.h"

namespace trivet {

// The ticket kind under which map outputs are served.
inline constexpr std::string_view kShuffleTicketKind = "shuffle";

// Has `service` serve the outputs of `store`: a stream of block groups per ticket, read only as
// fast as the reader takes them. Refuses tickets that are not genuine (PermissionDenied) or meant
// for another life of the worker (Unavailable). An output that is missing (NotFound) or damaged
// (Corruption) is named by the last message's header. Call before service.Start(); `store` outlives
// the service.
void RegisterShuffle(FlightService& service, ShuffleStore& store, TicketSigner signer,
                     WorkerIncarnation self);

// The header of a stream's message: all of a group but its bytes.
std::string EncodeGroupHeader(const BlockGroup& group);
Status DecodeGroupHeader(std::string_view bytes, BlockGroup& group);

// The answer to a request out of the store's files, for local tasks and for the server. The store
// outlives it.
std::unique_ptr<BlockStream> OpenLocalStream(ShuffleStore& store, FetchRequest request);

}  // namespace trivet
