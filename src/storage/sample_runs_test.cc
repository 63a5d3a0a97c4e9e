#include "storage/sample_runs.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

uint64_t RowsOf(const std::vector<SampleRun>& runs) {
  uint64_t rows = 0;
  for (const SampleRun& run : runs) rows += run.end - run.begin;
  return rows;
}

TEST(SampleRunsTest, SpreadsEqualRunsOverTheTable) {
  const std::vector<SampleRun> runs = SampleRuns(2048, 6'001'215);
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(RowsOf(runs), 2048u);
  EXPECT_GT(runs.front().begin, 300'000u);
  EXPECT_GT(runs.back().end, 5'000'000u);
  for (size_t i = 1; i < runs.size(); ++i) EXPECT_GE(runs[i].begin, runs[i - 1].end);
}

TEST(SampleRunsTest, StaysWithinTablesOfAnySize) {
  for (uint64_t wanted : {1, 5, 8, 9, 2048}) {
    for (uint64_t total : {0, 1, 7, 8, 9, 10, 100, 2047, 2048, 2049, 2055, 4096}) {
      const std::vector<SampleRun> runs = SampleRuns(wanted, total);
      EXPECT_LE(RowsOf(runs), wanted);
      EXPECT_EQ(runs.empty(), total == 0);
      uint64_t last = 0;
      for (const SampleRun& run : runs) {
        EXPECT_GE(run.begin, last);
        EXPECT_LT(run.begin, run.end);
        last = run.end;
      }
      EXPECT_LE(last, total);
    }
  }
}

}  // namespace
}  // namespace trivet
