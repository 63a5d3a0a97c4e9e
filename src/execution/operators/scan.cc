#include "execution/operators/scan.h"

#include <algorithm>
#include <atomic>

#include "execution/dynamic_filters.h"
#include "execution/operators/filter.h"
#include "execution/operators/register.h"
#include "execution/page_sharing.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/inputs.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

// The table's own scan is made by whichever thread comes first, so that filters published by
// pipelines that ran before are seen.
std::atomic<uint64_t> scans_started{0};

class ScanSource final : public Source {
 public:
  ScanSource(TablePtr table, ScanRequest request, bool is_whole,
             std::function<std::unique_ptr<MorselTaker>()> takers)
      : table_(std::move(table)),
        request_(std::move(request)),
        is_whole_(is_whole),
        takers_(std::move(takers)) {}

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;

  // Null where this run's part of the table has no rows: what cannot be cut is read as part 0.
  Result<TableScan*> Scan(const ExecutionContext& context) {
    std::lock_guard lock(mutex_);
    const ScanPart part = is_whole_ ? ScanPart{} : context.scan_part();
    if (table_->split_count() == 1 && part.index > 0) return nullptr;
    if (scan_ == nullptr) {
      if (table_->split_count() > 1) request_.part = part;
      TRIVET_ASSIGN_OR_RETURN(scan_, table_->Scan(request_, context));
      context.metrics().source_rows_total.fetch_add(scan_->total_rows());
    }
    return scan_.get();
  }

 private:
  TablePtr table_;
  ScanRequest request_;
  const bool is_whole_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::mutex mutex_;
  std::unique_ptr<TableScan> scan_;
};

class LocalScan final : public LocalSource {
 public:
  LocalScan(TableScan* scan, std::unique_ptr<MorselTaker> taker)
      : scan_(scan), taker_(std::move(taker)) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    while (true) {
      if (reader_ == nullptr) {
        TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, [&] { return TakeMorsel(); }));
        if (!taken) return Outcome::kBlocked;
        if (taker_->exhausted()) return Outcome::kFinished;
      }
      TRIVET_ASSIGN_OR_RETURN(const bool more, reader_->Next(out));
      if (more) {
        call.execution.metrics().source_rows_done.fetch_add(out.row_count(),
                                                            std::memory_order_relaxed);
        return Outcome::kHaveOutput;
      }
      reader_.reset();
      taker_->Finish();
    }
  }

 private:
  Result<std::optional<uint64_t>> TakeMorsel() {
    if (scan_ == nullptr) return std::optional<uint64_t>();
    TRIVET_ASSIGN_OR_RETURN(reader_, scan_->NextMorsel());
    if (reader_ == nullptr) return std::optional<uint64_t>();
    return std::optional<uint64_t>(reader_->morsel());
  }

  TableScan* scan_;  // may be null
  std::unique_ptr<MorselTaker> taker_;
  std::unique_ptr<MorselReader> reader_;
};

Result<std::unique_ptr<LocalSource>> ScanSource::MakeLocal(const ExecutionContext& context) {
  TRIVET_ASSIGN_OR_RETURN(TableScan * scan, Scan(context));
  return std::unique_ptr<LocalSource>(std::make_unique<LocalScan>(scan, takers_()));
}

// Filter columns as the table numbers them.
Result<std::vector<ExpressionPtr>> FiltersOverTable(const LogicalScan& scan) {
  ColumnMap to_table;
  for (const LogicalScan::ScanColumn& column : scan.columns) {
    const ColumnDefinition& definition = scan.table->columns()[column.ordinal];
    to_table[column.id] =
        Expression::Input(static_cast<uint32_t>(column.ordinal), definition.type, definition.name);
  }
  std::vector<ExpressionPtr> filters;
  for (const ExpressionPtr& filter : scan.filters) {
    filters.push_back(ReplaceColumns(filter, to_table));
  }
  return filters;
}

Result<PhysicalPlanner::Translated> TranslateScan(const LogicalOperator& node, PhysicalPlanner&) {
  const auto& scan = static_cast<const LogicalScan&>(node);
  const bool filters_inside = scan.table->capabilities().filters;
  std::vector<uint64_t> ordinals;
  std::vector<PhysicalColumn> schema;
  std::vector<ColumnId> layout;
  for (const LogicalScan::ScanColumn& column : scan.columns) {
    if (!column.is_output && filters_inside) continue;
    const ColumnDefinition& definition = scan.table->columns()[column.ordinal];
    ordinals.push_back(column.ordinal);
    schema.push_back({definition.name, definition.type});
    layout.push_back(column.id);
  }
  std::vector<ExpressionPtr> filters;
  if (filters_inside) {
    TRIVET_ASSIGN_OR_RETURN(filters, FiltersOverTable(scan));
  }
  std::shared_ptr<PhysicalOperator> plan = std::make_shared<PhysicalScan>(
      scan.table, std::move(ordinals), std::move(filters), std::move(schema));
  if (!filters_inside && !scan.filters.empty()) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr predicate,
                            ResolveInputs(Expression::And(scan.filters), layout));
    plan = std::make_shared<PhysicalFilter>(std::move(predicate), std::move(plan));
  }
  return PhysicalPlanner::Translated{std::move(plan), std::move(layout)};
}

}  // namespace

OperatorCapabilities PhysicalScan::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  capabilities.delivered = Partitioning::Any();
  capabilities.delivered.partition_count =
      is_whole_ ? 1 : static_cast<uint32_t>(std::min<size_t>(table_->split_count(), 1 << 20));
  return capabilities;
}

std::set<size_t> PhysicalScan::TableColumns() const {
  std::set<size_t> columns(columns_.begin(), columns_.end());
  for (const ExpressionPtr& filter : filters_) CollectInputs(filter, columns);
  return columns;
}

void PhysicalScan::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Table", table_);
  visitor.Field("Columns", columns_);
  visitor.Field("Filters", filters_);
  visitor.Field("Whole", is_whole_);
}

Status PhysicalScan::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(0).That(table_ != nullptr, "the table is missing");
  if (table_ == nullptr) return check.status();
  std::vector<LogicalType> columns;
  for (const ColumnDefinition& column : table_->columns()) columns.push_back(column.type);
  check.Schema(check.Pick(columns_, columns, "Columns"));
  for (const ExpressionPtr& filter : filters_) check.Predicate(filter, columns, "Filters");
  check.That(filters_.empty() || table_->capabilities().filters, "the table takes no filters");
  return check.status();
}

uint64_t ScansStarted() { return scans_started; }

Status PhysicalScan::BuildPipelines(PipelineBuilder& builder) const {
  ++scans_started;
  ScanRequest request;
  request.columns.assign(columns_.begin(), columns_.end());
  request.filters = filters_;
  request.metrics = &builder.MetricsOf(*this);
  if (table_->capabilities().dynamic_filters) {
    request.dynamic_filters = DynamicFiltersFor(builder, *this);
    for (ScanRequest::Dynamic& dynamic : request.dynamic_filters) {
      dynamic.metrics = &request.metrics->filters.emplace_back();
      std::string& names = dynamic.metrics->columns;
      for (const size_t column : dynamic.columns) {
        names += (names.empty() ? "" : " + ") + table_->columns()[column].name;
      }
    }
  }
  SharePages(builder, *this, request);
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<ScanSource>(table_, std::move(request), is_whole_,
                                                        std::move(takers)));
  return Status::OK();
}

void RegisterScan(OperatorRegistry& registry) {
  registry.Add<PhysicalScan>();
  registry.AddTranslation(LogicalKind::kScan, TranslateScan);
}

}  // namespace trivet
