#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "shuffle/shared_bytes.h"
#include "shuffle/shuffle_format.h"
#include "shuffle/wire_batch.h"

namespace trivet {

// A finished map output, open for reading. Immutable, thread-safe.
class ShuffleFile {
 public:
  // Reads and checks header, footer and index. NotFound where there is no such file; Corruption,
  // naming file and offset, where it is cut short, damaged, or of another attempt.
  static Result<std::shared_ptr<const ShuffleFile>> Open(FileSystem& files, const std::string& path,
                                                         const AttemptId& attempt);

  const std::string& path() const { return file_->path(); }
  const AttemptId& attempt() const { return header_.attempt; }
  uint32_t partition_count() const { return header_.partition_count; }
  uint64_t file_bytes() const { return file_->size(); }
  // Rows and bytes of each partition.
  std::vector<PartitionSize> Sizes() const;

  // The blocks of partitions [begin, end), in order; empty partitions have none. InvalidInput
  // beyond the file's partitions: what was not reported is never taken for empty.
  Result<std::span<const ShuffleBlock>> Blocks(uint32_t begin, uint32_t end) const;
  // Writes the blocks' bytes to `out`, one after the other, each checked; Corruption names file,
  // partition and offset.
  Status Read(std::span<const ShuffleBlock> blocks, uint8_t* out) const;
  Result<SharedBytes> Read(std::span<const ShuffleBlock> blocks) const;

 private:
  ShuffleFile() = default;
  Status ReadStructure(const AttemptId& attempt);
  Status CheckIndex() const;

  std::unique_ptr<RandomAccessFile> file_;
  ShuffleFileHeader header_;
  std::vector<ShuffleBlock> blocks_;  // by partition
};

// OK where the bytes have the checksum that the index or a peer's header gives.
Status CheckBlock(std::string_view bytes, uint64_t checksum);

// Gives the rows of partitions [begin, end) of one file as batches, in order. One thread.
class ShuffleFileReader {
 public:
  ShuffleFileReader(std::shared_ptr<const ShuffleFile> file, std::vector<LogicalType> types,
                    uint32_t begin, uint32_t end, MemoryManager* memory);
  // False after the last row.
  Result<bool> Next(Batch& out);

 private:
  std::shared_ptr<const ShuffleFile> file_;
  std::vector<LogicalType> types_;
  uint32_t begin_;
  uint32_t end_;
  MemoryManager* memory_;
  size_t next_block_ = 0;
  ChunkReader chunk_;
};

}  // namespace trivet
