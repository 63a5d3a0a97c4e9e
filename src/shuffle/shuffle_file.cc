#include "shuffle/shuffle_file.h"

#include <algorithm>

#include "base/hash.h"
#include "base/string_concat.h"

namespace trivet {

Result<std::shared_ptr<const ShuffleFile>> ShuffleFile::Open(FileSystem& files,
                                                             const std::string& path,
                                                             const AttemptId& attempt) {
  std::shared_ptr<ShuffleFile> file(new ShuffleFile());
  auto opened = files.OpenForRead(path);
  if (!opened.ok()) return opened.status().WithFile(path);
  file->file_ = std::move(*opened);
  const Status status = file->ReadStructure(attempt);
  if (!status.ok()) return Status(status).WithFile(path);
  return std::shared_ptr<const ShuffleFile>(std::move(file));
}

Status ShuffleFile::ReadStructure(const AttemptId& attempt) {
  const uint64_t size = file_->size();
  if (size < kShuffleHeaderBytes + kShuffleFooterBytes) {
    return Status::Corruption(StrCat("the shuffle file has only ", size, " bytes"));
  }
  std::string bytes(kShuffleHeaderBytes, '\0');
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(0, bytes.size(), bytes.data()));
  auto header = DecodeShuffleHeader(bytes);
  if (!header.ok()) return header.status().WithFile(path(), 0);
  header_ = *header;
  if (header_.attempt != attempt) {
    return Status::Corruption(StrCat("the shuffle file holds the output of ",
                                     ToString(header_.attempt), ", not of ", ToString(attempt)));
  }

  const uint64_t footer_offset = size - kShuffleFooterBytes;
  bytes.assign(kShuffleFooterBytes, '\0');
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(footer_offset, bytes.size(), bytes.data()));
  auto footer = DecodeShuffleFooter(bytes);
  if (!footer.ok()) return footer.status().WithFile(path(), footer_offset);
  if (footer->index_offset < kShuffleHeaderBytes || footer->index_offset > footer_offset ||
      footer_offset - footer->index_offset != footer->block_count * kShuffleIndexEntryBytes) {
    return Status::Corruption("the shuffle file's index does not lie where its footer says")
        .WithFile(path(), footer_offset);
  }
  bytes.assign(footer_offset - footer->index_offset, '\0');
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(footer->index_offset, bytes.size(), bytes.data()));
  if (HashBytes(bytes.data(), bytes.size()) != footer->index_checksum) {
    return Status::Corruption("the index of the shuffle file is damaged")
        .WithFile(path(), footer->index_offset);
  }
  TRIVET_ASSIGN_OR_RETURN(blocks_, DecodeShuffleIndex(bytes));
  return CheckIndex();
}

Status ShuffleFile::CheckIndex() const {
  const uint64_t end = file_->size();
  uint32_t previous = 0;
  for (const ShuffleBlock& block : blocks_) {
    if (block.partition < previous || block.partition >= header_.partition_count ||
        block.offset > end || block.bytes > end - block.offset) {
      return Status::Corruption(
          StrCat("the shuffle file's index says nonsense about partition ", block.partition));
    }
    previous = block.partition;
  }
  return Status::OK();
}

std::vector<PartitionSize> ShuffleFile::Sizes() const {
  std::vector<PartitionSize> sizes(header_.partition_count);
  for (const ShuffleBlock& block : blocks_) {
    sizes[block.partition].rows += block.row_count;
    sizes[block.partition].bytes += block.bytes;
  }
  return sizes;
}

Result<std::span<const ShuffleBlock>> ShuffleFile::Blocks(uint32_t begin, uint32_t end) const {
  if (begin > end || end > header_.partition_count) {
    return Status::InvalidInput(StrCat("partitions ", begin, " to ", end, " of ",
                                       ToString(header_.attempt), " were asked for; there are ",
                                       header_.partition_count))
        .WithFile(path());
  }
  const auto before = [](const ShuffleBlock& block, uint32_t partition) {
    return block.partition < partition;
  };
  const auto first = std::lower_bound(blocks_.begin(), blocks_.end(), begin, before);
  const auto last = std::lower_bound(first, blocks_.end(), end, before);
  return std::span<const ShuffleBlock>(first, last);
}

Status ShuffleFile::Read(std::span<const ShuffleBlock> blocks, uint8_t* out) const {
  for (size_t i = 0; i < blocks.size();) {
    // Blocks written one after the other are read at once.
    size_t run_end = i + 1;
    size_t run_bytes = blocks[i].bytes;
    while (run_end < blocks.size() && blocks[run_end].offset == blocks[i].offset + run_bytes) {
      run_bytes += blocks[run_end++].bytes;
    }
    TRIVET_RETURN_IF_ERROR(file_->ReadAt(blocks[i].offset, run_bytes, out));
    for (; i < run_end; out += blocks[i++].bytes) {
      const Status status =
          CheckBlock({reinterpret_cast<const char*>(out), blocks[i].bytes}, blocks[i].checksum);
      if (status.ok()) continue;
      return Status(status)
          .WithContext(StrCat("partition ", blocks[i].partition, " of ", ToString(attempt())))
          .WithFile(path(), blocks[i].offset);
    }
  }
  return Status::OK();
}

Result<SharedBytes> ShuffleFile::Read(std::span<const ShuffleBlock> blocks) const {
  size_t size = 0;
  for (const ShuffleBlock& block : blocks) size += block.bytes;
  auto buffer = std::make_shared<Buffer>(size);
  TRIVET_RETURN_IF_ERROR(Read(blocks, buffer->data()));
  return SharedBytes{buffer, buffer->data(), size};
}

Status CheckBlock(std::string_view bytes, uint64_t checksum) {
  if (HashBytes(bytes.data(), bytes.size()) == checksum) return Status::OK();
  return Status::Corruption("the checksum of a block does not fit its bytes");
}

ShuffleFileReader::ShuffleFileReader(std::shared_ptr<const ShuffleFile> file,
                                     std::vector<LogicalType> types, uint32_t begin, uint32_t end,
                                     MemoryManager* memory)
    : file_(std::move(file)), types_(std::move(types)), begin_(begin), end_(end), memory_(memory) {}

Result<bool> ShuffleFileReader::Next(Batch& out) {
  while (!chunk_.Next(out)) {
    TRIVET_ASSIGN_OR_RETURN(const std::span<const ShuffleBlock> blocks,
                            file_->Blocks(begin_, end_));
    if (next_block_ == blocks.size()) return false;
    TRIVET_ASSIGN_OR_RETURN(SharedBytes bytes, file_->Read(blocks.subspan(next_block_++, 1)));
    TRIVET_ASSIGN_OR_RETURN(chunk_, ChunkReader::Open(std::move(bytes), types_, memory_));
  }
  return true;
}

}  // namespace trivet
