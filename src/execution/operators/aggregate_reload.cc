// The part of a run that reads back what was spilled: partition by partition, or in parts of one.
#include <algorithm>

#include "execution/operators/aggregate_run.h"

namespace trivet {

namespace {

// Rows kept for one input by bits of their hash that tell neither a group nor a place in an index.
constexpr int kPartBits = 6;
constexpr int kPartShift = 30;

RowMemoryPtr MakeMemory(const ExecutionContext& context) {
  return std::make_shared<RowMemory>(
      Reservation(&context.memory(), std::string(AggregatePlan::kConsumer)));
}

}  // namespace

struct AggregateRun::Loaded {
  Loaded(const AggregatePlan& plan, const ExecutionContext& context, MemoryShare& share)
      : groups(plan.layout->rows, MakeMemory(context)),
        task(plan, context.memory()),
        merger(*plan.layout, context, AggregatePlan::kConsumer),
        share(share) {}
  ~Loaded() { Note(0); }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  void Note(size_t bytes) {
    share.Change(noted_bytes, bytes);
    noted_bytes = bytes;
  }

  RowStore groups;
  Task task;
  RowMerger merger;
  MemoryShare& share;
  size_t noted_bytes = 0;
};

AggregateRun::Reader::Reader(AggregateRun& run) : run_(run) {}
AggregateRun::Reader::~Reader() = default;

Status AggregateRun::Reader::Open(size_t number) {
  store_ = 0;
  cursor_.reset();
  loaded_.reset();
  if (run_.spill_ == nullptr || !run_.plan_->is_grouped()) {
    stores_ = run_.partitions_[number].groups;
    rows_at_a_time_ = run_.rows_at_a_time_;
    return Status::OK();
  }
  stores_.clear();
  Piece piece;
  {
    std::lock_guard lock(run_.mutex_);
    piece = std::move(run_.pieces_[number]);
  }
  if (piece.spill->IsEmpty(piece.partition)) return Status::OK();
  const bool can_split = piece.spill->can_split();
  if (piece.spill->GroupBytes(piece.partition) > run_.LoadBytes() && can_split) {
    return run_.SplitPiece(piece);
  }
  Result<std::unique_ptr<Loaded>> loaded = run_.LoadGroups(piece);
  // It held more than it seemed, or others hold more than they did.
  if (loaded.status().code() == StatusCode::kOutOfMemory && can_split) {
    return run_.SplitPiece(piece);
  }
  TRIVET_ASSIGN_OR_RETURN(loaded_, std::move(loaded));
  TRIVET_RETURN_IF_ERROR(run_.FeedLoaded(piece, *loaded_));
  stores_ = {&loaded_->groups};
  rows_at_a_time_ = AggregatePlan::RowsAtATime(run_.context_, loaded_->groups.row_count(),
                                               loaded_->task.arena.bytes());
  return Status::OK();
}

Status AggregateRun::SplitPiece(const Piece& piece) {
  TRIVET_ASSIGN_OR_RETURN(const std::shared_ptr<AggregateSpill> parts,
                          piece.spill->Split(piece.partition));
  std::lock_guard lock(mutex_);
  for (size_t p = 0; p < parts->partition_count(); ++p) pieces_.push_back({parts, p});
  return Status::OK();
}

size_t AggregateRun::LoadBytes() const { return share_->LoadBytes(context_.thread_count()); }

Result<std::unique_ptr<AggregateRun::Loaded>> AggregateRun::LoadGroups(const Piece& piece) {
  auto loaded = std::make_unique<Loaded>(*plan_, context_, *share_);
  AggregateSpill& spill = *piece.spill;
  loaded->Note(spill.GroupBytes(piece.partition));
  Task& task = loaded->task;
  TRIVET_RETURN_IF_ERROR(
      spill.ReadGroups(piece.partition, loaded->groups, task.arena, task.errors));
  Partition partition;
  partition.groups = {&loaded->groups};
  TRIVET_RETURN_IF_ERROR(MergeGroups(partition, loaded->merger, task));
  return loaded;
}

Status AggregateRun::FeedLoaded(const Piece& piece, Loaded& loaded) {
  TRIVET_RETURN_IF_ERROR(FeedSpilled(piece, loaded));
  loaded.merger.Release();
  piece.spill->Discard(piece.partition);
  return CheckAggregates(loaded.task.errors, loaded.task.arena);
}

Status AggregateRun::FeedSpilled(const Piece& piece, Loaded& loaded) {
  const RowMerger* main = plan_->is_grouped() ? &loaded.merger : nullptr;
  for (size_t i = 0; i < plan_->buffered.size(); ++i) {
    const AggregatePlan::Buffered& buffered = plan_->buffered[i];
    SpilledRows& rows = piece.spill->buffered(i);
    if (piece.partition >= rows.partition_count()) continue;
    const bool fits = piece.spill->BufferedBytes(i, piece.partition) <= LoadBytes();
    if (!fits && buffered.distinct && !buffered.ordered) {
      TRIVET_RETURN_IF_ERROR(FeedInParts(rows, piece.partition, buffered, loaded));
      continue;
    }
    RowStore kept(rows.layout(), MakeMemory(context_));
    TRIVET_RETURN_IF_ERROR(rows.ReadAll(piece.partition, kept));
    TRIVET_RETURN_IF_ERROR(FeedBuffered(buffered, {&kept}, false, main, loaded.task));
  }
  return Status::OK();
}

// Equal rows share all of their hash: it does not matter in which part a group's rows come.
Status AggregateRun::FeedInParts(SpilledRows& rows, size_t partition,
                                 const AggregatePlan::Buffered& buffered, Loaded& loaded) {
  SpilledRows parts(context_, rows.layout(), size_t{1} << kPartBits, metrics_);
  TRIVET_RETURN_IF_ERROR(rows.MoveTo(partition, parts, kPartShift, AggregatePlan::kConsumer));
  const RowMerger* main = plan_->is_grouped() ? &loaded.merger : nullptr;
  for (size_t p = 0; p < parts.partition_count(); ++p) {
    RowStore kept(rows.layout(), MakeMemory(context_));
    TRIVET_RETURN_IF_ERROR(parts.ReadAll(p, kept));
    parts.Discard(p);
    TRIVET_RETURN_IF_ERROR(FeedBuffered(buffered, {&kept}, false, main, loaded.task));
  }
  return Status::OK();
}

// Without groups: the one row, from the rows of all threads and what was kept for it.
Status AggregateRun::FeedSpilledSingle() {
  locals_.clear();
  locals_.push_back(std::make_unique<LocalAggregation>(plan_, context_));
  TRIVET_RETURN_IF_ERROR(EnsureSingleRow());
  size_t parts = spill_->partition_count();
  for (size_t i = 0; i < plan_->buffered.size(); ++i) {
    parts = std::max(parts, spill_->buffered(i).partition_count());
  }
  for (size_t p = 0; p < parts; ++p) {
    Loaded loaded(*plan_, context_, *share_);
    Task& task = loaded.task;
    TRIVET_RETURN_IF_ERROR(MakeSingleRow(task));
    if (p < spill_->partition_count()) {
      TRIVET_RETURN_IF_ERROR(spill_->ReadGroups(p, loaded.groups, task.arena, task.errors));
    }
    TRIVET_RETURN_IF_ERROR(FeedSpilled({spill_, p}, loaded));
    uint8_t* rows[kVectorSize];
    uint8_t* targets[kVectorSize];
    std::fill_n(targets, kVectorSize, single_row_);
    RowStore::Cursor cursor(loaded.groups);
    while (const size_t count = cursor.Next(rows)) CombineRows(rows, targets, count, task);
    CombineRows(&task.single_row, &single_row_, 1, task);
    TRIVET_RETURN_IF_ERROR(CheckAggregates(task.errors, task.arena));
    // States may refer to the arena they were made in.
    locals_.front()->arena().Adopt(std::move(task.arena));
  }
  partitions_ = {PartitionOf(0)};
  return Status::OK();
}

}  // namespace trivet
