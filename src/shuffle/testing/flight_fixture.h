#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/string_concat.h"
#include "shuffle/flight_peer.h"
#include "shuffle/flight_service.h"

namespace trivet::testing {

// So many messages of a size; or silence.
class CountedMessages final : public FlightMessageSource {
 public:
  CountedMessages(size_t count, size_t bytes, std::atomic<size_t>& given)
      : count_(count), body_(SharedBytes::Of(std::string(bytes, 'x'))), given_(given) {}
  Result<bool> Next(FlightMessage& out) override {
    if (sent_ == count_) return false;
    out.header = StrCat("message ", sent_++);
    out.body = body_;
    ++given_;
    return true;
  }

 private:
  const size_t count_;
  const SharedBytes body_;
  std::atomic<size_t>& given_;
  size_t sent_ = 0;
};

class SilentMessages final : public FlightMessageSource {
 public:
  explicit SilentMessages(const FlightCall& call) : call_(call) {}
  Result<bool> Next(FlightMessage&) override {
    while (!call_.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return Status::Cancelled("the caller has gone");
  }

 private:
  const FlightCall& call_;
};

class FailingMessages final : public FlightMessageSource {
 public:
  Result<bool> Next(FlightMessage& out) override {
    if (sent_) return Status::Corruption("bad").WithFile("/data/f", 12).WithHint("mend it");
    out.header = "one";
    return sent_ = true;
  }

 private:
  bool sent_ = false;
};

// A service with actions and streams that behave well and badly.
class FlightServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<FlightService> NewService(FlightServiceOptions options) {
    auto service = std::make_unique<FlightService>(std::move(options));
    service->SetIdentity("w1#7");
    service->RegisterAction("echo", [](std::string_view body, const FlightCall& call) {
      return Result<std::string>(StrCat(body, call.peer().empty() ? "" : "!"));
    });
    service->RegisterAction("fail", [](std::string_view body, const FlightCall&) {
      return Result<std::string>(Status::ResourceExhausted(std::string(body)).WithHint("wait"));
    });
    service->RegisterAction("throw", [](std::string_view, const FlightCall&) {
      throw std::runtime_error("boo");
      return Result<std::string>("");
    });
    service->RegisterAction("sleep", [](std::string_view, const FlightCall& call) {
      while (!call.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return Result<std::string>("");
    });
    service->RegisterTicketKind(
        "count",
        [this](std::string_view ticket,
               const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
          return std::make_unique<CountedMessages>(std::stoul(std::string(ticket)), size_t{1} << 20,
                                                   given_);
        });
    service->RegisterTicketKind(
        "silence",
        [](std::string_view,
           const FlightCall& call) -> Result<std::unique_ptr<FlightMessageSource>> {
          return std::make_unique<SilentMessages>(call);
        });
    service->RegisterTicketKind(
        "failing",
        [](std::string_view, const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
          return std::make_unique<FailingMessages>();
        });
    return service;
  }
  std::unique_ptr<FlightService> StartService() {
    FlightServiceOptions options;
    options.token = "the token";
    auto service = NewService(options);
    const Status status = service->Start();
    EXPECT_TRUE(status.ok()) << status.ToString();
    return service;
  }
  static FlightPeerOptions PeerOptions() {
    FlightPeerOptions options;
    options.token = "the token";
    return options;
  }
  static std::shared_ptr<FlightPeer> Connect(const FlightService& service,
                                             const FlightPeerOptions& options) {
    auto peer = FlightPeer::Connect(service.location(), options);
    EXPECT_TRUE(peer.ok()) << peer.status().ToString();
    return peer.ok() ? *peer : nullptr;
  }

  std::atomic<size_t> given_{0};
};

}  // namespace trivet::testing
