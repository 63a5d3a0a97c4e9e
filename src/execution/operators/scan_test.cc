#include "execution/operators/scan.h"

#include <gtest/gtest.h>

#include "execution/testing/run_plan.h"
#include "storage/range_table.h"

namespace trivet {
namespace {

std::vector<CollectSink::Row> RunPart(const TablePtr& table, ScanPart part) {
  const PhysicalScan scan(table, {0}, {}, {{"i", TypeId::kInt64}});
  QueryContext context({.scan_part = part}, FileSystem::Local(), nullptr);
  auto rows = RunPlan(scan, context);
  EXPECT_TRUE(rows.ok());
  return *rows;
}

TEST(PhysicalScan, ReadsThePartThatTheContextNames) {
  const auto table = std::make_shared<RangeTable>("i", 0, 1, 500'000);
  ASSERT_GT(table->split_count(), 1u);
  std::vector<CollectSink::Row> all;
  for (uint32_t index = 0; index < 3; ++index) {
    const auto part = RunPart(table, {index, 3});
    EXPECT_NEAR(part.size(), 500'000 / 3.0, 1);
    all.insert(all.end(), part.begin(), part.end());
  }
  EXPECT_EQ(all, RunPart(table, {}));
}

// A table that knows nothing of parts.
class Uncut final : public Table {
 public:
  const std::vector<ColumnDefinition>& columns() const override { return rows_.columns(); }
  TableStatistics statistics() const override { return {}; }
  ScanCapabilities capabilities() const override { return {}; }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    EXPECT_TRUE(request.part.is_whole());
    return rows_.Scan(request, context);
  }
  std::string kind() const override { return "UNCUT"; }
  std::string description() const override { return ""; }

 private:
  RangeTable rows_{"i", 0, 1, 10};
};

TEST(PhysicalScan, GivesAnUncutTableToThePartThatComesFirst) {
  const auto table = std::make_shared<Uncut>();
  EXPECT_EQ(RunPart(table, {0, 3}).size(), 10u);
  EXPECT_EQ(RunPart(table, {1, 3}).size(), 0u);
  EXPECT_EQ(RunPart(table, {2, 3}).size(), 0u);
}

}  // namespace
}  // namespace trivet
