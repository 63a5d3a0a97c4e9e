#include "execution/operators/distinct_on_rows.h"

#include "execution/operators/aggregate_local.h"

namespace trivet {

namespace {

RowMemoryPtr MakeMemory(const ExecutionContext& context, bool yields) {
  Reservation reservation(&context.memory(), std::string(kDistinctOnConsumer));
  reservation.set_yields(yields);
  return std::make_shared<RowMemory>(std::move(reservation));
}

}  // namespace

Result<DistinctOnShape> DistinctOnShape::Make(const std::vector<ExpressionPtr>& keys,
                                              const std::vector<LogicalType>& columns) {
  DistinctOnShape shape;
  shape.keys = keys;
  std::vector<LogicalType> key_types;
  for (const ExpressionPtr& key : keys) key_types.push_back(key->type());
  std::vector<LogicalType> on_disk = key_types;
  on_disk.insert(on_disk.end(), columns.begin(), columns.end());
  on_disk.insert(on_disk.end(), 3, LogicalType(TypeId::kUInt64));
  const FirstRow none{{~uint64_t{0}, ~uint64_t{0}}, ~uint64_t{0}, nullptr};
  std::vector<uint8_t> prototype(sizeof(FirstRow));
  StoreAs(prototype.data(), none);
  TRIVET_ASSIGN_OR_RETURN(shape.groups,
                          GroupLayout::Make(std::move(key_types), std::move(prototype)));
  TRIVET_ASSIGN_OR_RETURN(shape.columns, RowLayout::Make(columns, {}));
  TRIVET_ASSIGN_OR_RETURN(shape.on_disk, RowLayout::Make(std::move(on_disk), {.hash = true}));
  return shape;
}

DistinctOnRows::DistinctOnRows(const DistinctOnShape& shape, const ExecutionContext& context,
                               MemoryShare& share, bool yields)
    : shape_(shape),
      share_(share),
      evaluator_(shape.keys, context),
      finder_(shape.groups, context, kDistinctOnRadixBits, shape.keys.size(), kDistinctOnConsumer,
              yields),
      columns_(shape.columns, MakeMemory(context, yields)),
      runs_(std::make_unique<GroupRuns>()),
      replaced_(kVectorSize),
      complete_groups_(size_t{1} << kDistinctOnRadixBits) {}

Status DistinctOnRows::Add(const Batch& batch) {
  const size_t count = batch.row_count();
  std::vector<Vector> keys(shape_.keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, keys[i]));
    keys[i] = GroupKey(keys[i], count);
  }
  uint8_t* groups[kVectorSize];
  TRIVET_RETURN_IF_ERROR(finder_.Find(keys, count, groups, *runs_));
  for (size_t p = 0; p < complete_groups_.size(); ++p) {
    complete_groups_[p] = finder_.table().store().partition(p).row_count();
  }
  uint32_t kept[kVectorSize];
  size_t kept_count = 0;
  for (size_t i = 0; i < count; ++i) {
    FirstRow& first = shape_.FirstOf(groups[i]);
    const FirstRow row{batch.order(), i, nullptr};
    if (!row.ComesBefore(first)) continue;
    replaced_[kept_count] = first;
    first = row;
    kept[kept_count++] = static_cast<uint32_t>(i);
  }
  if (kept_count == 0) return Status::OK();
  uint8_t* rows[kVectorSize];
  Status appended = columns_.Append(batch.columns(), nullptr, kept, kept_count, rows);
  if (!appended.ok()) {
    while (kept_count-- > 0) shape_.FirstOf(groups[kept[kept_count]]) = replaced_[kept_count];
    return appended;
  }
  for (size_t i = 0; i < kept_count; ++i) shape_.FirstOf(groups[kept[i]]).columns = rows[i];
  return Status::OK();
}

size_t DistinctOnRows::Note() {
  const size_t bytes = memory_bytes();
  share_.Change(noted_bytes_, bytes);
  noted_bytes_ = bytes;
  return bytes;
}

}  // namespace trivet
