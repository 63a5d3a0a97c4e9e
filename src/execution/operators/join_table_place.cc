// Where a join table's rows are copied to: taking the memory, and putting rows there in order.
#include <algorithm>
#include <cstring>
#include <utility>

#include "execution/operators/join_table_builder.h"

namespace trivet {

namespace {
// Rows are copied where they take at most this part of the budget.
constexpr size_t kMostOfBudget = 8;
constexpr size_t kPlacedPageBytes = size_t{64} << 10;

size_t HeapBytes(const RowStore& rows) {
  size_t bytes = 0;
  for (const RowStore::Page& page : rows.pages()) {
    for (const RowStore::HeapSegment& segment : page.segments) bytes += segment.bytes;
  }
  return bytes;
}
}  // namespace

// Memory for rows to be copied to, where that pays.
bool JoinTableBuilder::TakePlace() {
  size_t heap_bytes = 0;
  for (const GatheredRows& source : gathered_) {
    if (source.partition != GatheredRows::kNullKeys) heap_bytes += HeapBytes(source.rows);
  }
  // Once is enough.
  if (table_.first_row_ != nullptr) return false;
  MemoryManager& memory = table_.context_.memory();
  const size_t row_bytes = row_count_ * layout().row_bytes();
  if (row_bytes + heap_bytes > memory.limit_bytes() / kMostOfBudget) {
    return false;
  }
  Reservation reservation(&memory, "HASH_JOIN");
  reservation.set_yields(true);
  placed_memory_ = std::make_shared<RowMemory>(std::move(reservation));
  const Result<uint8_t*> place = placed_memory_->Allocate(row_bytes + heap_bytes);
  if (!place.ok()) {
    placed_memory_.reset();
    return false;
  }
  placed_ = *place;
  has_heaps_ = heap_bytes > 0;
  uint8_t* heap = placed_ + row_bytes;
  for (const GatheredRows& source : gathered_) {
    heaps_.push_back(heap);
    if (source.partition != GatheredRows::kNullKeys) heap += HeapBytes(source.rows);
  }
  return true;
}

// Long strings follow their rows.
void JoinTableBuilder::MoveHeap(RowStore& rows, uint8_t* heap) const {
  for (const RowStore::Page& page : rows.pages()) {
    for (size_t i = 0; i < page.segments.size(); ++i) {
      const RowStore::HeapSegment& segment = page.segments[i];
      const uint32_t end =
          i + 1 < page.segments.size() ? page.segments[i + 1].first_row : page.row_count;
      std::memcpy(heap, segment.data, segment.bytes);
      MoveStrings(layout(), page.rows + segment.first_row * layout().row_bytes(),
                  end - segment.first_row, segment.data, heap);
      heap += segment.bytes;
    }
  }
}

// Copies few rows as they come, so that they lie side by side though no slot needs it.
void JoinTableBuilder::PlaceInOrder() {
  if (!TakePlace()) return;
  uint8_t* next = placed_;
  for (size_t i = 0; i < gathered_.size(); ++i) {
    if (gathered_[i].partition == GatheredRows::kNullKeys) continue;
    if (has_heaps_) MoveHeap(gathered_[i].rows, heaps_[i]);
    for (const RowStore::Page& page : gathered_[i].rows.pages()) {
      const size_t bytes = page.row_count * layout().row_bytes();
      if (bytes > 0) std::memcpy(next, page.rows, bytes);
      next += bytes;
    }
  }
  UsePlacedRows(GatheredRows::kMixed);
}

// The copies take the place of what was gathered.
void JoinTableBuilder::UsePlacedRows(int partition) {
  const size_t row_bytes = layout().row_bytes();
  const size_t page_rows = std::max<size_t>(1, kPlacedPageBytes / row_bytes);
  RowStore placed(table_.shape_.layout, std::exchange(placed_memory_, nullptr));
  for (size_t row = 0; row < row_count_; row += page_rows) {
    const auto count = static_cast<uint32_t>(std::min(page_rows, row_count_ - row));
    placed.AppendPage({placed_ + row * row_bytes, count, count, {}});
  }
  table_.first_row_ = placed_;
  std::vector<GatheredRows> gathered;
  gathered.push_back({std::move(placed), partition});
  for (GatheredRows& source : gathered_) {
    if (source.partition == GatheredRows::kNullKeys) gathered.push_back(std::move(source));
  }
  gathered_ = std::move(gathered);
}

}  // namespace trivet
