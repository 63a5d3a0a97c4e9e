#include "distributed/cluster_tables.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "context/memory_budget.h"
#include "execution/operators/scan.h"
#include "storage/memory_table.h"

namespace trivet {

namespace {

using Row = std::vector<Value>;
using Columns = std::vector<ColumnDefinition>;

Value Count(uint64_t number) { return Value::Int64(static_cast<int64_t>(number)); }
Value Text(std::string_view text) { return Value::Varchar(std::string(text)); }
Value Time(TimePoint time) {
  return Value::Integer(LogicalType::Timestamp(TimeUnit::kMilli, true),
                        time.time_since_epoch().count());
}
Value OptionalTime(const std::optional<TimePoint>& time) {
  return time ? Time(*time) : Value::Null(LogicalType::Timestamp(TimeUnit::kMilli, true));
}
const LogicalType kTime = LogicalType::Timestamp(TimeUnit::kMilli, true);

// The rows of a listing, told from other tables in memory.
class ClusterTable final : public Table {
 public:
  explicit ClusterTable(MemoryTable rows) : rows_(std::move(rows)) {}
  const std::vector<ColumnDefinition>& columns() const override { return rows_.columns(); }
  TableStatistics statistics() const override { return rows_.statistics(); }
  ScanCapabilities capabilities() const override { return rows_.capabilities(); }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    return rows_.Scan(request, context);
  }
  Result<TableReference> Reference() const override { return rows_.Reference(); }
  std::string kind() const override { return "SYSTEM_SCAN"; }
  std::string description() const override { return rows_.description(); }

 private:
  const MemoryTable rows_;
};

Result<TablePtr> MakeTable(const std::string& name, Columns columns, const std::vector<Row>& rows) {
  // The rows are few; what they take is not worth a budget.
  static const auto budget = std::make_shared<MemoryBudget>("system tables", ~size_t{0} >> 1);
  std::vector<LogicalType> types;
  for (const ColumnDefinition& column : columns) types.push_back(column.type);
  MemoryTableBuilder builder(name, columns, budget);
  for (size_t begin = 0; begin < rows.size(); begin += kVectorSize) {
    const size_t count = std::min(kVectorSize, rows.size() - begin);
    Batch batch = Batch::MakeFlat(types, count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t column = 0; column < types.size(); ++column) {
        batch.mutable_column(column).SetValue(i, rows[begin + i][column]);
      }
    }
    batch.set_row_count(count);
    TRIVET_RETURN_IF_ERROR(builder.Append(batch));
  }
  TRIVET_ASSIGN_OR_RETURN(MemoryChunks chunks, builder.Finish());
  return TablePtr(
      std::make_shared<ClusterTable>(MemoryTable(std::move(columns), std::move(chunks))));
}

Result<TablePtr> Workers(const CoordinatorDriver& driver) {
  std::vector<Row> rows;
  for (const WorkerSnapshot& worker : driver.Workers()) {
    rows.push_back({Text(worker.worker.name), Count(worker.worker.incarnation),
                    Text(worker.address), Text(WorkerConditionName(worker.condition)),
                    Count(worker.slots), Count(worker.running_tasks),
                    Count(worker.consecutive_failures), Time(worker.joined_at),
                    Time(worker.heard_at), OptionalTime(worker.blacklisted_until),
                    Text(worker.build_id), Text(worker.last_failure)});
  }
  return MakeTable("workers",
                   {{"name", TypeId::kVarchar},
                    {"incarnation", TypeId::kInt64},
                    {"address", TypeId::kVarchar},
                    {"condition", TypeId::kVarchar},
                    {"slots", TypeId::kInt64},
                    {"running_tasks", TypeId::kInt64},
                    {"consecutive_failures", TypeId::kInt64},
                    {"joined_at", kTime},
                    {"heard_at", kTime},
                    {"blacklisted_until", kTime},
                    {"build_id", TypeId::kVarchar},
                    {"last_failure", TypeId::kVarchar}},
                   rows);
}

Result<TablePtr> Queries(const CoordinatorDriver& driver) {
  std::vector<Row> rows;
  for (const QuerySnapshot& query : driver.Queries()) {
    uint64_t tasks = 0;
    uint64_t finished = 0;
    uint64_t retries = 0;
    uint64_t spilled_bytes = 0;
    for (const StageSnapshot& stage : query.stages) {
      tasks += stage.tasks;
      finished += stage.finished_tasks;
      retries += stage.retries;
      spilled_bytes += stage.spilled_bytes;
    }
    rows.push_back(
        {Count(query.query), Text(QueryConditionName(query.condition)), Time(query.submitted_at),
         OptionalTime(query.ended_at), Count(query.stages.size()), Count(tasks), Count(finished),
         Count(query.running_tasks), Count(retries), Count(spilled_bytes),
         query.status.ok() ? Value::Null(TypeId::kVarchar) : Text(query.status.ToString())});
  }
  return MakeTable("queries",
                   {{"query", TypeId::kInt64},
                    {"condition", TypeId::kVarchar},
                    {"submitted_at", kTime},
                    {"ended_at", kTime},
                    {"stages", TypeId::kInt64},
                    {"tasks", TypeId::kInt64},
                    {"finished_tasks", TypeId::kInt64},
                    {"running_tasks", TypeId::kInt64},
                    {"retries", TypeId::kInt64},
                    {"spilled_bytes", TypeId::kInt64},
                    {"error", TypeId::kVarchar}},
                   rows);
}

Result<TablePtr> Tasks(const CoordinatorDriver& driver) {
  std::vector<Row> rows;
  for (const TaskSnapshot& task : driver.Tasks()) {
    rows.push_back({Count(task.task.query), Count(task.task.stage), Count(task.task.partition),
                    Text(TaskConditionName(task.condition)), Count(task.attempt),
                    Count(task.failures), Text(task.worker), Count(task.rows), Count(task.bytes),
                    OptionalTime(task.started_at),
                    Count(static_cast<uint64_t>(task.elapsed.count())), Text(task.last_failure)});
  }
  return MakeTable("tasks",
                   {{"query", TypeId::kInt64},
                    {"stage", TypeId::kInt64},
                    {"partition", TypeId::kInt64},
                    {"condition", TypeId::kVarchar},
                    {"attempt", TypeId::kInt64},
                    {"failures", TypeId::kInt64},
                    {"worker", TypeId::kVarchar},
                    {"rows", TypeId::kInt64},
                    {"bytes", TypeId::kInt64},
                    {"started_at", kTime},
                    {"elapsed_ms", TypeId::kInt64},
                    {"last_failure", TypeId::kVarchar}},
                   rows);
}

// Counts the scans of cluster tables; false where there is another source of rows.
bool CountClusterScans(const PhysicalOperator& plan, size_t& scans) {
  if (const auto* scan = dynamic_cast<const PhysicalScan*>(&plan)) {
    ++scans;
    return dynamic_cast<const ClusterTable*>(&scan->table()) != nullptr;
  }
  return std::all_of(plan.children().begin(), plan.children().end(),
                     [&](const PhysicalPlan& child) { return CountClusterScans(*child, scans); });
}

}  // namespace

bool ReadsClusterTablesAlone(const PhysicalOperator& plan) {
  size_t scans = 0;
  return CountClusterScans(plan, scans) && scans > 0;
}

void RegisterClusterTables(TableFunctionRegistry& functions, const CoordinatorDriver& driver) {
  const auto add = [&](std::string name, auto list, std::string description) {
    TableFunction function;
    function.name = std::move(name);
    function.bind = [list, &driver](const TableFunctionCall& call) -> Result<TablePtr> {
      if (!call.arguments.empty()) return Status::InvalidInput("the function takes no arguments");
      return list(driver);
    };
    function.description = std::move(description);
    functions.Add(std::move(function));
  };
  add("trivet_workers", Workers, "The cluster's workers; also system.workers");
  add("trivet_queries", Queries, "The cluster's queries; also system.queries");
  add("trivet_tasks", Tasks, "Tasks of the cluster's queries; also system.tasks");
}

}  // namespace trivet
