#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "coordinator/identifiers.h"
#include "shuffle/shared_bytes.h"

namespace trivet {

// Where finished map outputs lie.
struct PeerAddress {
  WorkerIncarnation worker;
  std::string location;  // grpc://HOST:PORT or grpc+tls://HOST:PORT

  auto operator<=>(const PeerAddress&) const = default;
};

// Partitions [partition_begin, partition_end) of several map outputs that lie on one worker.
struct FetchRequest {
  PeerAddress peer;
  std::vector<AttemptId> attempts;  // in the order in which their rows are wanted
  uint32_t partition_begin = 0;
  uint32_t partition_end = 0;
};

// One block of a stream. Every output ends with a header marked so, which stands for no rows where
// the partitions are empty; so an answer cut short is never taken for a whole one.
struct BlockHeader {
  uint32_t source = 0;  // place in FetchRequest::attempts
  uint32_t partition = 0;
  uint32_t row_count = 0;
  uint32_t bytes = 0;
  uint64_t checksum = 0;
  bool is_last = false;  // nothing more of this output
};

// Blocks that came together; their bytes lie one after the other.
struct BlockGroup {
  std::vector<BlockHeader> headers;
  SharedBytes bytes;
  // With a failure of Next: the one output at fault; none where all that is still to come is lost.
  std::optional<uint32_t> failed_source;
};
// Servers put small blocks together up to this size.
inline constexpr size_t kBlockGroupBytes = size_t{1} << 20;

// The answer to a request: the outputs in the request's order, the blocks of each in order.
class BlockStream {
 public:
  virtual ~BlockStream() = default;
  // Waits for the next blocks; false after the last, which is an error unless every output has come
  // to its end. Says plainly what went wrong (NotFound, Corruption, Unavailable, Timeout ...); that
  // the fetch has failed is the reader's conclusion. One thread.
  virtual Result<bool> Next(BlockGroup& out) = 0;
  // Makes a waiting or later Next fail with Cancelled soon. Any thread, any number of times.
  virtual void Cancel() = 0;
};

// How a task gets at map outputs: local files, other workers, or a test's invention. Thread-safe.
class PartitionFetcher {
 public:
  virtual ~PartitionFetcher() = default;
  // May wait for a connection, until `cancelled`.
  virtual Result<std::unique_ptr<BlockStream>> Open(const FetchRequest& request,
                                                    const CancellationToken& cancelled) = 0;
};

}  // namespace trivet
