#include "distributed/event_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/local_file_system.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string Now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm broken_down{};
  gmtime_r(&seconds, &broken_down);
  char text[40];
  const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &broken_down);
  std::snprintf(text + size, sizeof(text) - size, ".%03dZ", static_cast<int>(millis));
  return text;
}

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (name == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  return Status::InvalidInput(StrCat("\"", name, "\" is no log level"))
      .WithHint("write debug, info, warning, error or off");
}

std::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

LogEvent::LogEvent(std::string_view name) { Text("event", name); }

void LogEvent::Name(std::string_view field) {
  fields_.push_back(',');
  AppendQuoted(fields_, field);
  fields_.push_back(':');
}

LogEvent& LogEvent::Text(std::string_view field, std::string_view value) {
  Name(field);
  AppendQuoted(fields_, value);
  return *this;
}

LogEvent& LogEvent::Number(std::string_view field, uint64_t value) {
  Name(field);
  fields_ += std::to_string(value);
  return *this;
}

LogEvent& LogEvent::Query(QueryId query) { return Number("query", query); }

LogEvent& LogEvent::Attempt(const AttemptId& attempt) {
  Query(attempt.task.query);
  Number("stage", attempt.task.stage);
  Number("task", attempt.task.partition);
  return Number("attempt", attempt.attempt);
}

LogEvent& LogEvent::Worker(const WorkerIncarnation& worker) {
  Text("worker", worker.name);
  return Number("incarnation", worker.incarnation);
}

LogEvent& LogEvent::Error(const Status& status) {
  if (status.ok()) return *this;
  Text("code", StatusCodeName(status.code()));
  return Text("error", status.message());
}

EventLog::~EventLog() {
  if (descriptor_ > 2) ::close(descriptor_);
}

Result<std::shared_ptr<EventLog>> EventLog::Open(LogOptions options) {
  auto log = std::make_shared<EventLog>();
  if (!options.file.empty() && options.level != LogLevel::kOff) {
    log->descriptor_ =
        ::open(options.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log->descriptor_ < 0) return SystemError(errno, "cannot open the log", options.file);
  }
  log->options_ = std::move(options);
  return log;
}

void EventLog::Hide(std::string secret) {
  if (secret.empty()) return;
  const std::lock_guard lock(mutex_);
  secrets_.push_back(std::move(secret));
}

void EventLog::Write(LogLevel level, const LogEvent& event) {
  if (!Writes(level)) return;
  std::string line =
      StrCat("{\"time\":\"", Now(), "\",\"level\":\"", LogLevelName(level), "\",\"process\":");
  AppendQuoted(line, options_.process);
  line += event.fields();
  line += "}\n";
  const std::lock_guard lock(mutex_);
  for (const std::string& secret : secrets_) {
    for (size_t at = line.find(secret); at != std::string::npos; at = line.find(secret, at)) {
      line.replace(at, secret.size(), "***");
    }
  }
  // One call a line keeps lines of several processes apart. Whoever cannot log goes on working.
  (void)!::write(descriptor_, line.data(), line.size());
}

}  // namespace trivet
