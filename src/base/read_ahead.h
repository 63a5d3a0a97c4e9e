#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file_system.h"

namespace trivet {

struct ByteRange {
  uint64_t offset = 0;
  size_t size = 0;
};

// Tells files what of them will be read soon, on a thread of its own: where a device is slow even
// the telling waits for it. It is advice: what goes beyond a bound is forgotten. One for the
// process, never destroyed; thread-safe.
class ReadAhead {
 public:
  static ReadAhead& Instance();

  // Whether it was taken. The file is held until it has been told.
  bool Request(std::shared_ptr<const RandomAccessFile> file, std::vector<ByteRange> ranges);
  // Returns once everything that was asked for so far has been told.
  void Drain();

 private:
  // More than any scan's threads want at a time.
  static constexpr size_t kMostRequests = 64;
  struct Item {
    std::shared_ptr<const RandomAccessFile> file;
    std::vector<ByteRange> ranges;
  };

  ReadAhead() = default;
  void Run();

  std::mutex mutex_;  // guards all
  std::condition_variable changed_;
  std::deque<Item> waiting_;
  bool busy_ = false;
  bool started_ = false;
};

}  // namespace trivet
