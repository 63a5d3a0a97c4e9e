#include "execution/operators/operator_run.h"

#include <utility>

#include "base/string_concat.h"

namespace trivet {

namespace {
// Output that may wait for the pipeline.
constexpr size_t kBatchesAhead = 4;
}  // namespace

class OperatorRun::OfferedInput final : public BatchStream {
 public:
  explicit OfferedInput(OperatorRun& run) : run_(run) {}

  Result<bool> Next(Batch& batch) override {
    std::unique_lock lock(run_.mutex_);
    run_.wants_input_ = true;
    run_.WakeTask(lock);
    run_.changed_.wait(lock,
                       [this] { return run_.has_offer_ || run_.input_ended_ || run_.stopping_; });
    run_.wants_input_ = false;
    if (run_.stopping_) return Status::Cancelled("the operator's rows are wanted no more");
    if (!run_.has_offer_) return false;
    batch = std::move(run_.offered_);
    run_.offered_ = Batch();
    run_.has_offer_ = false;
    return true;
  }

 private:
  OperatorRun& run_;
};

OperatorRun::OperatorRun(CustomOperatorPtr op, CustomOperatorCall call,
                         std::unique_ptr<BatchStream> input)
    : op_(std::move(op)),
      call_(std::move(call)),
      input_(std::move(input)),
      reservation_(&call_.execution.memory(), StrCat("operator ", op_->declaration().name)) {
  if (input_ == nullptr) input_ = std::make_unique<OfferedInput>(*this);
  thread_ = std::thread([this] { Run(); });
}

OperatorRun::~OperatorRun() {
  Stop();
  thread_.join();
}

void OperatorRun::Stop() {
  call_.cancellation.Cancel();
  std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void OperatorRun::WakeTask(std::unique_lock<std::mutex>& lock) {
  const std::shared_ptr<Waker> waker = std::exchange(waker_, nullptr);
  if (waker == nullptr) return;
  lock.unlock();
  waker->Wake();
  lock.lock();
}

void OperatorRun::Run() {
  Status status = Drive();
  std::unique_lock lock(mutex_);
  status_ = std::move(status);
  finished_ = true;
  WakeTask(lock);
}

Status OperatorRun::Drive() {
  TRIVET_ASSIGN_OR_RETURN(const auto stream, op_->Open(call_, *input_));
  while (true) {
    Batch batch;
    TRIVET_ASSIGN_OR_RETURN(const bool more, stream->Next(batch));
    if (!more) return Status::OK();
    TRIVET_RETURN_IF_ERROR(CheckOutput(batch));
    if (batch.row_count() > 0) TRIVET_RETURN_IF_ERROR(Put(std::move(batch)));
  }
}

Status OperatorRun::CheckOutput(const Batch& batch) const {
  const auto wrong = [&](const std::string& what) {
    return Status::InvalidInput(
        StrCat("operator '", op_->declaration().capability(), "' gave ", what));
  };
  if (batch.column_count() != call_.output_columns.size()) {
    return wrong(StrCat(batch.column_count(), " columns instead of ", call_.output_columns.size()));
  }
  if (batch.row_count() > kVectorSize) return wrong(StrCat(batch.row_count(), " rows at once"));
  for (size_t i = 0; i < batch.column_count(); ++i) {
    const ColumnDefinition& column = call_.output_columns[i];
    if (batch.column(i).type() == column.type) continue;
    return wrong(StrCat("column \"", column.name, "\" as ", batch.column(i).type().ToString(),
                        " instead of ", column.type.ToString()));
  }
  return Status::OK();
}

Status OperatorRun::Put(Batch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || output_.size() < kBatchesAhead; });
  if (stopping_) return Status::Cancelled("the operator's rows are wanted no more");
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(batch.MemoryBytes()));
  output_.push_back(std::move(batch));
  WakeTask(lock);
  return Status::OK();
}

Result<Outcome> OperatorRun::Poll(Batch& out, const std::shared_ptr<Waker>& waker) {
  std::lock_guard lock(mutex_);
  if (finished_ && !status_.ok()) return status_;
  if (!output_.empty()) {
    out = std::move(output_.front());
    output_.pop_front();
    reservation_.Shrink(out.MemoryBytes());
    changed_.notify_all();
    return Outcome::kHaveOutput;
  }
  if (finished_) return Outcome::kFinished;
  if (wants_input_ && !has_offer_ && !input_ended_) return Outcome::kNeedInput;
  waker_ = waker;
  return Outcome::kBlocked;
}

void OperatorRun::Offer(Batch batch) {
  std::lock_guard lock(mutex_);
  offered_ = std::move(batch);
  has_offer_ = true;
  changed_.notify_all();
}

void OperatorRun::EndInput() {
  std::lock_guard lock(mutex_);
  input_ended_ = true;
  changed_.notify_all();
}

}  // namespace trivet
