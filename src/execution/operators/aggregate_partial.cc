#include "execution/operators/aggregate_partial.h"

#include <algorithm>

#include "execution/operators/aggregate_local.h"

namespace trivet {

class PartialAggregateTransform::Local final : public LocalTransform {
 public:
  Local(PartialAggregateTransform& shared, const ExecutionContext& context)
      : shared_(shared), plan_(*shared.plan_), context_(context), most_bytes_(MostBytes(context)) {}
  ~Local() override { Note(0); }

  Result<Outcome> Process(const Batch& input, Batch& out, const CallContext&) override {
    if (is_full_) {
      TRIVET_ASSIGN_OR_RETURN(const bool given, Give(out));
      if (given) return Outcome::kHaveOutput;
    }
    if (groups_ == nullptr) {
      groups_ = std::make_unique<LocalAggregation>(shared_.plan_, context_, true);
    }
    TRIVET_ASSIGN_OR_RETURN(bool added, groups_->TryAdd(input, rest_));
    if (!added && groups_->is_empty()) {
      // Others hold it all: what is left for those who cannot wait.
      groups_ = std::make_unique<LocalAggregation>(shared_.plan_, context_);
      TRIVET_ASSIGN_OR_RETURN(added, groups_->TryAdd(input, rest_));
    }
    Note(groups_->memory_bytes());
    if (added) {
      rest_ = RestOfBatch();
      // What took from that which is left for others gives it back at once.
      is_full_ = !groups_->yields() || groups_->memory_bytes() > most_bytes_;
      return Outcome::kNeedInput;
    }
    // What there is makes room for the rest of the batch; where there is nothing, nobody can help.
    if (groups_->is_empty()) return groups_->refusal();
    is_full_ = true;
    TRIVET_RETURN_IF_ERROR(Give(out).status());
    return Outcome::kHaveOutput;
  }

  Result<Outcome> Flush(Batch& out, const CallContext&) override {
    TRIVET_ASSIGN_OR_RETURN(const bool given, Give(out));
    return given ? Outcome::kHaveOutput : Outcome::kFinished;
  }

 private:
  static size_t MostBytes(const ExecutionContext& context) {
    const size_t share = context.memory().limit_bytes() / (4 * context.thread_count());
    return std::clamp(share, kLeastBytes, kMostBytes);
  }
  void Note(size_t bytes) {
    shared_.NoteMemory(noted_bytes_, bytes);
    noted_bytes_ = bytes;
  }

  // Gives the next groups; false after the last ones, when all is as at the start.
  Result<bool> Give(Batch& out) {
    if (groups_ == nullptr) return false;
    if (!giving_) groups_->EndInput();
    giving_ = true;
    rows_at_a_time_ = AggregatePlan::RowsAtATime(context_, groups_->complete_row_count(),
                                                 groups_->arena().bytes());
    uint8_t* rows[kVectorSize];
    const size_t count = NextRows(rows);
    if (count == 0) {
      groups_.reset();
      cursor_.reset();
      partition_ = 0;
      giving_ = is_full_ = false;
      Note(0);
      return false;
    }
    std::vector<Vector> columns;
    for (size_t i = 0; i < plan_.groups.size(); ++i) {
      columns.push_back(Vector::MakeFlat(plan_.groups[i]->type(), count));
      GatherColumn(*plan_.layout->rows, i, rows, count, columns.back());
      if (columns.back().type().physical() == PhysicalType::kString) {
        OwnRows(groups_->table().store().partition(0), columns.back());
      }
    }
    // Nothing is allocated: it stands for that of the states, which may have been refused memory.
    AggregateArena arena(Reservation(&context_.memory(), std::string(AggregatePlan::kConsumer)));
    uint8_t* states[kVectorSize];
    for (const AggregatePlan::State& state : plan_.states) {
      const size_t offset = plan_.layout->rows->extra_offset() + state.offset;
      for (size_t i = 0; i < count; ++i) states[i] = rows[i] + offset;
      columns.push_back(Vector::MakeFlat(TypeId::kBlob, count));
      columns.back().ReserveStrings(context_.memory(), context_.cancellation());
      const AggregateCall call{state.bound, arena, context_, errors_, {}};
      state.bound.function->serialize(call, states, count, columns.back());
      TRIVET_RETURN_IF_ERROR(CheckAggregates(errors_, arena));
      TRIVET_RETURN_IF_ERROR(columns.back().string_status());
    }
    out = Batch(std::move(columns), count);
    return true;
  }

  // Rows of groups that hold all that was added to them, of any partitions: these share a memory.
  size_t NextRows(uint8_t** rows) {
    size_t count = 0;
    const PartitionedRowStore& store = groups_->table().store();
    while (count < rows_at_a_time_ && partition_ < store.partition_count()) {
      if (!cursor_) {
        cursor_.emplace(store.partition(partition_));
        left_ = groups_->complete_rows()[partition_];
      }
      const size_t wanted = std::min(left_, rows_at_a_time_ - count);
      const size_t read = wanted == 0 ? 0 : cursor_->Next(rows + count, wanted);
      count += read;
      left_ -= read;
      if (left_ == 0) {
        cursor_.reset();
        ++partition_;
      }
    }
    return count;
  }

  PartialAggregateTransform& shared_;
  const AggregatePlan& plan_;
  const ExecutionContext& context_;
  const size_t most_bytes_;
  std::unique_ptr<LocalAggregation> groups_;
  RestOfBatch rest_;  // of the batch being added
  LaneErrors errors_;
  size_t noted_bytes_ = 0;
  bool is_full_ = false;
  bool giving_ = false;
  size_t rows_at_a_time_ = 0;  // of groups being given
  size_t partition_ = 0;       // being given
  size_t left_ = 0;            // rows of it
  std::optional<RowStore::Cursor> cursor_;
};

Result<std::unique_ptr<LocalTransform>> PartialAggregateTransform::MakeLocal(
    const ExecutionContext& context) {
  return std::unique_ptr<LocalTransform>(std::make_unique<Local>(*this, context));
}

}  // namespace trivet
