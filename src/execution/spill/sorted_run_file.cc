#include "execution/spill/sorted_run_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "context/metrics.h"
#include "vector/row_store.h"

namespace trivet {

namespace {

// A block's first row is kept in memory, so that a block should have many, even of wide rows; but a
// block of each run has to fit into memory.
constexpr size_t kLeastBlockRows = 64;
constexpr size_t kMostBlockFactor = 16;

StringView StringOf(const RowLayout& layout, const uint8_t* row, size_t column) {
  return layout.Get<StringView>(row, column);  // that of a NULL is empty
}

size_t LongStringBytes(const RowLayout& layout, const std::vector<size_t>& columns,
                       const uint8_t* row) {
  size_t bytes = 0;
  for (const size_t column : columns) {
    const StringView text = StringOf(layout, row, column);
    if (!text.is_inline()) bytes += text.size();
  }
  return bytes;
}

}  // namespace

LoneRow CopyLoneRow(const RowLayout& layout, const std::vector<size_t>& string_columns,
                    const uint8_t* row, size_t* bytes) {
  *bytes = layout.row_bytes() + LongStringBytes(layout, string_columns, row);
  LoneRow copy = std::make_unique_for_overwrite<uint8_t[]>(*bytes);
  std::memcpy(copy.get(), row, layout.row_bytes());
  for (const size_t column : layout.string_columns()) {
    StoreAs(copy.get() + layout.offset(column), StringView());
  }
  uint8_t* heap = copy.get() + layout.row_bytes();
  for (const size_t column : string_columns) {
    const StringView text = StringOf(layout, row, column);
    StringView kept = text;
    if (!text.is_inline()) {
      std::memcpy(heap, text.data(), text.size());
      kept = StringView(reinterpret_cast<const char*>(heap), text.size());
      heap += text.size();
    }
    StoreAs(copy.get() + layout.offset(column), kept);
  }
  return copy;
}

SortedRunFile::SortedRunFile(const ExecutionContext& context, RowLayoutPtr layout,
                             std::vector<size_t> compared_strings, size_t block_bytes,
                             OperatorMetrics* metrics)
    : context_(context),
      layout_(std::move(layout)),
      compared_strings_(std::move(compared_strings)),
      block_bytes_(block_bytes),
      metrics_(metrics) {}

Result<uint64_t> SortedRunFile::Append(const uint8_t* bytes, size_t size) {
  {
    std::lock_guard lock(mutex_);
    if (file_ == nullptr) {
      TemporaryFiles* files = context_.temporary_files();
      if (files == nullptr) return Status::Internal("a sort spills without a place for it");
      TRIVET_ASSIGN_OR_RETURN(file_, files->Create());
    }
  }
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  TRIVET_ASSIGN_OR_RETURN(const uint64_t offset, file_->Append(bytes, size));
  if (metrics_ != nullptr) metrics_->bytes_spilled.fetch_add(size, std::memory_order_relaxed);
  return offset;
}

Status SortedRunFile::Read(const SortedRun::Block& block, uint8_t* target) const {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(block.offset, block.bytes, target));
  MoveStrings(*layout_, target, block.row_count,
              reinterpret_cast<const uint8_t*>(block.heap_address),
              target + block.row_count * layout_->row_bytes());
  return Status::OK();
}

bool SortedRunWriter::IsFull(size_t more_bytes) const {
  const size_t bytes = rows_.size() + heap_.size() + more_bytes;
  if (row_count_ == 0 || bytes <= file_.block_bytes()) return false;
  return row_count_ >= kLeastBlockRows || bytes > kMostBlockFactor * file_.block_bytes();
}

Status SortedRunWriter::Append(const uint8_t* row) {
  const RowLayout& layout = file_.layout();
  const size_t string_bytes = LongStringBytes(layout, layout.string_columns(), row);
  if (IsFull(layout.row_bytes() + string_bytes)) TRIVET_RETURN_IF_ERROR(FlushBlock());
  if (row_count_ == 0) {
    size_t bytes = 0;
    SortedRun::Block block;
    block.first_row = CopyLoneRow(layout, file_.compared_strings(), row, &bytes);
    run_.blocks.push_back(std::move(block));
    run_.index_bytes += bytes + sizeof(SortedRun::Block);
  }
  rows_.insert(rows_.end(), row, row + layout.row_bytes());
  if (string_bytes != 0)
    CopyStrings(rows_.data() + rows_.size() - layout.row_bytes(), string_bytes);
  ++row_count_;
  ++run_.row_count;
  return Status::OK();
}

// Strings of the block's last row, which so far point to where they come from.
void SortedRunWriter::CopyStrings(uint8_t* row, size_t bytes) {
  const RowLayout& layout = file_.layout();
  if (heap_.size() + bytes > heap_.capacity()) {
    std::vector<uint8_t> larger;
    larger.reserve(std::max({2 * heap_.capacity(), heap_.size() + bytes, size_t{1} << 12}));
    larger.assign(heap_.begin(), heap_.end());
    MoveStrings(layout, rows_.data(), row_count_, heap_.data(), larger.data());
    heap_ = std::move(larger);
  }
  for (const size_t column : layout.string_columns()) {
    const StringView text = StringOf(layout, row, column);
    if (text.is_inline()) continue;
    const auto* from = reinterpret_cast<const uint8_t*>(text.data());
    const auto* to = reinterpret_cast<const char*>(heap_.data() + heap_.size());
    heap_.insert(heap_.end(), from, from + text.size());
    StoreAs(row + layout.offset(column), StringView(to, text.size()));
  }
}

Status SortedRunWriter::FlushBlock() {
  SortedRun::Block& block = run_.blocks.back();
  block.heap_address = reinterpret_cast<uint64_t>(heap_.data());
  block.row_count = row_count_;
  rows_.insert(rows_.end(), heap_.begin(), heap_.end());
  block.bytes = rows_.size();
  TRIVET_ASSIGN_OR_RETURN(block.offset, file_.Append(rows_.data(), rows_.size()));
  run_.bytes += block.bytes;
  run_.most_block_bytes = std::max<size_t>(run_.most_block_bytes, block.bytes);
  run_.most_block_rows = std::max<size_t>(run_.most_block_rows, block.row_count);
  rows_.clear();
  heap_.clear();
  row_count_ = 0;
  return Status::OK();
}

Result<SortedRun> SortedRunWriter::Finish() {
  if (row_count_ > 0) {
    const RowLayout& layout = file_.layout();
    size_t bytes = 0;
    run_.last_row = CopyLoneRow(layout, file_.compared_strings(),
                                rows_.data() + (row_count_ - 1) * layout.row_bytes(), &bytes);
    run_.index_bytes += bytes;
    TRIVET_RETURN_IF_ERROR(FlushBlock());
  }
  return std::move(run_);
}

}  // namespace trivet
