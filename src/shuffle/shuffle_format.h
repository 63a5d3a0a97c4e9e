#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/event.h"

namespace trivet {

// The file that holds the output of one task attempt:
//
//   header   magic, version, the attempt, the number of partitions, checksum
//   blocks   one after the other, in the order in which they were written: chunks of wire_batch.h
//   index    one entry a block, by partition, and in the order of its rows within one
//   footer   where the index lies, its checksum, the number of blocks, the footer's own checksum
//
// Numbers are little-endian. Every byte but none is under a checksum (base/hash.h HashBytes), and
// the footer is found from the file's end, so a file cut short is noticed at once.

struct ShuffleBlock {
  uint32_t partition = 0;
  uint32_t row_count = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t checksum = 0;
};

inline constexpr uint32_t kShuffleFileVersion = 1;
inline constexpr size_t kShuffleHeaderBytes = 48;
inline constexpr size_t kShuffleFooterBytes = 48;
inline constexpr size_t kShuffleIndexEntryBytes = 32;

struct ShuffleFileHeader {
  AttemptId attempt;
  uint32_t partition_count = 0;
};
struct ShuffleFileFooter {
  uint64_t index_offset = 0;
  uint64_t index_checksum = 0;
  uint64_t block_count = 0;
};

std::string EncodeShuffleHeader(const ShuffleFileHeader& header);
std::string EncodeShuffleIndex(const std::vector<ShuffleBlock>& blocks);
std::string EncodeShuffleFooter(const ShuffleFileFooter& footer);
// Corruption says what is wrong; the caller adds file and offset.
Result<ShuffleFileHeader> DecodeShuffleHeader(std::string_view bytes);
Result<std::vector<ShuffleBlock>> DecodeShuffleIndex(std::string_view bytes);
Result<ShuffleFileFooter> DecodeShuffleFooter(std::string_view bytes);

}  // namespace trivet
