#include "cluster/flight_worker_control.h"

#include <utility>

#include "cluster/control_messages.h"

namespace trivet {

FlightWorkerControl::~FlightWorkerControl() {
  stopping_.Cancel();
  {
    std::lock_guard lock(mutex_);
    for (auto& [worker, line] : lines_) {
      line->closing = true;
      line->changed.notify_all();
    }
  }
  for (auto& [worker, line] : lines_) {
    if (line->thread.joinable()) line->thread.join();
  }
}

void FlightWorkerControl::SetAddress(const WorkerIncarnation& worker, std::string location) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<Line>& line = lines_[worker];
  if (line != nullptr) return;
  line = std::make_unique<Line>();
  line->location = std::move(location);
  line->thread = std::thread([this, started = line.get()] { Run(*started); });
}

void FlightWorkerControl::Run(Line& line) {
  std::unique_lock lock(mutex_);
  while (true) {
    line.changed.wait(lock, [&] { return line.closing || !line.queue.empty(); });
    if (line.queue.empty()) return;
    const Message message = std::move(line.queue.front());
    line.queue.pop_front();
    lock.unlock();
    const auto peer = peers_.Get(line.location, stopping_);
    if (peer.ok()) {
      const auto answer = (*peer)->Call(message.action, message.body, kSendTimeoutMs);
      if (!answer.ok()) peers_.Forget(line.location);
    }
    lock.lock();
  }
}

void FlightWorkerControl::Send(const WorkerIncarnation& worker, std::string_view action,
                               std::string body) {
  std::lock_guard lock(mutex_);
  const auto found = lines_.find(worker);
  if (found == lines_.end() || found->second->queue.size() >= kMaxQueued) return;
  found->second->queue.push_back({action, std::move(body)});
  found->second->changed.notify_all();
}

void FlightWorkerControl::Launch(const LaunchAttempt& launch) {
  Send(launch.worker, kLaunchAction, EncodeLaunch(launch));
}

void FlightWorkerControl::Cancel(const CancelAttempt& cancel) {
  Send(cancel.worker, kCancelAction, EncodeCancel(cancel));
}

// The line closes behind its last message: this life of the worker is told nothing more.
void FlightWorkerControl::Fence(const FenceWorker& fence) {
  Send(fence.worker, kFenceAction, EncodeFence(fence));
  std::lock_guard lock(mutex_);
  const auto found = lines_.find(fence.worker);
  if (found != lines_.end()) {
    found->second->closing = true;
    found->second->changed.notify_all();
  }
}

void FlightWorkerControl::Delete(const DeleteShuffleData& data) {
  Send(data.worker, kDeleteAction, EncodeDelete(data));
}

}  // namespace trivet
