#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "session/query_result.h"

namespace trivet {

// Draws a progress bar on stderr once the query has run for two seconds, until stopped; then its
// line is cleared. The result must outlive it. Draws nothing where stderr is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(const QueryResult& result);
  ~ProgressBar() { Stop(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Stop();

 private:
  void Draw(const QueryResult& result);

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

}  // namespace trivet
