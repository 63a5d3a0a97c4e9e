#include "cluster/coordinator_session.h"

#include <utility>

#include "base/string_concat.h"
#include "shuffle/wire_batch.h"

namespace trivet {

CoordinatorServer::Session::Session(std::string id, std::shared_ptr<Database> database)
    : id_(std::move(id)), database_(std::move(database)), connection_(database_->Connect()) {
  Touch();
}

Result<ExecuteAnswer> CoordinatorServer::Session::Execute(const ExecuteRequest& request) {
  Touch();
  ++executing_;
  Result<std::unique_ptr<QueryResult>> run = [&] {
    std::lock_guard lock(statement_mutex_);
    return connection_->Execute(request.sql, request.parameters);
  }();
  --executing_;
  Touch();
  if (!run.ok()) return run.status();
  ExecuteAnswer answer;
  answer.kind = (*run)->kind();
  answer.columns = (*run)->columns();
  if (answer.kind == ResultKind::kNothing) return answer;
  std::lock_guard lock(mutex_);
  answer.result = next_result_++;
  results_[answer.result] = std::move(*run);
  return answer;
}

Status CoordinatorServer::Session::Upload(UploadRequest request) {
  Touch();
  std::lock_guard lock(statement_mutex_);
  PartialTable& partial = uploads_[request.table];
  std::vector<LogicalType> types;
  for (const ResultColumn& column : request.columns) types.push_back(column.type);
  if (partial.builder == nullptr) {
    for (const ResultColumn& column : request.columns) {
      partial.columns.push_back({column.name, column.type});
    }
    partial.builder =
        std::make_unique<MemoryTableBuilder>(request.table, partial.columns, database_->memory());
  }
  if (!request.chunk.empty()) {
    TRIVET_ASSIGN_OR_RETURN(
        ChunkReader reader,
        ChunkReader::Open(SharedBytes::Of(std::move(request.chunk)), types, nullptr));
    Batch batch;
    while (reader.Next(batch)) TRIVET_RETURN_IF_ERROR(partial.builder->Append(batch));
  }
  if (!request.last) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(MemoryChunks chunks, partial.builder->Finish());
  auto table = std::make_shared<MemoryTable>(partial.columns, std::move(chunks));
  uploads_.erase(request.table);
  return connection_->RegisterTable(request.table, std::move(table));
}

void CoordinatorServer::Session::Interrupt() {
  Touch();
  connection_->Interrupt();
  std::lock_guard lock(mutex_);
  for (auto& [number, weak] : streaming_) {
    if (const auto result = weak.lock()) result->Cancel();
  }
  for (auto& [number, result] : results_) result->Cancel();
}

Result<std::shared_ptr<QueryResult>> CoordinatorServer::Session::TakeResult(uint64_t number) {
  Touch();
  std::lock_guard lock(mutex_);
  const auto found = results_.find(number);
  if (found == results_.end()) {
    return Status::NotFound(StrCat("the session has no result ", number, " any more"));
  }
  std::shared_ptr<QueryResult> result = std::move(found->second);
  results_.erase(found);
  std::erase_if(streaming_, [](const auto& entry) { return entry.second.expired(); });
  streaming_[number] = result;
  return result;
}

std::optional<double> CoordinatorServer::Session::Progress(uint64_t number) const {
  std::lock_guard lock(mutex_);
  const auto streaming = streaming_.find(number);
  if (streaming == streaming_.end()) return std::nullopt;
  const std::shared_ptr<QueryResult> result = streaming->second.lock();
  return result ? result->Progress() : std::nullopt;
}

bool CoordinatorServer::Session::Expired(std::chrono::milliseconds lease) const {
  return executing_ == 0 && std::chrono::steady_clock::now() - used_.load() > lease;
}

void CoordinatorServer::Session::Close() {
  Interrupt();
  std::map<uint64_t, std::shared_ptr<QueryResult>> results;
  {
    std::lock_guard lock(mutex_);
    results = std::move(results_);
    results_.clear();
  }
}

}  // namespace trivet
