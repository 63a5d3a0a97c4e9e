#include "shell/progress_bar.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace trivet {

namespace {
constexpr std::chrono::milliseconds kFirstDraw{2000};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr int kBarWidth = 40;
}  // namespace

ProgressBar::ProgressBar(const QueryResult& result) {
  if (!isatty(STDERR_FILENO)) return;
  thread_ = std::thread([this, &result] {
    std::unique_lock lock(mutex_);
    std::chrono::milliseconds wait = kFirstDraw;
    while (!stopped_.wait_for(lock, wait, [this] { return stop_; })) {
      Draw(result);
      wait = kRedraw;
    }
  });
}

void ProgressBar::Draw(const QueryResult& result) {
  const double share = result.Progress().value_or(0);
  const int filled = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  std::fprintf(stderr, "\r%3d%% %s", static_cast<int>(share * 100), bar.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::Stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
  if (drawn_) {
    std::fprintf(stderr, "\r\033[K");
    std::fflush(stderr);
  }
}

}  // namespace trivet
