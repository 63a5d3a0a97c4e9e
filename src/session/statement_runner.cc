#include "session/statement_runner.h"

#include <chrono>
#include <type_traits>
#include <utility>

#include "base/string_concat.h"
#include "execution/physical_planner.h"
#include "optimizer/optimizer.h"
#include "session/statement_results.h"
#include "storage/memory_table.h"

namespace trivet {

namespace {
std::string SchemaOr(const CatalogName& name, const char* otherwise) {
  return name.schema.empty() ? otherwise : name.schema;
}

QueryContext::Options OptionsOf(const SettingValues& settings, Database& database) {
  QueryContext::Options options;
  options.query_time_micros = database.NowMicros();
  options.random_seed =
      settings.random_seed != 0 ? settings.random_seed : database.NextRandomSeed();
  options.time_zone = settings.time_zone;
  options.batch_size = settings.batch_size;
  options.thread_count = settings.threads;
  options.preserve_insertion_order = settings.preserve_insertion_order;
  options.always_spill = settings.always_spill;
  return options;
}
}  // namespace

StatementRunner::StatementRunner(Connection& connection, std::string_view sql,
                                 const ParameterValues& parameters)
    : connection_(connection),
      database_(connection.database()),
      sql_(sql),
      parameters_(parameters),
      settings_(connection.settings().Get()),
      extensions_(database_.extensions().Get()),
      options_(OptionsOf(settings_, database_)),
      planning_context_(std::make_unique<PlanningContext>(
          options_, database_.files(), &database_.memory(), &database_.temporary_files(),
          &database_.buffer_cache())),
      planning_files_(database_.files(), planning_context_->cancellation(),
                      &database_.file_facts()) {
  outer_planning_ = connection_.ExchangePlanning(planning_context_->cancellation());
}

StatementRunner::~StatementRunner() { connection_.ExchangePlanning(std::move(outer_planning_)); }

std::unique_ptr<QueryContext> StatementRunner::NewContext() const {
  return std::make_unique<QueryContext>(options_, database_.files(), &database_.memory(),
                                        &database_.temporary_files(), &database_.buffer_cache());
}

BinderInput StatementRunner::InputOfBinder() {
  BinderInput input;
  input.catalog = &database_.catalog();
  input.functions = &extensions_->functions;
  input.table_functions = &database_.table_functions();
  input.custom_operators = [this](const std::string& name) {
    return extensions_->operators.FindCustom(name);
  };
  input.settings = &connection_.settings();
  input.parameters = &parameters_;
  input.context = planning_context_.get();
  input.files = &planning_files_;
  input.ids = &ids_;
  input.default_descending = settings_.default_descending;
  input.default_nulls_first = settings_.default_nulls_first;
  input.sql = sql_;
  return input;
}

Result<BoundStatement> StatementRunner::BindStatement(const syntax::Statement& statement) {
  return Bind(statement, InputOfBinder());
}

Result<std::unique_ptr<QueryResult>> StatementRunner::Run(const syntax::Statement& statement) {
  switch (statement.kind) {
    case syntax::StatementKind::kPrepare: {
      const auto& prepare = statement.As<syntax::PrepareStatement>();
      const syntax::Statement& body = *prepare.statement;
      connection_.prepared_[prepare.name.text] =
          std::string(sql_.substr(body.begin, body.end - body.begin));
      return NothingResult();
    }
    case syntax::StatementKind::kExecute:
      return RunPrepared(statement.As<syntax::ExecuteStatement>());
    case syntax::StatementKind::kDeallocate: {
      const auto& deallocate = statement.As<syntax::DeallocateStatement>();
      if (deallocate.name.text.empty()) {
        connection_.prepared_.clear();
      } else if (connection_.prepared_.erase(deallocate.name.text) == 0) {
        return Status::NotFound(
            StrCat("there is no prepared statement \"", deallocate.name.text, "\""));
      }
      return NothingResult();
    }
    default: break;
  }
  TRIVET_ASSIGN_OR_RETURN(BoundStatement bound, BindStatement(statement));
  const uint64_t version = database_.catalog().version();
  Result<std::unique_ptr<QueryResult>> result = RunBound(std::move(bound));
  // Plans that nobody will be given again would keep dropped tables.
  if (database_.catalog().version() != version) database_.plan_cache().Clear();
  return result;
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunBound(BoundStatement statement) {
  return std::visit(
      [&](auto& body) -> Result<std::unique_ptr<QueryResult>> {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, BoundQuery>) {
          return RunQuery(std::move(body));
        } else if constexpr (std::is_same_v<Body, BoundCreateTable>) {
          return RunCreateTable(std::move(body));
        } else if constexpr (std::is_same_v<Body, BoundCreateView>) {
          CatalogEntry entry;
          entry.schema = SchemaOr(body.view, Catalog::kMainSchema);
          entry.name = body.view.name;
          entry.view_sql = body.sql;
          entry.view_columns = body.column_names;
          TRIVET_RETURN_IF_ERROR(database_.catalog().Create(std::move(entry), body.on_conflict));
          return NothingResult();
        } else if constexpr (std::is_same_v<Body, BoundDrop>) {
          for (const CatalogName& name : body.names) {
            TRIVET_RETURN_IF_ERROR(database_.catalog().Drop(name, body.is_view, body.if_exists));
          }
          return NothingResult();
        } else if constexpr (std::is_same_v<Body, BoundInsert>) {
          return RunInsert(std::move(body));
        } else if constexpr (std::is_same_v<Body, BoundCopyTo>) {
          return RunCopyTo(std::move(body));
        } else if constexpr (std::is_same_v<Body, BoundSet>) {
          return RunSet(body);
        } else {
          return RunExplain(std::move(body));
        }
      },
      statement.body);
}

Result<StatementRunner::PlannedQuery> StatementRunner::Plan(BoundQuery query, bool describe) {
  PlannedQuery planned;
  if (describe) planned.logical = PlanToString(*query.plan);
  OptimizerTrace trace;
  OptimizerContext context{
      .ids = ids_,
      .functions = extensions_->functions,
      .evaluation = *planning_context_,
      .disabled_rules = settings_.disabled_optimizers,
      .trace = describe ? &trace : nullptr,
      .sampling = settings_.enable_sampling ? planning_context_.get() : nullptr};
  TRIVET_RETURN_IF_ERROR(OptimizeQuery(query, context));
  if (describe) {
    planned.optimized = PlanToString(*query.plan);
    for (const OptimizerTrace::Entry& entry : trace.entries) {
      planned.trace += StrCat(entry.rule, ": ", entry.firings, "\n");
    }
  }
  PhysicalPlanner planner(extensions_->operators);
  TRIVET_ASSIGN_OR_RETURN(planned.plan, planner.Plan(*query.plan, query.columns));
  return planned;
}

Result<std::unique_ptr<ResultStream>> StatementRunner::Start(PhysicalPlan plan) {
  auto context = NewContext();
  connection_.NoteStart(context->cancellation());
  return database_.runtime().Execute(std::move(plan), std::move(context));
}

Status StatementRunner::Drain(BoundQuery query, const std::function<Status(const Batch&)>& take) {
  TRIVET_ASSIGN_OR_RETURN(auto result, RunQuery(std::move(query)));
  CurrentResult current(connection_, *result);
  TRIVET_RETURN_IF_ERROR(ReadAll(*result, take));
  if (analysis_) analysis_->plan = result->stream()->Analysis(analysis_->json);
  return Status::OK();
}

Status StatementRunner::ReadAll(QueryResult& result,
                                const std::function<Status(const Batch&)>& take) {
  constexpr std::chrono::milliseconds kCheckEvery{50};
  auto next_check = std::chrono::steady_clock::now() + kCheckEvery;
  Batch batch;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome,
                            result.Poll(batch, static_cast<int>(kCheckEvery.count())));
    if (outcome == Outcome::kFinished) return Status::OK();
    if (outcome == Outcome::kHaveOutput) {
      TRIVET_RETURN_IF_ERROR(take(batch));
    }
    if (std::chrono::steady_clock::now() < next_check) continue;
    if (connection_.interrupt_check_ && connection_.interrupt_check_()) result.Cancel();
    next_check = std::chrono::steady_clock::now() + kCheckEvery;
  }
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunQuery(BoundQuery query) {
  std::vector<ResultColumn> columns;
  for (const OutputColumn& column : query.columns) columns.push_back({column.name, column.type});
  TRIVET_ASSIGN_OR_RETURN(PlannedQuery planned, Plan(std::move(query), false));
  TRIVET_ASSIGN_OR_RETURN(auto stream, Start(std::move(planned.plan)));
  return std::make_unique<QueryResult>(database_.shared_from_this(), std::move(columns),
                                       std::move(stream));
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunCreateTable(BoundCreateTable create) {
  CatalogEntry entry;
  entry.schema = SchemaOr(create.table, Catalog::kMainSchema);
  entry.name = create.table.name;
  entry.defaults = create.defaults;
  MemoryTableBuilder builder(create.table.name, create.columns, database_.shared_memory());
  if (create.query) {
    // An existing table that is to stay costs no query.
    if (create.on_conflict == OnConflict::kIgnore &&
        database_.catalog().Find({entry.schema, entry.name}) != nullptr) {
      return NothingResult();
    }
    TRIVET_RETURN_IF_ERROR(
        Drain(std::move(*create.query), [&](const Batch& batch) { return builder.Append(batch); }));
  }
  TRIVET_ASSIGN_OR_RETURN(MemoryChunks chunks, builder.Finish());
  entry.table = std::make_shared<MemoryTable>(create.columns, std::move(chunks));
  TRIVET_RETURN_IF_ERROR(database_.catalog().Create(std::move(entry), create.on_conflict));
  return NothingResult();
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunInsert(BoundInsert insert) {
  MemoryTableBuilder builder(insert.table.name, insert.columns, database_.shared_memory());
  uint64_t rows = 0;
  TRIVET_RETURN_IF_ERROR(Drain(std::move(insert.query), [&](const Batch& batch) {
    rows += batch.row_count();
    return builder.Append(batch);
  }));
  TRIVET_ASSIGN_OR_RETURN(MemoryChunks chunks, builder.Finish());
  TRIVET_RETURN_IF_ERROR(database_.catalog().Append(insert.table, chunks));
  return CountResult(rows);
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunSet(const BoundSet& set) {
  TRIVET_RETURN_IF_ERROR(set.value ? connection_.settings().Set(set.name, *set.value)
                                   : connection_.settings().Reset(set.name));
  database_.ApplySettings();
  return NothingResult();
}

}  // namespace trivet
