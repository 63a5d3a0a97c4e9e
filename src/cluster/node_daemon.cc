#include "cluster/node_daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/string_concat.h"
#include "context/memory_budget.h"

extern char** environ;

namespace trivet {

namespace {

constexpr auto kSuperviseInterval = std::chrono::milliseconds(100);
constexpr auto kStopGrace = std::chrono::seconds(3);
constexpr auto kFirstDelay = std::chrono::milliseconds(250);
constexpr auto kLongestDelay = std::chrono::milliseconds(10'000);
// A worker that lived so long has not failed at its start.
constexpr auto kHealthyLife = std::chrono::seconds(30);

// This process's environment with the token in it, not in the command line, which all can read.
std::vector<std::string> EnvironmentWith(const std::string& token) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "TRIVET_TOKEN=", 13) != 0) environment.emplace_back(*entry);
  }
  environment.push_back("TRIVET_TOKEN=" + token);
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<std::unique_ptr<NodeDaemon>> NodeDaemon::Start(NodeDaemonOptions options,
                                                      FileSystem& files) {
  if (options.workers == 0) return Status::InvalidInput("a node needs at least one worker");
  std::unique_ptr<NodeDaemon> daemon(new NodeDaemon(std::move(options)));
  TRIVET_ASSIGN_OR_RETURN(daemon->server_,
                          CoordinatorServer::Start(daemon->options_.server, files));
  for (uint32_t i = 0; i < daemon->options_.workers; ++i) {
    Process process;
    process.name = StrCat("worker", i);
    daemon->processes_.push_back(std::move(process));
  }
  // Workers end with the thread that started them, so one that lives as long as they should does.
  daemon->supervisor_ = std::thread([self = daemon.get()] { self->SuperviseLoop(); });
  std::unique_lock lock(daemon->mutex_);
  daemon->stop_.wait(lock, [&] { return daemon->first_start_.has_value(); });
  const Status started = *daemon->first_start_;
  lock.unlock();
  TRIVET_RETURN_IF_ERROR(started);
  return daemon;
}

Status NodeDaemon::StartProcess(Process& process) {
  std::vector<std::string> command = options_.worker_command;
  const size_t memory = options_.worker_memory_bytes != 0
                            ? options_.worker_memory_bytes
                            : DefaultMemoryLimit() / (options_.workers + 1);
  for (const std::string& argument :
       {std::string("--coordinator"), server_->location(), std::string("--name"), process.name,
        std::string("--slots"), StrCat(options_.slots_per_worker), std::string("--memory-limit"),
        StrCat(memory), std::string("--exit-with-parent")}) {
    command.push_back(argument);
  }
  if (options_.worker_disk_quota_bytes != DiskQuota::kUnlimited) {
    command.push_back("--disk-quota");
    command.push_back(StrCat(options_.worker_disk_quota_bytes));
  }
  const TlsOptions& tls = options_.server.tls;
  for (const auto& [name, value] : {std::pair{"--directory", options_.directory},
                                    {"--tls-certificate", tls.certificate_file},
                                    {"--tls-key", tls.key_file},
                                    {"--tls-authority", tls.authority_file}}) {
    if (value.empty()) continue;
    command.push_back(name);
    command.push_back(value);
  }
  std::vector<std::string> environment = EnvironmentWith(options_.server.token);
  std::vector<char*> arguments = Pointers(command);
  std::vector<char*> variables = Pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Status::IO(StrCat("cannot start a worker: ", std::strerror(error)))
        .WithFile(command.front());
  }
  process.pid = pid;
  process.started = std::chrono::steady_clock::now();
  return Status::OK();
}

// Tells the coordinator of the end of a worker's process, so that it need not wait for silence.
void NodeDaemon::Reap(Process& process) {
  int how = 0;
  if (process.pid < 0 || waitpid(process.pid, &how, WNOHANG) != process.pid) return;
  const std::string reason = WIFSIGNALED(how) ? StrCat("killed by signal ", WTERMSIG(how))
                                              : StrCat("exited with ", WEXITSTATUS(how));
  process.pid = -1;
  const auto now = std::chrono::steady_clock::now();
  process.failures = now - process.started > kHealthyLife ? 1 : process.failures + 1;
  const auto delay = kFirstDelay * (1 << std::min<uint32_t>(process.failures - 1, 6));
  process.next_start = now + std::min<std::chrono::milliseconds>(delay, kLongestDelay);
  for (const WorkerSnapshot& worker : server_->driver().Workers()) {
    if (worker.worker.name == process.name && worker.condition != WorkerCondition::kLost) {
      server_->driver().Post(WorkerLost{worker.worker, reason});
    }
  }
}

void NodeDaemon::SuperviseLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (Process& process : processes_) {
      Reap(process);
      if (process.pid >= 0 || std::chrono::steady_clock::now() < process.next_start) continue;
      const Status started = StartProcess(process);
      if (started.ok()) continue;
      process.next_start = std::chrono::steady_clock::now() + kLongestDelay;
      if (!first_start_) first_start_ = started;
    }
    if (!first_start_) first_start_ = Status::OK();
    stop_.notify_all();
    stop_.wait_for(lock, kSuperviseInterval, [this] { return stopping_; });
  }
}

NodeDaemon::~NodeDaemon() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  if (supervisor_.joinable()) supervisor_.join();
  for (const Process& process : processes_) {
    if (process.pid >= 0) kill(process.pid, SIGTERM);
  }
  const auto deadline = std::chrono::steady_clock::now() + kStopGrace;
  for (Process& process : processes_) {
    while (process.pid >= 0) {
      int how = 0;
      if (waitpid(process.pid, &how, WNOHANG) != 0) break;
      if (std::chrono::steady_clock::now() > deadline) kill(process.pid, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  server_.reset();
}

std::map<std::string, int> NodeDaemon::WorkerProcesses() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, int> processes;
  for (const Process& process : processes_) {
    if (process.pid >= 0) processes[process.name] = process.pid;
  }
  return processes;
}

}  // namespace trivet
