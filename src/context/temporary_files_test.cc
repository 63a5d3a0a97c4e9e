#include "context/temporary_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "context/memory_budget.h"

namespace trivet {
namespace {

namespace fs = std::filesystem;

class TemporaryFilesTest : public testing::Test {
 protected:
  TemporaryFilesTest() {
    std::string name = (fs::temp_directory_path() / "trivet_temporary_XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~TemporaryFilesTest() override { fs::remove_all(directory_); }
  size_t EntryCount() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
};

TEST_F(TemporaryFilesTest, BlocksComeBackAndNothingIsEverInTheDirectory) {
  TemporaryFiles files(FileSystem::Local(), directory_.string());
  {
    const auto file = *files.Create();
    const std::string first(70'000, 'a');
    const std::string second(3, 'b');
    const uint64_t first_place = *file->Append(first.data(), first.size());
    const uint64_t second_place = *file->Append(second.data(), second.size());
    EXPECT_EQ(EntryCount(), 0u);
    EXPECT_EQ(files.used_bytes(), 70'003u);
    std::string read(3, ' ');
    ASSERT_TRUE(file->ReadAt(second_place, 3, read.data()).ok());
    EXPECT_EQ(read, second);
    read.resize(70'000);
    ASSERT_TRUE(file->ReadAt(first_place, 70'000, read.data()).ok());
    EXPECT_EQ(read, first);
    EXPECT_EQ(file->ReadAt(second_place, 4, read.data()).code(), StatusCode::kIO);
    file->Discard(first_place, first.size());
    EXPECT_EQ(files.used_bytes(), 3u);
    ASSERT_TRUE(file->ReadAt(second_place, 3, read.data()).ok());
    EXPECT_EQ(read.substr(0, 3), second);
  }
  EXPECT_EQ(files.used_bytes(), 0u);
  EXPECT_EQ(files.written_bytes(), 70'003u);
}

TEST_F(TemporaryFilesTest, TheBoundHoldsForAllFilesTogether) {
  TemporaryFiles files(FileSystem::Local(), directory_.string(), 100);
  const auto one = *files.Create();
  auto other = *files.Create();
  const char bytes[100] = {};
  ASSERT_TRUE(one->Append(bytes, 60).ok());
  ASSERT_TRUE(other->Append(bytes, 40).ok());
  const Status refused = one->Append(bytes, 1).status();
  EXPECT_EQ(refused.code(), StatusCode::kOutOfDisk);
  EXPECT_NE(refused.ToString().find(directory_.string()), std::string::npos);
  EXPECT_NE(refused.ToString().find("max_temp_directory_size"), std::string::npos);
  other.reset();
  EXPECT_TRUE(one->Append(bytes, 40).ok());
}

TEST_F(TemporaryFilesTest, MakesItsDirectoryOrNamesIt) {
  const std::string below = (directory_ / "not" / "there").string();
  TemporaryFiles files(FileSystem::Local(), below);
  EXPECT_EQ(EntryCount(), 0u);
  ASSERT_TRUE(files.Create().ok());
  EXPECT_TRUE(fs::is_directory(below));
  std::ofstream(directory_ / "file") << "x";
  const std::string impossible = (directory_ / "file" / "below").string();
  files.Configure(impossible, std::nullopt);
  const Status refused = files.Create().status();
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(refused.ToString().find(impossible), std::string::npos);
  files.Configure("", std::nullopt);
  EXPECT_FALSE(files.is_enabled());
  EXPECT_EQ(files.Create().status().code(), StatusCode::kOutOfMemory);
}

TEST(MemorySharesTest, SmallDemandsAreMetAndLargeOnesShareTheRest) {
  MemoryBudget budget("b", 800);  // of which 700 are to be divided
  MemoryShares shares(budget);
  constexpr size_t kMany = size_t{1} << 40;
  const auto alone = shares.Join(kMany);
  EXPECT_EQ(alone->allowance(), 700u);
  const auto other = shares.Join(kMany);
  EXPECT_EQ(alone->allowance(), 350u);
  // One that is complete wants no more than it holds, whatever it expected.
  const Reservation reserved = *budget.TryReserve(100, "x");
  other->Change(0, 100);
  other->SetComplete();
  EXPECT_EQ(alone->allowance(), 600u);
  // What others hold that do not take part is not to be divided.
  const Reservation foreign = *budget.TryReserve(200, "y");
  EXPECT_EQ(alone->allowance(), 400u);
}

TEST(MemorySharesTest, OnlyWhoHoldsMoreThanItsPartMustSpill) {
  MemoryBudget budget("b", 1600);
  MemoryShares shares(budget);
  const auto large = shares.Join(size_t{1} << 40);
  const auto small = shares.Join(size_t{1} << 40);
  Reservation memory = *budget.TryReserve(700, "x");
  large->Change(0, 700);
  EXPECT_FALSE(large->MustSpill(700, 1)) << "half of the budget is free";
  ASSERT_TRUE(memory.Grow(600).ok());
  large->Change(700, 1200);
  small->Change(0, 100);
  EXPECT_TRUE(large->MustSpill(1200, 1));
  EXPECT_FALSE(large->MustSpill(200, 2)) << "its other thread holds the most of it";
  EXPECT_FALSE(small->MustSpill(100, 1));
  const auto always = shares.Join(0, true);
  EXPECT_TRUE(always->MustSpill(1, 1));
  EXPECT_FALSE(always->MustSpill(0, 1));
}

}  // namespace
}  // namespace trivet
