#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "distributed/coordinator_driver.h"
#include "distributed/distributed_plan.h"
#include "distributed/uploaded_tables.h"
#include "execution/query_runtime.h"
#include "shuffle/exchange_reader.h"

namespace trivet {

// The rows of a distributed query: the sealed outputs of its result tasks, one after the other.
class DistributedResultStream final : public ResultStream {
 public:
  // `driver` and `fetcher` outlive the stream.
  DistributedResultStream(DistributedPlan plan, std::unique_ptr<QueryContext> context,
                          std::unique_ptr<UploadedTables::Lease> uploads, CoordinatorDriver& driver,
                          PartitionFetcher& fetcher);
  ~DistributedResultStream() override;

  void Submit(StageGraph graph, QuerySettings settings);

  Result<Outcome> Poll(Batch& batch, int timeout_ms) override;
  void Cancel() override;
  std::optional<double> Progress() const override;
  std::string Analysis(bool json) override;

 private:
  // What the coordinator says, kept until the reader looks. Also the waker of what is being read.
  class Inbox;

  Status OpenNext();
  Result<Outcome> ReadCurrent(Batch& batch);
  Status GiveBack(const Status& status);

  DistributedPlan plan_;
  std::unique_ptr<QueryContext> context_;
  std::unique_ptr<UploadedTables::Lease> uploads_;  // what tasks may still ask for
  CoordinatorDriver& driver_;
  PartitionFetcher& fetcher_;
  CreditPool credits_;
  std::shared_ptr<Inbox> inbox_;
  std::shared_ptr<Waker> waker_;
  QueryId query_ = 0;
  uint32_t next_partition_ = 0;
  std::optional<DeliverResult> current_;
  std::unique_ptr<ExchangeReader> reader_;
  uint64_t rows_taken_ = 0;  // of the current output, by the reader of this stream
  uint64_t rows_to_skip_ = 0;
  bool finished_ = false;
};

}  // namespace trivet
