#pragma once

#include <atomic>
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
  // The rows of a query that was submitted before, from `rows_taken` on; see Attach.
  DistributedResultStream(StageId result_stage, std::vector<LogicalType> types,
                          std::unique_ptr<QueryContext> context, CoordinatorDriver& driver,
                          PartitionFetcher& fetcher);
  ~DistributedResultStream() override;

  void Submit(StageGraph graph, QuerySettings settings);
  // Goes on with a query after its first `rows_taken` rows. The query's error where it has failed;
  // Unavailable where those rows could not be told from the ones that follow.
  Status Attach(QueryId query, uint64_t rows_taken);
  // The query lives on without this stream: another one is going to be attached.
  void Abandon();
  // The query's outputs stay until the stream is destroyed, so that another one can be attached.
  void KeepOutputs() { keep_outputs_ = true; }

  QueryId query() const { return query_; }
  StageId result_stage() const { return result_stage_; }
  const std::vector<LogicalType>& types() const { return types_; }
  std::unique_ptr<UploadedTables::Lease> TakeUploads() { return std::move(uploads_); }
  void SetUploads(std::unique_ptr<UploadedTables::Lease> uploads) { uploads_ = std::move(uploads); }

  Result<Outcome> Poll(Batch& batch, int timeout_ms) override;
  void Cancel() override;
  // The mean of the stages' shares of finished tasks.
  std::optional<double> Progress() const override;
  std::vector<StageProgress> Stages() const override;
  std::string Analysis(bool json) override;

 private:
  // What the coordinator says, kept until the reader looks. Also the waker of what is being read.
  class Inbox;

  Status OpenNext();
  Result<Outcome> ReadCurrent(Batch& batch);
  Status GiveBack(const Status& status);
  void FinishCurrent();

  DistributedPlan plan_;  // without stages where attached
  const StageId result_stage_;
  const std::vector<LogicalType> types_;
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
  uint32_t partition_count_ = 0;  // 0: not known yet
  // Outputs before this one have been acknowledged and are not made again.
  uint32_t acknowledged_ = 0;
  // The attempt whose rows were taken elsewhere; 0: by this stream, or none.
  uint32_t taken_attempt_ = 0;
  bool keep_outputs_ = false;
  std::atomic<bool> abandoned_{false};
  bool finished_ = false;
};

}  // namespace trivet
