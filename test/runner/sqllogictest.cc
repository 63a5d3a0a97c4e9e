// Runs SQL suites (test/sql/README.md) on Trivet: sqllogictest [--threads N] [--batch-size N]
// [--memory-limit SIZE] [--always-spill] [--simd-level LEVEL] [--disable-optimizers]
// [--workers N [--partitions P]] [--coordinator URL] [--verbose] FILE-OR-FOLDER…
// With --workers every query runs as stages on that many workers of this process, whatever its
// size, each scan as three tasks. With --coordinator every file is a session of a running
// coordinator (its secret is in TRIVET_TOKEN), which plans as it was told to when it was started.
// Prints every failing record and, at the end, the line "N passed, M failed".
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

#include "base/string_concat.h"
#include "cluster/connect.h"
#include "distributed/distributed_runtime.h"
#include "distributed/in_process_cluster.h"
#include "session/connection.h"
#include "session/database.h"
#include "suite_file.h"

namespace trivet {
namespace {

namespace fs = std::filesystem;

// With everything on disk, one record in so many at least has something to put there: a grouping, a
// join, a sort of some rows.
constexpr size_t kLeastSpilledShare = 4;

struct RunnerOptions {
  std::vector<std::string> setup;  // SET statements
  std::vector<fs::path> paths;
  uint32_t workers = 0;
  uint32_t partitions = 4;
  InProcessCluster* cluster = nullptr;
  std::string coordinator;  // its location, where the suites run on one
  bool always_spill = false;
  bool verbose = false;
};

std::string Escape(const std::string& text) {
  if (text.empty()) return "(empty)";
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\0': out += "\\0"; break;
      default: out += c;
    }
  }
  return out;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Runs the SQL to its end and gives its rows as lines of text.
Result<std::vector<std::string>> RunQuery(Connection& connection, const std::string& sql,
                                          size_t* column_count) {
  TRIVET_ASSIGN_OR_RETURN(auto result, connection.Execute(sql));
  *column_count = result->columns().size();
  std::vector<std::string> rows;
  Batch batch;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const bool more, result->Next(batch));
    if (!more) return rows;
    for (size_t row = 0; row < batch.row_count(); ++row) {
      std::string line;
      for (size_t column = 0; column < batch.column_count(); ++column) {
        if (column > 0) line += '\t';
        const Value value = batch.column(column).GetValue(row);
        line += value.is_null() ? "NULL" : Escape(value.ToString());
      }
      rows.push_back(std::move(line));
    }
  }
}

bool NumbersAgree(const std::string& actual, const std::string& expected) {
  char* end = nullptr;
  const double a = std::strtod(actual.c_str(), &end);
  if (*end != '\0' || actual.empty()) return false;
  const double b = std::strtod(expected.c_str(), &end);
  if (*end != '\0' || expected.empty()) return false;
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::fabs(a - b) <= 1e-9 * std::max({std::fabs(a), std::fabs(b), 1e-290});
}

bool RowsAgree(const std::string& actual, const std::string& expected, const std::string& letters) {
  if (actual == expected) return true;
  const std::vector<std::string> left = Split(actual, '\t');
  const std::vector<std::string> right = Split(expected, '\t');
  if (left.size() != right.size() || left.size() != letters.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i] == right[i]) continue;
    if (letters[i] != 'R' || !NumbersAgree(left[i], right[i])) return false;
  }
  return true;
}

// Empty where the record passes, else what went wrong.
std::string RunRecord(Connection& connection, const SuiteRecord& record, const std::string& sql) {
  size_t column_count = 0;
  Result<std::vector<std::string>> rows = RunQuery(connection, sql, &column_count);
  if (record.kind == SuiteRecord::Kind::kStatementError) {
    if (rows.ok()) return "expected an error, but the statement succeeded";
    const std::string message = rows.status().ToString();
    if (message.find(record.expectation) == std::string::npos) {
      return "the error does not contain \"" + record.expectation + "\":\n" + message;
    }
    return rows.status().code() == StatusCode::kInternal ? "internal error: " + message : "";
  }
  if (!rows.ok()) return rows.status().Render(sql);
  if (record.kind == SuiteRecord::Kind::kStatementOk) return "";
  if (column_count != record.letters.size()) {
    return StrCat("expected ", record.letters.size(), " columns, got ", column_count);
  }
  std::vector<std::string> expected;
  if (!record.expectation.empty()) expected = Split(record.expectation, '\n');
  if (record.sorted) {
    std::sort(expected.begin(), expected.end());
    std::sort(rows->begin(), rows->end());
  }
  const std::string shown_rows = [&] {
    std::string text = "--- expected\n";
    for (const std::string& row : expected) text += row + "\n";
    text += "--- got\n";
    for (const std::string& row : *rows) text += row + "\n";
    return text;
  }();
  if (expected.size() != rows->size()) {
    return StrCat("expected ", expected.size(), " rows, got ", rows->size(), "\n", shown_rows);
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!RowsAgree((*rows)[i], expected[i], record.letters)) {
      return StrCat("row ", i + 1, " differs\n", shown_rows);
    }
  }
  return "";
}

struct Tally {
  size_t passed = 0;
  size_t failed = 0;
  size_t spilled = 0;  // records during which something went to disk
};

// A new session for each file. Ends the program where there is none to be had.
std::unique_ptr<Connection> OpenConnection(const RunnerOptions& options) {
  ConnectOptions connect;
  if (!options.coordinator.empty()) {
    connect.mode = RuntimeMode::kDistributed;
    connect.remote.location = options.coordinator;
  } else if (options.cluster != nullptr) {
    DistributedPlannerOptions planning;
    planning.partitions = options.partitions;
    planning.single_task_bytes = 0;
    planning.forced_scan_tasks = 3;
    planning.range_sort_bytes = 0;
    QuerySettings settings;
    settings.adaptation.coalesce = false;  // small data would end up in one task each time
    connect.database.runtime =
        std::make_shared<DistributedRuntime>(options.cluster->driver(), options.cluster->fetcher(),
                                             options.cluster->tables(), planning, settings);
  }
  Result<std::unique_ptr<Connection>> connection = Connect(std::move(connect));
  if (connection.ok()) return std::move(*connection);
  std::cerr << connection.status().ToString() << "\n";
  std::exit(2);
}

void RunFile(const fs::path& path, const RunnerOptions& options, Tally& tally) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  Result<std::vector<SuiteRecord>> records = ParseSuite(content.str(), "trivet");
  if (!file || !records.ok()) {
    std::cout << path.string() << ": " << (file ? records.status().ToString() : "cannot be read")
              << "\n";
    ++tally.failed;
    return;
  }
  const fs::path scratch =
      fs::temp_directory_path() /
      StrCat("trivet-sql-", static_cast<int>(getpid()), "-", path.stem().string());
  fs::create_directories(scratch);
  const char* data = std::getenv("TRIVET_DATA");
  std::unique_ptr<Connection> connection = OpenConnection(options);
  for (const std::string& statement : options.setup) {
    const Result<std::unique_ptr<QueryResult>> set = connection->Execute(statement);
    if (!set.ok()) {
      std::cerr << set.status().ToString() << "\n";
      std::exit(2);
    }
  }
  for (const SuiteRecord& record : *records) {
    std::string sql = ReplaceAll(record.sql, "__TEST_DIR__", scratch.string());
    sql = ReplaceAll(sql, "__DATA__", data ? data : "data");
    if (options.verbose) std::cerr << path.string() << ":" << record.line << "\n";
    const TemporaryFiles& temporary_files = connection->database().temporary_files();
    const uint64_t written = temporary_files.written_bytes();
    const std::string failure = RunRecord(*connection, record, sql);
    tally.spilled += temporary_files.written_bytes() > written;
    if (failure.empty()) {
      ++tally.passed;
      continue;
    }
    ++tally.failed;
    std::cout << path.string() << ":" << record.line << ": FAILED\n"
              << sql << "\n"
              << failure << "\n\n";
  }
  std::error_code ignored;  // a scratch folder left over harms nobody
  fs::remove_all(scratch, ignored);
}

int Main(int argc, char** argv) {
  RunnerOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) {
        std::cerr << argument << " wants a value\n";
        std::exit(2);
      }
      return argv[++i];
    };
    if (argument == "--threads") {
      options.setup.push_back("SET threads = " + value());
    } else if (argument == "--batch-size") {
      options.setup.push_back("SET batch_size = " + value());
    } else if (argument == "--memory-limit") {
      options.setup.push_back("SET memory_limit = '" + value() + "'");
    } else if (argument == "--always-spill") {
      options.setup.push_back("SET always_spill = true");
      options.always_spill = true;
    } else if (argument == "--simd-level") {
      options.setup.push_back("SET simd_level = '" + value() + "'");
    } else if (argument == "--workers") {
      options.workers = static_cast<uint32_t>(std::stoul(value()));
    } else if (argument == "--partitions") {
      options.partitions = static_cast<uint32_t>(std::stoul(value()));
    } else if (argument == "--coordinator") {
      options.coordinator = value();
    } else if (argument == "--disable-optimizers") {
      options.setup.push_back("SET disabled_optimizers = 'all'");
    } else if (argument == "--verbose") {
      options.verbose = true;
    } else if (argument.starts_with("--")) {
      std::cerr << "unknown option " << argument << "\n";
      return 2;
    } else if (fs::is_directory(argument)) {
      for (const auto& entry : fs::recursive_directory_iterator(argument)) {
        if (entry.path().extension() == ".test") options.paths.push_back(entry.path());
      }
    } else {
      options.paths.push_back(argument);
    }
  }
  std::sort(options.paths.begin(), options.paths.end());
  std::unique_ptr<InProcessCluster> cluster;
  if (options.workers > 0) {
    InProcessClusterOptions started;
    started.workers = options.workers;
    started.directory =
        (fs::temp_directory_path() / StrCat("trivet-sql-cluster-", static_cast<int>(getpid())))
            .string();
    auto result = InProcessCluster::Start(started, FileSystem::Local());
    if (!result.ok()) {
      std::cerr << result.status().ToString() << "\n";
      return 2;
    }
    cluster = std::move(*result);
    options.cluster = cluster.get();
  }
  Tally tally;
  for (const fs::path& path : options.paths) RunFile(path, options, tally);
  // What workers spill is theirs to tell.
  if (options.always_spill && options.workers == 0 && options.coordinator.empty()) {
    // Operators that should have, and did not, would pass every record.
    std::cout << tally.spilled << " records went to disk\n";
    if (tally.spilled * kLeastSpilledShare < tally.passed) {
      std::cout << "too few: one in " << kLeastSpilledShare << " should have\n";
      ++tally.failed;
    }
  }
  std::cout << tally.passed << " passed, " << tally.failed << " failed" << std::endl;
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main(argc, argv); }
