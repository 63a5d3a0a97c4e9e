#include "base/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "base/glob.h"
#include "base/interruptible_file_system.h"

namespace trivet {
namespace {

class FileSystemTest : public ::testing::Test {
 protected:
  FileSystemTest() {
    char name[] = "/tmp/trivet_files_XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~FileSystemTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(files_.CreateDirectories(std::filesystem::path(Path(name)).parent_path()).ok());
    auto file = files_.OpenForWrite(Path(name));
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    ASSERT_TRUE(file.value()->Append(content.data(), content.size()).ok());
    ASSERT_TRUE(file.value()->Close().ok());
  }
  // Matches relative to the test's directory.
  std::vector<std::string> Glob(const std::string& pattern) {
    auto matches = files_.Glob(Path(pattern));
    EXPECT_TRUE(matches.ok()) << matches.status().ToString();
    std::vector<std::string> names;
    for (const FileInfo& info : matches.value()) {
      names.push_back(info.path.substr(directory_.size() + 1));
    }
    return names;
  }
  using Names = std::vector<std::string>;

  FileSystem& files_ = FileSystem::Local();
  std::string directory_;
};

TEST_F(FileSystemTest, ReadsBackWhatWasWritten) {
  Write("a", "hello world");
  auto file = files_.OpenForRead(Path("a"));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value()->size(), 11u);
  char text[5];
  ASSERT_TRUE(file.value()->ReadAt(6, 5, text).ok());
  EXPECT_EQ(std::string(text, 5), "world");
  EXPECT_TRUE(file.value()->ReadAt(11, 0, text).ok());
  const Status past_end = file.value()->ReadAt(8, 5, text);
  EXPECT_EQ(past_end.code(), StatusCode::kIO);
  EXPECT_EQ(past_end.file(), Path("a"));
  auto info = files_.GetInfo(Path("a"));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->size_bytes, 11u);
  EXPECT_FALSE(info->is_directory);
  EXPECT_GT(info->modified_nanos, int64_t{1'500'000'000} * 1'000'000'000);
}

TEST_F(FileSystemTest, WritingTruncatesAndRenameReplaces) {
  Write("a", "long content");
  Write("a", "x");
  Write("b", "other");
  ASSERT_TRUE(files_.Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ(files_.GetInfo(Path("a")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files_.GetInfo(Path("b"))->size_bytes, 1u);
  ASSERT_TRUE(files_.Remove(Path("b")).ok());
  EXPECT_EQ(files_.Remove(Path("b")).code(), StatusCode::kNotFound);
}

TEST_F(FileSystemTest, ErrorsAreTyped) {
  EXPECT_EQ(files_.OpenForRead(Path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_NE(files_.OpenForRead(Path("missing")).status().message().find("missing"),
            std::string::npos);
  EXPECT_EQ(files_.OpenForRead(directory_).status().code(), StatusCode::kInvalidInput);
  EXPECT_EQ(files_.OpenForWrite(Path("no/such/dir")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(files_.OpenForWrite(directory_).status().code(), StatusCode::kInvalidInput);
  auto full = files_.OpenForWrite("/dev/full");
  if (full.ok()) {
    EXPECT_EQ(full.value()->Append("x", 1).code(), StatusCode::kOutOfDisk);
  }
}

TEST_F(FileSystemTest, GlobMatchesSortedFiles) {
  for (const char* name : {"b.csv", "a.csv", "a.txt", "sub/c.csv", "sub/deep/d.csv", ".h.csv",
                           "y=1/x.csv", "y=2/x.csv", ".git/z.csv"}) {
    Write(name, "");
  }
  EXPECT_EQ(Glob("*.csv"), (Names{"a.csv", "b.csv"}));
  EXPECT_EQ(Glob("a.*"), (Names{"a.csv", "a.txt"}));
  EXPECT_EQ(Glob("?.csv"), (Names{"a.csv", "b.csv"}));
  EXPECT_EQ(Glob("[b-z].csv"), (Names{"b.csv"}));
  EXPECT_EQ(Glob("[!b].csv"), (Names{"a.csv"}));
  EXPECT_EQ(Glob("*/*.csv"), (Names{"sub/c.csv", "y=1/x.csv", "y=2/x.csv"}));
  EXPECT_EQ(Glob("y=*/x.csv"), (Names{"y=1/x.csv", "y=2/x.csv"}));
  EXPECT_EQ(Glob("**/*.csv"),
            (Names{"a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv", "y=1/x.csv", "y=2/x.csv"}));
  EXPECT_EQ(Glob("sub/**"), (Names{"sub/c.csv", "sub/deep/d.csv"}));
  EXPECT_EQ(Glob("**/deep/*"), (Names{"sub/deep/d.csv"}));
  EXPECT_EQ(Glob(".*.csv"), (Names{".h.csv"}));
  EXPECT_EQ(Glob("a.csv"), (Names{"a.csv"}));
  EXPECT_EQ(Glob("none*.csv"), Names{});
  EXPECT_EQ(Glob("missing/*.csv"), Names{});
  EXPECT_EQ(Glob("missing.csv"), Names{});
}

TEST_F(FileSystemTest, GlobTakesNamesWithWildcardCharactersLiterally) {
  Write("data[1].csv", "");
  EXPECT_EQ(Glob("data[1].csv"), (Names{"data[1].csv"}));
}

TEST_F(FileSystemTest, GlobSurvivesLinkCycles) {
  Write("sub/a.csv", "");
  std::filesystem::create_directory_symlink(directory_, Path("sub/loop"));
  std::filesystem::create_symlink(Path("nowhere"), Path("dangling.csv"));
  EXPECT_EQ(Glob("**/*.csv"), (Names{"sub/a.csv"}));
}

TEST(MatchesComponentTest, Patterns) {
  EXPECT_TRUE(MatchesComponent("*", ""));
  EXPECT_TRUE(MatchesComponent("a*b*c", "axxbyybzc"));
  EXPECT_FALSE(MatchesComponent("a*b*c", "axxbyybz"));
  EXPECT_TRUE(MatchesComponent("[]]", "]"));
  EXPECT_TRUE(MatchesComponent("[a-", "[a-"));
  EXPECT_TRUE(MatchesComponent("x[0-9][0-9]", "x42"));
  EXPECT_FALSE(MatchesComponent("x[0-9][0-9]", "x4"));
  EXPECT_FALSE(MatchesComponent("*", ".hidden"));
  EXPECT_FALSE(MatchesComponent("?", ""));
  // Many stars against a near miss must not take exponential time.
  EXPECT_FALSE(MatchesComponent("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(InterruptibleFileSystemTest, OpensNothingOnceCancelledAndLeavesNoReferenceToItself) {
  const CancellationToken token;
  InterruptibleFileSystem files(FileSystem::Local(), token);
  EXPECT_EQ(&files.Lasting(), &FileSystem::Local());
  EXPECT_TRUE(files.Glob("/").ok());
  token.Cancel();
  EXPECT_EQ(files.Glob("/").status().code(), StatusCode::kCancelled);
  EXPECT_EQ(files.GetInfo("/").status().code(), StatusCode::kCancelled);
  EXPECT_EQ(files.OpenForRead("/none").status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace trivet
