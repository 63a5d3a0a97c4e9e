#include "execution/spill/spilled_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "context/metrics.h"

namespace trivet {

namespace {

constexpr size_t kAlignment = 16;

constexpr size_t Align(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// A block: this, a Segment for each heap segment, the rows, the heaps, each at a multiple of 16.
struct BlockHead {
  uint32_t row_count;
  uint32_t segment_count;
  uint64_t unused;
};
struct Segment {
  uint32_t first_row;
  uint32_t unused;
  uint64_t address;  // where it lay when it was written
  uint64_t bytes;
  uint64_t unused_too;
};
static_assert(sizeof(BlockHead) % kAlignment == 0 && sizeof(Segment) % kAlignment == 0);

// Heap segments of the page's first rows. The last one's bytes may belong to later rows in part.
size_t SegmentsOf(const RowStore::Page& page, uint32_t row_count) {
  size_t count = 0;
  while (count < page.segments.size() && page.segments[count].first_row < row_count) ++count;
  return count;
}

// What spreading rows may hold: written pages should be worth their call, but many may write.
size_t MostPartitionerBytes(const ExecutionContext& context) {
  const size_t share = context.memory().limit_bytes() / (32 * context.thread_count());
  return std::clamp(share, size_t{256} << 10, size_t{8} << 20);
}

}  // namespace

SpilledRows::SpilledRows(const ExecutionContext& context, RowLayoutPtr layout,
                         size_t partition_count, OperatorMetrics* metrics)
    : context_(context),
      layout_(std::move(layout)),
      metrics_(metrics),
      partitions_(partition_count) {}

Result<SpillFile*> SpilledRows::File() {
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) {
    TemporaryFiles* files = context_.temporary_files();
    if (files == nullptr) {
      return Status::OutOfMemory("what does not fit into memory has nowhere to go")
          .WithHint("raise memory_limit");
    }
    TRIVET_ASSIGN_OR_RETURN(file_, files->Create());
  }
  return file_.get();
}

Status SpilledRows::Write(size_t partition, const RowStore& rows, size_t row_count) {
  for (const RowStore::Page& page : rows.pages()) {
    const auto wanted = static_cast<uint32_t>(std::min<size_t>(page.row_count, row_count));
    if (wanted == 0) continue;
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    TRIVET_RETURN_IF_ERROR(WritePage(page, wanted, partitions_[partition]));
    row_count -= wanted;
  }
  return Status::OK();
}

Status SpilledRows::WritePage(const RowStore::Page& page, uint32_t row_count,
                              Partition& partition) {
  const size_t segment_count = SegmentsOf(page, row_count);
  const size_t row_bytes = Align(row_count * layout_->row_bytes());
  size_t bytes = sizeof(BlockHead) + segment_count * sizeof(Segment) + row_bytes;
  for (size_t i = 0; i < segment_count; ++i) bytes += Align(page.segments[i].bytes);
  TRIVET_ASSIGN_OR_RETURN(SpillFile * file, File());
  // A page's worth of bytes, gone when they are written.
  const auto block = std::make_unique_for_overwrite<uint8_t[]>(bytes);
  uint8_t* next = block.get();
  StoreAs(next, BlockHead{row_count, static_cast<uint32_t>(segment_count), 0});
  next += sizeof(BlockHead);
  for (size_t i = 0; i < segment_count; ++i, next += sizeof(Segment)) {
    const RowStore::HeapSegment& segment = page.segments[i];
    StoreAs(next, Segment{segment.first_row, 0, reinterpret_cast<uint64_t>(segment.data),
                          segment.bytes, 0});
  }
  const size_t used = row_count * layout_->row_bytes();
  std::memcpy(next, page.rows, used);
  std::memset(next + used, 0, row_bytes - used);
  next += row_bytes;
  for (size_t i = 0; i < segment_count; ++i) {
    const RowStore::HeapSegment& segment = page.segments[i];
    std::memcpy(next, segment.data, segment.bytes);
    std::memset(next + segment.bytes, 0, Align(segment.bytes) - segment.bytes);
    next += Align(segment.bytes);
  }
  TRIVET_ASSIGN_OR_RETURN(const uint64_t offset, file->Append(block.get(), bytes));
  if (metrics_ != nullptr) metrics_->bytes_spilled.fetch_add(bytes, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  partition.blocks.push_back({offset, bytes, row_count});
  partition.row_count += row_count;
  partition.bytes += bytes;
  return Status::OK();
}

size_t SpilledRows::row_count() const {
  size_t count = 0;
  for (const Partition& partition : partitions_) count += partition.row_count;
  return count;
}

Status SpilledRows::Read(const Block& block, RowStore& rows) const {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  TRIVET_ASSIGN_OR_RETURN(uint8_t* const bytes, rows.memory().Allocate(block.bytes));
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(block.offset, block.bytes, bytes));
  const auto head = LoadAs<BlockHead>(bytes);
  const uint8_t* const segments = bytes + sizeof(BlockHead);
  uint8_t* const first = bytes + sizeof(BlockHead) + head.segment_count * sizeof(Segment);
  uint8_t* heap = first + Align(head.row_count * layout_->row_bytes());
  RowStore::Page page{first, head.row_count, head.row_count, {}};
  for (uint32_t i = 0; i < head.segment_count; ++i) {
    const auto segment = LoadAs<Segment>(segments + i * sizeof(Segment));
    const uint32_t end = i + 1 < head.segment_count
                             ? LoadAs<Segment>(segments + (i + 1) * sizeof(Segment)).first_row
                             : head.row_count;
    MoveStrings(*layout_, first + segment.first_row * layout_->row_bytes(), end - segment.first_row,
                reinterpret_cast<const uint8_t*>(segment.address), heap);
    page.segments.push_back({segment.first_row, heap, segment.bytes});
    heap += Align(segment.bytes);
  }
  rows.AppendPage(std::move(page));
  return Status::OK();
}

Status SpilledRows::ReadAll(size_t partition, RowStore& rows) const {
  for (const Block& block : partitions_[partition].blocks) {
    TRIVET_RETURN_IF_ERROR(Read(block, rows));
  }
  return Status::OK();
}

void SpilledRows::Discard(size_t partition) {
  Partition& done = partitions_[partition];
  for (const Block& block : done.blocks) file_->Discard(block.offset, block.bytes);
  done = Partition();
}

Status SpilledRows::MoveTo(size_t partition, SpilledRows& target, int shift,
                           std::string_view consumer) {
  SpillPartitioner partitioner(context_, target, shift, consumer);
  for (const Block& block : partitions_[partition].blocks) {
    RowStore rows(layout_, std::make_shared<RowMemory>(
                               Reservation(&context_.memory(), std::string(consumer))));
    TRIVET_RETURN_IF_ERROR(Read(block, rows));
    TRIVET_RETURN_IF_ERROR(partitioner.AppendAll(rows));
  }
  TRIVET_RETURN_IF_ERROR(partitioner.Flush());
  Discard(partition);
  return Status::OK();
}

SpillPartitioner::SpillPartitioner(const ExecutionContext& context, SpilledRows& target, int shift,
                                   std::string_view consumer)
    : context_(context),
      target_(target),
      shift_(shift),
      radix_bits_(std::countr_zero(target.partition_count())),
      consumer_(consumer),
      most_bytes_(MostPartitionerBytes(context)) {
  Reset();
}

void SpillPartitioner::Reset() {
  rows_.reset();
  memory_ = std::make_shared<RowMemory>(Reservation(&context_.memory(), consumer_));
  rows_ = std::make_unique<PartitionedRowStore>(target_.layout(), memory_, radix_bits_, shift_);
  complete_rows_.assign(rows_->partition_count(), 0);
}

template <typename Try>
Status SpillPartitioner::AppendOrFlush(const Try& append) {
  Status status = append();
  if (status.code() == StatusCode::kOutOfMemory) {
    TRIVET_RETURN_IF_ERROR(Flush());
    status = append();
  }
  TRIVET_RETURN_IF_ERROR(status);
  SetComplete();
  return memory_->bytes() < most_bytes_ ? Status::OK() : Flush();
}

void SpillPartitioner::SetComplete() {
  for (size_t i = 0; i < complete_rows_.size(); ++i) {
    complete_rows_[i] = rows_->partition(i).row_count();
  }
}

Status SpillPartitioner::Append(std::span<const Vector> columns, const uint64_t* hashes,
                                const uint32_t* selection, size_t count) {
  uint8_t* rows[kVectorSize];
  return AppendOrFlush([&] { return rows_->Append(columns, hashes, selection, count, rows); });
}

Status SpillPartitioner::AppendCopies(uint8_t* const* rows, size_t count) {
  return AppendOrFlush([&] { return rows_->AppendCopies(rows, count); });
}

Status SpillPartitioner::AppendAll(const RowStore& rows, size_t row_count) {
  uint8_t* chunk[kVectorSize];
  RowStore::Cursor cursor(rows);
  while (row_count > 0) {
    const size_t count = cursor.Next(chunk, std::min(row_count, kVectorSize));
    if (count == 0) break;
    row_count -= count;
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    TRIVET_RETURN_IF_ERROR(AppendCopies(chunk, count));
  }
  return Status::OK();
}

Status SpillPartitioner::Flush() {
  for (size_t i = 0; i < rows_->partition_count(); ++i) {
    TRIVET_RETURN_IF_ERROR(target_.Write(i, rows_->partition(i), complete_rows_[i]));
  }
  Reset();
  return Status::OK();
}

}  // namespace trivet
