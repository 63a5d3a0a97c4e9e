#include "shuffle/shuffle_format.h"

#include "base/hash.h"
#include "base/string_concat.h"
#include "shuffle/byte_codec.h"

namespace trivet {

namespace {

constexpr uint64_t kHeaderMagic = 0x31'46'48'53'56'49'52'54ULL;  // "TRIVSHF1"
constexpr uint64_t kFooterMagic = 0x31'45'48'53'56'49'52'54ULL;  // "TRIVSHE1"

uint64_t Checksum(std::string_view bytes) { return HashBytes(bytes.data(), bytes.size()); }

// The bytes with their own checksum behind them, and back.
std::string Sealed(ByteWriter writer) {
  writer.Put(Checksum(writer.bytes()));
  return writer.Take();
}
bool SealHolds(std::string_view bytes) {
  if (bytes.size() < sizeof(uint64_t)) return false;
  ByteReader reader(bytes.substr(bytes.size() - sizeof(uint64_t)));
  return reader.Get<uint64_t>() == Checksum(bytes.substr(0, bytes.size() - sizeof(uint64_t)));
}

}  // namespace

std::string EncodeShuffleHeader(const ShuffleFileHeader& header) {
  ByteWriter writer;
  writer.Put(kHeaderMagic);
  writer.Put(kShuffleFileVersion);
  writer.Put(header.partition_count);
  writer.Put(header.attempt.task.query);
  writer.Put(header.attempt.task.stage);
  writer.Put(header.attempt.task.partition);
  writer.Put(header.attempt.attempt);
  writer.Put(uint32_t{0});  // keeps the checksum aligned
  return Sealed(std::move(writer));
}

Result<ShuffleFileHeader> DecodeShuffleHeader(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Get<uint64_t>() != kHeaderMagic) {
    return Status::Corruption("this is no shuffle file");
  }
  const auto version = reader.Get<uint32_t>();
  if (version != kShuffleFileVersion) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("the shuffle file has version ", version, "; this build reads version ",
                         kShuffleFileVersion));
  }
  ShuffleFileHeader header;
  header.partition_count = reader.Get<uint32_t>();
  header.attempt.task.query = reader.Get<uint64_t>();
  header.attempt.task.stage = reader.Get<uint32_t>();
  header.attempt.task.partition = reader.Get<uint32_t>();
  header.attempt.attempt = reader.Get<uint32_t>();
  if (bytes.size() != kShuffleHeaderBytes || !SealHolds(bytes)) {
    return Status::Corruption("the header of the shuffle file is damaged");
  }
  return header;
}

std::string EncodeShuffleIndex(const std::vector<ShuffleBlock>& blocks) {
  ByteWriter writer;
  for (const ShuffleBlock& block : blocks) {
    writer.Put(block.partition);
    writer.Put(block.row_count);
    writer.Put(block.offset);
    writer.Put(block.bytes);
    writer.Put(block.checksum);
  }
  return writer.Take();
}

Result<std::vector<ShuffleBlock>> DecodeShuffleIndex(std::string_view bytes) {
  if (bytes.size() % kShuffleIndexEntryBytes != 0) {
    return Status::Corruption("the index of the shuffle file is damaged");
  }
  std::vector<ShuffleBlock> blocks(bytes.size() / kShuffleIndexEntryBytes);
  ByteReader reader(bytes);
  for (ShuffleBlock& block : blocks) {
    block.partition = reader.Get<uint32_t>();
    block.row_count = reader.Get<uint32_t>();
    block.offset = reader.Get<uint64_t>();
    block.bytes = reader.Get<uint64_t>();
    block.checksum = reader.Get<uint64_t>();
  }
  return blocks;
}

std::string EncodeShuffleFooter(const ShuffleFileFooter& footer) {
  ByteWriter writer;
  writer.Put(footer.index_offset);
  writer.Put(footer.index_checksum);
  writer.Put(footer.block_count);
  writer.Put(kShuffleFileVersion);
  writer.Put(uint32_t{0});
  writer.Put(kFooterMagic);
  return Sealed(std::move(writer));
}

Result<ShuffleFileFooter> DecodeShuffleFooter(std::string_view bytes) {
  if (bytes.size() != kShuffleFooterBytes || !SealHolds(bytes)) {
    return Status::Corruption("the shuffle file is cut short, or its footer is damaged");
  }
  ByteReader reader(bytes);
  ShuffleFileFooter footer;
  footer.index_offset = reader.Get<uint64_t>();
  footer.index_checksum = reader.Get<uint64_t>();
  footer.block_count = reader.Get<uint64_t>();
  return footer;
}

}  // namespace trivet
