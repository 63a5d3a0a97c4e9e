#include "execution/operators/join_table.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/string_concat.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {
// Direct addressing may take this many directory words, or this many a row, whichever is more.
constexpr uint64_t kMaxDirectWords = uint64_t{1} << 20;
constexpr uint64_t kMaxDirectWordsPerRow = 8;
// A published bitmap takes at most this many bits (8 MiB).
constexpr uint64_t kMaxBitmapBits = uint64_t{1} << 26;

std::vector<NullMatching> Matching(const JoinTableShape& shape) {
  std::vector<NullMatching> matching;
  for (const bool safe : shape.null_safe) {
    matching.push_back(safe ? NullMatching::kNullsEqual : NullMatching::kNullsDiffer);
  }
  return matching;
}
}  // namespace

bool IsDirectKeyType(const LogicalType& type) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32: return !type.IsNull();
    default: return false;
  }
}

int64_t ReadIntegerKey(PhysicalType type, const uint8_t* address) {
  switch (type) {
    case PhysicalType::kInt8: return LoadAs<int8_t>(address);
    case PhysicalType::kInt16: return LoadAs<int16_t>(address);
    case PhysicalType::kInt32: return LoadAs<int32_t>(address);
    case PhysicalType::kInt64: return LoadAs<int64_t>(address);
    case PhysicalType::kUInt8: return LoadAs<uint8_t>(address);
    case PhysicalType::kUInt16: return LoadAs<uint16_t>(address);
    case PhysicalType::kUInt32: return LoadAs<uint32_t>(address);
    default: return 0;
  }
}

size_t JoinTableShape::StoredColumn(uint64_t column) const {
  // A key that is the column itself serves for it.
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i]->kind() == ExpressionKind::kInput && keys[i]->input_index() == column) return i;
  }
  const auto found = std::find(columns.begin(), columns.end(), column);
  TRIVET_ASSERT(found != columns.end());
  return keys.size() + static_cast<size_t>(found - columns.begin());
}

JoinTable::JoinTable(JoinTableShape shape, const EvaluationContext& context)
    : shape_(std::move(shape)), context_(context), matcher_(shape_.layout, Matching(shape_)) {}

void JoinTable::OwnAll(Vector& vector) const {
  for (const RowStore& store : stores_) OwnRows(store, vector);
}

Status JoinTable::CollectBounds(int64_t& min, int64_t& max) const {
  const PhysicalType type = shape_.keys[0]->type().physical();
  const size_t offset = layout().offset(0);
  min = std::numeric_limits<int64_t>::max();
  max = std::numeric_limits<int64_t>::min();
  for (const RowStore& store : stores_) {
    for (const RowStore::Page& page : store.pages()) {
      TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      const uint8_t* row = page.rows;
      for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
        if (!layout().IsValid(row, 0)) continue;
        const int64_t key = ReadIntegerKey(type, row + offset);
        min = std::min(min, key);
        max = std::max(max, key);
      }
    }
  }
  return Status::OK();
}

Status JoinTable::PrepareDirectory() {
  for (const RowStore& store : stores_) row_count_ += store.row_count();
  uint64_t words = std::bit_ceil(std::max<uint64_t>(2 * row_count_, 2));
  if (shape_.key_count() == 1 && !shape_.null_safe[0] && row_count_ > 0 &&
      IsDirectKeyType(shape_.keys[0]->type())) {
    int64_t min;
    int64_t max;
    TRIVET_RETURN_IF_ERROR(CollectBounds(min, max));
    const uint64_t range = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
    if (min <= max && range < std::max(kMaxDirectWords, kMaxDirectWordsPerRow * row_count_)) {
      direct_ = true;
      direct_min_ = min;
      direct_size_ = range + 1;
      words = direct_size_;
    }
  }
  shift_ = 64 - std::countr_zero(std::bit_ceil(words));
  TRIVET_ASSIGN_OR_RETURN(directory_reservation_,
                          context_.memory().TryReserve(words * 8, "HASH_JOIN directory"));
  directory_ = std::make_unique_for_overwrite<uint64_t[]>(words);
  constexpr uint64_t kUninterrupted = uint64_t{1} << 20;
  for (uint64_t begin = 0; begin < words; begin += kUninterrupted) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    std::fill_n(directory_.get() + begin, std::min(kUninterrupted, words - begin), uint64_t{0});
  }
  return Status::OK();
}

Status JoinTable::Insert(const RowStore& store) {
  const PhysicalType type = direct_ ? shape_.keys[0]->type().physical() : PhysicalType::kInt64;
  const size_t stride = layout().row_bytes();
  for (const RowStore::Page& page : store.pages()) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    uint8_t* row = page.rows;
    for (uint32_t i = 0; i < page.row_count; ++i, row += stride) {
      bool matchable = true;
      for (size_t key = 0; key < shape_.key_count(); ++key) {
        matchable &= shape_.null_safe[key] || layout().IsValid(row, key);
      }
      if (!matchable) {
        StoreAs<uint8_t*>(row + layout().extra_offset(), nullptr);
        continue;
      }
      uint64_t slot;
      uint64_t tag = 0;
      if (direct_) {
        slot = static_cast<uint64_t>(ReadIntegerKey(type, row + layout().offset(0))) -
               static_cast<uint64_t>(direct_min_);
      } else {
        const uint64_t hash = RowLayout::Hash(row);
        slot = hash >> shift_;
        tag = uint64_t{1} << (48 + (hash & 15));
      }
      std::atomic_ref<uint64_t> word(directory_[slot]);
      uint64_t old = word.load(std::memory_order_relaxed);
      uint64_t linked;
      do {
        StoreAs<uint64_t>(row + layout().extra_offset(), old & kPointerMask);
        linked = reinterpret_cast<uint64_t>(row) | (old & ~kPointerMask) | tag;
      } while (!word.compare_exchange_weak(old, linked, std::memory_order_release,
                                           std::memory_order_relaxed));
    }
  }
  return Status::OK();
}

// One thread's share of the build side.
class LocalJoinBuild final : public LocalSink {
 public:
  LocalJoinBuild(JoinBuildSink& sink, const ExecutionContext& context)
      : sink_(sink),
        table_(*sink.table_),
        evaluator_(table_.shape().keys, context),
        memory_(std::make_shared<RowMemory>(Reservation(&context.memory(), "HASH_JOIN"))),
        store_(table_.shape().layout, memory_) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    const JoinTableShape& shape = table_.shape();
    const size_t count = batch.row_count();
    std::vector<Vector> columns(shape.key_count());
    for (size_t i = 0; i < shape.key_count(); ++i) {
      TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, columns[i]));
    }
    HashColumns(std::span<const Vector>(columns.data(), shape.key_count()), count, hashes_);
    const uint32_t* rows = nullptr;
    size_t kept = count;
    size_t null_count = 0;
    FindNullKeys(columns, count, kept, null_count, rows);
    for (uint64_t column : shape.columns) columns.push_back(batch.column(column));
    TRIVET_RETURN_IF_ERROR(Append(columns, rows, kept));
    if (null_count > 0 && shape.keep_null_keys) {
      TRIVET_RETURN_IF_ERROR(Append(columns, null_rows_, null_count));
      null_addresses_.insert(null_addresses_.end(), addresses_, addresses_ + null_count);
    }
    return Outcome::kNeedInput;
  }

  Status Combine(const CallContext&) override {
    std::lock_guard lock(sink_.mutex_);
    sink_.reserved_ += memory_->bytes();
    table_.stores_.push_back(std::move(store_));
    table_.null_rows_.insert(table_.null_rows_.end(), null_addresses_.begin(),
                             null_addresses_.end());
    return Status::OK();
  }

 private:
  Status Append(const std::vector<Vector>& columns, const uint32_t* rows, size_t count) {
    if (count == 0) return Status::OK();
    return store_.Append(columns, hashes_, rows, count, addresses_);
  }

  // Splits the rows into those whose keys can match and those that have a NULL where it cannot.
  void FindNullKeys(const std::vector<Vector>& keys, size_t count, size_t& kept, size_t& null_count,
                    const uint32_t*& rows) {
    const JoinTableShape& shape = table_.shape();
    std::vector<VectorView> nullable;
    for (size_t i = 0; i < shape.key_count(); ++i) {
      const VectorView view = keys[i].View();
      if (view.validity && !shape.null_safe[i]) nullable.push_back(view);
    }
    if (nullable.empty()) return;
    kept = 0;
    for (size_t row = 0; row < count; ++row) {
      const bool valid = std::all_of(nullable.begin(), nullable.end(),
                                     [&](const VectorView& view) { return view.IsValid(row); });
      if (valid) {
        kept_rows_[kept++] = static_cast<uint32_t>(row);
      } else {
        null_rows_[null_count++] = static_cast<uint32_t>(row);
      }
    }
    rows = kept_rows_;
  }

  JoinBuildSink& sink_;
  JoinTable& table_;
  Evaluator evaluator_;
  RowMemoryPtr memory_;
  RowStore store_;
  std::vector<uint8_t*> null_addresses_;
  uint64_t hashes_[kVectorSize];
  uint32_t kept_rows_[kVectorSize];
  uint32_t null_rows_[kVectorSize];
  uint8_t* addresses_[kVectorSize];
};

Result<std::unique_ptr<LocalSink>> JoinBuildSink::MakeLocal(const ExecutionContext& context) {
  return std::unique_ptr<LocalSink>(std::make_unique<LocalJoinBuild>(*this, context));
}

// Asked once, after all locals were combined: the directory needs the number of all rows. Then a
// task links each thread's rows.
size_t JoinBuildSink::FinishTaskCount() {
  if (table_->shape().key_count() == 0) return 0;
  prepared_ = table_->PrepareDirectory();
  return std::max<size_t>(1, table_->stores_.size());
}

Status JoinBuildSink::RunFinishTask(size_t task, const CallContext&) {
  TRIVET_RETURN_IF_ERROR(prepared_);
  return task < table_->stores_.size() ? table_->Insert(table_->stores_[task]) : Status::OK();
}

// The exact set of keys where their range is small, else just the range.
Status JoinTable::PublishKeys(size_t key, DynamicFilter& filter) const {
  auto content = std::make_shared<DynamicFilter::Content>();
  const LogicalType& type = shape_.keys[key]->type();
  const PhysicalType physical = type.physical();
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();
  const auto for_each_key = [&](const auto& visit) -> Status {
    for (const RowStore& store : stores_) {
      for (const RowStore::Page& page : store.pages()) {
        TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
        const uint8_t* row = page.rows;
        for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
          if (layout().IsValid(row, key)) {
            visit(ReadIntegerKey(physical, row + layout().offset(key)));
          }
        }
      }
    }
    return Status::OK();
  };
  TRIVET_RETURN_IF_ERROR(for_each_key([&](int64_t value) {
    min = std::min(min, value);
    max = std::max(max, value);
  }));
  if (min > max) {
    content->empty = true;
    filter.Publish(std::move(content));
    return Status::OK();
  }
  content->min = Value::Integer(type, min);
  content->max = Value::Integer(type, max);
  const uint64_t range = static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
  if (range < kMaxBitmapBits) {
    content->bitmap.resize(BitWords(range + 1));
    TRIVET_RETURN_IF_ERROR(for_each_key([&](int64_t value) {
      const uint64_t bit = static_cast<uint64_t>(value) - static_cast<uint64_t>(min);
      content->bitmap[bit >> 6] |= uint64_t{1} << (bit & 63);
    }));
  }
  filter.Publish(std::move(content));
  return Status::OK();
}

Status JoinBuildSink::Finish(const CallContext&) {
  metrics_.NotePeakMemory(reserved_ + table_->directory_reservation_.bytes());
  if (table_->shape().key_count() == 0) {
    for (const RowStore& store : table_->stores_) table_->row_count_ += store.row_count();
  }
  for (const KeyPublication& publication : publications_) {
    TRIVET_RETURN_IF_ERROR(table_->PublishKeys(publication.key, *publication.filter));
  }
  return Status::OK();
}

}  // namespace trivet
