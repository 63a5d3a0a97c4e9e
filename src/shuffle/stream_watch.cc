#include "shuffle/stream_watch.h"

#include <algorithm>
#include <chrono>

#include "base/string_concat.h"

namespace trivet {

namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

StreamWatch::StreamWatch(Limits limits, std::function<Status()> ping)
    : limits_(limits), ping_(std::move(ping)) {}

StreamWatch::~StreamWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

StreamWatch::Id StreamWatch::Add(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  streams_[next_id_].cancel = std::move(cancel);
  return next_id_++;
}

void StreamWatch::Remove(Id stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void StreamWatch::BeginWait(Id stream) {
  {
    const std::lock_guard lock(mutex_);
    streams_[stream].waiting_since_ms = NowMs();
    if (++waiting_ != 1) return;
  }
  changed_.notify_all();
}

Status StreamWatch::EndWait(Id stream) {
  const std::lock_guard lock(mutex_);
  Stream& ended = streams_[stream];
  ended.waiting_since_ms = 0;
  --waiting_;
  if (ended.given_up.ok()) last_sign_ms_ = NowMs();
  return ended.given_up;
}

void StreamWatch::GiveUp(Stream& stream, Status why) {
  if (!stream.given_up.ok()) return;
  stream.given_up = std::move(why);
  stream.cancel();
}

bool StreamWatch::CheckStreams(int64_t now_ms) {
  int64_t longest_ms = 0;
  for (auto& [id, stream] : streams_) {
    if (stream.waiting_since_ms == 0) continue;
    const int64_t waited_ms = now_ms - stream.waiting_since_ms;
    longest_ms = std::max(longest_ms, waited_ms);
    if (waited_ms >= limits_.no_progress_timeout_ms) {
      GiveUp(stream, Status::Timeout(StrCat("the stream has brought nothing for ", waited_ms,
                                            " ms, though its peer may be alive")));
    }
  }
  return longest_ms >= limits_.keepalive_interval_ms &&
         now_ms - last_sign_ms_ >= limits_.keepalive_interval_ms;
}

void StreamWatch::Run() {
  const auto tick = std::chrono::milliseconds(std::clamp<int64_t>(
      std::min(limits_.keepalive_interval_ms, limits_.no_progress_timeout_ms) / 4, 10, 1000));
  std::unique_lock lock(mutex_);
  while (!stop_) {
    changed_.wait(lock, [this] { return stop_ || waiting_ > 0; });
    if (stop_) return;
    changed_.wait_for(lock, tick, [this] { return stop_; });
    if (stop_ || !CheckStreams(NowMs())) continue;
    lock.unlock();
    const Status sign = ping_();
    lock.lock();
    if (sign.ok()) {
      last_sign_ms_ = NowMs();
      continue;
    }
    for (auto& [id, stream] : streams_) {
      if (stream.waiting_since_ms == 0) continue;
      GiveUp(stream, Status(StatusCode::kUnavailable,
                            StrCat("the peer gives no sign of life: ", sign.message())));
    }
  }
}

}  // namespace trivet
