#include "execution/batch_store.h"

#include <algorithm>
#include <atomic>

namespace trivet {

BatchStore::BatchStore(MemoryManager& memory, std::string consumer)
    : reservation_(&memory, std::move(consumer)) {}

class BatchStore::Local final : public LocalSink {
 public:
  explicit Local(BatchStore& store) : store_(store) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    std::lock_guard lock(store_.mutex_);
    // Kept rows are copied into memory of their own size, so that a few survivors of a filter do
    // not hold the pages they came from.
    Batch kept = batch;
    kept.Flatten();
    TRIVET_RETURN_IF_ERROR(store_.reservation_.Grow(kept.MemoryBytes()));
    store_.row_count_ += kept.row_count();
    store_.batches_.push_back(std::move(kept));
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override { return Status::OK(); }

 private:
  BatchStore& store_;
};

Result<std::unique_ptr<LocalSink>> BatchStore::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
}

Status BatchStore::Finish(const CallContext&) {
  std::stable_sort(batches_.begin(), batches_.end(),
                   [](const Batch& a, const Batch& b) { return a.order() < b.order(); });
  return Status::OK();
}

namespace {

class StoreSource;

class LocalStoreSource final : public LocalSource {
 public:
  LocalStoreSource(StoreSource& source, std::unique_ptr<MorselTaker> taker)
      : source_(source), taker_(std::move(taker)) {}
  Result<Outcome> Next(Batch& out, const CallContext& call) override;

 private:
  StoreSource& source_;
  std::unique_ptr<MorselTaker> taker_;
};

class StoreSource final : public Source {
 public:
  StoreSource(std::shared_ptr<BatchStore> store, std::vector<size_t> columns,
              std::function<std::unique_ptr<MorselTaker>()> takers)
      : store_(std::move(store)), columns_(std::move(columns)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSource>(std::make_unique<LocalStoreSource>(*this, takers_()));
  }

  Result<std::optional<uint64_t>> Take() {
    const uint64_t index = next_.fetch_add(1);
    if (index >= store_->batches().size()) return std::optional<uint64_t>();
    return std::optional<uint64_t>(index);
  }
  Batch Get(uint64_t index) const {
    const Batch& stored = store_->batches()[index];
    std::vector<Vector> columns;
    columns.reserve(columns_.size());
    for (size_t column : columns_) columns.push_back(stored.column(column));
    Batch batch(std::move(columns), stored.row_count());
    batch.set_order({index, 0});
    return batch;
  }

 private:
  std::shared_ptr<BatchStore> store_;
  std::vector<size_t> columns_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::atomic<uint64_t> next_{0};
};

Result<Outcome> LocalStoreSource::Next(Batch& out, const CallContext& call) {
  std::optional<uint64_t> index;
  TRIVET_ASSIGN_OR_RETURN(const bool taken,
                          taker_->Next(call, [&]() -> Result<std::optional<uint64_t>> {
                            TRIVET_ASSIGN_OR_RETURN(index, source_.Take());
                            return index;
                          }));
  if (!taken) return Outcome::kBlocked;
  if (!index) return Outcome::kFinished;
  out = source_.Get(*index);
  return Outcome::kHaveOutput;
}

}  // namespace

std::shared_ptr<Source> MakeBatchStoreSource(std::shared_ptr<BatchStore> store,
                                             std::vector<size_t> columns,
                                             std::function<std::unique_ptr<MorselTaker>()> takers) {
  return std::make_shared<StoreSource>(std::move(store), std::move(columns), std::move(takers));
}

}  // namespace trivet
