#include "distributed/distributed_result.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/string_concat.h"

namespace trivet {

class DistributedResultStream::Inbox final : public QueryListener, public Waker {
 public:
  void OnDeliver(const DeliverResult& delivery) override {
    std::lock_guard lock(mutex_);
    // Calls may come in another order than the coordinator made them.
    DeliverResult& known = deliveries_[delivery.partition];
    if (known.attempt < delivery.attempt) known = delivery;
    news_ = true;
    changed_.notify_all();
  }
  void OnEnd(const Status& status, const QuerySnapshot& snapshot) override {
    std::lock_guard lock(mutex_);
    ended_ = true;
    status_ = status;
    snapshot_ = snapshot;
    news_ = true;
    changed_.notify_all();
  }
  void Wake() override {
    std::lock_guard lock(mutex_);
    news_ = true;
    changed_.notify_all();
  }

  // Waits until something has happened since the last call.
  void Wait(int timeout_ms) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return news_; });
    news_ = false;
  }
  std::optional<DeliverResult> Take(uint32_t partition) {
    std::lock_guard lock(mutex_);
    const auto found = deliveries_.find(partition);
    if (found == deliveries_.end()) return std::nullopt;
    DeliverResult delivery = std::move(found->second);
    deliveries_.erase(found);
    return delivery;
  }
  // Null while the query runs.
  std::optional<Status> end() const {
    std::lock_guard lock(mutex_);
    return ended_ ? std::optional<Status>(status_) : std::nullopt;
  }
  std::optional<QuerySnapshot> snapshot() const {
    std::lock_guard lock(mutex_);
    return ended_ ? std::optional<QuerySnapshot>(snapshot_) : std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint32_t, DeliverResult> deliveries_;
  bool news_ = false;
  bool ended_ = false;
  Status status_;
  QuerySnapshot snapshot_;
};

DistributedResultStream::DistributedResultStream(DistributedPlan plan,
                                                 std::unique_ptr<QueryContext> context,
                                                 std::unique_ptr<UploadedTables::Lease> uploads,
                                                 CoordinatorDriver& driver,
                                                 PartitionFetcher& fetcher)
    : plan_(std::move(plan)),
      context_(std::move(context)),
      uploads_(std::move(uploads)),
      driver_(driver),
      fetcher_(fetcher),
      credits_(ExchangeLimits{}.reader_bytes, &context_->memory()),
      inbox_(std::make_shared<Inbox>()),
      waker_(inbox_) {}

DistributedResultStream::~DistributedResultStream() {
  reader_.reset();
  if (query_ == 0) return;
  driver_.Forget(query_);
  if (!inbox_->end()) driver_.Post(ResultClosed{query_});
}

void DistributedResultStream::Submit(StageGraph graph, QuerySettings settings) {
  query_ = driver_.Submit(std::move(graph), std::move(settings), inbox_);
}

void DistributedResultStream::Cancel() {
  context_->cancellation().Cancel();
  driver_.Post(QueryCancelled{query_, "the query was cancelled"});
  inbox_->Wake();
}

Status DistributedResultStream::OpenNext() {
  std::optional<DeliverResult> delivery = inbox_->Take(next_partition_);
  if (!delivery) return Status::OK();
  if (rows_taken_ > 0 && !delivery->resumable) {
    // Its rows may come in another order, and some have been given out already.
    driver_.Post(ResultFetchFailed{query_, delivery->partition, delivery->attempt,
                                   delivery->location.worker, rows_taken_,
                                   Status::Internal("the output cannot be resumed")});
    return Status::OK();
  }
  rows_to_skip_ = rows_taken_;
  const StageId stage = plan_.stages.back().stage.id;
  ExchangeRequest request;
  request.partition_begin = 0;
  request.partition_end = 1;
  request.types = plan_.stages.back().plan->types();
  request.sources.push_back({{{query_, stage, delivery->partition}, delivery->attempt},
                             {delivery->location.worker, delivery->location.address}});
  reader_ = std::make_unique<ExchangeReader>(std::move(request), ExchangeLimits{}, fetcher_,
                                             credits_, context_->memory());
  current_ = std::move(delivery);
  return Status::OK();
}

Status DistributedResultStream::GiveBack(const Status& status) {
  if (status.code() == StatusCode::kCancelled) return status;
  driver_.Post(ResultFetchFailed{query_, current_->partition, current_->attempt,
                                 current_->location.worker, rows_taken_, status});
  reader_.reset();
  current_.reset();
  return Status::OK();
}

// kBlocked: nothing now, or the output has come to its end.
Result<Outcome> DistributedResultStream::ReadCurrent(Batch& batch) {
  while (true) {
    Result<Outcome> outcome = reader_->Poll(batch, waker_);
    if (!outcome.ok()) {
      TRIVET_RETURN_IF_ERROR(GiveBack(outcome.status()));
      return Outcome::kBlocked;
    }
    if (*outcome == Outcome::kFinished) {
      reader_.reset();
      driver_.Post(ResultConsumed{query_, current_->partition, current_->attempt});
      current_.reset();
      rows_taken_ = 0;
      ++next_partition_;
      return Outcome::kNeedInput;
    }
    if (*outcome != Outcome::kHaveOutput) return *outcome;
    if (rows_to_skip_ >= batch.row_count()) {
      rows_to_skip_ -= batch.row_count();
      continue;
    }
    if (rows_to_skip_ > 0) {
      const size_t kept = batch.row_count() - rows_to_skip_;
      std::shared_ptr<uint32_t[]> rows = MakeIndices(kept);
      for (size_t i = 0; i < kept; ++i) {
        rows[i] = static_cast<uint32_t>(rows_to_skip_ + i);
      }
      batch.Slice(rows, kept);
      rows_to_skip_ = 0;
    }
    rows_taken_ += batch.row_count();
    return Outcome::kHaveOutput;
  }
}

Result<Outcome> DistributedResultStream::Poll(Batch& batch, int timeout_ms) {
  if (finished_) return Outcome::kFinished;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    if (context_->cancellation().IsCancelled()) {
      return Status::Cancelled("the query was cancelled");
    }
    if (reader_ == nullptr) TRIVET_RETURN_IF_ERROR(OpenNext());
    if (reader_ != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, ReadCurrent(batch));
      if (outcome == Outcome::kHaveOutput) return outcome;
      if (outcome == Outcome::kNeedInput) continue;
    }
    if (const std::optional<Status> end = inbox_->end()) {
      finished_ = true;
      if (!end->ok()) return *end;
      return Outcome::kFinished;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Outcome::kBlocked;
    inbox_->Wait(static_cast<int>(left.count()));
  }
}

std::optional<double> DistributedResultStream::Progress() const {
  const auto snapshot = driver_.FindQuery(query_);
  if (!snapshot) return std::nullopt;
  double done = 0;
  double all = 0;
  for (const StageSnapshot& stage : snapshot->stages) {
    done += stage.finished_tasks;
    all += stage.tasks;
  }
  if (all == 0) return std::nullopt;
  return std::min(1.0, done / all);
}

std::string DistributedResultStream::Analysis(bool json) {
  const auto snapshot = inbox_->snapshot();
  return json ? plan_.ToJson(snapshot ? &*snapshot : nullptr)
              : plan_.ToString(snapshot ? &*snapshot : nullptr);
}

}  // namespace trivet
