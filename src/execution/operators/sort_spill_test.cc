// Sorts that go through disk.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "base/interruptible_sort.h"
#include "execution/operators/sort_merge.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/sort_rows.h"
#include "execution/testing/spill_space.h"

namespace trivet {
namespace {

using testing::FirstOfGroups;
using testing::Input;
using testing::Key;
using testing::kOrders;
using testing::MakeSort;
using testing::ManyRows;
using testing::ManySorted;
using testing::Numbers;
using testing::RandomRows;
using testing::Row;
using testing::Rows;
using testing::Sorted;

constexpr size_t kMegabyte = size_t{1} << 20;

QueryContext AlwaysSpilling(SpillSpace& space, size_t threads, size_t batch_size = kVectorSize) {
  return QueryContext({.batch_size = batch_size, .thread_count = threads, .always_spill = true},
                      FileSystem::Local(), nullptr, space.files());
}

QueryContext Limited(SpillSpace& space, size_t threads, size_t bytes) {
  return QueryContext({.thread_count = threads, .memory_limit_bytes = bytes}, FileSystem::Local(),
                      nullptr, space.files());
}

uint64_t Spilled(QueryContext& context) { return context.metrics().ForOperator(0).bytes_spilled; }

// All is given back, the disk too.
void ExpectNothingHeld(QueryContext& context, SpillSpace& space) {
  EXPECT_EQ(context.memory().reserved_bytes(), 0u);
  EXPECT_EQ(space.files()->used_bytes(), 0u);
}

SortKey WideKey() { return {Expression::Input(0, TypeId::kInt64, "i"), false, false}; }

TEST(SortSpillTest, GivesTheSameRowsInTheSameOrderOnAnyNumberOfThreads) {
  SpillSpace space;
  for (const size_t count : {size_t{0}, size_t{1}, size_t{900}}) {
    const Rows rows = RandomRows(count, count);
    for (const auto& keys : kOrders) {
      const Rows expected = Sorted(rows, keys);
      for (const size_t threads : {1, 2, 4}) {
        for (const size_t batch_size : {size_t{1}, size_t{7}, kVectorSize}) {
          QueryContext context = AlwaysSpilling(space, threads, batch_size);
          // Runs of a few rows: so many that they are merged in passes.
          const auto plan = MakeSort({.keys = keys}, Input(rows, threads, 20));
          const auto sorted = RunPlanInOrder(*plan, context);
          ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
          ASSERT_EQ(*sorted, expected);
          ASSERT_EQ(Spilled(context) > 0, count > 0);
          ExpectNothingHeld(context, space);
        }
      }
    }
  }
}

TEST(SortSpillTest, SortsTenTimesItsMemory) {
  constexpr size_t kRows = 250'000;
  constexpr size_t kLimit = 3 * kMegabyte / 2;
  SpillSpace space;
  for (const uint64_t different : {uint64_t{1}, uint64_t{50}, uint64_t{1} << 40}) {
    const std::vector<int64_t> expected = ManySorted(kRows, different);
    const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(kRows, different));
    for (const size_t threads : {1, 2, 4}) {
      // Each thread holds a block of what it writes, and of what others read.
      const size_t limit = threads > 1 ? 2 * kLimit : kLimit;
      QueryContext context = Limited(space, threads, limit);
      const auto sorted = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
      ASSERT_EQ(Numbers(*sorted), expected) << different << " on " << threads;
      EXPECT_GT(Spilled(context), 8 * kLimit);
      EXPECT_LE(context.memory().peak_bytes(), limit);
      EXPECT_GT(context.metrics().ForOperator(0).peak_memory_bytes.load(), kLimit / 4);
      ExpectNothingHeld(context, space);
    }
  }
}

// From what holds a few batches to what holds all rows but not what merging them takes.
TEST(SortSpillTest, IsRightUnderAnyLimit) {
  constexpr size_t kRows = 100'000;
  SpillSpace space;
  const std::vector<int64_t> expected = ManySorted(kRows, uint64_t{1} << 40);
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(kRows, uint64_t{1} << 40));
  size_t spilled = 0;
  size_t in_memory = 0;
  for (size_t limit = 3 * kMegabyte / 2; limit < 16 * kMegabyte; limit += kMegabyte + 312345) {
    QueryContext context = Limited(space, 2, limit);
    const auto sorted = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(sorted.ok()) << limit << ": " << sorted.status().ToString();
    ASSERT_EQ(Numbers(*sorted), expected) << limit;
    EXPECT_LE(context.memory().peak_bytes(), limit);
    ++(Spilled(context) > 0 ? spilled : in_memory);
  }
  EXPECT_GT(spilled, 3u);
  EXPECT_GT(in_memory, 3u);
}

Rows LongStrings(size_t count) {
  std::mt19937_64 random(11);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    // Many agree in all but their ends.
    std::string text(random() % 40, 'p');
    text += "q" + std::to_string(random() % 1000);
    Row row = {Value::Int32(static_cast<int>(random() % 7)), Value::Varchar(std::move(text)),
               Value::Double(0.5), Value::Int64(static_cast<int64_t>(i))};
    if (random() % 9 == 0) row[1] = Value::Null(TypeId::kVarchar);
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(SortSpillTest, StringsComeBackWholeAndInOrder) {
  SpillSpace space;
  const Rows rows = LongStrings(30'000);
  for (const auto& keys : std::vector<std::vector<SortKey>>{
           {Key(1)}, {Key(1, true, true), Key(0)}, {Key(0), Key(1, true)}}) {
    const Rows expected = Sorted(rows, keys);
    for (const size_t threads : {1, 3}) {
      QueryContext context = Limited(space, threads, kMegabyte);
      const auto plan = MakeSort({.keys = keys}, Input(rows, 3, 100));
      const auto sorted = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
      ASSERT_TRUE(*sorted == expected) << threads;
      EXPECT_GT(Spilled(context), 2 * kMegabyte);
      EXPECT_LE(context.memory().peak_bytes(), kMegabyte);
    }
  }
}

TEST(SortSpillTest, RowsOfManyKilobytes) {
  SpillSpace space;
  Rows rows = RandomRows(300, 2);
  for (Row& row : rows) {
    if (!row[1].is_null()) row[1] = Value::Varchar(row[1].string() + std::string(50'000, 'z'));
  }
  const std::vector<SortKey> keys = {Key(2), Key(0)};
  const auto plan = MakeSort({.keys = keys}, Input(rows, 2, 10));
  QueryContext context = Limited(space, 2, 4 * kMegabyte);
  const auto sorted = RunPlanInOrder(*plan, context);
  ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
  EXPECT_TRUE(*sorted == Sorted(rows, keys));
  EXPECT_GT(Spilled(context), 8 * kMegabyte);
  EXPECT_LE(context.memory().peak_bytes(), 4 * kMegabyte);
  // What cannot take a single batch says so, and ends.
  QueryContext tiny = Limited(space, 2, kMegabyte / 8);
  EXPECT_EQ(RunPlan(*plan, tiny).status().code(), StatusCode::kOutOfMemory);
}

TEST(SortSpillTest, WideKeys) {
  SpillSpace space;
  Rows rows = RandomRows(6000, 2);
  for (Row& row : rows) {
    if (!row[1].is_null()) row[1] = Value::Varchar(row[1].string() + std::string(1500, 'z'));
  }
  const std::vector<SortKey> keys = {Key(1), Key(0)};
  QueryContext context = Limited(space, 2, 4 * kMegabyte);
  const auto sorted = RunPlanInOrder(*MakeSort({.keys = keys}, Input(rows, 2, 50)), context);
  ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
  EXPECT_TRUE(*sorted == Sorted(rows, keys));
  EXPECT_GT(Spilled(context), 6 * kMegabyte);
  EXPECT_LE(context.memory().peak_bytes(), 4 * kMegabyte);
}

TEST(SortSpillTest, LimitsAreCutWhereTheyAreInMemory) {
  SpillSpace space;
  const Rows rows = RandomRows(900, 5);
  for (const auto& keys : kOrders) {
    const std::vector<int64_t> all = Numbers(Sorted(rows, keys));
    for (const auto& [limit, offset] :
         std::vector<std::pair<uint64_t, uint64_t>>{{0, 0},
                                                    {1, 0},
                                                    {10, 5},
                                                    {333, 111},
                                                    {899, 0},
                                                    {900, 1},
                                                    {2000, 890},
                                                    {5, 5000},
                                                    {~uint64_t{0}, 3}}) {
      std::vector<int64_t> expected;
      for (uint64_t i = offset; i < all.size() && i - offset < limit; ++i) {
        expected.push_back(all[i]);
      }
      for (const size_t batch_size : {size_t{7}, kVectorSize}) {
        QueryContext context = AlwaysSpilling(space, 3, batch_size);
        const auto plan =
            MakeSort({.keys = keys, .limit = limit, .offset = offset}, Input(rows, limit, 20));
        const auto sorted = RunPlanInOrder(*plan, context);
        ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
        ASSERT_EQ(Numbers(*sorted), expected) << limit << " from " << offset;
        ASSERT_EQ(Spilled(context) > 0, limit > 0);
      }
    }
  }
}

// Bounds below and above that up to which rows behind the bound are dropped as they come.
TEST(SortSpillTest, LargeLimitsOfManyRows) {
  SpillSpace space;
  constexpr size_t kRows = 1'300'000;
  const std::vector<int64_t> all = ManySorted(kRows, 3000);
  const auto input = ManyRows(kRows, 3000);
  for (const uint64_t offset : {uint64_t{200'000}, uint64_t{1'100'000}}) {
    constexpr uint64_t kLimit = 1000;
    QueryContext context = Limited(space, 2, 8 * kMegabyte);
    const auto plan = MakeSort({.keys = {WideKey()}, .limit = kLimit, .offset = offset}, input);
    const auto sorted = RunPlanInOrder(*plan, context);
    ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
    const auto first = all.begin() + static_cast<ptrdiff_t>(offset);
    EXPECT_EQ(Numbers(*sorted), std::vector<int64_t>(first, first + kLimit));
    EXPECT_GT(Spilled(context), 8 * kMegabyte);
    EXPECT_LE(context.memory().peak_bytes(), 8 * kMegabyte);
  }
}

TEST(SortSpillTest, LimitsOfGroups) {
  SpillSpace space;
  const Rows rows = RandomRows(1000, 6);
  const std::vector<SortKey> keys = {Key(2, true, true)};
  // Groups of integers, and of strings that agree in their first bytes.
  for (const size_t group : {0, 1}) {
    const std::vector<SortKey> all_keys = {Key(group), keys[0]};
    for (const auto& [limit, offset] :
         std::vector<std::pair<uint64_t, uint64_t>>{{1, 0}, {3, 0}, {2, 4}, {1000, 0}, {60, 33}}) {
      const Rows expected = FirstOfGroups(Sorted(rows, all_keys), all_keys[0], limit, offset);
      for (const size_t threads : {1, 4}) {
        QueryContext context = AlwaysSpilling(space, threads, 64);
        PhysicalSort::Fields fields;
        fields.keys = keys;
        fields.limit = limit;
        fields.offset = offset;
        fields.partition_by = {Key(group).expression};
        const auto plan = MakeSort(std::move(fields), Input(rows, 7, 20));
        const auto sorted = RunPlanInOrder(*plan, context);
        ASSERT_TRUE(sorted.ok()) << sorted.status().ToString();
        ASSERT_EQ(Numbers(*sorted), Numbers(expected)) << limit << " from " << offset;
        ASSERT_GT(Spilled(context), 0u);
      }
    }
  }
}

TEST(SortSpillTest, WithoutAPlaceToSpillMemoryIsRefusedInTheSortsName) {
  SpillSpace space;
  space.files()->Configure("", std::nullopt);
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(200'000, 1000));
  QueryContext context = Limited(space, 2, 4 * kMegabyte);
  const Status status = RunPlan(*plan, context).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("ORDER_BY"), std::string::npos) << status.message();
}

TEST(SortSpillTest, AFullDiskEndsTheQueryWithThat) {
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(200'000, 1000));
  for (const uint64_t room : {uint64_t{0}, uint64_t{5'000'000}, uint64_t{14'000'000}}) {
    HookedFiles files;
    files.on_write = [&](uint64_t bytes) {
      return bytes > room ? Status::OutOfDisk("the disk is full") : Status::OK();
    };
    SpillSpace space(files);
    // Passes write again what was written, so that the most room is only used up by merging.
    QueryContext context({.thread_count = 2, .always_spill = true}, FileSystem::Local(), nullptr,
                         space.files());
    const Status status = RunPlan(*plan, context).status();
    EXPECT_EQ(status.code(), StatusCode::kOutOfDisk) << room << ": " << status.ToString();
    ExpectNothingHeld(context, space);
  }
  SpillSpace space;
  space.files()->Configure(space.directory(), 5'000'000);
  QueryContext context = Limited(space, 2, 4 * kMegabyte);
  const Status status = RunPlan(*plan, context).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfDisk) << status.ToString();
  EXPECT_NE(status.message().find(space.directory()), std::string::npos) << status.message();
  ExpectNothingHeld(context, space);
}

TEST(SortSpillTest, ADirectoryThatCannotBeIsNamed) {
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(50'000, 1000));
  SpillSpace space;
  const std::string impossible = "/dev/null/below a file";
  space.files()->Configure(impossible, std::nullopt);
  QueryContext context = Limited(space, 2, kMegabyte);
  const Status status = RunPlan(*plan, context).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.ToString().find("/dev/null"), std::string::npos) << status.ToString();

  if (::geteuid() == 0) GTEST_SKIP() << "to root nothing is read-only";
  SpillSpace read_only;
  ASSERT_EQ(::chmod(read_only.directory().c_str(), 0500), 0);
  QueryContext other = Limited(read_only, 2, kMegabyte);
  EXPECT_EQ(RunPlan(*plan, other).status().code(), StatusCode::kPermissionDenied);
}

TEST(SortSpillTest, AFailedReadEndsTheQuery) {
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(100'000, 1000));
  HookedFiles files;
  files.on_read = [](uint64_t bytes) {
    return bytes > 3'000'000 ? Status::IO("the disk is gone") : Status::OK();
  };
  SpillSpace space(files);
  QueryContext context = Limited(space, 2, 2 * kMegabyte);
  EXPECT_EQ(RunPlan(*plan, context).status().code(), StatusCode::kIO);
  ExpectNothingHeld(context, space);
}

TEST(SortSpillTest, CanBeCancelledWhileRunsAreWrittenAndMerged) {
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(200'000, 1000));
  for (const bool while_writing : {true, false}) {
    for (const uint64_t after : {uint64_t{1}, uint64_t{9'000'000}}) {
      HookedFiles files;
      SpillSpace space(files);
      QueryContext context = Limited(space, 2, 2 * kMegabyte);
      const auto cancel = [&](uint64_t bytes) {
        if (bytes >= after) context.cancellation().Cancel();
        return Status::OK();
      };
      (while_writing ? files.on_write : files.on_read) = cancel;
      EXPECT_EQ(RunPlan(*plan, context).status().code(), StatusCode::kCancelled);
      ExpectNothingHeld(context, space);
    }
  }
}

TEST(SortSpillTest, SpaceIsGivenBackWhileRowsAreRead) {
  const auto plan = MakeSort({.keys = {WideKey()}}, ManyRows(200'000, uint64_t{1} << 40));
  HookedFiles files;
  SpillSpace space(files);
  std::atomic<uint64_t> most{0};
  std::atomic<uint64_t> last{0};
  files.on_read = [&](uint64_t) {
    last = space.files()->used_bytes();
    if (last > most) most = last.load();
    return Status::OK();
  };
  QueryContext context = Limited(space, 1, 2 * kMegabyte);
  ASSERT_TRUE(RunPlan(*plan, context).ok());
  EXPECT_GT(most, 10 * kMegabyte);
  EXPECT_LT(last, kMegabyte);
}

// A tournament of any number of inputs, some of them empty, gives all entries in order.
TEST(SortMergeTest, MergesAnyNumberOfPieces) {
  const auto shape = SortShape::Make({TypeId::kInt64}, {WideKey()});
  ASSERT_TRUE(shape.ok());
  std::mt19937_64 random(3);
  uint8_t row = 0;
  for (size_t count = 0; count < 20; ++count) {
    std::vector<std::vector<SortEntry>> pieces(count);
    std::vector<uint64_t> expected;
    for (auto& piece : pieces) {
      for (size_t i = random() % 5; i > 0; --i) {
        piece.push_back({expected.size() * 10 + random() % 10, &row});
        expected.push_back(piece.back().head);
      }
      std::shuffle(piece.begin(), piece.end(), random);
      std::sort(piece.begin(), piece.end(),
                [](const SortEntry& a, const SortEntry& b) { return a.head < b.head; });
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    std::sort(expected.begin(), expected.end());
    std::vector<uint64_t> merged;
    ASSERT_TRUE(MergePieces(*shape, {pieces.begin(), pieces.end()},
                            [&](const SortEntry& entry) -> Result<bool> {
                              merged.push_back(entry.head);
                              return true;
                            })
                    .ok());
    EXPECT_EQ(merged, expected);
  }
}

}  // namespace
}  // namespace trivet
