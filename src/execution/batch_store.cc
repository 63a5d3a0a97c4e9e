#include "execution/batch_store.h"

#include <algorithm>
#include <atomic>
#include <iterator>

#include "context/metrics.h"

namespace trivet {

BatchStore::BatchStore(const ExecutionContext& context, OperatorMetrics& metrics,
                       std::string consumer, size_t expected_bytes)
    : context_(context),
      metrics_(metrics),
      share_(context.JoinMemoryShares(expected_bytes)),
      reservation_(&context.memory(), std::move(consumer)) {}

BatchStore::~BatchStore() = default;

class BatchStore::Local final : public LocalSink {
 public:
  explicit Local(BatchStore& store) : store_(store) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    TRIVET_RETURN_IF_ERROR(store_.Keep(batch));
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override { return Status::OK(); }

 private:
  BatchStore& store_;
};

Result<std::unique_ptr<LocalSink>> BatchStore::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
}

bool BatchStore::CanSpill() const {
  return context_.temporary_files() != nullptr && context_.temporary_files()->is_enabled();
}

// What is spilled is what came last: the batch itself where there is no room for it, and batches
// before it as long as all take more than the share.
Status BatchStore::Keep(const Batch& batch) {
  // Kept rows are copied into memory of their own size, so that a few survivors of a filter do not
  // hold the pages they came from.
  Stored next;
  next.packed = PackedBatch::Pack(batch);
  next.order = batch.order();
  next.row_count = batch.row_count();
  std::vector<Stored> spilled;
  {
    std::lock_guard lock(mutex_);
    if (types_.empty()) {
      for (const Vector& column : batch.columns()) types_.push_back(column.type());
    }
    row_count_ += next.row_count;
    next.arrival = arrivals_++;
    const size_t before = reservation_.bytes();
    Status status = reservation_.Grow(next.packed.bytes());
    if (status.ok()) {
      in_memory_.push_back(std::move(next));
    } else {
      if (status.code() != StatusCode::kOutOfMemory || !CanSpill()) return status;
      spilled.push_back(std::move(next));
    }
    share_->Change(before, reservation_.bytes());
    metrics_.NotePeakMemory(reservation_.bytes());
    while (!in_memory_.empty() && share_->MustSpill(reservation_.bytes(), 1) && CanSpill()) {
      const size_t bytes = in_memory_.back().packed.bytes();
      spilled.push_back(std::move(in_memory_.back()));
      in_memory_.pop_back();
      reservation_.Shrink(bytes);
      share_->Change(bytes, 0);
    }
  }
  for (Stored& stored : spilled) TRIVET_RETURN_IF_ERROR(Write(stored));
  if (spilled.empty()) return Status::OK();
  std::lock_guard lock(mutex_);
  std::ranges::move(spilled, std::back_inserter(stored_));
  return Status::OK();
}

Result<SpillFile*> BatchStore::File() {
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) {
    TRIVET_ASSIGN_OR_RETURN(file_, context_.temporary_files()->Create());
  }
  return file_.get();
}

Status BatchStore::Write(Stored& stored) {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  TRIVET_ASSIGN_OR_RETURN(SpillFile * file, File());
  const size_t bytes = stored.packed.bytes();
  TRIVET_ASSIGN_OR_RETURN(stored.offset, file->Append(stored.packed.data(), bytes));
  metrics_.bytes_spilled.fetch_add(bytes, std::memory_order_relaxed);
  stored.bytes = bytes;
  stored.address = reinterpret_cast<uint64_t>(stored.packed.data());
  stored.sections = stored.packed.sections();
  stored.packed = PackedBatch();
  return Status::OK();
}

Status BatchStore::Finish(const CallContext&) {
  share_->SetComplete();
  std::ranges::move(in_memory_, std::back_inserter(stored_));
  in_memory_.clear();
  std::sort(stored_.begin(), stored_.end(), [](const Stored& a, const Stored& b) {
    return a.order != b.order ? a.order < b.order : a.arrival < b.arrival;
  });
  readers_left_ = std::make_unique<std::atomic<uint32_t>[]>(stored_.size());
  for (size_t i = 0; i < stored_.size(); ++i) readers_left_[i].store(reader_count_);
  return Status::OK();
}

void BatchStore::EndRead(size_t index) {
  if (readers_left_ == nullptr) return;  // the run ended before
  if (readers_left_[index].fetch_sub(1, std::memory_order_acq_rel) == 1) GiveUp(stored_[index]);
}

void BatchStore::GiveUp(Stored& stored) {
  if (!stored.sections.empty()) {
    file_->Discard(stored.offset, stored.bytes);
    return;
  }
  const size_t bytes = stored.packed.bytes();
  stored.packed = PackedBatch();
  std::lock_guard lock(mutex_);
  reservation_.Shrink(bytes);
  share_->Change(bytes, 0);
}

Result<Batch> BatchStore::Read(size_t index, const std::vector<size_t>& columns) const {
  const Stored& stored = stored_[index];
  std::vector<Vector> vectors;
  vectors.reserve(columns.size());
  for (const size_t column : columns) {
    if (stored.sections.empty()) {
      vectors.push_back(stored.packed.batch().column(column));
      continue;
    }
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    const PackedBatch::Section& section = stored.sections[column];
    auto buffer = std::make_shared<Buffer>(section.bytes);
    TRIVET_RETURN_IF_ERROR(
        file_->ReadAt(stored.offset + section.offset, section.bytes, buffer->data()));
    vectors.push_back(
        PackedBatch::Unpack(types_[column], std::move(buffer), stored.address + section.offset));
  }
  return Batch(std::move(vectors), stored.row_count);
}

namespace {

class StoreSource;

class LocalStoreSource final : public LocalSource {
 public:
  LocalStoreSource(StoreSource& source, std::unique_ptr<MorselTaker> taker)
      : source_(source), taker_(std::move(taker)) {}
  ~LocalStoreSource() override { EndRead(); }
  Result<Outcome> Next(Batch& out, const CallContext& call) override;

 private:
  // Whoever asks for the next batch has made what it wanted of the one before.
  void EndRead();

  StoreSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  std::optional<uint64_t> reading_;
};

class StoreSource final : public Source {
 public:
  StoreSource(std::shared_ptr<BatchStore> store, std::vector<size_t> columns,
              std::function<std::unique_ptr<MorselTaker>()> takers)
      : store_(std::move(store)), columns_(std::move(columns)), takers_(std::move(takers)) {
    store_->AddReader();
  }
  // Goes when its pipeline has ended, maybe early.
  ~StoreSource() override {
    for (uint64_t index = next_; index < store_->batch_count(); ++index) store_->EndRead(index);
  }
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSource>(std::make_unique<LocalStoreSource>(*this, takers_()));
  }

  Result<std::optional<uint64_t>> Take() {
    const uint64_t index = next_.fetch_add(1);
    if (index >= store_->batch_count()) return std::optional<uint64_t>();
    return std::optional<uint64_t>(index);
  }
  Result<Batch> Get(uint64_t index) const {
    TRIVET_ASSIGN_OR_RETURN(Batch batch, store_->Read(index, columns_));
    batch.set_order({index, 0});
    return batch;
  }
  void EndRead(uint64_t index) { store_->EndRead(index); }

 private:
  std::shared_ptr<BatchStore> store_;
  std::vector<size_t> columns_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::atomic<uint64_t> next_{0};
};

Result<Outcome> LocalStoreSource::Next(Batch& out, const CallContext& call) {
  EndRead();
  std::optional<uint64_t> index;
  TRIVET_ASSIGN_OR_RETURN(const bool taken,
                          taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> {
                            TRIVET_ASSIGN_OR_RETURN(index, source_.Take());
                            return index;
                          }));
  if (!taken) return Outcome::kBlocked;
  if (!index) return Outcome::kFinished;
  reading_ = index;
  TRIVET_ASSIGN_OR_RETURN(out, source_.Get(*index));
  return Outcome::kHaveOutput;
}

void LocalStoreSource::EndRead() {
  if (reading_) source_.EndRead(*reading_);
  reading_.reset();
}

}  // namespace

std::shared_ptr<Source> MakeBatchStoreSource(std::shared_ptr<BatchStore> store,
                                             std::vector<size_t> columns,
                                             std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<StoreSource>(std::move(store), std::move(columns), std::move(takers));
}

}  // namespace trivet
