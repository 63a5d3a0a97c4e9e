#include <gtest/gtest.h>
#include "shuffle/flight_peer.h"
#include "shuffle/flight_service.h"
namespace trivet { namespace {
class Few final : public FlightMessageSource {
 public:
  explicit Few(std::vector<FlightMessage> m) : m_(std::move(m)) {}
  Result<bool> Next(FlightMessage& out) override { if (i_ == m_.size()) return false; out = m_[i_++]; return true; }
 private: std::vector<FlightMessage> m_; size_t i_ = 0;
};
// Headers alone are messages, too, wherever they stand.
TEST(FlightService, MessagesWithoutABodyArrive) {
  FlightServiceOptions options; options.allow_anyone = true;
  FlightService service(options);
  service.RegisterTicketKind("few", [](std::string_view t, const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
    std::vector<FlightMessage> m;
    for (char c : t) m.push_back({std::string("h") + c, c == 'b' ? SharedBytes::Of("body") : SharedBytes{}});
    return std::unique_ptr<FlightMessageSource>(std::make_unique<Few>(std::move(m)));
  });
  ASSERT_TRUE(service.Start().ok());
  auto peer = FlightPeer::Connect(service.location(), {});
  ASSERT_TRUE(peer.ok());
  for (const std::string shape : {"b", "e", "be", "eb", "ee", "bebe", "", "eeeb"}) {
    auto stream = (*peer)->Get("few", shape);
    ASSERT_TRUE(stream.ok());
    std::string seen;
    FlightMessage message;
    while (true) { auto more = (*stream)->Next(message); ASSERT_TRUE(more.ok()) << more.status().ToString(); if (!*more) break; seen += message.header[1]; EXPECT_EQ(message.body.size, message.header[1] == 'b' ? 4u : 0u); }
    EXPECT_EQ(seen, shape);
  }
}
}}
