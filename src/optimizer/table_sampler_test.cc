#include "optimizer/table_sampler.h"

#include "base/string_concat.h"
#include "optimizer/optimizer_testing.h"
#include "storage/memory_table.h"

namespace trivet::testing {
namespace {

constexpr double kTableRows = 60'000;

// The rows of a memory table as if they came from a file, counting how often they are read.
class FileTable final : public Table {
 public:
  explicit FileTable(std::shared_ptr<const MemoryTable> rows) : rows_(std::move(rows)) {}

  const std::vector<ColumnDefinition>& columns() const override { return rows_->columns(); }
  TableStatistics statistics() const override { return rows_->statistics(); }
  ScanCapabilities capabilities() const override { return rows_->capabilities(); }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    ++scans;
    columns_read += request.columns.size();
    EXPECT_GT(request.sample_rows, 0u);
    return rows_->Scan(request, context);
  }
  Result<TableReference> Reference() const override {
    return TableReference{"test", {{"/a", 100, modified}, {"/b", 200, 7}}, {}};
  }
  std::string kind() const override { return "FILE_SCAN"; }
  std::string description() const override { return "file"; }

  int64_t modified = 1;
  mutable size_t scans = 0;
  mutable size_t columns_read = 0;

 private:
  std::shared_ptr<const MemoryTable> rows_;
};

class TableSamplerTest : public OptimizerTest {
 protected:
  TableSamplerTest() {
    rows_ = MakeRows(static_cast<size_t>(kTableRows));
    AddTableOf("things", rows_);
    AddTableOf("few", MakeRows(20'000));
  }

  // Row i: i, i % 10, twice that, i % 100, (7 i) % 100, a text that is green in one of 20 rows.
  std::shared_ptr<const MemoryTable> MakeRows(size_t count) {
    const std::vector<ColumnDefinition> columns = {
        {"id", TypeId::kInt64},  {"kind", TypeId::kInt32}, {"twice", TypeId::kInt32},
        {"low", TypeId::kInt32}, {"high", TypeId::kInt32}, {"colour", TypeId::kVarchar}};
    MemoryTableBuilder builder("things", columns,
                               std::make_shared<MemoryBudget>("memory_limit", size_t{1} << 30));
    std::vector<LogicalType> types;
    for (const ColumnDefinition& column : columns) types.push_back(column.type);
    for (size_t begin = 0; begin < count; begin += kVectorSize) {
      const size_t size = std::min(kVectorSize, count - begin);
      Batch batch = Batch::MakeFlat(types, size);
      for (size_t row = 0; row < size; ++row) {
        const auto i = static_cast<int32_t>(begin + row);
        batch.mutable_column(0).SetValue(row, Value::Int64(i));
        batch.mutable_column(1).SetValue(row, Value::Int32(i % 10));
        batch.mutable_column(2).SetValue(row, Value::Int32(i % 10 * 2));
        batch.mutable_column(3).SetValue(row, Value::Int32(i % 100));
        batch.mutable_column(4).SetValue(row, Value::Int32(7 * i % 100));
        batch.mutable_column(5).SetString(
            row, i % 20 == 0 ? "as green as grass, and quite as long" : StrCat("grey ", i));
      }
      batch.set_row_count(size);
      EXPECT_TRUE(builder.Append(batch).ok());
    }
    return std::make_shared<const MemoryTable>(columns, builder.Finish().value());
  }
  void AddTableOf(const std::string& name, TablePtr table) {
    CatalogEntry entry;
    entry.schema = Catalog::kMainSchema;
    entry.name = name;
    entry.table = std::move(table);
    ASSERT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  }

  struct Estimate {
    double rows = -1;        // of the scan with filters
    size_t evaluations = 0;  // of predicates over the sample
  };
  Estimate Of(const std::string& sql, const ExecutionContext* sampling) {
    BoundQuery query = BindQuery(sql);
    OptimizerContext context{ids_, FunctionRegistry::Builtin(), context_};
    context.sampling = sampling;
    const Status status = OptimizeQuery(query, context);
    EXPECT_TRUE(status.ok()) << sql << "\n" << status.ToString();
    Estimate estimate;
    ForEachNode(query.plan, [&](PlanPtr& node) {
      const auto* scan = As<LogicalScan>(node);
      if (scan != nullptr && !scan->filters.empty()) estimate.rows = *scan->estimated_rows;
    });
    if (context.sampler != nullptr) estimate.evaluations = context.sampler->evaluations();
    return estimate;
  }
  // Rows of `table` expected to pass, in a query with a join.
  Estimate Where(const std::string& predicate, const std::string& table = "things") {
    return Of(StrCat("SELECT count(*) FROM q JOIN ", table, " ON c = id WHERE ", predicate),
              &context_);
  }
  Estimate Guess(const std::string& predicate) {
    return Of("SELECT count(*) FROM q JOIN things ON c = id WHERE " + predicate, nullptr);
  }
  void ExpectNear(const std::string& predicate, double rows) {
    const Estimate estimate = Where(predicate);
    EXPECT_NEAR(estimate.rows, rows, rows * 0.15) << predicate;
    EXPECT_EQ(estimate.evaluations, 1u) << predicate << ": once for all rules";
    const double guess = Guess(predicate).rows;
    EXPECT_TRUE(guess < rows * 0.9 || guess > rows * 1.1) << predicate << " " << guess;
  }
  void ExpectNotSampled(const std::string& predicate, const std::string& table = "things") {
    EXPECT_EQ(Where(predicate, table).evaluations, 0u) << predicate;
  }

  std::shared_ptr<const MemoryTable> rows_;
};

TEST_F(TableSamplerTest, CountsWhatPassesPredicatesThatStatisticsDoNotTell) {
  ExpectNear("colour LIKE '%green%'", kTableRows / 20);
  ExpectNear("colour NOT LIKE '%grey%'", kTableRows / 20);
  ExpectNear("length(colour) > 20", kTableRows / 20);
  ExpectNear("low < high", kTableRows * 0.48);
  ExpectNear("(kind = 1 OR twice = 2)", kTableRows / 10);
  ExpectNear("substring(colour, 1, 2) IN ('as', 'xx')", kTableRows / 20);
}

TEST_F(TableSamplerTest, SeesThatColumnsDependOnEachOther) {
  ExpectNear("kind = 3 AND twice = 6", kTableRows / 10);
  ExpectNear("kind IN (3, 4) AND twice IN (8, 10)", kTableRows / 10);
  // Of rows that a range leaves, as statistics tell, those that pass are counted.
  ExpectNear("low < 10 AND length(colour) > 20", kTableRows / 100);
}

TEST_F(TableSamplerTest, TakesWhatNoRowPassesForRare) {
  EXPECT_NEAR(Where("colour LIKE '%blue%'").rows, kTableRows / 2 / TableSampler::kRows, 0.1);
  // No more than statistics say.
  EXPECT_LT(Where("kind = 77 AND twice = 6 AND colour LIKE '%blue%'").rows, 1);
}

TEST_F(TableSamplerTest, LeavesAloneWhatStatisticsTell) {
  ExpectNotSampled("id = 17");
  ExpectNotSampled("id BETWEEN 100 AND 2000 AND kind = 4");
  ExpectNotSampled("kind IN (1, 2, 3)");
  ExpectNotSampled("id = 5 AND kind = 5");
  ExpectNotSampled("colour IS NOT NULL AND kind <> 3");
  ExpectNotSampled("colour LIKE '%green%'", "few");
  EXPECT_EQ(Of("SELECT count(*) FROM things WHERE colour LIKE '%green%'", &context_).evaluations,
            0u);
}

TEST_F(TableSamplerTest, RunsNothingVolatile) { ExpectNotSampled("random() < low"); }

TEST_F(TableSamplerTest, ErrorsLeaveItToStatistics) {
  for (const std::string predicate :
       {"CAST(colour AS INTEGER) = 5", "colour LIKE '%green%' AND low + 2147483647 < 4"}) {
    const std::string sql = StrCat("SELECT count(*) FROM q JOIN (SELECT * FROM things WHERE ",
                                   predicate, ") ON c = id");
    const Estimate estimate = Of(sql, &context_);
    EXPECT_EQ(estimate.evaluations, 1u) << predicate;
    EXPECT_EQ(estimate.rows, Of(sql, nullptr).rows) << predicate;
  }
}

TEST_F(TableSamplerTest, EndsWhenTheQueryIsCancelled) {
  BoundQuery query = BindQuery("SELECT count(*) FROM things WHERE colour LIKE '%green%'");
  OptimizerContext context{ids_, FunctionRegistry::Builtin(), context_};
  ASSERT_TRUE(OptimizeQuery(query, context).ok());
  RowEstimate input;
  input.rows = kTableRows;
  QueryContext cancelled({}, FileSystem::Local(), &budget_);
  ForEachNode(query.plan, [&](PlanPtr& node) {
    const auto* scan = As<LogicalScan>(node);
    if (scan == nullptr) return;
    EXPECT_TRUE(TableSampler(cancelled).ShareOf(*scan, input).has_value());
    cancelled.cancellation().Cancel();
    EXPECT_FALSE(TableSampler(cancelled).ShareOf(*scan, input).has_value());
  });
}

TEST_F(TableSamplerTest, DoesNotDependOnTheBatchSize) {
  const std::string sql = "SELECT count(*) FROM q JOIN things ON c = id WHERE low < high";
  QueryContext::Options options;
  options.batch_size = 2;
  QueryContext small(options, FileSystem::Local(), &budget_);
  EXPECT_EQ(Of(sql, &small).rows, Of(sql, &context_).rows);
  EXPECT_NE(Of(sql, &small).rows, Of(sql, nullptr).rows);
}

TEST_F(TableSamplerTest, KeepsTheRowsOfFilesUntilTheyChange) {
  auto file = std::make_shared<FileTable>(rows_);
  AddTableOf("file", file);
  MemoryBudget budget("memory_limit", size_t{64} << 20);
  BufferCache cache(budget);
  cache.SetEnabled(false);
  QueryContext context({}, FileSystem::Local(), &budget, nullptr, &cache);
  const std::string sql = "SELECT count(*) FROM q JOIN file ON c = id WHERE ";
  const double green = Of(sql + "colour LIKE '%green%'", &context).rows;
  EXPECT_NEAR(green, kTableRows / 20, kTableRows / 100);
  EXPECT_EQ(file->scans, 1u);
  EXPECT_GT(budget.reserved_bytes(), TableSampler::kRows * 16);
  EXPECT_EQ(Of(sql + "colour LIKE '%green%'", &context).rows, green);
  EXPECT_EQ(file->scans, 1u);
  Of(sql + "colour LIKE '%grey%' AND low < high", &context);
  EXPECT_EQ(file->columns_read, 3u) << "the columns that are not kept yet";

  file->modified = 2;
  Of(sql + "colour LIKE '%green%'", &context);
  EXPECT_EQ(file->scans, 3u);
  // Whoever needs the memory gets it.
  EXPECT_TRUE(budget.TryReserve(size_t{64} << 20, "x").ok());
  Of(sql + "colour LIKE '%green%'", &context);
  EXPECT_EQ(file->scans, 4u);
}

TEST_F(TableSamplerTest, MemoryThatIsRefusedLeavesItToStatistics) {
  MemoryBudget budget("memory_limit", 1000);
  QueryContext context({}, FileSystem::Local(), &budget);
  const std::string predicate = "colour LIKE '%green%'";
  EXPECT_EQ(Of("SELECT count(*) FROM q JOIN things ON c = id WHERE " + predicate, &context).rows,
            Guess(predicate).rows);
}

}  // namespace
}  // namespace trivet::testing
