#include "shuffle/shuffle_ticket.h"

#include <gtest/gtest.h>

#include "base/string_concat.h"
#include "shuffle/sha256.h"

namespace trivet {
namespace {

std::string Hex(const Sha256Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HmacGivesTheVectorsOfRfc4231) {
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Sha256, ConstantTimeEqualComparesAllBytes) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("secret", "secret"));
  EXPECT_FALSE(ConstantTimeEqual("secret", "secreT"));
  EXPECT_FALSE(ConstantTimeEqual("secret", "secrets"));
}

ShuffleTicket SomeTicket() {
  ShuffleTicket ticket;
  ticket.request.peer.worker = {"w3", 12};
  ticket.request.attempts = {{{9, 1, 0}, 1}, {{9, 1, 4}, 3}};
  ticket.request.partition_begin = 5;
  ticket.request.partition_end = 8;
  ticket.expires_unix_ms = 1'000'000;
  return ticket;
}

TEST(ShuffleTicket, WhatWasSignedIsRead) {
  const TicketSigner signer("the cluster's secret");
  const auto read = signer.Verify(signer.Sign(SomeTicket()), 999'999);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  const FetchRequest expected = SomeTicket().request;
  EXPECT_EQ(read->request.peer, expected.peer);
  EXPECT_EQ(read->request.attempts, expected.attempts);
  EXPECT_EQ(read->request.partition_begin, 5u);
  EXPECT_EQ(read->request.partition_end, 8u);
}

TEST(ShuffleTicket, ForgedChangedAndExpiredOnesAreRefused) {
  const TicketSigner signer("secret");
  const std::string ticket = signer.Sign(SomeTicket());
  for (size_t i = 0; i < ticket.size(); ++i) {
    std::string changed = ticket;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(signer.Verify(changed, 0).status().code(), StatusCode::kPermissionDenied) << i;
    EXPECT_EQ(signer.Verify(ticket.substr(0, i), 0).status().code(), StatusCode::kPermissionDenied);
  }
  EXPECT_EQ(TicketSigner("other").Verify(ticket, 0).status().code(), StatusCode::kPermissionDenied);
  const int64_t last = 1'000'000 + TicketSigner::kClockToleranceMs;
  EXPECT_TRUE(signer.Verify(ticket, last).ok());
  const Status expired = signer.Verify(ticket, last + 1).status();
  EXPECT_EQ(expired.code(), StatusCode::kPermissionDenied);
  EXPECT_NE(expired.message().find("expired"), std::string::npos);
}

}  // namespace
}  // namespace trivet
