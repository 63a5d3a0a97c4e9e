#pragma once

#include <chrono>
#include <memory>

namespace trivet {

// Time that a task may run before it should give its thread to others: what a small query waits for
// where all threads are taken.
inline constexpr std::chrono::milliseconds kTaskSlice{3};

enum class TaskState : uint8_t {
  kReady,   // ran its slice; wants to go on
  kParked,  // waits for its waker, which schedules it again
  kDone,
};

// A piece of work that runs in slices, on one thread at a time.
class Task {
 public:
  virtual ~Task() = default;
  virtual TaskState Run() = 0;
};

// Runs the tasks of one query on the runtime's threads. Thread-safe.
class TaskScheduler {
 public:
  virtual ~TaskScheduler() = default;
  virtual void Schedule(std::shared_ptr<Task> task) = 0;
};

}  // namespace trivet
