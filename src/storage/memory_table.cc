#include "storage/memory_table.h"

#include <algorithm>

#include "base/string_concat.h"
#include "storage/vector_bounds.h"

namespace trivet {

namespace {

constexpr size_t kFirstCapacity = 2048;

// A chunk of fewer rows is left as it is: tables of few rows are read faster than encoded.
constexpr size_t kLeastEncodedRows = 2 * kVectorSize;

// Bytes that a vector of `capacity` rows allocates, strings' own bytes left out.
size_t FlatBytes(const LogicalType& type, size_t capacity) {
  return TypeSize(type) * capacity + BitWords(capacity) * sizeof(uint64_t);
}

// Bytes of strings too long for their view in rows [begin, begin + count).
size_t LongStringBytes(const Vector& column, size_t begin, size_t count) {
  if (column.type().physical() != PhysicalType::kString) return 0;
  const VectorView view = column.View();
  size_t bytes = 0;
  for (size_t i = begin; i < begin + count; ++i) {
    if (!view.IsValid(i)) continue;
    const StringView& text = view.Get<StringView>(i);
    if (!text.is_inline()) bytes += text.size();
  }
  return bytes;
}

// Copies rows into the flat `target`, whose strings get bytes of their own: a stored string must
// not hold the page or batch that it came from.
void CopyOwned(const Vector& source, size_t begin, size_t count, Vector& target, size_t offset) {
  if (source.type().physical() == PhysicalType::kString) {
    const VectorView view = source.View();
    for (size_t i = 0; i < count; ++i) {
      if (view.IsValid(begin + i)) {
        target.SetString(offset + i, view.Get<StringView>(begin + i).view());
      } else {
        target.SetNull(offset + i);
      }
    }
    return;
  }
  auto rows = MakeIndices(std::max<size_t>(count, 1));
  for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(begin + i);
  CopyRows(source, rows.get(), count, target, offset);
}

}  // namespace

MemoryTableBuilder::MemoryTableBuilder(std::string table, std::vector<ColumnDefinition> columns,
                                       std::shared_ptr<MemoryManager> budget)
    : table_(std::move(table)), columns_(std::move(columns)), budget_(std::move(budget)) {
  StartDictionaries();
}

void MemoryTableBuilder::StartDictionaries() {
  dictionaries_.clear();
  for (const ColumnDefinition& column : columns_) {
    const bool is_text = column.type.physical() == PhysicalType::kString;
    dictionaries_.push_back(
        is_text ? std::make_unique<TextDictionary>(column.type, budget_, StrCat("table ", table_))
                : nullptr);
  }
}

Status MemoryTableBuilder::CheckNulls(const Batch& batch, size_t column) const {
  if (!columns_[column].not_null) return Status::OK();
  const VectorView view = batch.column(column).View();
  for (size_t row = 0; row < batch.row_count(); ++row) {
    if (!view.IsValid(row)) {
      return Status::InvalidInput(
          StrCat("NOT NULL constraint failed: ", table_, ".", columns_[column].name));
    }
  }
  return Status::OK();
}

Status MemoryTableBuilder::Append(const Batch& batch) {
  for (size_t i = 0; i < columns_.size(); ++i) TRIVET_RETURN_IF_ERROR(CheckNulls(batch, i));
  size_t begin = 0;
  while (begin < batch.row_count()) {
    if (open_ == nullptr) StartChunk();
    const size_t count = std::min(batch.row_count() - begin, kChunkRows - open_->row_count);
    TRIVET_RETURN_IF_ERROR(CopyIn(batch, begin, count));
    begin += count;
    if (open_->row_count == kChunkRows) CloseChunk();
  }
  return Status::OK();
}

void MemoryTableBuilder::StartChunk() {
  open_ = std::make_shared<MemoryChunk>();
  open_->budget = budget_;
  open_->reservation = Reservation(budget_.get(), StrCat("table ", table_));
  for (const ColumnDefinition& column : columns_)
    open_->columns.push_back(Vector::MakeFlat(column.type, 0));
}

Status MemoryTableBuilder::Reserve(const Batch& batch, size_t begin, size_t count) {
  const size_t needed = open_->row_count + count;
  size_t capacity = open_->columns.empty() ? needed : open_->columns[0].capacity();
  const bool grows = needed > capacity;
  while (capacity < needed) capacity = std::max(kFirstCapacity, capacity * 2);
  capacity = std::min(capacity, kChunkRows);
  size_t bytes = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    bytes += LongStringBytes(batch.column(i), begin, count);
    if (grows) bytes += FlatBytes(columns_[i].type, capacity);
  }
  TRIVET_RETURN_IF_ERROR(open_->reservation.Grow(bytes));
  if (!grows) return Status::OK();
  for (size_t i = 0; i < columns_.size(); ++i) {
    Vector& column = open_->columns[i];
    Vector larger = Vector::MakeFlat(columns_[i].type, capacity);
    CopyRows(column, nullptr, open_->row_count, larger, 0);
    // Further strings go to a heap of the new vector; those of the old one stay alive with it.
    larger.ShareOwners(column);
    open_->reservation.Shrink(
        std::min(FlatBytes(columns_[i].type, column.capacity()), open_->reservation.bytes()));
    column = std::move(larger);
  }
  return Status::OK();
}

Status MemoryTableBuilder::CopyIn(const Batch& batch, size_t begin, size_t count) {
  TRIVET_RETURN_IF_ERROR(Reserve(batch, begin, count));
  for (size_t i = 0; i < columns_.size(); ++i) {
    CopyOwned(batch.column(i), begin, count, open_->columns[i], open_->row_count);
  }
  open_->row_count += count;
  return Status::OK();
}

void MemoryTableBuilder::CloseChunk() {
  open_->statistics.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (TryEncode(i)) continue;
    open_->statistics[i] = VectorBounds(open_->columns[i], open_->row_count);
  }
  done_.push_back(std::move(open_));
  open_ = nullptr;
}

// Replaces the open chunk's strings by codes, and gives their memory back.
bool MemoryTableBuilder::TryEncode(size_t column) {
  const size_t rows = open_->row_count;
  if (dictionaries_[column] == nullptr || rows < kLeastEncodedRows) return false;
  const size_t code_bytes = rows * sizeof(uint32_t);
  Vector& strings = open_->columns[column];
  const size_t string_bytes =
      FlatBytes(strings.type(), strings.capacity()) + LongStringBytes(strings, 0, rows);
  if (!open_->reservation.Grow(code_bytes).ok()) return false;
  auto codes = MakeIndices(rows);
  auto bounds = dictionaries_[column]->Encode(strings, rows, codes.get());
  if (!bounds) {
    open_->reservation.Shrink(code_bytes);
    return false;
  }
  open_->statistics[column] = std::move(*bounds);
  strings = Vector();
  open_->reservation.Shrink(std::min(string_bytes, open_->reservation.bytes()));
  encoded_.push_back({done_.size(), column, std::move(codes)});
  return true;
}

Result<MemoryChunks> MemoryTableBuilder::Finish() {
  if (open_ != nullptr && open_->row_count > 0) CloseChunk();
  open_ = nullptr;
  std::vector<std::shared_ptr<const Vector>> entries(columns_.size());
  std::vector<uint64_t> ids(columns_.size());
  for (Encoded& encoded : encoded_) {
    TextDictionary& dictionary = *dictionaries_[encoded.column];
    if (entries[encoded.column] == nullptr) {
      entries[encoded.column] = dictionary.Finish();
      ids[encoded.column] = Vector::NextDictionaryId();
    }
    done_[encoded.chunk]->columns[encoded.column] = Vector::MakeDictionary(
        entries[encoded.column], std::move(encoded.codes), dictionary.size(), ids[encoded.column]);
  }
  encoded_.clear();
  StartDictionaries();
  MemoryChunks chunks(done_.begin(), done_.end());
  done_.clear();
  return chunks;
}

MemoryTable::MemoryTable(std::vector<ColumnDefinition> columns, MemoryChunks chunks)
    : columns_(std::move(columns)), chunks_(std::move(chunks)) {
  for (const auto& chunk : chunks_) row_count_ += chunk->row_count;
}

TableStatistics MemoryTable::statistics() const {
  TableStatistics statistics;
  statistics.row_count = row_count_;
  statistics.columns.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) MergeStatistics(i, statistics.columns[i]);
  return statistics;
}

void MemoryTable::MergeStatistics(size_t column, ColumnStatistics& all) const {
  uint64_t nulls = 0;
  for (const auto& chunk : chunks_) {
    const ColumnStatistics& part = chunk->statistics[column];
    nulls += part.null_count.value_or(0);
    // A chunk of NULLs alone has no bounds and narrows nothing; a type without order has none at
    // all.
    if (!part.min || !part.max) continue;
    if (!all.min || CompareValues(*part.min, *all.min) < 0) all.min.emplace(*part.min);
    if (!all.max || CompareValues(*part.max, *all.max) > 0) all.max.emplace(*part.max);
  }
  all.null_count = nulls;
}

std::string MemoryTable::description() const { return StrCat(row_count_, " rows"); }

}  // namespace trivet
