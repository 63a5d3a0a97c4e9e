#include "vector/row_store.h"

#include <algorithm>
#include <utility>

#include "vector/physical_dispatch.h"

namespace trivet {

namespace {
constexpr size_t kFirstPageBytes = size_t{2} << 10;
constexpr size_t kLargestPageBytes = size_t{64} << 10;
constexpr size_t kFirstHeapBytes = size_t{1} << 10;
constexpr size_t kLargestHeapBytes = size_t{64} << 10;

// Appends rows one by one, giving each its address, room for its strings, its hash, a cleared flag
// and all-valid bits; then the columns are written one after the other, a loop each.
template <typename StoreOf>
Status AppendRows(const RowLayout& layout, std::span<const Vector> columns, const uint64_t* hashes,
                  const uint32_t* selection, size_t count, uint8_t** rows,
                  const StoreOf& store_of) {
  uint8_t* heaps[kVectorSize];
  const bool has_strings = !layout.string_columns().empty();
  uint64_t heap_bytes[kVectorSize];
  if (has_strings) ComputeHeapBytes(layout, columns, selection, count, heap_bytes);
  const size_t head_bytes =
      layout.validity_offset() + layout.validity_bytes() - layout.flag_offset();
  for (size_t i = 0; i < count; ++i) {
    const size_t source = selection ? selection[i] : i;
    RowStore& store = store_of(source);
    TRIVET_RETURN_IF_ERROR(store.AppendRow(has_strings ? heap_bytes[i] : 0, &rows[i], &heaps[i]));
    uint8_t* row = rows[i];
    if (layout.has_hash()) StoreAs(row, hashes[source]);
    // All valid; where there is a flag byte, it comes before the validity and starts at zero.
    std::memset(row + layout.flag_offset(), 0xFF, head_bytes);
    if (layout.flag_offset() != layout.validity_offset()) row[layout.flag_offset()] = 0;
  }
  for (size_t column = 0; column < columns.size(); ++column) {
    ScatterColumn(layout, column, columns[column], selection, count, rows, heaps);
  }
  return Status::OK();
}

}  // namespace

RowStore::RowStore(RowLayoutPtr layout, RowMemoryPtr memory)
    : layout_(std::move(layout)), row_bytes_(layout_->row_bytes()) {
  memories_.push_back(std::move(memory));
}

Status RowStore::NextPage() {
  page_bytes_ = std::clamp(2 * page_bytes_, kFirstPageBytes, kLargestPageBytes);
  const size_t capacity = std::max<size_t>(page_bytes_ / row_bytes_, 1);
  TRIVET_ASSIGN_OR_RETURN(uint8_t* rows, memories_.front()->Allocate(capacity * row_bytes_));
  pages_.push_back({rows, 0, static_cast<uint32_t>(capacity), {}});
  next_row_ = rows;
  end_row_ = rows + capacity * row_bytes_;
  segment_is_open_ = false;
  return Status::OK();
}

Status RowStore::ReserveHeap(size_t bytes, uint8_t** heap) {
  if (bytes > heap_left_) {
    heap_bytes_ = std::clamp(2 * heap_bytes_, kFirstHeapBytes, kLargestHeapBytes);
    const size_t size = std::max(heap_bytes_, bytes);
    TRIVET_ASSIGN_OR_RETURN(next_heap_, memories_.front()->Allocate(size));
    heap_left_ = size;
    segment_is_open_ = false;
  }
  Page& page = pages_.back();
  if (!segment_is_open_) {
    page.segments.push_back({page.row_count - 1, next_heap_, 0});
    segment_is_open_ = true;
  }
  page.segments.back().bytes += bytes;
  *heap = next_heap_;
  next_heap_ += bytes;
  heap_left_ -= bytes;
  return Status::OK();
}

Status RowStore::Append(std::span<const Vector> columns, const uint64_t* hashes,
                        const uint32_t* selection, size_t count, uint8_t** rows) {
  return AppendRows(*layout_, columns, hashes, selection, count, rows,
                    [this](size_t) -> RowStore& { return *this; });
}

namespace {
// A copy of the row in the store: the bytes, then the long strings, one after the other.
Status CopyRow(const RowLayout& layout, const uint8_t* row, RowStore& store, uint8_t** copy) {
  const auto is_long = [&](size_t column) {
    return layout.IsValid(row, column) && !layout.Get<StringView>(row, column).is_inline();
  };
  size_t heap_bytes = 0;
  for (const size_t column : layout.string_columns()) {
    if (is_long(column)) heap_bytes += layout.Get<StringView>(row, column).size();
  }
  uint8_t* heap = nullptr;
  TRIVET_RETURN_IF_ERROR(store.AppendRow(heap_bytes, copy, &heap));
  std::memcpy(*copy, row, layout.row_bytes());
  if (heap_bytes == 0) return Status::OK();
  for (const size_t column : layout.string_columns()) {
    if (!is_long(column)) continue;
    const auto text = layout.Get<StringView>(row, column);
    std::memcpy(heap, text.data(), text.size());
    StoreAs(*copy + layout.offset(column),
            StringView(reinterpret_cast<const char*>(heap), text.size()));
    heap += text.size();
  }
  return Status::OK();
}
}  // namespace

Status RowStore::AppendCopies(uint8_t* const* rows, size_t count, uint8_t** copies) {
  uint8_t* copy = nullptr;
  for (size_t i = 0; i < count; ++i) {
    TRIVET_RETURN_IF_ERROR(CopyRow(*layout_, rows[i], *this, &copy));
    if (copies != nullptr) copies[i] = copy;
  }
  return Status::OK();
}

void RowStore::AppendPage(Page page) {
  row_count_ += page.row_count;
  // The page being filled stays the last one.
  const auto last = pages_.empty() || next_row_ == nullptr ? pages_.end() : pages_.end() - 1;
  pages_.insert(last, std::move(page));
}

void RowStore::Absorb(RowStore&& other) {
  TRIVET_ASSERT(row_bytes_ == other.row_bytes_);
  // The page being filled stays the last one.
  const size_t last = pages_.empty() ? 0 : 1;
  pages_.insert(pages_.end() - static_cast<std::ptrdiff_t>(last),
                std::make_move_iterator(other.pages_.begin()),
                std::make_move_iterator(other.pages_.end()));
  if (last == 0) next_row_ = end_row_ = nullptr;
  row_count_ += other.row_count_;
  for (RowMemoryPtr& memory : other.memories_) {
    if (std::find(memories_.begin(), memories_.end(), memory) == memories_.end()) {
      memories_.push_back(std::move(memory));
    }
  }
  other.memories_.resize(std::min<size_t>(other.memories_.size(), 1));
  other.pages_.clear();
  other.row_count_ = 0;
  other.next_row_ = other.end_row_ = nullptr;
}

void RowStore::Clear() {
  pages_.clear();
  memories_.clear();
  row_count_ = 0;
  next_row_ = end_row_ = nullptr;
  heap_left_ = 0;
}

size_t RowStore::Cursor::Next(uint8_t** rows, size_t limit) {
  size_t count = 0;
  const size_t row_bytes = store_->row_bytes_;
  while (count < limit && page_ < store_->pages_.size()) {
    const Page& page = store_->pages_[page_];
    const size_t taken = std::min<size_t>(limit - count, page.row_count - row_);
    uint8_t* row = page.rows + row_ * row_bytes;
    for (size_t i = 0; i < taken; ++i, row += row_bytes) rows[count + i] = row;
    count += taken;
    row_ += taken;
    if (row_ == page.row_count) {
      ++page_;
      row_ = 0;
    }
  }
  return count;
}

PartitionedRowStore::PartitionedRowStore(RowLayoutPtr layout, RowMemoryPtr memory, int radix_bits,
                                         int shift)
    : radix_bits_(radix_bits), shift_(shift) {
  for (size_t i = 0; i < size_t{1} << radix_bits; ++i) partitions_.emplace_back(layout, memory);
}

Status PartitionedRowStore::Append(std::span<const Vector> columns, const uint64_t* hashes,
                                   const uint32_t* selection, size_t count, uint8_t** rows) {
  return AppendRows(partitions_.front().layout(), columns, hashes, selection, count, rows,
                    [&](size_t row) -> RowStore& { return partitions_[PartitionOf(hashes[row])]; });
}

Status PartitionedRowStore::AppendCopies(uint8_t* const* rows, size_t count) {
  const RowLayout& layout = partitions_.front().layout();
  uint8_t* copy = nullptr;
  for (size_t i = 0; i < count; ++i) {
    RowStore& store = partitions_[PartitionOf(RowLayout::Hash(rows[i]))];
    TRIVET_RETURN_IF_ERROR(CopyRow(layout, rows[i], store, &copy));
  }
  return Status::OK();
}

void PartitionedRowStore::Absorb(PartitionedRowStore&& other) {
  TRIVET_ASSERT(radix_bits_ == other.radix_bits_);
  for (size_t i = 0; i < partitions_.size(); ++i) {
    partitions_[i].Absorb(std::move(other.partitions_[i]));
  }
}

size_t PartitionedRowStore::row_count() const {
  size_t count = 0;
  for (const RowStore& partition : partitions_) count += partition.row_count();
  return count;
}

}  // namespace trivet
