#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/identifiers.h"

namespace trivet {

enum class LogLevel : uint8_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3, kOff = 4 };
// InvalidInput for a name that is none of debug, info, warning, error, off.
Result<LogLevel> ParseLogLevel(std::string_view name);
std::string_view LogLevelName(LogLevel level);

// One thing that happened, as JSON fields in the order in which they are added.
class LogEvent {
 public:
  explicit LogEvent(std::string_view name);
  LogEvent& Text(std::string_view field, std::string_view value);
  LogEvent& Number(std::string_view field, uint64_t value);
  // "query", "stage", "task", "attempt", "worker" and "incarnation": the same names everywhere.
  LogEvent& Query(QueryId query);
  LogEvent& Attempt(const AttemptId& attempt);
  LogEvent& Worker(const WorkerIncarnation& worker);
  // "code", "error"; nothing where it is OK.
  LogEvent& Error(const Status& status);

  const std::string& fields() const { return fields_; }

 private:
  void Name(std::string_view field);
  std::string fields_;
};

struct LogOptions {
  LogLevel level = LogLevel::kOff;
  std::string file;     // appended to; several processes may share it; empty: standard error
  std::string process;  // who writes: "coordinator", a worker's name
};

// A process's log: one JSON object a line, each written at once:
//   {"time":"2026-01-31T12:00:00.123Z","level":"info","process":"worker0","event":"task_started",...}
// Secrets that it knows are never written, wherever they turn up. Thread-safe.
class EventLog {
 public:
  // Writes nothing.
  EventLog() = default;
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // IO where the file cannot be opened.
  static Result<std::shared_ptr<EventLog>> Open(LogOptions options);
  // From now on asterisks stand for this text.
  void Hide(std::string secret);

  bool Writes(LogLevel level) const { return level >= options_.level && level < LogLevel::kOff; }
  void Write(LogLevel level, const LogEvent& event);

 private:
  LogOptions options_;
  int descriptor_ = 2;
  std::mutex mutex_;
  std::vector<std::string> secrets_;
};

}  // namespace trivet
