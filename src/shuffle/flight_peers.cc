#include "shuffle/flight_peer.h"

namespace trivet {

// A connection, made or in the making; the thread makes it.
struct FlightPeers::Entry {
  std::shared_ptr<FlightPeer> peer;
  Status status;
  bool done = false;
  std::thread thread;
};

FlightPeers::FlightPeers(FlightPeerOptions options) : options_(std::move(options)) {}

FlightPeers::~FlightPeers() {
  for (auto& [location, entry] : entries_) retired_.push_back(entry);
  for (const std::shared_ptr<Entry>& entry : retired_) {
    if (entry->thread.joinable()) entry->thread.join();
  }
}

Result<std::shared_ptr<FlightPeer>> FlightPeers::Get(const std::string& location,
                                                     const CancellationToken& cancelled) {
  constexpr auto kCancelCheck = std::chrono::milliseconds(20);
  std::unique_lock lock(mutex_);
  std::shared_ptr<Entry>& known = entries_[location];
  if (known == nullptr || (known->done && !known->status.ok())) {
    if (known != nullptr) retired_.push_back(known);
    known = std::make_shared<Entry>();
    known->thread = std::thread([this, location, entry = known.get()] {
      auto peer = FlightPeer::Connect(location, options_);
      const std::lock_guard guard(mutex_);
      entry->status = peer.status();
      if (peer.ok()) entry->peer = std::move(*peer);
      entry->done = true;
      connected_.notify_all();
    });
  }
  JoinRetired();
  const std::shared_ptr<Entry> entry = known;
  while (!entry->done) {
    TRIVET_RETURN_IF_ERROR(cancelled.Check());
    connected_.wait_for(lock, kCancelCheck);
  }
  TRIVET_RETURN_IF_ERROR(entry->status);
  return entry->peer;
}

void FlightPeers::Forget(const std::string& location) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(location);
  if (found == entries_.end() || !found->second->done) return;
  retired_.push_back(found->second);
  entries_.erase(found);
}

// Threads of connections that are done end at once, so waiting for them takes no time.
void FlightPeers::JoinRetired() {
  for (const std::shared_ptr<Entry>& entry : retired_) {
    if (entry->thread.joinable()) entry->thread.join();
  }
  retired_.clear();
}

}  // namespace trivet
