#include "execution/operators/distinct_on_spill.h"

#include <algorithm>

#include "base/interruptible_sort.h"
#include "execution/operators/row_merger.h"

namespace trivet {

namespace {

constexpr int kShift = PartitionedRowStore::UppermostShift(kDistinctOnRadixBits);
constexpr size_t kMostBlockBytes = size_t{64} << 10;
constexpr size_t kLeastBlockBytes = size_t{4} << 10;
// What a row loaded from disk takes beside itself: its group, an index over it, its address.
constexpr size_t kBytesPerLoadedRow = 3 * sizeof(FirstRow) + RowMerger::kBytesPerRow;

// A block of each run is in memory when they are merged: all together take a quarter of a share.
size_t BlockBytes(const MemoryShare& share) {
  const size_t most = share.allowance() / 4 / (size_t{1} << kDistinctOnRadixBits);
  return std::clamp(most, kLeastBlockBytes, kMostBlockBytes);
}

Vector Gather(const RowLayout& layout, size_t column, uint8_t* const* rows, size_t count) {
  Vector vector = Vector::MakeFlat(layout.types()[column], count);
  GatherColumn(layout, column, rows, count, vector);
  return vector;
}

}  // namespace

DistinctOnSpill::DistinctOnSpill(const DistinctOnShape& shape, const ExecutionContext& context,
                                 OperatorMetrics& metrics, const MemoryShare& share)
    : shape_(shape),
      context_(context),
      metrics_(metrics),
      share_(share),
      place_(shape.on_disk->column_count() - 3),
      written_(std::make_shared<SpilledRows>(context, shape.on_disk,
                                             size_t{1} << kDistinctOnRadixBits, &metrics)),
      runs_file_(context, shape.on_disk, {}, BlockBytes(share), &metrics) {}

Status DistinctOnSpill::Write(const DistinctOnRows& rows) {
  // Groups lie in the partitions that their rows go to, so that little memory is needed to write.
  const PartitionedRowStore& store = rows.finder().table().store();
  for (size_t p = 0; p < store.partition_count(); ++p) {
    RowStore::Cursor cursor(store.partition(p));
    size_t left = rows.complete_groups()[p];
    uint8_t* groups[kVectorSize];
    while (const size_t read = cursor.Next(groups)) {
      TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      const size_t complete = std::min(read, left);
      left -= complete;
      uint8_t* values[kVectorSize];
      uint64_t hashes[kVectorSize];
      Vector places[3];
      for (Vector& place : places) place = Vector::MakeFlat(TypeId::kUInt64);
      size_t count = 0;
      for (size_t i = 0; i < complete; ++i) {
        const FirstRow& first = shape_.FirstOf(groups[i]);
        if (first.columns == nullptr) continue;
        groups[count] = groups[i];
        values[count] = first.columns;
        hashes[count] = RowLayout::Hash(groups[i]);
        places[0].mutable_data<uint64_t>()[count] = first.batch.morsel;
        places[1].mutable_data<uint64_t>()[count] = first.batch.sequence;
        places[2].mutable_data<uint64_t>()[count++] = first.row;
      }
      if (count == 0) continue;
      std::vector<Vector> columns;
      for (size_t i = 0; i < shape_.keys.size(); ++i) {
        columns.push_back(Gather(*shape_.groups->rows, i, groups, count));
      }
      for (size_t i = 0; i < shape_.columns->column_count(); ++i) {
        columns.push_back(Gather(*shape_.columns, i, values, count));
      }
      columns.insert(columns.end(), std::begin(places), std::end(places));
      RowStore leaving(shape_.on_disk, std::make_shared<RowMemory>(Reservation(
                                           &context_.memory(), std::string(kDistinctOnConsumer))));
      uint8_t* copies[kVectorSize];
      TRIVET_RETURN_IF_ERROR(leaving.Append(columns, hashes, nullptr, count, copies));
      TRIVET_RETURN_IF_ERROR(written_->Write(p, leaving));
    }
  }
  return Status::OK();
}

void DistinctOnSpill::EndInput() {
  pieces_ =
      std::make_unique<SpilledPieces>(context_, written_, kShift, kDistinctOnConsumer, &metrics_);
}

Status DistinctOnSpill::FindFirstRows() {
  while (const std::optional<size_t> piece = pieces_->Take()) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    TRIVET_ASSIGN_OR_RETURN(
        const auto rows,
        pieces_->Load(*piece, share_.LoadBytes(context_.thread_count()), kBytesPerLoadedRow));
    if (rows != nullptr) TRIVET_RETURN_IF_ERROR(FindFirstRowsOf(*rows));
  }
  return Status::OK();
}

bool DistinctOnSpill::IsBefore(const uint8_t* a, const uint8_t* b) const {
  for (size_t i = place_; i < place_ + 3; ++i) {
    const auto left = shape_.on_disk->Get<uint64_t>(a, i);
    const auto right = shape_.on_disk->Get<uint64_t>(b, i);
    if (left != right) return left < right;
  }
  return false;
}

Status DistinctOnSpill::FindFirstRowsOf(const RowStore& rows) {
  const RowLayout& layout = *shape_.on_disk;
  GroupFinder finder(shape_.groups, context_, 0, shape_.keys.size(), kDistinctOnConsumer);
  const auto runs = std::make_unique<GroupRuns>();
  RowStore::Cursor cursor(rows);
  uint8_t* read[kVectorSize];
  while (const size_t count = cursor.Next(read)) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    std::vector<Vector> keys;
    for (size_t i = 0; i < shape_.keys.size(); ++i) keys.push_back(Gather(layout, i, read, count));
    uint8_t* groups[kVectorSize];
    TRIVET_RETURN_IF_ERROR(finder.Find(keys, count, groups, *runs));
    for (size_t i = 0; i < count; ++i) {
      FirstRow& first = shape_.FirstOf(groups[i]);
      if (first.columns == nullptr || IsBefore(read[i], first.columns)) first.columns = read[i];
    }
  }
  // Where most keys are different, equal ones have not met yet.
  const RowStore& found = finder.table().store().partition(0);
  RowMerger merger(*shape_.groups, context_, kDistinctOnConsumer);
  TRIVET_RETURN_IF_ERROR(merger.Reserve(found.row_count()));
  TRIVET_RETURN_IF_ERROR(merger.Add(found, [&](auto* sources, auto* targets, size_t pairs) {
    for (size_t i = 0; i < pairs; ++i) {
      const FirstRow& source = shape_.FirstOf(sources[i]);
      FirstRow& target = shape_.FirstOf(targets[i]);
      if (IsBefore(source.columns, target.columns)) target = source;
    }
  }));
  TRIVET_ASSIGN_OR_RETURN(
      const Reservation reservation,
      context_.memory().TryReserve(found.row_count() * sizeof(uint8_t*), kDistinctOnConsumer));
  std::vector<uint8_t*> firsts;
  firsts.reserve(found.row_count());
  RowStore::Cursor group_cursor(found);
  while (const size_t count = group_cursor.Next(read)) {
    for (size_t i = 0; i < count; ++i) {
      if (!shape_.groups->IsMerged(read[i])) firsts.push_back(shape_.FirstOf(read[i]).columns);
    }
  }
  return WriteRun(std::move(firsts));
}

Status DistinctOnSpill::WriteRun(std::vector<uint8_t*> rows) {
  TRIVET_ASSIGN_OR_RETURN(
      const Reservation reservation,
      context_.memory().TryReserve(rows.size() * sizeof(uint8_t*), kDistinctOnConsumer));
  std::vector<uint8_t*> scratch(rows.size());
  TRIVET_RETURN_IF_ERROR(SortInterruptibly<uint8_t*>(
      rows, scratch, [&](const uint8_t* a, const uint8_t* b) { return IsBefore(a, b); },
      context_.cancellation()));
  SortedRunWriter writer(runs_file_);
  for (const uint8_t* row : rows) TRIVET_RETURN_IF_ERROR(writer.Append(row));
  TRIVET_ASSIGN_OR_RETURN(SortedRun run, writer.Finish());
  std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
  return Status::OK();
}

Status DistinctOnSpill::LoadBlock(Input& input) {
  input.block.reset();
  input.row = nullptr;
  if (input.next_block == input.run.blocks.size()) return Status::OK();
  const SortedRun::Block& block = input.run.blocks[input.next_block++];
  TRIVET_ASSIGN_OR_RETURN(Reservation reservation,
                          context_.memory().TryReserve(block.bytes, kDistinctOnConsumer));
  input.block = std::make_shared<Buffer>(block.bytes, std::move(reservation));
  TRIVET_RETURN_IF_ERROR(runs_file_.Read(block, input.block->data()));
  runs_file_.Discard(block);
  input.row = input.block->data();
  input.rows_left = block.row_count;
  return Status::OK();
}

Status DistinctOnSpill::StartMerge() {
  is_merging_ = true;
  for (SortedRun& run : runs_) {
    inputs_.push_back({std::move(run), 0, nullptr, nullptr, 0});
    TRIVET_RETURN_IF_ERROR(LoadBlock(inputs_.back()));
    if (inputs_.back().row != nullptr) heap_.push_back(inputs_.size() - 1);
  }
  runs_.clear();
  return Status::OK();
}

Result<bool> DistinctOnSpill::NextBatch(size_t most_rows, Batch& batch) {
  const auto is_after = [&](size_t a, size_t b) {
    return IsBefore(inputs_[b].row, inputs_[a].row);
  };
  if (!is_merging_) {
    TRIVET_RETURN_IF_ERROR(StartMerge());
    std::make_heap(heap_.begin(), heap_.end(), is_after);
  }
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  std::vector<std::shared_ptr<Buffer>> blocks;  // that rows of the batch lie in
  std::optional<size_t> ended;
  while (!heap_.empty() && count < most_rows && !ended) {
    std::pop_heap(heap_.begin(), heap_.end(), is_after);
    Input& input = inputs_[heap_.back()];
    rows[count++] = input.row;
    if (std::ranges::find(blocks, input.block) == blocks.end()) blocks.push_back(input.block);
    input.row += shape_.on_disk->row_bytes();
    if (--input.rows_left > 0) {
      std::push_heap(heap_.begin(), heap_.end(), is_after);
    } else {
      // The batch is made before the next block takes this one's place.
      ended = heap_.back();
      heap_.pop_back();
    }
  }
  if (count == 0) return false;
  std::vector<Vector> columns;
  for (size_t i = 0; i < shape_.columns->column_count(); ++i) {
    columns.push_back(Gather(*shape_.on_disk, shape_.keys.size() + i, rows, count));
    if (columns.back().type().physical() != PhysicalType::kString) continue;
    for (const auto& block : blocks) columns.back().AddOwner(block);
  }
  batch = Batch(std::move(columns), count);
  blocks.clear();
  if (ended) {
    TRIVET_RETURN_IF_ERROR(LoadBlock(inputs_[*ended]));
    if (inputs_[*ended].row != nullptr) {
      heap_.push_back(*ended);
      std::push_heap(heap_.begin(), heap_.end(), is_after);
    }
  }
  return true;
}

}  // namespace trivet
