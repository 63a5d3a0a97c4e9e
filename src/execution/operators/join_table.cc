#include "execution/operators/join_table.h"

#include <algorithm>
#include <set>
#include <utility>

#include "execution/operators/join_table_builder.h"

namespace trivet {

size_t MemoryBytes(const std::vector<RowStore>& stores) {
  std::set<const RowMemory*> counted;
  size_t bytes = 0;
  for (const RowStore& store : stores) {
    for (const RowMemoryPtr& memory : store.memories()) {
      if (counted.insert(memory.get()).second) bytes += memory->bytes();
    }
  }
  return bytes;
}

namespace {
std::vector<NullMatching> Matching(const JoinTableShape& shape) {
  std::vector<NullMatching> matching;
  for (const bool safe : shape.null_safe) {
    matching.push_back(safe ? NullMatching::kNullsEqual : NullMatching::kNullsDiffer);
  }
  return matching;
}
}  // namespace

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
    : shape_(std::move(shape)),
      context_(context),
      matcher_(shape_.layout, Matching(shape_)),
      // The hash of one integer is a bijection.
      hash_tells_key_(shape_.key_count() == 1 && !shape_.null_safe[0] &&
                      IsDirectKeyType(shape_.keys[0]->type())),
      rows_per_byte_(1.0 / static_cast<double>(layout().row_bytes())) {}

void JoinTable::OwnAll(Vector& vector) const {
  for (const RowStore& store : stores_) OwnRows(store, vector);
}

Status JoinTable::Build(RowStore&& rows) {
  std::vector<GatheredRows> gathered;
  gathered.push_back({std::move(rows), GatheredRows::kMixed});
  JoinTableBuilder builder(*this, 1);
  TRIVET_RETURN_IF_ERROR(builder.Prepare(gathered));
  for (size_t task = 0; task < builder.task_count(); ++task) {
    TRIVET_RETURN_IF_ERROR(builder.RunTask(task));
  }
  return builder.Finish();
}

void JoinTable::Release() {
  stores_.clear();
  null_rows_.clear();
  first_row_ = nullptr;
  row_count_ = 0;
  directory_.reset();
  pointers_.reset();
  directory_reservation_.Release();
}

size_t JoinTable::memory_bytes() const {
  return directory_reservation_.bytes() + MemoryBytes(stores_);
}

}  // namespace trivet
