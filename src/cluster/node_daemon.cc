#include "cluster/node_daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/string_concat.h"
#include "context/memory_budget.h"
#include "distributed/append_file.h"

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

// When the process was started, in ticks since the machine was; nothing where it lives no more.
std::optional<uint64_t> BirthOf(int pid) {
  std::ifstream file(StrCat("/proc/", pid, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  constexpr int kBirthField = 20;  // behind the name
  for (int i = 1; i <= kBirthField && fields >> field; ++i) {
    if (i == 1 && (field == "Z" || field == "X")) return std::nullopt;  // dead, not yet buried
    if (i == kBirthField) return std::strtoull(field.c_str(), nullptr, 10);
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<NodeDaemon>> NodeDaemon::Start(NodeDaemonOptions options,
                                                      FileSystem& files) {
  std::unique_ptr<NodeDaemon> daemon(new NodeDaemon(std::move(options)));
  TRIVET_ASSIGN_OR_RETURN(daemon->server_,
                          CoordinatorServer::Start(daemon->options_.server, files));
  daemon->server_->driver().ExpectSlots(daemon->options_.workers *
                                        daemon->options_.slots_per_worker);
  for (uint32_t i = 0; i < daemon->options_.workers; ++i) {
    Process process;
    process.name = StrCat("worker", i);
    daemon->processes_.push_back(std::move(process));
  }
  daemon->TakeOver();
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
  const CoordinatorServerOptions& server = options_.server;
  const size_t memory = options_.worker_memory_bytes != 0
                            ? options_.worker_memory_bytes
                            : DefaultMemoryLimit() / (options_.workers + 1);
  for (const std::string& argument :
       {std::string("--coordinator"), server_->location(), std::string("--name"), process.name,
        std::string("--slots"), StrCat(options_.slots_per_worker), std::string("--memory-limit"),
        StrCat(memory), std::string("--compression"), options_.worker_compression,
        std::string("--log-level"), std::string(LogLevelName(server.log.level))}) {
    command.push_back(argument);
  }
  // With a journal, another coordinator may go on with the worker; without, its lease ends it.
  if (server.journal_directory.empty()) command.emplace_back("--exit-with-parent");
  if (options_.worker_disk_quota_bytes != DiskQuota::kUnlimited) {
    command.push_back("--disk-quota");
    command.push_back(StrCat(options_.worker_disk_quota_bytes));
  }
  const TlsOptions& tls = server.tls;
  for (const auto& [name, value] : {std::pair{"--directory", options_.directory},
                                    {"--log-file", server.log.file},
                                    {"--tls-certificate", tls.certificate_file},
                                    {"--tls-key", tls.key_file},
                                    {"--tls-authority", tls.authority_file}}) {
    if (value.empty()) continue;
    command.push_back(name);
    command.push_back(value);
  }
  std::vector<std::string> environment = EnvironmentWith(server_->token());
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
  process.child = true;
  process.birth = BirthOf(pid).value_or(0);
  process.started = std::chrono::steady_clock::now();
  server_->log().Write(LogLevel::kInfo, LogEvent("worker_process_started")
                                            .Text("worker", process.name)
                                            .Number("pid", static_cast<uint64_t>(pid)));
  RememberProcesses();
  return Status::OK();
}

std::optional<std::string> NodeDaemon::EndOf(const Process& process) {
  if (!process.child) {
    if (BirthOf(process.pid) == process.birth) return std::nullopt;
    return "its process has ended";
  }
  int how = 0;
  if (waitpid(process.pid, &how, WNOHANG) != process.pid) return std::nullopt;
  return WIFSIGNALED(how) ? StrCat("killed by signal ", WTERMSIG(how))
                          : StrCat("exited with ", WEXITSTATUS(how));
}

// Lines of a worker's name, its process and when that was born.
void NodeDaemon::RememberProcesses() {
  if (server_->journal() == nullptr) return;
  std::string lines;
  for (const Process& process : processes_) {
    if (process.pid < 0) continue;
    lines += StrCat(process.name, " ", process.pid, " ", process.birth, "\n");
  }
  // Where this fails, the next daemon leaves the workers to their lease and starts others.
  const auto file = AppendFile::Open(server_->journal()->File("processes"));
  const Status kept = file.ok() ? (*file)->Replace(lines) : file.status();
  if (!kept.ok()) {
    server_->log().Write(LogLevel::kWarning, LogEvent("processes_not_kept").Error(kept));
  }
}

void NodeDaemon::TakeOver() {
  if (server_->journal() == nullptr) return;
  const auto file = AppendFile::Open(server_->journal()->File("processes"));
  const Result<std::string> text = file.ok() ? (*file)->Read() : file.status();
  if (!text.ok()) return;
  std::istringstream lines(*text);
  std::string name;
  int pid = 0;
  uint64_t birth = 0;
  while (lines >> name >> pid >> birth) {
    if (BirthOf(pid) != birth) continue;
    const auto process = std::find_if(processes_.begin(), processes_.end(),
                                      [&](const Process& known) { return known.name == name; });
    if (process == processes_.end()) {
      kill(pid, SIGTERM);  // there are fewer workers now
      continue;
    }
    process->pid = pid;
    process->birth = birth;
    process->child = false;
    process->started = std::chrono::steady_clock::now();
  }
}

// Tells the coordinator of the end of a worker's process, so that it need not wait for silence.
void NodeDaemon::Reap(Process& process) {
  if (process.pid < 0) return;
  const std::optional<std::string> end = EndOf(process);
  if (!end) return;
  const std::string& reason = *end;
  server_->log().Write(LogLevel::kWarning, LogEvent("worker_process_ended")
                                               .Text("worker", process.name)
                                               .Number("pid", static_cast<uint64_t>(process.pid))
                                               .Text("reason", reason));
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
    while (process.pid >= 0 && !EndOf(process)) {
      if (std::chrono::steady_clock::now() > deadline) kill(process.pid, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    process.pid = -1;
  }
  if (server_) RememberProcesses();
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
