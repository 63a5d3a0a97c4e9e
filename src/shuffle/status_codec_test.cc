#include "shuffle/status_codec.h"

#include <gtest/gtest.h>

#include "shuffle/fetch_failure.h"

namespace trivet {
namespace {

TEST(StatusCodec, EveryDetailOfEveryCodeSurvives) {
  for (int code = 1; code <= static_cast<int>(StatusCode::kInternal); ++code) {
    const Status plain(static_cast<StatusCode>(code), "what happened\nin \xc3\xa4 detail");
    Status rich(static_cast<StatusCode>(code), "x");
    rich = std::move(rich).WithPosition(12).WithFile("/a/b", uint64_t{1} << 40).WithHint("try y");
    const Status file_only = Status(static_cast<StatusCode>(code), "").WithFile("/c");
    for (const Status& status : {plain, rich, file_only}) {
      Status back;
      ASSERT_TRUE(DecodeStatus(EncodeStatus(status), back).ok());
      EXPECT_EQ(back.code(), status.code());
      EXPECT_EQ(back.message(), status.message());
      EXPECT_EQ(back.position(), status.position());
      EXPECT_EQ(back.file(), status.file());
      EXPECT_EQ(back.file_offset(), status.file_offset());
      EXPECT_EQ(back.hint(), status.hint());
    }
  }
  Status back = Status::Internal("x");
  ASSERT_TRUE(DecodeStatus(EncodeStatus(Status::OK()), back).ok());
  EXPECT_TRUE(back.ok());
}

TEST(StatusCodec, BytesThatAreNoStatusAreRefused) {
  const std::string bytes = EncodeStatus(Status::IO("message").WithHint("hint"));
  Status back;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeStatus(bytes.substr(0, size), back).code(), StatusCode::kCorruption);
  }
  EXPECT_FALSE(DecodeStatus(bytes + "x", back).ok());
  std::string unknown = bytes;
  unknown[1] = 99;
  EXPECT_FALSE(DecodeStatus(unknown, back).ok());
}

TEST(FetchFailure, NamesOutputsWorkerAndCause) {
  const FetchFailure failure{{"w2", 7}, {{{1, 0, 3}, 1}, {{1, 0, 4}, 2}}};
  const Status status =
      MakeFetchFailed(failure, Status::Corruption("the checksum is off").WithFile("/f", 9));
  EXPECT_EQ(status.code(), StatusCode::kFetchFailed);
  for (const std::string part : {"q1.s0.p3.a1", "q1.s0.p4.a2", "w2", "Corruption", "checksum"}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << part;
  }
  EXPECT_EQ(status.file(), "/f");
  EXPECT_EQ(status.file_offset(), 9u);
}

}  // namespace
}  // namespace trivet
