#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/memory.h"
#include "coordinator/identifiers.h"
#include "shuffle/disk_quota.h"
#include "shuffle/shuffle_format.h"
#include "shuffle/wire_batch.h"

namespace trivet {

struct ShuffleWriterOptions {
  AttemptId attempt;
  std::string directory;  // of the query; made where it is missing
  std::vector<LogicalType> types;
  uint32_t partition_count = 1;
  WireCompression compression = WireCompression::kLz4;
  // Rows of a partition are written once they take so much memory ...
  size_t chunk_bytes = size_t{4} << 20;
  // ... or, the largest first, once all partitions together take so much.
  size_t buffer_bytes = size_t{256} << 20;
};

// What one attempt has written.
struct MapOutput {
  AttemptId attempt;
  std::string path;
  uint64_t file_bytes = 0;
  std::vector<PartitionSize> partitions;  // bytes as on disk
};

// Writes the output of one task attempt as one file (shuffle_format.h) under a temporary name;
// Finish gives it its name, ToString(attempt). Rows of a partition keep the order in which they
// came. Memory is reserved: where that is refused, the largest buffers are written early. A file
// that is not finished is removed. Thread-safe; rows of concurrent calls come in any order.
class ShuffleWriter {
 public:
  // `memory`, `files` and `quota` outlive the writer.
  ShuffleWriter(ShuffleWriterOptions options, MemoryManager& memory, FileSystem& files,
                DiskQuota& quota);
  ~ShuffleWriter();
  ShuffleWriter(const ShuffleWriter&) = delete;
  ShuffleWriter& operator=(const ShuffleWriter&) = delete;

  // Row i of the batch goes to partitions[i]; null: all to partition 0. OutOfDisk names the path.
  Status Write(const Batch& batch, const uint32_t* partitions);
  // Writes what is left, the index and the footer, and renames the file. Called once; the quota of
  // the file's bytes passes to the caller.
  Result<MapOutput> Finish();

  const AttemptId& attempt() const { return options_.attempt; }

 private:
  struct Partition;

  size_t Footprint(size_t buffered_bytes) const;
  Status ReserveFor(size_t bytes);
  Status AppendRows(const Batch& batch, const uint32_t* partitions);
  Status AppendRun(const Batch& batch, uint32_t partition, const uint32_t* rows, size_t count);
  Status FlushLargest();
  Status Flush(uint32_t partition);
  Status AppendToFile(const void* data, size_t size);
  Status FinishFile();
  void Abandon() noexcept;

  const ShuffleWriterOptions options_;
  FileSystem& files_;
  DiskQuota& quota_;
  const std::string final_path_;
  const std::string temporary_path_;

  std::mutex mutex_;
  Reservation reservation_;
  std::vector<Partition> partitions_;
  size_t buffered_bytes_ = 0;
  std::unique_ptr<WritableFile> file_;
  uint64_t file_bytes_ = 0;
  std::vector<ShuffleBlock> blocks_;
  std::vector<uint32_t> row_order_;
  std::vector<uint32_t> run_ends_;
  Status failure_;  // of an earlier call: the file cannot be finished any more
  bool finished_ = false;
};

}  // namespace trivet
