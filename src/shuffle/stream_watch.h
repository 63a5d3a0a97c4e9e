#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/status.h"

namespace trivet {

// Watches the streams of one connection that wait for their peer, and cancels those that wait in
// vain: when they have waited longer than a peer may take (Timeout), or when the peer no longer
// answers at all (Unavailable). Runs a thread of its own, which sleeps while nobody waits.
// Thread-safe.
class StreamWatch {
 public:
  struct Limits {
    int64_t keepalive_interval_ms = 0;
    int64_t no_progress_timeout_ms = 0;
  };
  using Id = uint64_t;

  // `ping` asks the peer for a sign of life and waits for it; a failure means that there was none.
  StreamWatch(Limits limits, std::function<Status()> ping);
  ~StreamWatch();

  // `cancel` makes a waiting stream come back; it is not called after Remove.
  Id Add(std::function<void()> cancel);
  void Remove(Id stream);
  void BeginWait(Id stream);
  // Why the stream was cancelled; OK where it was not.
  Status EndWait(Id stream);

 private:
  struct Stream {
    std::function<void()> cancel;
    int64_t waiting_since_ms = 0;  // 0: it does not wait
    Status given_up;
  };

  void Run();
  // Cancels what has waited too long; gives whether the peer should be asked for a sign of life.
  bool CheckStreams(int64_t now_ms);
  void GiveUp(Stream& stream, Status why);

  const Limits limits_;
  const std::function<Status()> ping_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Id, Stream> streams_;
  Id next_id_ = 1;
  size_t waiting_ = 0;
  int64_t last_sign_ms_ = 0;  // of life
  bool stop_ = false;
  std::thread thread_;  // started with the first stream
};

}  // namespace trivet
