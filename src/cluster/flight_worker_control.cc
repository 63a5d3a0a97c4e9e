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
}

void FlightWorkerControl::Run(Line& line) {
  std::unique_lock lock(mutex_);
  while (true) {
    line.changed.wait(lock, [&] { return line.closing || !line.queue.empty(); });
    if (line.queue.empty()) {
      line.running = false;
      return;
    }
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
  Line& line = *found->second;
  line.queue.push_back({action, std::move(body)});
  line.changed.notify_all();
  if (line.running) return;
  if (line.thread.joinable()) line.thread.join();  // it has let go of the lock for good
  line.running = true;
  line.thread = std::thread([this, &line] { Run(line); });
}

void FlightWorkerControl::Launch(const LaunchAttempt& launch) {
  Send(launch.worker, kLaunchAction, EncodeLaunch(launch));
}

void FlightWorkerControl::Cancel(const CancelAttempt& cancel) {
  Send(cancel.worker, kCancelAction, EncodeCancel(cancel));
}

// The line closes behind its last message: this life of the worker is told nothing more, but that
// again, where it comes back and has not heard it (it was stopped, or cut off).
void FlightWorkerControl::Fence(const FenceWorker& fence) {
  {
    std::lock_guard lock(mutex_);
    const auto found = lines_.find(fence.worker);
    if (found == lines_.end()) return;
    if (found->second->closing && !found->second->queue.empty()) return;  // it is being told
  }
  Send(fence.worker, kFenceAction, EncodeFence(fence));
  std::lock_guard lock(mutex_);
  const auto found = lines_.find(fence.worker);
  found->second->closing = true;
  found->second->changed.notify_all();
}

void FlightWorkerControl::Delete(const DeleteShuffleData& data) {
  Send(data.worker, kDeleteAction, EncodeDelete(data));
}

}  // namespace trivet
