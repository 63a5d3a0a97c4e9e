#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "distributed/worker_control.h"
#include "shuffle/flight_peer.h"

namespace trivet {

// Sends a coordinator's actions to workers over Flight: one queue and thread per worker that there
// is something to say to, so that one that does not answer holds up no other. What cannot be sent
// is dropped; the coordinator learns of it by heartbeats. Thread-safe.
class FlightWorkerControl final : public WorkerControl {
 public:
  static constexpr int64_t kSendTimeoutMs = 5'000;
  static constexpr size_t kMaxQueued = 65'536;

  // `peers` outlives the control.
  explicit FlightWorkerControl(FlightPeers& peers) : peers_(peers) {}
  ~FlightWorkerControl() override;

  // Where a worker is to be reached, from its handshake.
  void SetAddress(const WorkerIncarnation& worker, std::string location);

  void Launch(const LaunchAttempt& launch) override;
  void Cancel(const CancelAttempt& cancel) override;
  void Fence(const FenceWorker& fence) override;
  void Delete(const DeleteShuffleData& data) override;

 private:
  struct Message {
    std::string_view action;
    std::string body;
  };
  struct Line {
    std::string location;
    std::deque<Message> queue;
    std::condition_variable changed;
    bool closing = false;  // the thread ends with the last message
    bool running = false;  // the thread has not come to its end
    std::thread thread;
  };

  void Send(const WorkerIncarnation& worker, std::string_view action, std::string body);
  void Run(Line& line);

  FlightPeers& peers_;
  CancellationToken stopping_;
  std::mutex mutex_;
  std::map<WorkerIncarnation, std::unique_ptr<Line>> lines_;
};

}  // namespace trivet
