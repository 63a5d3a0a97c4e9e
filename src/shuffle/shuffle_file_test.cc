#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "context/memory_budget.h"
#include "shuffle/shuffle_file.h"
#include "shuffle/shuffle_writer.h"
#include "shuffle/testing/row_bits.h"
#include "shuffle/testing/temporary_directory.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using testing::Random;

const AttemptId kAttempt{{7, 2, 13}, 1};

class ShuffleFileTest : public ::testing::Test {
 protected:
  ShuffleWriterOptions Options(std::vector<LogicalType> types, uint32_t partitions) {
    ShuffleWriterOptions options;
    options.attempt = kAttempt;
    options.directory = directory_.path();
    options.types = std::move(types);
    options.partition_count = partitions;
    return options;
  }

  // Writes random batches and remembers the rows of each partition.
  Result<MapOutput> WriteRandom(const ShuffleWriterOptions& options, size_t batches,
                                uint64_t seed) {
    Random random(seed);
    expected_.assign(options.partition_count, {});
    ShuffleWriter writer(options, memory_, FileSystem::Local(), quota_);
    for (size_t i = 0; i < batches; ++i) {
      const Batch batch = testing::RandomBatch(options.types, random() % 2048 + 1, random);
      std::vector<uint32_t> partitions(batch.row_count());
      for (size_t row = 0; row < batch.row_count(); ++row) {
        partitions[row] = static_cast<uint32_t>(random() % options.partition_count);
        // Partition 1 stays empty.
        if (partitions[row] == 1 && options.partition_count > 1) partitions[row] = 0;
        expected_[partitions[row]].push_back(testing::RowBits(batch, row));
      }
      TRIVET_RETURN_IF_ERROR(writer.Write(batch, partitions.data()));
    }
    return writer.Finish();
  }

  Result<std::vector<std::string>> ReadRows(const std::string& path,
                                            const std::vector<LogicalType>& types, uint32_t begin,
                                            uint32_t end) {
    TRIVET_ASSIGN_OR_RETURN(auto file, ShuffleFile::Open(FileSystem::Local(), path, kAttempt));
    ShuffleFileReader reader(file, types, begin, end, &memory_);
    std::vector<std::string> rows;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, reader.Next(batch));
      if (!more) return rows;
      testing::AppendRowBits(batch, rows);
    }
  }

  std::vector<std::string> Expected(uint32_t begin, uint32_t end) {
    std::vector<std::string> rows;
    for (uint32_t i = begin; i < end; ++i) {
      rows.insert(rows.end(), expected_[i].begin(), expected_[i].end());
    }
    return rows;
  }

  size_t FilesLeft() {
    const std::filesystem::directory_iterator files(directory_.path());
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  testing::TemporaryDirectory directory_;
  MemoryBudget memory_{"memory", size_t{1} << 30};
  DiskQuota quota_;
  std::vector<std::vector<std::string>> expected_;
};

TEST_F(ShuffleFileTest, PartitionsComeBackInOrderOneByOneAndInRanges) {
  const std::vector<LogicalType> types = testing::AllTypes();
  auto options = Options(types, 9);
  options.chunk_bytes = 100'000;  // several blocks a partition
  auto output = WriteRandom(options, 12, 1);
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_EQ(output->path, directory_.path() + "/q7.s2.p13.a1");
  EXPECT_EQ(output->file_bytes, std::filesystem::file_size(output->path));
  EXPECT_EQ(quota_.used_bytes(), output->file_bytes);
  EXPECT_EQ(FilesLeft(), 1u);
  ASSERT_EQ(output->partitions.size(), 9u);
  for (uint32_t begin = 0; begin < 9; ++begin) {
    EXPECT_EQ(output->partitions[begin].rows, expected_[begin].size());
    for (const uint32_t end : {begin, begin + 1, 9u}) {
      auto rows = ReadRows(output->path, types, begin, end);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(*rows, Expected(begin, end));
    }
  }
  EXPECT_EQ(output->partitions[1], PartitionSize{});
  auto file = ShuffleFile::Open(FileSystem::Local(), output->path, kAttempt);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->Sizes(), output->partitions);
}

TEST_F(ShuffleFileTest, ManyPartitionsUnderLittleMemoryAndEveryCompression) {
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar};
  for (const auto compression :
       {WireCompression::kNone, WireCompression::kLz4, WireCompression::kZstd}) {
    auto options = Options(types, 1500);
    options.compression = compression;
    memory_.set_limit_bytes(size_t{2} << 20);
    auto output = WriteRandom(options, 60, 2);
    memory_.set_limit_bytes(size_t{1} << 30);
    ASSERT_TRUE(output.ok()) << output.status().ToString();
    auto rows = ReadRows(output->path, types, 0, 1500);
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(*rows, Expected(0, 1500));
  }
  EXPECT_EQ(memory_.reserved_bytes(), 0u);
}

TEST_F(ShuffleFileTest, RefusedMemoryFlushesTheLargestBuffersFirst) {
  const std::vector<LogicalType> types = {TypeId::kInt64};
  memory_.set_limit_bytes(400'000);
  ShuffleWriter writer(Options(types, 3), memory_, FileSystem::Local(), quota_);
  // Nine rows in ten go to partition 0: its blocks alone must be written early.
  std::vector<uint32_t> partitions(2000);
  for (size_t i = 0; i < partitions.size(); ++i) partitions[i] = i % 20 == 0 ? 1 + (i / 20) % 2 : 0;
  for (int i = 0; i < 40; ++i) {
    Batch batch({Vector::MakeFlat(TypeId::kInt64, 2000)}, 2000);
    std::memset(batch.mutable_column(0).mutable_data<int64_t>(), 0, 16000);
    ASSERT_TRUE(writer.Write(batch, partitions.data()).ok());
    EXPECT_LE(memory_.reserved_bytes(), 400'000u);
  }
  auto output = writer.Finish();
  ASSERT_TRUE(output.ok());
  auto file = ShuffleFile::Open(FileSystem::Local(), output->path, kAttempt);
  ASSERT_TRUE(file.ok());
  EXPECT_GT((*file)->Blocks(0, 1)->size(), 2u);
  EXPECT_EQ((*file)->Blocks(1, 2)->size(), 1u);
  EXPECT_EQ((*file)->Blocks(2, 3)->size(), 1u);
}

TEST_F(ShuffleFileTest, AnOutputWithoutRowsIsAFileOfEmptyPartitions) {
  auto output = WriteRandom(Options({TypeId::kInt64}, 4), 0, 1);
  ASSERT_TRUE(output.ok());
  auto rows = ReadRows(output->path, {TypeId::kInt64}, 0, 4);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_TRUE(rows->empty());
  // What the file does not have is an error, not an empty partition.
  EXPECT_EQ(ReadRows(output->path, {TypeId::kInt64}, 3, 5).status().code(),
            StatusCode::kInvalidInput);
}

TEST_F(ShuffleFileTest, RowsWithoutColumnsAreCountedInBlocksOfBoundedSize) {
  ShuffleWriter writer(Options({}, 2), memory_, FileSystem::Local(), quota_);
  const std::vector<uint32_t> partitions(kVectorSize, 1);
  const Batch batch({}, kVectorSize);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer.Write(batch, partitions.data()).ok());
  auto output = writer.Finish();
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(output->partitions[1].rows, 1000 * kVectorSize);
  auto file = ShuffleFile::Open(FileSystem::Local(), output->path, kAttempt);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->Blocks(1, 2)->size(), 2u);
  EXPECT_EQ((*file)->Sizes()[1].rows, 1000 * kVectorSize);
}

TEST_F(ShuffleFileTest, EveryFlippedByteIsNoticed) {
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar};
  auto output = WriteRandom(Options(types, 5), 2, 3);
  ASSERT_TRUE(output.ok());
  Random random(5);
  const uint64_t size = output->file_bytes;
  for (uint64_t offset = 0; offset < size;
       offset += offset < 200 || offset + 400 > size ? 1 : 1 + random() % 97) {
    std::fstream file(output->path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<long>(offset));
    const char original = static_cast<char>(file.get());
    file.seekp(static_cast<long>(offset));
    file.put(static_cast<char>(original ^ (1 << (random() % 8))));
    file.close();
    const auto rows = ReadRows(output->path, types, 0, 5);
    ASSERT_FALSE(rows.ok()) << "offset " << offset;
    EXPECT_TRUE(rows.status().code() == StatusCode::kCorruption ||
                rows.status().code() == StatusCode::kProtocolMismatch)
        << rows.status().ToString();
    EXPECT_EQ(rows.status().file(), output->path);
    std::fstream repaired(output->path, std::ios::in | std::ios::out | std::ios::binary);
    repaired.seekp(static_cast<long>(offset));
    repaired.put(original);
  }
  EXPECT_TRUE(ReadRows(output->path, types, 0, 5).ok());
}

TEST_F(ShuffleFileTest, EveryTruncationIsNoticed) {
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar};
  auto output = WriteRandom(Options(types, 5), 2, 4);
  ASSERT_TRUE(output.ok());
  Random random(6);
  for (uint64_t size = output->file_bytes - 1;; size -= std::min(size, 1 + random() % 301)) {
    std::filesystem::resize_file(output->path, size);
    const Status status = ReadRows(output->path, types, 0, 5).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruption) << size;
    EXPECT_EQ(status.file(), output->path);
    if (size == 0) break;
  }
  std::filesystem::remove(output->path);
  const Status status = ReadRows(output->path, types, 0, 5).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.file(), output->path);
}

TEST_F(ShuffleFileTest, ABlockThatRotsAfterOpeningIsNamedByPartitionAndOffset) {
  auto output = WriteRandom(Options({TypeId::kInt64}, 3), 1, 8);
  ASSERT_TRUE(output.ok());
  auto file = ShuffleFile::Open(FileSystem::Local(), output->path, kAttempt);
  ASSERT_TRUE(file.ok());
  const auto blocks = (*file)->Blocks(2, 3);
  ASSERT_TRUE(blocks.ok());
  std::fstream stream(output->path, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<long>(blocks->front().offset + 300));
  stream.put('!');
  stream.close();
  EXPECT_TRUE((*file)->Read(*(*file)->Blocks(0, 2)).ok());
  const Status status = (*file)->Read(*blocks).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_NE(status.message().find("partition 2 of q7.s2.p13.a1"), std::string::npos);
  EXPECT_EQ(status.file_offset(), blocks->front().offset);
}

TEST_F(ShuffleFileTest, AFileOfAnotherAttemptIsRefused) {
  auto output = WriteRandom(Options({TypeId::kInt64}, 3), 1, 8);
  ASSERT_TRUE(output.ok());
  const auto file = ShuffleFile::Open(FileSystem::Local(), output->path, {{7, 2, 13}, 2});
  EXPECT_EQ(file.status().code(), StatusCode::kCorruption);
}

TEST_F(ShuffleFileTest, AQuotaIsKeptAndWhatWasWrittenIsGivenBack) {
  DiskQuota quota(50'000);
  auto options = Options({TypeId::kInt64}, 2);
  options.chunk_bytes = 20'000;
  Random random(1);
  Status status;
  {
    ShuffleWriter writer(options, memory_, FileSystem::Local(), quota);
    for (int i = 0; i < 20 && status.ok(); ++i) {
      const Batch batch({testing::RandomFlat(TypeId::kInt64, 2000, random, 0)}, 2000);
      status = writer.Write(batch, nullptr);
      EXPECT_LE(quota.used_bytes(), 50'000u);
    }
    EXPECT_EQ(status.code(), StatusCode::kOutOfDisk);
    EXPECT_NE(status.file().find("q7.s2.p13.a1"), std::string::npos);
    EXPECT_EQ(writer.Finish().status().code(), StatusCode::kOutOfDisk);  // never half a file
  }
  EXPECT_EQ(quota.used_bytes(), 0u);
  EXPECT_EQ(FilesLeft(), 0u);
}

TEST_F(ShuffleFileTest, AWriterThatIsDroppedLeavesNothing) {
  auto options = Options({TypeId::kInt64}, 2);
  options.chunk_bytes = 1000;
  {
    ShuffleWriter writer(options, memory_, FileSystem::Local(), quota_);
    const Batch batch({Vector::MakeFlat(TypeId::kInt64, 2000)}, 2000);
    ASSERT_TRUE(writer.Write(batch, nullptr).ok());
    EXPECT_EQ(FilesLeft(), 1u);
    EXPECT_GT(quota_.used_bytes(), 0u);
  }
  EXPECT_EQ(FilesLeft(), 0u);
  EXPECT_EQ(quota_.used_bytes(), 0u);
  EXPECT_EQ(memory_.reserved_bytes(), 0u);
}

TEST_F(ShuffleFileTest, SeveralThreadsMayWrite) {
  auto options = Options({TypeId::kInt64}, 4);
  options.chunk_bytes = 10'000;
  ShuffleWriter writer(options, memory_, FileSystem::Local(), quota_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::vector<uint32_t> partitions(1000, static_cast<uint32_t>(t));
      for (int i = 0; i < 10; ++i) {
        const Batch batch({Vector::MakeConstant(Value::Int64(t))}, 1000);
        EXPECT_TRUE(writer.Write(batch, partitions.data()).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto output = writer.Finish();
  ASSERT_TRUE(output.ok());
  for (const PartitionSize& size : output->partitions) EXPECT_EQ(size.rows, 10'000u);
}

TEST_F(ShuffleFileTest, AFullDiskIsOutOfDiskWithThePath) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  // A link under the writer's temporary name leads its bytes to a device that is always full.
  std::filesystem::create_symlink("/dev/full", directory_.path() + "/q7.s2.p13.a1.tmp");
  ShuffleWriter writer(Options({TypeId::kInt64}, 2), memory_, FileSystem::Local(), quota_);
  const Batch batch({Vector::MakeFlat(TypeId::kInt64, 2000)}, 2000);
  ASSERT_TRUE(writer.Write(batch, nullptr).ok());
  const Status status = writer.Finish().status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfDisk);
  EXPECT_NE(status.file().find("q7.s2.p13.a1"), std::string::npos);
}

}  // namespace
}  // namespace trivet
