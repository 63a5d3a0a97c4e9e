#include "base/read_ahead.h"

#include <system_error>
#include <thread>
#include <utility>

namespace trivet {

ReadAhead& ReadAhead::Instance() {
  // Its thread may run until the process is gone.
  static auto* const instance = new ReadAhead();
  return *instance;
}

bool ReadAhead::Request(std::shared_ptr<const RandomAccessFile> file,
                        std::vector<ByteRange> ranges) {
  std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMostRequests) return false;
  if (!started_) {
    try {
      std::thread([this] { Run(); }).detach();
    } catch (const std::system_error&) {
      return false;  // no thread to be had: scans read for themselves
    }
    started_ = true;
  }
  waiting_.push_back({std::move(file), std::move(ranges)});
  changed_.notify_all();
  return true;
}

void ReadAhead::Drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && !busy_; });
}

void ReadAhead::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !waiting_.empty(); });
    {
      const Item item = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
      lock.unlock();
      for (const ByteRange& range : item.ranges) item.file->WillRead(range.offset, range.size);
    }
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace trivet
