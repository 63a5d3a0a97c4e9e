#include "shuffle/flight_service.h"

#include <arrow/flight/client.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/string_concat.h"
#include "shuffle/flight_headers.h"
#include "shuffle/flight_peer.h"
#include "shuffle/flight_status.h"
#include "shuffle/testing/flight_fixture.h"

namespace trivet {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

using testing::FlightServiceTest;
using FlightFrozen = FlightServiceTest;

TEST_F(FlightServiceTest, ActionsAndTheirErrorsComeBackAsTheyWere) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  EXPECT_EQ(peer->identity(), "w1#7");
  EXPECT_EQ(*peer->Call("echo", "hi", 5000), "hi!");
  const std::string large(size_t{20} << 20, 'z');  // beyond the transports' usual limits
  EXPECT_EQ(*peer->Call("echo", large, 5000), large + "!");
  const Status status = peer->Call("fail", "too much", 5000).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "too much");
  EXPECT_EQ(status.hint(), "wait");
  EXPECT_EQ(peer->Call("throw", "", 5000).status().code(), StatusCode::kInternal);
  EXPECT_EQ(peer->Call("unknown", "", 5000).status().code(), StatusCode::kNotImplemented);
  EXPECT_EQ(
      peer->Get("unknown", "")->get()->Next(*std::make_unique<FlightMessage>()).status().code(),
      StatusCode::kNotImplemented);
}

TEST_F(FlightServiceTest, ALongErrorIsCutNotLost) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  const Status status = peer->Call("fail", std::string(100'000, 'y'), 5000).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_GE(status.message().size(), kMaxStatusText);
  EXPECT_LT(status.message().size(), 2 * kMaxStatusText);
  EXPECT_EQ(status.hint(), "wait");
}

TEST_F(FlightServiceTest, ACallThatTakesTooLongTimesOut) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  EXPECT_EQ(peer->Call("sleep", "", 100).status().code(), StatusCode::kTimeout);
}

TEST_F(FlightServiceTest, StreamsComeWholeAndFailTyped) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  auto stream = peer->Get("count", "5");
  ASSERT_TRUE(stream.ok());
  FlightMessage message;
  for (int i = 0; i < 5; ++i) {
    const auto more = (*stream)->Next(message);
    ASSERT_TRUE(more.ok() && *more);
    EXPECT_EQ(message.header, StrCat("message ", i));
    EXPECT_EQ(message.body.view(), std::string(size_t{1} << 20, 'x'));
  }
  EXPECT_FALSE(*(*stream)->Next(message));

  stream = peer->Get("failing", "");
  ASSERT_TRUE(*(*stream)->Next(message));
  const Status status = (*stream)->Next(message).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.file(), "/data/f");
  EXPECT_EQ(status.file_offset(), 12u);
  EXPECT_EQ(status.hint(), "mend it");
}

// A message for each letter: with a body for 'b', of a header alone for any other.
class SpelledMessages final : public FlightMessageSource {
 public:
  explicit SpelledMessages(std::string_view letters) : letters_(letters) {}
  Result<bool> Next(FlightMessage& out) override {
    if (next_ == letters_.size()) return false;
    out.header = letters_.substr(next_++, 1);
    out.body = out.header == "b" ? SharedBytes::Of("body") : SharedBytes{};
    return true;
  }

 private:
  const std::string letters_;
  size_t next_ = 0;
};

TEST_F(FlightServiceTest, MessagesWithoutABodyArriveWhereverTheyStand) {
  FlightServiceOptions options;
  options.token = "the token";
  const auto service = NewService(options);
  service->RegisterTicketKind(
      "spell",
      [](std::string_view letters,
         const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
        return std::make_unique<SpelledMessages>(letters);
      });
  ASSERT_TRUE(service->Start().ok());
  const auto peer = Connect(*service, PeerOptions());
  for (const std::string letters : {"b", "e", "be", "eb", "ee", "bebe", "", "eeeb"}) {
    auto stream = peer->Get("spell", letters);
    ASSERT_TRUE(stream.ok());
    std::string seen;
    FlightMessage message;
    while (true) {
      const auto more = (*stream)->Next(message);
      ASSERT_TRUE(more.ok()) << more.status().ToString();
      if (!*more) break;
      seen += message.header;
      EXPECT_EQ(message.body.view(), message.header == "b" ? "body" : "");
    }
    EXPECT_EQ(seen, letters);
  }
}

TEST_F(FlightServiceTest, ASlowReaderStallsItsStream) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  auto stream = peer->Get("count", "1000");
  FlightMessage message;
  ASSERT_TRUE(*(*stream)->Next(message));
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_LT(given_.load(), 40u);  // of a thousand messages of a MiB
  size_t more = 1;
  while (*(*stream)->Next(message)) ++more;
  EXPECT_EQ(more, 1000u);
}

TEST_F(FlightServiceTest, CancelEndsAWaitAtOnce) {
  const auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  auto stream = peer->Get("silence", "");
  ASSERT_TRUE(stream.ok());
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(100));
    (*stream)->Cancel();
  });
  const auto start = steady_clock::now();
  FlightMessage message;
  EXPECT_EQ((*stream)->Next(message).status().code(), StatusCode::kCancelled);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
  other.join();
}

TEST_F(FlightServiceTest, APeerThatFreezesIsMissedAndItsStreamsEnd) {
  // A process of its own that answers the hello, and then stops for as long as the test likes.
  int ports[2];
  ASSERT_EQ(::pipe(ports), 0);
  const pid_t frozen = ::fork();
  if (frozen == 0) {
    ::execl("/proc/self/exe", "shuffle_test", "--gtest_filter=FlightFrozen.DISABLED_Serve",
            "--gtest_also_run_disabled_tests", StrCat("--port-pipe=", ports[1]).c_str(), nullptr);
    ::_exit(1);
  }
  ::close(ports[1]);
  uint16_t port = 0;
  ASSERT_EQ(::read(ports[0], &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
  FlightPeerOptions options = PeerOptions();
  options.keepalive_interval_ms = 100;
  options.keepalive_timeout_ms = 300;
  auto peer = FlightPeer::Connect(StrCat("grpc://127.0.0.1:", port), options);
  ASSERT_TRUE(peer.ok()) << peer.status().ToString();
  ::kill(frozen, SIGSTOP);
  auto start = steady_clock::now();
  auto stream = (*peer)->Get("silence", "");
  ASSERT_TRUE(stream.ok());
  FlightMessage message;
  const Status status = (*stream)->Next(message).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("no sign of life"), std::string::npos) << status.ToString();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  // A stream that has not begun can be cancelled just the same.
  start = steady_clock::now();
  auto second = (*peer)->Get("silence", "");
  std::thread other([&] { (*second)->Cancel(); });
  EXPECT_EQ((*second)->Next(message).status().code(), StatusCode::kCancelled);
  other.join();
  (*second).reset();
  (*stream).reset();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(1));
  ::kill(frozen, SIGKILL);
  ::waitpid(frozen, nullptr, 0);
  ::close(ports[0]);
}

TEST_F(FlightServiceTest, APeerWithoutProgressTimesOutThoughItAnswers) {
  const auto service = StartService();
  FlightPeerOptions options = PeerOptions();
  options.keepalive_interval_ms = 50;
  options.no_progress_timeout_ms = 400;
  const auto peer = Connect(*service, options);
  auto stream = peer->Get("silence", "");
  FlightMessage message;
  const Status status = (*stream)->Next(message).status();
  EXPECT_EQ(status.code(), StatusCode::kTimeout);
  EXPECT_NE(status.message().find("nothing for"), std::string::npos) << status.ToString();
}

TEST_F(FlightServiceTest, StoppingAServiceEndsItsStreams) {
  auto service = StartService();
  const auto peer = Connect(*service, PeerOptions());
  auto stream = peer->Get("silence", "");
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(100));
    service->Stop();
  });
  FlightMessage message;
  EXPECT_FALSE((*stream)->Next(message).ok());
  other.join();
  EXPECT_EQ(peer->Call("echo", "", 2000).status().code(), StatusCode::kUnavailable);
  const auto again = FlightPeer::Connect(service->location(), PeerOptions());
  EXPECT_EQ(again.status().code(), StatusCode::kUnavailable);
}

TEST_F(FlightServiceTest, CallersWithoutTheTokenOrOfAnotherVersionAreTurnedAway) {
  const auto service = StartService();
  FlightPeerOptions options;
  Status status = FlightPeer::Connect(service->location(), options).status();
  EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
  EXPECT_NE(status.message().find("no token"), std::string::npos);
  options.token = "a guess";
  status = FlightPeer::Connect(service->location(), options).status();
  EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
  EXPECT_NE(status.message().find("wrong"), std::string::npos);
  EXPECT_EQ(status.ToString().find("the token"), status.ToString().find("the token is"));

  namespace flight = arrow::flight;
  auto client = flight::FlightClient::Connect(*flight::Location::Parse(service->location()));
  flight::FlightCallOptions call;
  for (const std::string version : {"", "99"}) {
    call.headers = {{kTokenHeader, "Bearer the token"}};
    if (!version.empty()) call.headers.emplace_back(kProtocolHeader, version);
    const auto results = (*client)->DoAction(call, flight::Action{"echo", nullptr});
    const arrow::Status error = results.ok() ? (*results)->Next().status() : results.status();
    EXPECT_EQ(FromFlightStatus(error, "peer").code(), StatusCode::kProtocolMismatch);
    const auto command = flight::FlightDescriptor::Command(MakeKindTicket("count", "3"));
    auto exchange = (*client)->DoExchange(call, command);
    arrow::Status refusal = exchange.status();  // the server may be faster than the call's start
    if (exchange.ok()) {
      (void)exchange->writer->WriteMetadata(arrow::Buffer::FromString("x"));
      refusal = exchange->reader->Next().status();
      (void)exchange->writer->Close();
    }
    EXPECT_EQ(FromFlightStatus(refusal, "peer").code(), StatusCode::kProtocolMismatch);
  }
  EXPECT_EQ(given_.load(), 0u);
}

TEST_F(FlightServiceTest, AServiceWithoutATokenMustBeMeantSo) {
  EXPECT_EQ(NewService({})->Start().code(), StatusCode::kInvalidInput);
  FlightServiceOptions options;
  options.allow_anyone = true;
  const auto service = NewService(options);
  ASSERT_TRUE(service->Start().ok());
  EXPECT_TRUE(FlightPeer::Connect(service->location(), {}).ok());
}

TEST_F(FlightServiceTest, APortInUseAndAnUnknownHostAreTypedErrors) {
  const auto service = StartService();
  FlightServiceOptions options;
  options.token = "x";
  options.port = service->port();
  const Status status = NewService(options)->Start();
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_NE(status.message().find(std::to_string(service->port())), std::string::npos);
  options.port = 0;
  options.host = "203.0.113.1";  // nobody's here
  EXPECT_EQ(NewService(options)->Start().code(), StatusCode::kInvalidInput);
}

TEST_F(FlightServiceTest, NobodyThereIsUnavailableInTime) {
  FlightPeerOptions options = PeerOptions();
  options.connect_timeout_ms = 500;
  EXPECT_EQ(FlightPeer::Connect("grpc://127.0.0.1:1", options).status().code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(FlightPeer::Connect("http://127.0.0.1:1", options).status().code(),
            StatusCode::kInvalidInput);
  // One who takes connections and never says a word.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener, 5), 0);
  socklen_t size = sizeof(address);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const auto start = steady_clock::now();
  const std::string location = StrCat("grpc://127.0.0.1:", ntohs(address.sin_port));
  EXPECT_EQ(FlightPeer::Connect(location, options).status().code(), StatusCode::kUnavailable);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));

  // Waiting for it ends when asked to.
  options.connect_timeout_ms = 5000;
  const CancellationToken cancelled;
  FlightPeers peers(PeerOptions());
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    cancelled.Cancel();
  });
  const auto waited = steady_clock::now();
  EXPECT_EQ(peers.Get(location, cancelled).status().code(), StatusCode::kCancelled);
  EXPECT_LT(steady_clock::now() - waited, std::chrono::seconds(1));
  other.join();
  ::close(listener);
}

TEST_F(FlightServiceTest, ConnectionsAreSharedAndMadeAnewWhenForgotten) {
  auto service = StartService();
  FlightPeers peers(PeerOptions());
  const CancellationToken token;
  const auto first = peers.Get(service->location(), token);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*peers.Get(service->location(), token), *first);
  peers.Forget(service->location());
  const auto second = peers.Get(service->location(), token);
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*second, *first);
  // A failure is not kept.
  EXPECT_FALSE(peers.Get("grpc://127.0.0.1:1", token).ok());
  EXPECT_FALSE(peers.Get("grpc://127.0.0.1:1", token).ok());
}

// Run by the test above in a process of its own.
TEST_F(FlightFrozen, DISABLED_Serve) {
  int pipe = -1;
  for (const std::string& argument : ::testing::internal::GetArgvs()) {
    if (argument.starts_with("--port-pipe=")) pipe = std::stoi(argument.substr(12));
  }
  if (pipe < 0) GTEST_SKIP();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto service = StartService();
  const uint16_t port = service->port();
  ASSERT_EQ(::write(pipe, &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
  std::this_thread::sleep_for(std::chrono::seconds(60));
}

TEST(Token, IsLongAndNeverTheSame) {
  EXPECT_EQ(NewToken().size(), 64u);
  EXPECT_NE(NewToken(), NewToken());
}

}  // namespace
}  // namespace trivet
