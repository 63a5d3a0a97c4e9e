#include "distributed/task_envelope.h"

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/simd_level.h"
#include "distributed/exchange.h"

namespace trivet {
namespace {

class TaskEnvelopeTest : public ::testing::Test {
 protected:
  std::string Encoded() {
    TaskEnvelope envelope;
    const std::vector<PhysicalColumn> columns = {{"a", TypeId::kInt64}};
    envelope.plan = std::make_shared<PhysicalExchange>(
        ExchangeKind::kGather, std::vector<ExpressionPtr>{}, 1,
        std::make_shared<PhysicalExchangeSource>(ExchangeKind::kHash, columns));
    Result<std::string> bytes = EncodeTaskEnvelope(envelope, nullptr);
    EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
    return bytes.ok() ? *bytes : "";
  }
  Status Decoded(const std::string& bytes) {
    return DecodeTaskEnvelope(bytes, FileSystem::Local(), nullptr, extensions_).status();
  }
  void TearDown() override { ForceSimdLevel(std::nullopt); }

  WorkerExtensions extensions_;
};

TEST_F(TaskEnvelopeTest, TheForcedSimdLevelComesAlong) {
  for (const SimdLevel level : SimdLevelsOfMachine()) {
    ForceSimdLevel(level);
    const std::string bytes = Encoded();
    ForceSimdLevel(std::nullopt);
    ASSERT_TRUE(Decoded(bytes).ok());
    EXPECT_EQ(ForcedSimdLevel(), level);
  }
  ForceSimdLevel(std::nullopt);
  const std::string bytes = Encoded();
  ForceSimdLevel(SimdLevel::kBaseline);
  ASSERT_TRUE(Decoded(bytes).ok());
  EXPECT_FALSE(ForcedSimdLevel().has_value());
}

TEST_F(TaskEnvelopeTest, ALevelThatThereIsNotIsRefused) {
  // The byte by which a forced level differs from none.
  ForceSimdLevel(std::nullopt);
  std::string bytes = Encoded();
  ForceSimdLevel(SimdLevel::kBaseline);
  const std::string forced = Encoded();
  ForceSimdLevel(std::nullopt);
  ASSERT_EQ(bytes.size(), forced.size());
  size_t place = 0;
  while (place < bytes.size() && bytes[place] == forced[place]) ++place;
  ASSERT_LT(place, bytes.size());
  bytes[place] = static_cast<char>(kSimdLevelCount + 1);
  EXPECT_EQ(Decoded(bytes).code(), StatusCode::kCorruption);
  for (size_t i = SimdLevelsOfMachine().size(); i < kSimdLevelCount; ++i) {
    bytes[place] = static_cast<char>(i + 1);  // a level that other machines have
    const Status status = Decoded(bytes);
    EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
    EXPECT_FALSE(status.hint().empty());
  }
  EXPECT_FALSE(ForcedSimdLevel().has_value());
}

}  // namespace
}  // namespace trivet
