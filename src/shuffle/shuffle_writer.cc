#include "shuffle/shuffle_writer.h"

#include <algorithm>
#include <numeric>

#include "base/hash.h"
#include "base/string_concat.h"
#include "shuffle/shuffle_file.h"

namespace trivet {

namespace {

// A batch that would add more than this is appended in smaller runs, so that a chunk of long
// strings or lists is written before it outgrows what one message can hold.
constexpr size_t kLargeBatchBytes = size_t{64} << 20;
// Rows may be so narrow, or have no columns at all, that bytes alone would never end a chunk.
constexpr size_t kChunkRows = size_t{1} << 20;
// A block must fit one message of the transport.
constexpr size_t kLargestBlockBytes = (size_t{1} << 31) - (size_t{1} << 20);

}  // namespace

struct ShuffleWriter::Partition {
  ChunkBuilder builder;
  PartitionSize size;
};

ShuffleWriter::ShuffleWriter(ShuffleWriterOptions options, MemoryManager& memory, FileSystem& files,
                             DiskQuota& quota)
    : options_(std::move(options)),
      files_(files),
      quota_(quota),
      final_path_(StrCat(options_.directory, "/", ToString(options_.attempt))),
      temporary_path_(final_path_ + ".tmp"),
      reservation_(&memory, "shuffle") {
  partitions_.reserve(options_.partition_count);
  for (uint32_t i = 0; i < options_.partition_count; ++i) {
    partitions_.push_back(Partition{ChunkBuilder(options_.types), {}});
  }
}

ShuffleWriter::~ShuffleWriter() {
  if (!finished_) Abandon();
}

void ShuffleWriter::Abandon() noexcept {
  if (file_ != nullptr) {
    file_.reset();
    // Whoever deleted the query may have been faster.
    (void)files_.Remove(temporary_path_);
  }
  quota_.Release(std::exchange(file_bytes_, 0));
}

Status ShuffleWriter::Write(const Batch& batch, const uint32_t* partitions) {
  if (batch.row_count() == 0) return Status::OK();
  const std::lock_guard lock(mutex_);
  TRIVET_ASSERT(!finished_);
  TRIVET_RETURN_IF_ERROR(failure_);
  failure_ = AppendRows(batch, partitions);
  return failure_;
}

// What buffers of so many bytes need: themselves, and the chunk that one of them is made into.
size_t ShuffleWriter::Footprint(size_t buffered_bytes) const {
  return buffered_bytes + std::min(buffered_bytes, options_.chunk_bytes);
}

// Makes sure that `bytes` more of buffered rows are paid for.
Status ShuffleWriter::ReserveFor(size_t bytes) {
  while (buffered_bytes_ + bytes > options_.buffer_bytes && buffered_bytes_ > 0) {
    TRIVET_RETURN_IF_ERROR(FlushLargest());
  }
  while (true) {
    const Status status =
        reservation_.Resize(std::max(reservation_.bytes(), Footprint(buffered_bytes_ + bytes)));
    if (status.ok() || buffered_bytes_ == 0) return status;
    TRIVET_RETURN_IF_ERROR(FlushLargest());
  }
}

Status ShuffleWriter::AppendRows(const Batch& batch, const uint32_t* partitions) {
  const size_t count = batch.row_count();
  const size_t estimate = EstimateWireBytes(batch.columns(), count);
  TRIVET_RETURN_IF_ERROR(ReserveFor(estimate));
  const size_t step = estimate > kLargeBatchBytes ? 1 : count;

  // A counting sort of the rows by partition, stable.
  run_ends_.assign(partitions_.size(), 0);
  row_order_.resize(count);
  if (partitions == nullptr) {
    std::iota(row_order_.begin(), row_order_.end(), 0u);
    run_ends_[0] = static_cast<uint32_t>(count);
  } else {
    for (size_t i = 0; i < count; ++i) ++run_ends_[partitions[i]];
    uint32_t start = 0;
    for (uint32_t& end : run_ends_) start += std::exchange(end, start);
    for (size_t i = 0; i < count; ++i) {
      row_order_[run_ends_[partitions[i]]++] = static_cast<uint32_t>(i);
    }
  }
  uint32_t begin = 0;
  for (uint32_t partition = 0; partition < partitions_.size() && begin < count; ++partition) {
    const uint32_t end =
        partitions == nullptr ? static_cast<uint32_t>(count) : run_ends_[partition];
    for (; begin < end; begin += std::min<uint32_t>(step, end - begin)) {
      TRIVET_RETURN_IF_ERROR(AppendRun(batch, partition, row_order_.data() + begin,
                                       std::min<size_t>(step, end - begin)));
    }
  }
  // Builders grow ahead of their rows, so they may hold more than was reserved, or less.
  return ReserveFor(0);
}

Status ShuffleWriter::AppendRun(const Batch& batch, uint32_t partition, const uint32_t* rows,
                                size_t count) {
  ChunkBuilder& builder = partitions_[partition].builder;
  const size_t before = builder.memory_bytes();
  builder.Append(batch.columns(), rows, count);
  buffered_bytes_ += builder.memory_bytes() - before;
  const bool full =
      builder.memory_bytes() >= options_.chunk_bytes || builder.row_count() >= kChunkRows;
  return full ? Flush(partition) : Status::OK();
}

Status ShuffleWriter::FlushLargest() {
  const auto largest = std::max_element(
      partitions_.begin(), partitions_.end(), [](const Partition& left, const Partition& right) {
        return left.builder.memory_bytes() < right.builder.memory_bytes();
      });
  return Flush(static_cast<uint32_t>(largest - partitions_.begin()));
}

Status ShuffleWriter::Flush(uint32_t partition) {
  ChunkBuilder& builder = partitions_[partition].builder;
  const size_t row_count = builder.row_count();
  if (row_count == 0) return Status::OK();
  const size_t held = builder.memory_bytes();
  TRIVET_ASSIGN_OR_RETURN(const SharedBytes chunk, builder.Finish(options_.compression));
  buffered_bytes_ -= held;
  if (chunk.size > kLargestBlockBytes) {
    return Status::NotImplemented("rows between stages that take more than 2 GiB each");
  }
  const uint64_t offset = std::max<uint64_t>(file_bytes_, kShuffleHeaderBytes);
  TRIVET_RETURN_IF_ERROR(AppendToFile(chunk.data, chunk.size));
  blocks_.push_back({partition, static_cast<uint32_t>(row_count), offset, chunk.size,
                     HashBytes(chunk.data, chunk.size)});
  PartitionSize& size = partitions_[partition].size;
  size.rows += row_count;
  size.bytes += chunk.size;
  const size_t needed = Footprint(buffered_bytes_);
  if (reservation_.bytes() > needed) reservation_.Shrink(reservation_.bytes() - needed);
  return Status::OK();
}

Status ShuffleWriter::AppendToFile(const void* data, size_t size) {
  if (file_ == nullptr) {
    TRIVET_RETURN_IF_ERROR(files_.CreateDirectories(options_.directory));
    TRIVET_ASSIGN_OR_RETURN(file_, files_.OpenForWrite(temporary_path_));
    const std::string header = EncodeShuffleHeader({options_.attempt, options_.partition_count});
    TRIVET_RETURN_IF_ERROR(AppendToFile(header.data(), header.size()));
  }
  TRIVET_RETURN_IF_ERROR(quota_.Reserve(size, final_path_));
  file_bytes_ += size;
  const Status status = file_->Append(data, size);
  return status.ok() ? status : Status(status).WithFile(final_path_);
}

Result<MapOutput> ShuffleWriter::Finish() {
  const std::lock_guard lock(mutex_);
  TRIVET_ASSERT(!finished_);
  TRIVET_RETURN_IF_ERROR(failure_);
  failure_ = FinishFile();
  TRIVET_RETURN_IF_ERROR(failure_);
  finished_ = true;
  MapOutput output{options_.attempt, final_path_, file_bytes_, {}};
  for (const Partition& partition : partitions_) output.partitions.push_back(partition.size);
  partitions_.clear();
  reservation_.Release();
  return output;
}

Status ShuffleWriter::FinishFile() {
  for (uint32_t i = 0; i < partitions_.size(); ++i) TRIVET_RETURN_IF_ERROR(Flush(i));
  TRIVET_RETURN_IF_ERROR(AppendToFile(nullptr, 0));  // an output without rows is a file as well
  std::stable_sort(blocks_.begin(), blocks_.end(),
                   [](const ShuffleBlock& left, const ShuffleBlock& right) {
                     return left.partition < right.partition;
                   });
  const std::string index = EncodeShuffleIndex(blocks_);
  const std::string footer =
      EncodeShuffleFooter({file_bytes_, HashBytes(index.data(), index.size()), blocks_.size()});
  TRIVET_RETURN_IF_ERROR(AppendToFile(index.data(), index.size()));
  TRIVET_RETURN_IF_ERROR(AppendToFile(footer.data(), footer.size()));
  Status status = file_->Close();
  if (status.ok()) status = files_.Rename(temporary_path_, final_path_);
  return status.ok() ? status : Status(status).WithFile(final_path_);
}

}  // namespace trivet
