#include "execution/operators/aggregate_spill.h"

#include <algorithm>

#include "execution/operators/row_merger.h"

namespace trivet {

namespace {

// To find equal rows, and to list those that differ.
constexpr size_t kIndexBytesPerRow = RowMerger::kBytesPerRow + sizeof(uint8_t*);
// Rows of serialised states that wait to be written, which nobody could be asked to make room for:
// bytes, less under a small budget, and how many are made at a time.
constexpr size_t kMostSerializedBytes = size_t{256} << 10;
constexpr size_t kSerializedShare = 128;
constexpr size_t kSerializedRows = 256;

RowMemoryPtr MakeMemory(const ExecutionContext& context) {
  return std::make_shared<RowMemory>(
      Reservation(&context.memory(), std::string(AggregatePlan::kConsumer)));
}

RowLayoutPtr SerializedLayout(const AggregatePlan& plan) {
  std::vector<LogicalType> types;
  for (const ExpressionPtr& group : plan.groups) types.push_back(group->type());
  types.insert(types.end(), plan.states.size(), TypeId::kBlob);
  // The groups' types are in rows already, and blobs can be.
  auto layout = RowLayout::Make(std::move(types), {.hash = true});
  TRIVET_ASSERT(layout.ok());
  return *layout;
}

}  // namespace

AggregateSpill::AggregateSpill(AggregatePlanPtr plan, const ExecutionContext& context,
                               OperatorMetrics* metrics)
    : AggregateSpill(plan, context, metrics, plan->radix_bits(),
                     PartitionedRowStore::UppermostShift(plan->radix_bits())) {}

AggregateSpill::AggregateSpill(AggregatePlanPtr plan, const ExecutionContext& context,
                               OperatorMetrics* metrics, int radix_bits, int shift)
    : plan_(std::move(plan)),
      context_(context),
      metrics_(metrics),
      shift_(shift),
      serialized_layout_(SerializedLayout(*plan_)),
      plain_(context, plan_->layout->rows, size_t{1} << radix_bits, metrics),
      serialized_(std::make_unique<SpilledRows>(context, serialized_layout_,
                                                size_t{1} << radix_bits, metrics)) {
  for (const AggregatePlan::Buffered& buffered : plan_->buffered) {
    // Without groups, rows kept spread over partitions of their own.
    const int bits = plan_->is_grouped() ? radix_bits : buffered.radix_bits;
    buffered_.push_back(
        std::make_unique<SpilledRows>(context, buffered.layout->rows, size_t{1} << bits, metrics));
  }
}

Status AggregateSpill::Write(LocalAggregation& local) {
  const PartitionedRowStore& store = local.table().store();
  for (size_t p = 0; p < store.partition_count(); ++p) {
    const size_t rows = local.complete_rows()[p];
    if (rows == 0) continue;
    // States refer to nothing but the arena: where it is empty, the rows are all there is.
    if (local.arena().bytes() == 0) {
      TRIVET_RETURN_IF_ERROR(plain_.Write(p, store.partition(p), rows));
    } else {
      TRIVET_RETURN_IF_ERROR(WriteSerialized(p, store.partition(p), rows, local));
    }
  }
  for (size_t i = 0; i < buffered_.size(); ++i) {
    BufferedInput& input = local.buffered(i);
    const PartitionedRowStore& kept = input.rows().table().store();
    for (size_t p = 0; p < kept.partition_count(); ++p) {
      TRIVET_RETURN_IF_ERROR(buffered_[i]->Write(p, kept.partition(p), input.complete_rows()[p]));
    }
  }
  return Status::OK();
}

Status AggregateSpill::WriteSerialized(size_t partition, const RowStore& rows, size_t row_count,
                                       LocalAggregation& local) {
  RowMemoryPtr memory = MakeMemory(context_);
  RowStore serialized(serialized_layout_, memory);
  LaneErrors errors;
  // Nothing is allocated: it stands for that of the states, which may have been refused memory.
  AggregateArena arena(Reservation(&context_.memory(), std::string(AggregatePlan::kConsumer)));
  RowStore::Cursor cursor(rows);
  uint8_t* chunk[kVectorSize];
  const size_t bytes_per_row = local.arena().bytes() / local.complete_row_count() + 1;
  const size_t most_bytes =
      std::min(context_.memory().limit_bytes() / kSerializedShare, kMostSerializedBytes);
  const size_t rows_at_a_time = std::clamp<size_t>(most_bytes / bytes_per_row, 1, kSerializedRows);
  while (row_count > 0) {
    const size_t count = cursor.Next(chunk, std::min(row_count, rows_at_a_time));
    row_count -= count;
    std::vector<Vector> columns;
    for (size_t i = 0; i < plan_->groups.size(); ++i) {
      columns.push_back(Vector::MakeFlat(plan_->groups[i]->type(), count));
      GatherColumn(*plan_->layout->rows, i, chunk, count, columns.back());
    }
    uint8_t* states[kVectorSize];
    for (const AggregatePlan::State& state : plan_->states) {
      const size_t offset = plan_->layout->rows->extra_offset() + state.offset;
      for (size_t i = 0; i < count; ++i) states[i] = chunk[i] + offset;
      columns.push_back(Vector::MakeFlat(TypeId::kBlob, count));
      const AggregateCall call{state.bound, arena, context_, errors, {}};
      state.bound.function->serialize(call, states, count, columns.back());
      TRIVET_RETURN_IF_ERROR(CheckAggregates(errors, arena));
    }
    uint64_t hashes[kVectorSize];
    for (size_t i = 0; i < count; ++i) hashes[i] = RowLayout::Hash(chunk[i]);
    uint8_t* added[kVectorSize];
    TRIVET_RETURN_IF_ERROR(serialized.Append(columns, hashes, nullptr, count, added));
    if (memory->bytes() < most_bytes && row_count > 0) continue;
    TRIVET_RETURN_IF_ERROR(serialized_->Write(partition, serialized));
    memory = MakeMemory(context_);
    serialized = RowStore(serialized_layout_, memory);
  }
  return Status::OK();
}

bool AggregateSpill::IsEmpty(size_t partition) const {
  const bool kept = std::any_of(buffered_.begin(), buffered_.end(), [&](const auto& rows) {
    return partition < rows->partition_count() && rows->row_count(partition) != 0;
  });
  return !kept && plain_.row_count(partition) + serialized_->row_count(partition) == 0;
}

size_t AggregateSpill::GroupBytes(size_t partition) const {
  const size_t rows = plain_.row_count(partition) + serialized_->row_count(partition);
  // States as bytes come back as rows, and what they hold beside these.
  return plain_.bytes(partition) + 2 * serialized_->bytes(partition) + kIndexBytesPerRow * rows;
}

size_t AggregateSpill::BufferedBytes(size_t index, size_t partition) const {
  const SpilledRows& rows = *buffered_[index];
  return rows.bytes(partition) + kIndexBytesPerRow * rows.row_count(partition);
}

Status AggregateSpill::ReadGroups(size_t partition, RowStore& groups, AggregateArena& arena,
                                  LaneErrors& errors) const {
  TRIVET_RETURN_IF_ERROR(plain_.ReadAll(partition, groups));
  for (const SpilledRows::Block& block : serialized_->blocks(partition)) {
    RowStore rows(serialized_layout_, MakeMemory(context_));
    TRIVET_RETURN_IF_ERROR(serialized_->Read(block, rows));
    TRIVET_RETURN_IF_ERROR(ReadSerialized(rows, groups, arena, errors));
  }
  return Status::OK();
}

Status AggregateSpill::ReadSerialized(const RowStore& rows, RowStore& groups, AggregateArena& arena,
                                      LaneErrors& errors) const {
  uint8_t* chunk[kVectorSize];
  RowStore::Cursor cursor(rows);
  while (const size_t count = cursor.Next(chunk)) {
    uint64_t hashes[kVectorSize];
    for (size_t i = 0; i < count; ++i) hashes[i] = RowLayout::Hash(chunk[i]);
    std::vector<Vector> keys;
    for (size_t i = 0; i < plan_->groups.size(); ++i) {
      keys.push_back(Vector::MakeFlat(plan_->groups[i]->type(), count));
      GatherColumn(*serialized_layout_, i, chunk, count, keys.back());
    }
    uint8_t* added[kVectorSize];
    TRIVET_RETURN_IF_ERROR(groups.Append(keys, hashes, nullptr, count, added));
    for (size_t i = 0; i < count; ++i) plan_->layout->InitializeStates(added[i]);
    for (size_t s = 0; s < plan_->states.size(); ++s) {
      const AggregatePlan::State& state = plan_->states[s];
      Vector bytes = Vector::MakeFlat(TypeId::kBlob, count);
      GatherColumn(*serialized_layout_, plan_->groups.size() + s, chunk, count, bytes);
      uint8_t* states[kVectorSize];
      const size_t offset = plan_->layout->rows->extra_offset() + state.offset;
      for (size_t i = 0; i < count; ++i) states[i] = added[i] + offset;
      const AggregateCall call{state.bound, arena, context_, errors, {}};
      state.bound.function->deserialize_combine(call, bytes, count, states);
    }
    TRIVET_RETURN_IF_ERROR(CheckAggregates(errors, arena));
  }
  return Status::OK();
}

void AggregateSpill::Discard(size_t partition) {
  plain_.Discard(partition);
  serialized_->Discard(partition);
  for (const auto& rows : buffered_) {
    if (partition < rows->partition_count()) rows->Discard(partition);
  }
}

Result<std::unique_ptr<AggregateSpill>> AggregateSpill::Split(size_t partition) {
  std::unique_ptr<AggregateSpill> parts(
      new AggregateSpill(plan_, context_, metrics_, kSplitBits, shift_ - kSplitBits));
  const auto move = [&](SpilledRows& from, SpilledRows& to) {
    return from.MoveTo(partition, to, parts->shift_, AggregatePlan::kConsumer);
  };
  TRIVET_RETURN_IF_ERROR(move(plain_, parts->plain_));
  TRIVET_RETURN_IF_ERROR(move(*serialized_, *parts->serialized_));
  for (size_t i = 0; i < buffered_.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(move(*buffered_[i], *parts->buffered_[i]));
  }
  return parts;
}

}  // namespace trivet
