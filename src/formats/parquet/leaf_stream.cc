#include "formats/parquet/leaf_stream.h"

#include <algorithm>

namespace trivet::parquet {

LeafStream::LeafStream(const Leaf& leaf, const ColumnChunk& chunk, const ReaderResources& resources)
    : pages_(leaf, chunk, resources), reservation_(resources.memory, "Parquet scan") {}

Status LeafStream::Read(size_t rows) {
  definition_.clear();
  repetition_.clear();
  pieces_.clear();
  reservation_.Release();
  return Take(rows, true);
}

bool LeafStream::SkipPage(size_t& rows) {
  if (!page_fresh_) return false;
  const PageHeader& header = pages_.header();
  // Only where pages are known to begin with a row does their number of rows say which rows they
  // hold.
  size_t page_rows = page_left_;
  if (pages_.leaf().max_repetition > 0) {
    if (header.type != PageType::kDataV2) return false;
    page_rows = static_cast<size_t>(header.row_count);
  }
  if (page_rows > rows) return false;
  rows -= page_rows;
  page_left_ = 0;
  page_fresh_ = false;
  return true;
}

Status LeafStream::Skip(size_t rows) {
  const bool repeats = pages_.leaf().max_repetition > 0;
  while (rows > 0) {
    const size_t decoded = block_size_ - block_position_;
    if (decoded > 0) {
      if (repeats) return Take(rows, false);
      const size_t taken = std::min(rows, decoded);
      TRIVET_RETURN_IF_ERROR(TakeEntries(taken, false));
      rows -= taken;
      continue;
    }
    if (page_left_ == 0) {
      if (!pages_.has_more()) return Corrupt("it holds fewer rows than its row group");
      TRIVET_RETURN_IF_ERROR(pages_.Advance());
      page_left_ = pages_.level_count();
      page_fresh_ = true;
    }
    if (!SkipPage(rows)) TRIVET_RETURN_IF_ERROR(FillBlock());
  }
  return Status::OK();
}

Status LeafStream::FillBlock() {
  block_position_ = block_size_ = 0;
  while (page_left_ == 0) {
    if (!pages_.has_more()) return Status::OK();
    TRIVET_RETURN_IF_ERROR(pages_.Advance());
    page_left_ = pages_.level_count();
  }
  page_fresh_ = false;
  TRIVET_RETURN_IF_ERROR(pages_.Open());
  const size_t count = std::min(kBlock, page_left_);
  const Leaf& leaf = pages_.leaf();
  if (leaf.max_definition == 0) {
    std::fill_n(block_definition_, count, 0u);
  } else if (!pages_.definition().Decode(count, block_definition_)) {
    return Corrupt("a page has fewer levels than it claims");
  }
  if (leaf.max_repetition > 0 && !pages_.repetition().Decode(count, block_repetition_)) {
    return Corrupt("a page has fewer levels than it claims");
  }
  for (size_t i = 0; i < count; ++i) {
    if (block_definition_[i] > static_cast<uint32_t>(leaf.max_definition) ||
        (leaf.max_repetition > 0 &&
         block_repetition_[i] > static_cast<uint32_t>(leaf.max_repetition))) {
      return Corrupt("a page has levels that its schema does not know");
    }
  }
  page_left_ -= count;
  block_size_ = count;
  return Status::OK();
}

Status LeafStream::TakeEntries(size_t count, bool keep) {
  const Leaf& leaf = pages_.leaf();
  const uint32_t* definition = block_definition_ + block_position_;
  const size_t valid = static_cast<size_t>(
      std::count(definition, definition + count, static_cast<uint32_t>(leaf.max_definition)));
  if (!keep) {
    block_position_ += count;
    return pages_.SkipValues(valid);
  }
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(count * kBytesPerEntry));
  definition_.insert(definition_.end(), definition, definition + count);
  if (leaf.max_repetition > 0) {
    const uint32_t* repetition = block_repetition_ + block_position_;
    repetition_.insert(repetition_.end(), repetition, repetition + count);
  }
  block_position_ += count;
  if (valid == 0) return Status::OK();
  Vector values = Vector::MakeFlat(leaf.type, valid);
  TRIVET_RETURN_IF_ERROR(pages_.DecodeValues(valid, values.mutable_data<uint8_t>(), values));
  pieces_.emplace_back(std::move(values), valid);
  return Status::OK();
}

Status LeafStream::Take(size_t rows, bool keep) {
  const bool repeats = pages_.leaf().max_repetition > 0;
  size_t begun = 0;
  while (true) {
    if (!repeats && begun == rows) return Status::OK();
    if (block_position_ == block_size_) {
      TRIVET_RETURN_IF_ERROR(FillBlock());
      if (block_size_ == 0) {
        if (begun == rows) return Status::OK();
        return Corrupt("it holds fewer rows than its row group");
      }
    }
    size_t end = block_position_;
    if (repeats) {
      for (; end < block_size_; ++end) {
        if (block_repetition_[end] != 0) continue;
        if (begun == rows) break;
        ++begun;
      }
      if (begun == 0) return Corrupt("a page begins in the middle of a row");
    } else {
      end += std::min(rows - begun, block_size_ - block_position_);
      begun += end - block_position_;
    }
    const bool complete = end < block_size_;
    if (end > block_position_) TRIVET_RETURN_IF_ERROR(TakeEntries(end - block_position_, keep));
    if (complete) return Status::OK();
  }
}

}  // namespace trivet::parquet
