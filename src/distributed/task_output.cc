#include "distributed/task_output.h"

#include <utility>

#include "base/hash.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

// The same for every attempt at a task.
uint64_t SeedOf(const TaskId& task) {
  return CombineHash(CombineHash(task.query, task.stage), task.partition);
}

}  // namespace

Result<std::unique_ptr<TaskOutput>> TaskOutput::Make(const PhysicalExchange& exchange,
                                                     const LaunchAttempt& launch,
                                                     const EvaluationContext& context,
                                                     ShuffleWriter& writer) {
  const uint32_t partitions = launch.output_partitions;
  const bool ranges = exchange.kind() == ExchangeKind::kRange;
  if ((ranges || launch.samples_keys) && exchange.range().keys.empty()) {
    return Status::Internal("a task is to look at sort keys of which its plan knows nothing");
  }
  if (ranges && launch.range_bounds.size() >= partitions) {
    return Status::Internal(StrCat("a task is given ", launch.range_bounds.size(), " bounds for ",
                                   partitions, " ranges"));
  }
  Partitioner partitioner = Partitioner::Single();
  if (partitions > 1 && ranges) {
    partitioner = Partitioner::Range(launch.range_bounds);
  } else if (partitions > 1 && exchange.kind() == ExchangeKind::kHash) {
    partitioner = Partitioner::Hash(partitions);
  } else if (partitions > 1) {
    return Status::Internal(
        StrCat("a task is to cut its output ", ExchangeKindName(exchange.kind())));
  }
  return std::unique_ptr<TaskOutput>(
      new TaskOutput(exchange, launch, context, writer, std::move(partitioner)));
}

TaskOutput::TaskOutput(const PhysicalExchange& exchange, const LaunchAttempt& launch,
                       const EvaluationContext& context, ShuffleWriter& writer,
                       Partitioner partitioner)
    : exchange_(exchange),
      writer_(writer),
      is_cut_(launch.output_partitions > 1),
      partitioner_(std::move(partitioner)),
      hash_keys_(is_cut_ ? exchange.keys() : std::vector<ExpressionPtr>{}, context),
      targets_(kVectorSize) {
  const bool ranges = is_cut_ && exchange.kind() == ExchangeKind::kRange;
  if (ranges || launch.samples_keys) {
    range_keys_.emplace(exchange.range(), launch.attempt.task.partition, context);
  }
  if (launch.samples_keys) sampler_.emplace(SeedOf(launch.attempt.task));
}

Status TaskOutput::Assign(const Batch& batch) {
  const size_t count = batch.row_count();
  if (exchange_.kind() == ExchangeKind::kHash) {
    TRIVET_RETURN_IF_ERROR(hash_keys_.EvaluateAll(batch, key_columns_));
    partitioner_.Assign(key_columns_.columns(), count, targets_.data());
    return Status::OK();
  }
  Vector keys = Vector::MakeFlat(TypeId::kBlob, count);
  for (size_t row = 0; row < count; ++row) {
    keys.mutable_data<StringView>()[row] = StringView(range_keys_->key(row));
  }
  partitioner_.Assign({&keys, 1}, count, targets_.data());
  return Status::OK();
}

Status TaskOutput::Write(const Batch& batch) {
  if (range_keys_) TRIVET_RETURN_IF_ERROR(range_keys_->Encode(batch, rows_));
  if (sampler_) {
    for (size_t row = 0; row < batch.row_count(); ++row) sampler_->Add(range_keys_->key(row));
  }
  if (is_cut_) TRIVET_RETURN_IF_ERROR(Assign(batch));
  rows_ += batch.row_count();
  return writer_.Write(batch, is_cut_ ? targets_.data() : nullptr);
}

std::vector<std::string> TaskOutput::TakeKeySamples() {
  return sampler_ ? sampler_->Take() : std::vector<std::string>();
}

}  // namespace trivet
