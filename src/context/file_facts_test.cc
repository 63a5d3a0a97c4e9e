#include "context/file_facts.h"

#include <gtest/gtest.h>

#include "base/interruptible_file_system.h"
#include "context/memory_budget.h"

namespace trivet {
namespace {

constexpr size_t kLimit = 64'000;  // of which 1,000 bytes are kept

struct Footer {
  int number = 0;
};
struct Header {
  int number = 0;
};

FileInfo File(const std::string& path, uint64_t size = 10, int64_t time = 1) {
  return {path, size, time, false};
}

// Who comes after the facts: gives what it is told to have.
class Next final : public MemoryReclaimer {
 public:
  size_t Reclaim(size_t) override { return std::exchange(has, 0); }
  size_t reclaimable_bytes() const override { return has; }
  size_t has = 0;
};

class FileFactsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Footer> Add(const FileInfo& info, int number, size_t bytes) {
    auto added = facts_.Add(files_, info, Footer{number}, bytes, "footer");
    EXPECT_TRUE(added.ok()) << added.status().ToString();
    return added.ok() ? *added : nullptr;
  }
  // 0: not kept.
  int Find(const FileInfo& info) {
    const auto found = facts_.Find<Footer>(files_, info);
    return found == nullptr ? 0 : found->number;
  }

  FileSystem& files_ = FileSystem::Local();
  std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>("memory_limit", kLimit);
  Next next_;
  FileFacts facts_{budget_, next_};
};

TEST_F(FileFactsTest, AreOfAKindAndOfAFileAsItWas) {
  Add(File("a"), 1, 100);
  Add(File("b"), 2, 100);
  EXPECT_EQ(Find(File("a")), 1);
  EXPECT_EQ(Find(File("b")), 2);
  EXPECT_EQ(Find(File("a", 11)), 0);
  EXPECT_EQ(Find(File("a", 10, 2)), 0);
  EXPECT_EQ(facts_.Find<Header>(files_, File("a")), nullptr);
  InterruptibleFileSystem statement(files_, CancellationToken(), &facts_);
  EXPECT_EQ(statement.facts(), &facts_);
  EXPECT_NE(facts_.Find<Footer>(statement, File("a")), nullptr) << "it stands on the same files";
  EXPECT_EQ(InterruptibleFileSystem(statement, CancellationToken()).facts(), &facts_);
  EXPECT_EQ(files_.facts(), nullptr);
}

TEST_F(FileFactsTest, ArePaidForAsLongAsAnybodyHoldsThem) {
  auto a = Add(File("a"), 1, 600);
  auto b = Add(File("b"), 2, 600);  // in place of the first
  EXPECT_EQ(Find(File("a")), 0);
  EXPECT_EQ(Find(File("b")), 2);
  EXPECT_EQ(facts_.bytes(), 600u);
  EXPECT_EQ(budget_->reserved_bytes(), 1200u);
  a.reset();
  b.reset();
  EXPECT_EQ(budget_->reserved_bytes(), 600u);
  // One that is larger than the room for all is the caller's alone.
  auto large = Add(File("c"), 3, 2000);
  EXPECT_EQ(budget_->reserved_bytes(), 2600u);
  EXPECT_EQ(Find(File("c")), 0);
  EXPECT_EQ(Find(File("b")), 2);
  EXPECT_EQ(large->number, 3);
  large.reset();
  EXPECT_EQ(budget_->reserved_bytes(), 600u);
}

TEST_F(FileFactsTest, TheLeastRecentlyUsedGoFirst) {
  Add(File("a"), 1, 400);
  Add(File("b"), 2, 400);
  EXPECT_EQ(Find(File("a")), 1);
  Add(File("c"), 3, 400);
  EXPECT_EQ(Find(File("b")), 0);
  EXPECT_EQ(Find(File("a")), 1);
  EXPECT_EQ(Find(File("c")), 3);
}

TEST_F(FileFactsTest, GiveWayToWhoeverIsRefusedUnlessTheyAreInUse) {
  Add(File("a"), 1, 300);
  const auto used = Add(File("b"), 2, 300);
  Add(File("c"), 3, 300);
  auto taken = budget_->TryReserve(kLimit - 800, "x");
  ASSERT_TRUE(taken.ok()) << taken.status().ToString();
  EXPECT_EQ(Find(File("a")), 0) << "the one used longest ago is enough";
  EXPECT_EQ(Find(File("c")), 3);
  ASSERT_TRUE(taken->Grow(500).ok());
  EXPECT_EQ(Find(File("c")), 0);
  EXPECT_EQ(Find(File("b")), 2);
  EXPECT_EQ(taken->Grow(1).code(), StatusCode::kOutOfMemory);
  EXPECT_EQ(facts_.bytes(), 300u);
}

TEST_F(FileFactsTest, TheNextReclaimerIsAskedFirst) {
  Add(File("a"), 1, 500);
  auto held = *budget_->TryReserve(kLimit - 500, "x");
  next_.has = 5;
  EXPECT_EQ(facts_.reclaimable_bytes(), 5u);
  EXPECT_EQ(facts_.Reclaim(5), 5u);
  EXPECT_EQ(Find(File("a")), 1);
  next_.has = 5;
  EXPECT_EQ(facts_.Reclaim(6), 505u);
  EXPECT_EQ(Find(File("a")), 0);
}

TEST_F(FileFactsTest, WhatTheBudgetCannotPayIsRefused) {
  const auto held = *budget_->TryReserve(kLimit - 100, "x");
  const auto refused = facts_.Add(files_, File("a"), Footer{1}, 101, "the footer");
  EXPECT_EQ(refused.status().code(), StatusCode::kOutOfMemory);
  EXPECT_NE(refused.status().message().find("the footer"), std::string::npos);
  EXPECT_EQ(Find(File("a")), 0);
  EXPECT_EQ(budget_->reserved_bytes(), kLimit - 100);
}

}  // namespace
}  // namespace trivet
