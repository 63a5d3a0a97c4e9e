#include "execution/operators/join_gather.h"

#include <algorithm>
#include <type_traits>

#include "vector/physical_dispatch.h"

namespace trivet {

namespace {
// From so many rows on they are partitioned: with fewer, a cache holds the directory and what of
// the rows is written, and one thread makes the table in a few milliseconds.
constexpr size_t kRowsWorthPartitioning = size_t{1} << 18;
// Rows that are there may be this part of those to come, as far as direct addressing goes.
constexpr uint64_t kFurtherRows = 16;

RowMemoryPtr MakeMemory(const EvaluationContext& context, bool yields) {
  Reservation reservation(&context.memory(), "HASH_JOIN");
  reservation.set_yields(yields);
  return std::make_shared<RowMemory>(std::move(reservation));
}
}  // namespace

JoinRowGatherer::JoinRowGatherer(const JoinTable& table, const EvaluationContext& context,
                                 bool yields)
    : table_(table),
      context_(context),
      yields_(yields),
      store_(std::make_unique<RowStore>(table.shape().layout, MakeMemory(context, yields))),
      partition_at_(table.shape().key_count() == 0 ? ~size_t{0} : kRowsWorthPartitioning) {
  if (table.hash_tells_key()) bounds_.emplace();
}

Status JoinRowGatherer::Append(const std::vector<Vector>& columns, const uint64_t* hashes,
                               const uint32_t* selection, size_t count, bool are_null_keys) {
  if (count == 0) return Status::OK();
  NoteWholeRows();
  is_broken_ = true;
  if (are_null_keys) {
    if (null_store_ == nullptr) {
      null_store_ =
          std::make_unique<RowStore>(table_.shape().layout, MakeMemory(context_, yields_));
    }
    TRIVET_RETURN_IF_ERROR(null_store_->Append(columns, hashes, selection, count, addresses_));
  } else if (partitions_ != nullptr) {
    TRIVET_RETURN_IF_ERROR(partitions_->Append(columns, hashes, selection, count, addresses_));
  } else {
    TRIVET_RETURN_IF_ERROR(store_->Append(columns, hashes, selection, count, addresses_));
  }
  is_broken_ = false;
  if (!are_null_keys && bounds_) NoteKeys(columns.front(), selection, count);
  return store_ != nullptr && store_->row_count() >= partition_at_ ? Partition() : Status::OK();
}

size_t JoinRowGatherer::row_count() const {
  return (store_ != nullptr ? store_->row_count() : partitions_->row_count()) +
         (null_store_ != nullptr ? null_store_->row_count() : 0);
}

size_t JoinRowGatherer::bytes() const {
  size_t bytes = row_count() * JoinTable::kDirectoryBytesPerRow;
  const RowStore& rows = store_ != nullptr ? *store_ : partitions_->partition(0);
  bytes += rows.memories().front()->bytes();
  if (null_store_ != nullptr) bytes += null_store_->memories().front()->bytes();
  return bytes;
}

void JoinRowGatherer::NoteWholeRows() {
  whole_.clear();
  if (store_ != nullptr) {
    whole_.emplace_back(store_.get(), store_->row_count());
  } else {
    for (size_t p = 0; p < partitions_->partition_count(); ++p) {
      const RowStore& partition = partitions_->partition(p);
      whole_.emplace_back(&partition, partition.row_count());
    }
  }
  if (null_store_ != nullptr) whole_.emplace_back(null_store_.get(), null_store_->row_count());
}

const std::vector<std::pair<const RowStore*, size_t>>& JoinRowGatherer::WholeRows() {
  if (!is_broken_) NoteWholeRows();
  return whole_;
}

void JoinRowGatherer::Take(std::vector<GatheredRows>& gathered) {
  if (store_ != nullptr) {
    gathered.push_back({std::move(*store_), GatheredRows::kMatchable, bounds_});
  } else {
    for (size_t p = 0; p < partitions_->partition_count(); ++p) {
      gathered.push_back({std::move(partitions_->partition(p)), static_cast<int>(p), bounds_});
    }
  }
  if (null_store_ != nullptr) {
    gathered.push_back({std::move(*null_store_), GatheredRows::kNullKeys});
  }
}

Result<std::unique_ptr<PartitionedRowStore>> JoinRowGatherer::PartitionRows(
    const RowStore& rows, const EvaluationContext& context, bool yields) {
  auto partitions = std::make_unique<PartitionedRowStore>(
      rows.layout_pointer(), MakeMemory(context, yields), GatheredRows::kRadixBits);
  RowStore::Cursor cursor(rows);
  uint8_t* chunk[kVectorSize];
  while (const size_t count = cursor.Next(chunk)) {
    TRIVET_RETURN_IF_ERROR(context.cancellation().Check());
    const Status appended = partitions->AppendCopies(chunk, count);
    if (appended.code() == StatusCode::kOutOfMemory) return nullptr;
    TRIVET_RETURN_IF_ERROR(appended);
  }
  return partitions;
}

// Rows to be addressed directly stay in the order in which they came: probes that come in the same
// order find them in the caches.
Status JoinRowGatherer::Partition() {
  partition_at_ = 2 * store_->row_count();
  if (LooksDirect()) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(partitions_, PartitionRows(*store_, context_, yields_));
  if (partitions_ != nullptr) store_.reset();
  return Status::OK();
}

void JoinRowGatherer::NoteKeys(const Vector& keys, const uint32_t* selection, size_t count) {
  const VectorView view = keys.View();
  DispatchPhysical(keys.type().physical(), [&]<typename T>() {
    if constexpr (std::is_integral_v<T> && sizeof(T) <= sizeof(int64_t)) {
      const auto* values = reinterpret_cast<const T*>(view.data);
      T min = std::numeric_limits<T>::max();
      T max = std::numeric_limits<T>::min();
      const auto add = [&](T value) {
        min = std::min(min, value);
        max = std::max(max, value);
      };
      if (selection == nullptr && view.selection == nullptr) {
        for (size_t i = 0; i < count; ++i) add(values[i]);
      } else {
        for (size_t i = 0; i < count; ++i) {
          add(values[view.Index(selection != nullptr ? selection[i] : i)]);
        }
      }
      bounds_->Add(static_cast<int64_t>(min));
      bounds_->Add(static_cast<int64_t>(max));
    }
  });
}

bool JoinRowGatherer::LooksDirect() const {
  return bounds_ &&
         JoinTableBuilder::LooksDirect(bounds_->range() / kFurtherRows, store_->row_count());
}

}  // namespace trivet
