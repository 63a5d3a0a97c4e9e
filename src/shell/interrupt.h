#pragma once

#include <thread>

#include "session/connection.h"

namespace trivet {

// While it lives, Ctrl-C cancels what the connection runs instead of ending the program: the signal
// handler only sets a flag, which a thread of its own passes on. One at a time in a process.
class InterruptScope {
 public:
  explicit InterruptScope(Connection& connection);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  std::thread watcher_;
};

}  // namespace trivet
