#include "shell/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace trivet {

namespace {

// The handler writes a byte here; the watcher thread reads it. -1: no scope.
int signal_pipe[2] = {-1, -1};

constexpr char kInterrupt = 'i';
constexpr char kDone = 'd';

void OnInterrupt(int) {
  const int saved = errno;
  // A full pipe already holds an interrupt; nothing is lost.
  (void)!write(signal_pipe[1], &kInterrupt, 1);
  errno = saved;
}

struct sigaction previous_action;

}  // namespace

InterruptScope::InterruptScope(Connection& connection) {
  if (pipe(signal_pipe) != 0) return;  // without a pipe Ctrl-C ends the program, as by default
  watcher_ = std::thread([&connection] {
    char what = 0;
    while (true) {
      const ssize_t got = read(signal_pipe[0], &what, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || what == kDone) return;
      connection.Interrupt();
    }
  });
  struct sigaction action{};
  action.sa_handler = OnInterrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &previous_action);
}

InterruptScope::~InterruptScope() {
  if (!watcher_.joinable()) return;
  sigaction(SIGINT, &previous_action, nullptr);
  (void)!write(signal_pipe[1], &kDone, 1);
  watcher_.join();
  close(signal_pipe[0]);
  close(signal_pipe[1]);
}

}  // namespace trivet
