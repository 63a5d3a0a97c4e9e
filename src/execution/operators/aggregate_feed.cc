// The part of a run that feeds states from rows kept for DISTINCT and ORDER BY.
#include <algorithm>
#include <cstring>

#include "base/interruptible_sort.h"
#include "execution/operators/aggregate_run.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

// A kept row and the group it belongs to.
struct Entry {
  uint8_t* group;
  uint8_t* row;
};

}  // namespace

Status AggregateRun::FeedBuffered(const AggregatePlan::Buffered& buffered,
                                  const std::vector<RowStore*>& stores, bool is_unique,
                                  const RowMerger* main, Task& task) {
  size_t row_count = 0;
  for (const RowStore* store : stores) row_count += store->row_count();
  if (row_count == 0) return Status::OK();
  Reservation reservation(&context_.memory(), std::string(AggregatePlan::kConsumer));
  TRIVET_RETURN_IF_ERROR(reservation.Grow(row_count * sizeof(uint8_t*)));
  if (buffered.distinct && (stores.size() > 1 || !is_unique)) {
    RowMerger merger(*buffered.layout, context_, AggregatePlan::kConsumer);
    TRIVET_RETURN_IF_ERROR(merger.Reserve(row_count));
    const size_t key_bytes = buffered.ordered ? buffered.encoder->key_bytes() : 0;
    const auto keep_earlier = [&](uint8_t* const* sources, uint8_t* const* targets, size_t count) {
      for (size_t i = 0; i < count && key_bytes != 0; ++i) {
        uint8_t* kept = buffered.layout->States(targets[i]);
        const uint8_t* other = buffered.layout->States(sources[i]);
        if (std::memcmp(other, kept, key_bytes) < 0) std::memcpy(kept, other, key_bytes);
      }
    };
    for (const RowStore* store : stores) TRIVET_RETURN_IF_ERROR(merger.Add(*store, keep_earlier));
  }
  std::vector<uint8_t*> rows;
  rows.reserve(row_count);
  for (const RowStore* store : stores) {
    uint8_t* chunk[kVectorSize];
    RowStore::Cursor cursor(*store);
    while (const size_t count = cursor.Next(chunk)) {
      for (size_t i = 0; i < count; ++i) {
        if (!buffered.layout->IsMerged(chunk[i])) rows.push_back(chunk[i]);
      }
    }
  }
  return buffered.ordered ? FeedSorted(buffered, rows, main, task)
                          : FeedRows(buffered, rows, main, task);
}

Status AggregateRun::FeedRows(const AggregatePlan::Buffered& buffered,
                              const std::vector<uint8_t*>& rows, const RowMerger* main,
                              Task& task) {
  uint8_t* groups[kVectorSize];
  for (size_t from = 0; from < rows.size(); from += kVectorSize) {
    const size_t count = std::min(kVectorSize, rows.size() - from);
    FindGroups(buffered, rows.data() + from, count, main, task, groups);
    TRIVET_RETURN_IF_ERROR(UpdateStates(buffered, rows.data() + from, groups, count, {}, task));
  }
  return Status::OK();
}

Status AggregateRun::FeedSorted(const AggregatePlan::Buffered& buffered,
                                const std::vector<uint8_t*>& rows, const RowMerger* main,
                                Task& task) {
  Reservation reservation(&context_.memory(), std::string(AggregatePlan::kConsumer));
  TRIVET_RETURN_IF_ERROR(reservation.Grow(2 * rows.size() * sizeof(Entry)));
  std::vector<Entry> entries(rows.size());
  uint8_t* groups[kVectorSize];
  for (size_t from = 0; from < rows.size(); from += kVectorSize) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    const size_t count = std::min(kVectorSize, rows.size() - from);
    FindGroups(buffered, rows.data() + from, count, main, task, groups);
    for (size_t i = 0; i < count; ++i) entries[from + i] = {groups[i], rows[from + i]};
  }
  const RowLayout& layout = *buffered.layout->rows;
  std::vector<Entry> scratch(rows.size());
  TRIVET_RETURN_IF_ERROR(SortInterruptibly<Entry>(
      entries, scratch,
      [&](const Entry& a, const Entry& b) {
        if (a.group != b.group) return a.group < b.group;
        return buffered.encoder->Less(layout, a.row, b.row);
      },
      context_.cancellation()));
  uint8_t* sorted[kVectorSize];
  uint64_t sequence = 0;
  for (size_t from = 0; from < entries.size(); from += kVectorSize) {
    const size_t count = std::min(kVectorSize, entries.size() - from);
    for (size_t i = 0; i < count; ++i) {
      groups[i] = entries[from + i].group;
      sorted[i] = entries[from + i].row;
    }
    TRIVET_RETURN_IF_ERROR(UpdateStates(buffered, sorted, groups, count, {0, sequence++}, task));
  }
  return Status::OK();
}

void AggregateRun::FindGroups(const AggregatePlan::Buffered& buffered, uint8_t* const* rows,
                              size_t count, const RowMerger* main, const Task& task,
                              uint8_t** groups) const {
  if (main == nullptr) {
    std::fill_n(groups, count, task.single_row);
    return;
  }
  std::vector<Vector> keys;
  for (size_t i = 0; i < plan_->groups.size(); ++i) {
    keys.push_back(Vector::MakeFlat(plan_->groups[i]->type(), count));
    GatherColumn(*buffered.layout->rows, i, rows, count, keys.back());
  }
  uint64_t hashes[kVectorSize];
  HashColumns(keys, count, hashes);
  main->Find(keys, hashes, count, groups);
}

Status AggregateRun::UpdateStates(const AggregatePlan::Buffered& buffered, uint8_t* const* rows,
                                  uint8_t* const* groups, size_t count, BatchOrder order,
                                  Task& task) {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  std::vector<Vector> columns;
  for (size_t i = 0; i < buffered.expressions.size(); ++i) {
    columns.push_back(Vector::MakeFlat(buffered.expressions[i]->type(), count));
    GatherColumn(*buffered.layout->rows, plan_->groups.size() + i, rows, count, columns.back());
  }
  uint8_t* states[kVectorSize];
  for (size_t number : buffered.states) {
    const AggregatePlan::State& state = plan_->states[number];
    const size_t offset = plan_->layout->rows->extra_offset() + state.offset;
    std::vector<Vector> arguments;
    for (size_t argument : state.arguments) arguments.push_back(columns[argument]);
    const AggregateCall call{state.bound, task.arena, context_, task.errors, order};
    if (plan_->is_grouped()) {
      for (size_t i = 0; i < count; ++i) states[i] = groups[i] + offset;
      state.bound.function->update(call, arguments, count, states);
    } else {
      state.bound.function->update_single(call, arguments, count, groups[0] + offset);
    }
  }
  return CheckAggregates(task.errors, task.arena);
}

}  // namespace trivet
