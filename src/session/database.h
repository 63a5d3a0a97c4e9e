#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "catalog/catalog.h"
#include "catalog/table_function.h"
#include "context/buffer_cache.h"
#include "context/file_facts.h"
#include "context/memory_budget.h"
#include "context/temporary_files.h"
#include "extension/extensions.h"
#include "local/local_executor.h"
#include "session/plan_cache.h"
#include "session/settings.h"

namespace trivet {

class Connection;

struct DatabaseOptions {
  size_t threads = 0;             // 0: one per processor
  size_t memory_limit_bytes = 0;  // 0: 80 % of what the process may use
  FileSystem* files = nullptr;    // null: the local files
  // Microseconds since 1970-01-01 UTC; empty: the system's clock.
  std::function<int64_t()> clock;
  // Where queries run; null: on this process's threads.
  std::shared_ptr<QueryRuntime> runtime;
  // Functions and operators of the user's to begin with; null: none.
  ExtensionSetPtr extensions;
};

// The engine embedded in a process: threads, memory budget, catalog and settings that all
// connections share. Thread-safe; connections and results keep it alive.
class Database : public std::enable_shared_from_this<Database> {
 public:
  static std::shared_ptr<Database> Open(DatabaseOptions options = {});
  std::unique_ptr<Connection> Connect();

  Catalog& catalog() { return catalog_; }
  TableFunctionRegistry& table_functions() { return table_functions_; }
  Extensions& extensions() { return extensions_; }
  // As Extensions::AddOperator; AlreadyExists, too, where a table function has the name.
  Status AddOperator(CustomOperatorPtr op, OnRegistered mode);
  Settings& settings() { return settings_; }
  MemoryBudget& memory() { return *memory_; }
  // For what may outlive the database.
  const std::shared_ptr<MemoryBudget>& shared_memory() const { return memory_; }
  TemporaryFiles& temporary_files() { return temporary_files_; }
  BufferCache& buffer_cache() { return buffer_cache_; }
  FileFacts& file_facts() { return file_facts_; }
  PlanCache& plan_cache() { return plan_cache_; }
  QueryRuntime& runtime() { return runtime_ ? *runtime_ : executor_; }
  FileSystem& files() { return files_; }
  int64_t NowMicros() const { return clock_(); }
  // A seed for random() of one statement: another one each time.
  uint64_t NextRandomSeed();

  // Carries global settings over to the pool, the budget and the temporary files.
  void ApplySettings();

 private:
  explicit Database(DatabaseOptions options);

  FileSystem& files_;
  std::function<int64_t()> clock_;
  Settings settings_;
  const std::shared_ptr<MemoryBudget> memory_;
  TemporaryFiles temporary_files_;
  BufferCache buffer_cache_{*memory_, BufferCache::FreedMemory::kKept};
  FileFacts file_facts_{memory_, buffer_cache_};
  PlanCache plan_cache_{*memory_, file_facts_};
  Catalog catalog_;
  TableFunctionRegistry table_functions_;
  Extensions extensions_;
  LocalExecutor executor_;
  std::shared_ptr<QueryRuntime> runtime_;
  std::mutex apply_mutex_;
  std::atomic<uint64_t> next_seed_;
};

}  // namespace trivet
