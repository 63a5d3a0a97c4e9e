#include "vector/arrow_collector.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/int128.h"
#include "base/large_memory.h"
#include "vector/arrow_export.h"
#include "vector/arrow_import.h"

namespace trivet {

namespace {

constexpr size_t kFirstRows = 8 * kVectorSize;
constexpr size_t kFirstTextBytes = size_t{64} << 10;
constexpr size_t kTextStep = size_t{4} << 20;
constexpr uint64_t kMaxTextBytes = std::numeric_limits<int32_t>::max();
// Strings are copied in blocks that may write behind their end.
constexpr size_t kSlack = StringView::kInlineSize;

bool IsText(const LogicalType& type) {
  return type.id() == TypeId::kVarchar || type.id() == TypeId::kBlob;
}

size_t ArrowWidth(const LogicalType& type, ArrowStrings strings = ArrowStrings::kOffsets) {
  if (IsText(type)) {
    return strings == ArrowStrings::kViews ? sizeof(ArrowStringView) : sizeof(int32_t);
  }
  if (type.id() == TypeId::kDecimal) return sizeof(int128_t);
  return TypeSize(type);
}

size_t TextSize(const ArrowChunk::Column& column) { return static_cast<size_t>(column.byte_count); }

// Room for `needed` bytes, of which `used` are there already.
void Ensure(std::unique_ptr<ArrowChunk::Memory>& buffer, size_t used, size_t needed,
            size_t at_first) {
  if (buffer && buffer->size() >= needed) return;
  size_t size = std::max({needed, at_first, buffer ? 2 * buffer->size() : 0});
  // Of few sizes, so that what one result leaves another may use.
  if (size > kTextStep) size = (size + kTextStep - 1) / kTextStep * kTextStep;
  auto larger = std::make_unique<ArrowChunk::Memory>(size);
  if (used != 0) std::memcpy(larger->data(), buffer->data(), used);
  buffer = std::move(larger);
}

// Bits of which only those behind `begin` are written, so that memory need not be zero.
class BitWriter {
 public:
  BitWriter(uint8_t* bits, size_t begin) : byte_(bits + begin / 8), used_(begin % 8) {
    if (used_ != 0) pending_ = *byte_ & ((1u << used_) - 1);
  }
  void Put(bool bit) {
    pending_ |= static_cast<unsigned>(bit) << used_;
    if (++used_ < 8) return;
    *byte_++ = static_cast<uint8_t>(pending_);
    pending_ = 0;
    used_ = 0;
  }
  void End() {
    if (used_ != 0) *byte_ = static_cast<uint8_t>(pending_);
  }

 private:
  uint8_t* byte_;
  unsigned used_;
  unsigned pending_ = 0;
};

template <typename T>
void CopyValues(const VectorView& view, size_t count, uint8_t* to) {
  auto* out = reinterpret_cast<T*>(to);
  if (view.selection == nullptr) {
    std::memcpy(out, view.data, count * sizeof(T));
    return;
  }
  const auto* values = reinterpret_cast<const T*>(view.data);
  for (size_t i = 0; i < count; ++i) out[i] = values[view.selection[i]];
}

template <typename T>
void CopyDecimals(const VectorView& view, size_t count, uint8_t* to) {
  auto* out = reinterpret_cast<int128_t*>(to);
  for (size_t i = 0; i < count; ++i) out[i] = view.Get<T>(i);
}

void CopyFixed(const LogicalType& type, const VectorView& view, size_t count, uint8_t* to) {
  if (type.id() == TypeId::kDecimal) {
    switch (type.physical()) {
      case PhysicalType::kInt16: return CopyDecimals<int16_t>(view, count, to);
      case PhysicalType::kInt32: return CopyDecimals<int32_t>(view, count, to);
      case PhysicalType::kInt64: return CopyDecimals<int64_t>(view, count, to);
      default: return CopyValues<int128_t>(view, count, to);
    }
  }
  switch (ArrowWidth(type)) {
    case 1: return CopyValues<uint8_t>(view, count, to);
    case 2: return CopyValues<uint16_t>(view, count, to);
    case 4: return CopyValues<uint32_t>(view, count, to);
    case 8: return CopyValues<uint64_t>(view, count, to);
    default: return CopyValues<int128_t>(view, count, to);
  }
}

// What the valid strings of the first `count` rows take; with views, those too long for them.
uint64_t TextBytes(const VectorView& view, size_t count, ArrowStrings strings) {
  uint64_t total = 0;
  if (strings == ArrowStrings::kViews) {
    for (size_t i = 0; i < count; ++i) {
      const uint32_t size = view.Get<StringView>(i).size();
      if (size > StringView::kInlineSize && view.IsValid(i)) total += size;
    }
    return total;
  }
  if (view.validity == nullptr) {
    for (size_t i = 0; i < count; ++i) total += view.Get<StringView>(i).size();
  } else {
    for (size_t i = 0; i < count; ++i) {
      if (view.IsValid(i)) total += view.Get<StringView>(i).size();
    }
  }
  return total;
}

// Whether none of the first `count` rows is NULL; often so where a file's column may have NULLs.
bool AllValid(const VectorView& view, size_t count) {
  if (view.validity == nullptr) return true;
  if (view.selection == nullptr) {
    for (size_t i = 0; i < count / 64; ++i) {
      if (~view.validity[i] != 0) return false;
    }
    for (size_t i = count / 64 * 64; i < count; ++i) {
      if (!BitIsSet(view.validity, i)) return false;
    }
    return true;
  }
  uint64_t all = 1;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t row = view.selection[i];
    all &= view.validity[row >> 6] >> (row & 63);
  }
  return all != 0;
}

template <bool nullable>
void CopyText(const VectorView& view, size_t count, size_t at, int32_t* offsets, uint8_t* bytes) {
  for (size_t i = 0; i < count; ++i) {
    offsets[i] = static_cast<int32_t>(at);
    if constexpr (nullable) {
      if (!view.IsValid(i)) continue;
    }
    const StringView& text = view.Get<StringView>(i);
    if (text.is_inline()) {
      std::memcpy(bytes + at, text.data(), StringView::kInlineSize);
    } else {
      std::memcpy(bytes + at, text.data(), text.size());
    }
    at += text.size();
  }
  offsets[count] = static_cast<int32_t>(at);
}

// Long strings go to `bytes` from `at` on.
template <bool nullable>
void CopyViews(const VectorView& view, size_t count, size_t at, ArrowStringView* views,
               uint8_t* bytes) {
  for (size_t i = 0; i < count; ++i) {
    if constexpr (nullable) {
      if (!view.IsValid(i)) {
        views[i] = {};
        continue;
      }
    }
    const StringView& text = view.Get<StringView>(i);
    if (text.is_inline()) {
      views[i] = ArrowStringView::Inline(text);
    } else {
      views[i] = ArrowStringView::Reference(text, 0, static_cast<int32_t>(at));
      std::memcpy(bytes + at, text.data(), text.size());
      at += text.size();
    }
  }
}

// Behind an array's private_data.
struct ChunkOwner {
  std::shared_ptr<const ArrowChunk> chunk;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
};

void ReleaseChunk(ArrowArray* array) {
  auto* owner = static_cast<ChunkOwner*>(array->private_data);
  for (ArrowArray& child : owner->children) {
    if (child.release) child.release(&child);
  }
  array->release = nullptr;
  delete owner;
}

void FillArray(std::unique_ptr<ChunkOwner> owner, int64_t null_count, size_t begin, size_t count,
               ArrowArray* out) {
  *out = ArrowArray{};
  out->length = static_cast<int64_t>(count);
  out->offset = static_cast<int64_t>(begin);
  out->null_count = null_count;
  out->n_buffers = static_cast<int64_t>(owner->buffers.size());
  out->buffers = owner->buffers.data();
  for (ArrowArray& child : owner->children) owner->pointers.push_back(&child);
  out->n_children = static_cast<int64_t>(owner->pointers.size());
  out->children = owner->pointers.empty() ? nullptr : owner->pointers.data();
  out->release = ReleaseChunk;
  out->private_data = owner.release();
}

}  // namespace

ArrowChunk::Memory::Memory(size_t size)
    : data_(static_cast<uint8_t*>(AllocateLarge(size))), size_(size) {}

ArrowChunk::Memory::~Memory() { FreeLarge(data_, size_); }

bool ArrowCollector::CanCollect(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kNull:
    case TypeId::kInt128:
    case TypeId::kUuid:
    case TypeId::kInterval:
    case TypeId::kList:
    case TypeId::kStruct: return false;
    default: return true;
  }
}

Status ArrowCollector::Open(const Batch& batch) {
  expected_bytes_.resize(types_.size(), kFirstTextBytes);
  batch_bytes_.assign(types_.size(), 0);
  const size_t rows = chunk_ ? chunk_->row_count : 0;
  bool full = rows + batch.row_count() > kChunkRows;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (!IsText(types_[i])) continue;
    batch_bytes_[i] = TextBytes(batch.column(i).View(), batch.row_count(), strings_);
    if (batch_bytes_[i] > kMaxTextBytes) {
      return Status::NotImplemented("an Arrow batch with more than 2 GiB of strings");
    }
    full |= chunk_ && TextSize(chunk_->columns[i]) + batch_bytes_[i] > kMaxTextBytes;
  }
  if (full && rows != 0) {
    for (size_t i = 0; i < types_.size(); ++i) {
      expected_bytes_[i] = TextSize(chunk_->columns[i]) / 16 * 17;
    }
    finished_.push_back(std::move(chunk_));
    chunk_ = nullptr;
  }
  if (chunk_ == nullptr) {
    chunk_ = std::make_shared<ArrowChunk>();
    chunk_->strings = strings_;
    chunk_->columns.resize(types_.size());
  }
  return Status::OK();
}

Status ArrowCollector::Append(const Batch& batch) {
  if (batch.row_count() == 0) return Status::OK();
  TRIVET_RETURN_IF_ERROR(Open(batch));
  const size_t first = chunk_->row_count;
  const size_t rows = first + batch.row_count();
  // The first chunk grows, as most results are small; those behind it are likely to be full.
  const size_t at_first = finished_.empty() ? kFirstRows : kChunkRows + 1;
  for (size_t i = 0; i < types_.size(); ++i) {
    ArrowChunk::Column& out = chunk_->columns[i];
    if (types_[i].id() == TypeId::kBoolean) {
      Ensure(out.values, (first + 7) / 8, (rows + 7) / 8, (at_first + 7) / 8);
    } else {
      const size_t width = ArrowWidth(types_[i], strings_);
      Ensure(out.values, (first + 1) * width * (first != 0), (rows + 1) * width, at_first * width);
    }
    if (IsText(types_[i])) {
      Ensure(out.bytes, TextSize(out), TextSize(out) + batch_bytes_[i] + kSlack,
             expected_bytes_[i] + kSlack);
    }
    AppendColumn(batch.column(i), types_[i], batch.row_count(), out);
    out.byte_count += static_cast<int64_t>(batch_bytes_[i]);
  }
  chunk_->row_count = rows;
  return Status::OK();
}

void ArrowCollector::AppendColumn(const Vector& column, const LogicalType& type, size_t count,
                                  ArrowChunk::Column& out) {
  const size_t first = chunk_->row_count;
  VectorView view = column.View();
  if (AllValid(view, count)) view.validity = nullptr;
  if (type.id() == TypeId::kBoolean) {
    BitWriter bits(out.values->data(), first);
    for (size_t i = 0; i < count; ++i) bits.Put(view.Get<uint8_t>(i) != 0);
    bits.End();
  } else if (IsText(type) && strings_ == ArrowStrings::kViews) {
    auto* views = reinterpret_cast<ArrowStringView*>(out.values->data()) + first;
    const auto copy = view.validity == nullptr ? CopyViews<false> : CopyViews<true>;
    copy(view, count, TextSize(out), views, out.bytes->data());
  } else if (IsText(type)) {
    auto* offsets = reinterpret_cast<int32_t*>(out.values->data()) + first;
    const auto copy = view.validity == nullptr ? CopyText<false> : CopyText<true>;
    copy(view, count, TextSize(out), offsets, out.bytes->data());
  } else {
    CopyFixed(type, view, count, out.values->data() + first * ArrowWidth(type));
  }
  if (view.validity == nullptr && out.validity == nullptr) return;
  const bool is_new = out.validity == nullptr;
  const size_t capacity = finished_.empty() ? kFirstRows : kChunkRows;
  Ensure(out.validity, is_new ? 0 : (first + 7) / 8, (first + count + 7) / 8, (capacity + 7) / 8);
  if (is_new) std::memset(out.validity->data(), 0xFF, (first + 7) / 8);
  BitWriter bits(out.validity->data(), first);
  for (size_t i = 0; i < count; ++i) {
    const bool valid = view.IsValid(i);
    out.null_count += !valid;
    bits.Put(valid);
  }
  bits.End();
}

std::vector<std::shared_ptr<const ArrowChunk>> ArrowCollector::Finish() {
  if (chunk_ && chunk_->row_count != 0) finished_.push_back(std::move(chunk_));
  chunk_ = nullptr;
  return std::move(finished_);
}

void ExportArrowChunk(std::shared_ptr<const ArrowChunk> chunk,
                      const std::vector<LogicalType>& types, size_t begin, size_t count,
                      ArrowArray* out) {
  const bool is_whole = count == chunk->row_count;
  auto whole = std::make_unique<ChunkOwner>();
  whole->chunk = chunk;
  whole->buffers.push_back(nullptr);
  whole->children.resize(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const ArrowChunk::Column& column = chunk->columns[i];
    auto owner = std::make_unique<ChunkOwner>();
    owner->chunk = chunk;
    owner->buffers = {column.validity ? column.validity->data() : nullptr, column.values->data()};
    if (IsText(types[i])) {
      owner->buffers.push_back(column.bytes->data());
      if (chunk->strings == ArrowStrings::kViews) owner->buffers.push_back(&column.byte_count);
    }
    const int64_t nulls = is_whole || column.null_count == 0
                              ? static_cast<int64_t>(column.null_count)
                              : -1;  // of a part it is not known
    FillArray(std::move(owner), nulls, begin, count, &whole->children[i]);
  }
  // The offset is the columns': receivers of record batches take none of the whole.
  FillArray(std::move(whole), 0, 0, count, out);
}

Status ReadArrowChunk(const std::shared_ptr<const ArrowChunk>& chunk,
                      const std::vector<LogicalType>& types, size_t begin, size_t count,
                      std::vector<Batch>& out) {
  ArrowHolder<ArrowSchema> schema;
  ArrowHolder<ArrowArray> array;
  TRIVET_RETURN_IF_ERROR(ExportArrowSchema(std::vector<std::string>(types.size()), types,
                                           schema.get(), {.strings = chunk->strings}));
  ExportArrowChunk(chunk, types, begin, count, array.get());
  for (size_t done = 0; done < count; done += kVectorSize) {
    const size_t rows = std::min(kVectorSize, count - done);
    std::vector<Vector> columns;
    for (size_t i = 0; i < types.size(); ++i) {
      TRIVET_ASSIGN_OR_RETURN(
          Vector column, ImportArrowColumn(*schema.get()->children[i], *array.get()->children[i],
                                           types[i], done, rows, chunk));
      columns.push_back(std::move(column));
    }
    out.emplace_back(std::move(columns), rows);
  }
  return Status::OK();
}

}  // namespace trivet
