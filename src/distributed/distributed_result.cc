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
      result_stage_(plan_.stages.back().stage.id),
      types_(plan_.stages.back().plan->types()),
      context_(std::move(context)),
      uploads_(std::move(uploads)),
      driver_(driver),
      fetcher_(fetcher),
      credits_(ExchangeLimits{}.reader_bytes, &context_->memory()),
      inbox_(std::make_shared<Inbox>()),
      waker_(inbox_) {}

DistributedResultStream::DistributedResultStream(StageId result_stage,
                                                 std::vector<LogicalType> types,
                                                 std::unique_ptr<QueryContext> context,
                                                 CoordinatorDriver& driver,
                                                 PartitionFetcher& fetcher)
    : result_stage_(result_stage),
      types_(std::move(types)),
      context_(std::move(context)),
      driver_(driver),
      fetcher_(fetcher),
      credits_(ExchangeLimits{}.reader_bytes, &context_->memory()),
      inbox_(std::make_shared<Inbox>()),
      waker_(inbox_) {}

DistributedResultStream::~DistributedResultStream() {
  reader_.reset();
  if (query_ == 0 || abandoned_) return;
  driver_.Forget(query_);
  if (!inbox_->end()) driver_.Post(ResultClosed{query_});
}

void DistributedResultStream::Submit(StageGraph graph, QuerySettings settings) {
  query_ = driver_.Submit(std::move(graph), settings, inbox_);
}

Status DistributedResultStream::Attach(QueryId query, uint64_t rows_taken) {
  TRIVET_ASSIGN_OR_RETURN(const std::vector<ResultOutput> outputs, driver_.Attach(query, inbox_));
  query_ = query;
  uint64_t left = rows_taken;
  for (const ResultOutput& output : outputs) {
    if (!output.finished || output.delivery.rows > left) break;
    left -= output.delivery.rows;
    ++next_partition_;
    const bool last = next_partition_ == outputs.size();
    if (!output.consumed && !last) {
      driver_.Post(ResultConsumed{query, output.delivery.partition, output.delivery.attempt});
    }
  }
  rows_taken_ = left;
  for (uint32_t i = next_partition_; i < outputs.size(); ++i) {
    if (outputs[i].consumed) {
      acknowledged_ = i + 1;
      if (!outputs[i].finished) {
        return Status(StatusCode::kUnavailable,
                      StrCat("rows of query ", query, " were lost between coordinator and client"));
      }
    }
    if (!outputs[i].finished) continue;
    partition_count_ = outputs[i].delivery.partition_count;
    inbox_->OnDeliver(outputs[i].delivery);
  }
  if (next_partition_ == outputs.size()) partition_count_ = next_partition_;
  // Only of a first attempt is it sure that the rows taken were its own.
  if (left > 0) taken_attempt_ = 1;
  return Status::OK();
}

void DistributedResultStream::Abandon() {
  abandoned_ = true;
  driver_.Forget(query_);
  context_->cancellation().Cancel();
  inbox_->Wake();
}

void DistributedResultStream::Cancel() {
  context_->cancellation().Cancel();
  driver_.Post(QueryCancelled{query_, "the query was cancelled"});
  inbox_->Wake();
}

Status DistributedResultStream::OpenNext() {
  std::optional<DeliverResult> delivery = inbox_->Take(next_partition_);
  if (!delivery) return Status::OK();
  if (rows_taken_ > 0 && !delivery->resumable && delivery->attempt != taken_attempt_) {
    // Its rows may come in another order, and some have been given out already.
    driver_.Post(ResultFetchFailed{query_, delivery->partition, delivery->attempt,
                                   delivery->location.worker, rows_taken_,
                                   Status::Internal("the output cannot be resumed")});
    return Status::OK();
  }
  taken_attempt_ = 0;
  rows_to_skip_ = rows_taken_;
  partition_count_ = delivery->partition_count;
  ExchangeRequest request;
  request.partition_begin = 0;
  request.partition_end = 1;
  request.types = types_;
  request.sources.push_back({{{query_, result_stage_, delivery->partition}, delivery->attempt},
                             {delivery->location.worker, delivery->location.address}});
  reader_ = std::make_unique<ExchangeReader>(std::move(request), ExchangeLimits{}, fetcher_,
                                             credits_, context_->memory());
  current_ = std::move(delivery);
  return Status::OK();
}

Status DistributedResultStream::GiveBack(const Status& status) {
  if (status.code() == StatusCode::kCancelled) return status;
  if (current_->partition < acknowledged_) {
    return Status(StatusCode::kUnavailable,
                  StrCat("rows of query ", query_, " were lost on their way: ", status.message()));
  }
  driver_.Post(ResultFetchFailed{query_, current_->partition, current_->attempt,
                                 current_->location.worker, rows_taken_, status});
  reader_.reset();
  current_.reset();
  return Status::OK();
}

// The last acknowledgement ends the query, and its outputs go: where these are to stay, the end of
// this stream takes its place.
void DistributedResultStream::FinishCurrent() {
  reader_.reset();
  const bool last = current_->partition + 1 == partition_count_;
  if (!(last && keep_outputs_)) {
    driver_.Post(ResultConsumed{query_, current_->partition, current_->attempt});
  }
  current_.reset();
  rows_taken_ = 0;
  ++next_partition_;
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
      FinishCurrent();
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
    if (keep_outputs_ && partition_count_ > 0 && next_partition_ == partition_count_) {
      finished_ = true;
      return Outcome::kFinished;
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
  const std::vector<StageProgress> stages = Stages();
  if (stages.empty()) return std::nullopt;
  double sum = 0;
  for (const StageProgress& stage : stages) {
    sum += static_cast<double>(stage.finished_tasks) / std::max<uint32_t>(stage.tasks, 1);
  }
  return std::min(1.0, sum / static_cast<double>(stages.size()));
}

std::vector<StageProgress> DistributedResultStream::Stages() const {
  std::vector<StageProgress> stages;
  const auto snapshot = driver_.FindQuery(query_);
  if (!snapshot) return stages;
  for (const StageSnapshot& stage : snapshot->stages) {
    stages.push_back({stage.stage, stage.description, stage.tasks, stage.finished_tasks,
                      stage.running_tasks, stage.rows + stage.progress_rows});
  }
  return stages;
}

std::string DistributedResultStream::Analysis(bool json) {
  auto snapshot = inbox_->snapshot();
  if (!snapshot) snapshot = driver_.FindQuery(query_);  // its outputs are kept, so it goes on
  return json ? plan_.ToJson(snapshot ? &*snapshot : nullptr)
              : plan_.ToString(snapshot ? &*snapshot : nullptr);
}

}  // namespace trivet
