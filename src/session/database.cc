#include "session/database.h"

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "base/hash.h"
#include "catalog/range_function.h"
#include "formats/registry.h"
#include "session/connection.h"

namespace trivet {

namespace {

SettingValues Defaults(const DatabaseOptions& options) {
  SettingValues values;
  values.threads = options.threads != 0 ? options.threads
                                        : std::max<size_t>(1, std::thread::hardware_concurrency());
  values.memory_limit_bytes =
      options.memory_limit_bytes != 0 ? options.memory_limit_bytes : DefaultMemoryLimit();
  std::error_code ignored;  // no temporary directory: the setting stays empty
  values.temp_directory = std::filesystem::temp_directory_path(ignored).string();
  return values;
}

int64_t SystemClockMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Database::Database(DatabaseOptions options)
    : files_(options.files != nullptr ? *options.files : FileSystem::Local()),
      clock_(options.clock ? std::move(options.clock) : SystemClockMicros),
      settings_(Defaults(options)),
      memory_(std::make_shared<MemoryBudget>("memory_limit", settings_.Get().memory_limit_bytes)),
      temporary_files_(files_, settings_.Get().temp_directory),
      extensions_(options.extensions != nullptr ? options.extensions
                                                : std::make_shared<const ExtensionSet>()),
      executor_(settings_.Get().threads),
      runtime_(std::move(options.runtime)),
      next_seed_(uint64_t{std::random_device()()} << 32 | std::random_device()()) {
  RegisterFileFormats(table_functions_);
  RegisterRangeFunctions(table_functions_);
}

std::shared_ptr<Database> Database::Open(DatabaseOptions options) {
  return std::shared_ptr<Database>(new Database(std::move(options)));
}

std::unique_ptr<Connection> Database::Connect() {
  return std::make_unique<Connection>(shared_from_this());
}

Status Database::AddOperator(CustomOperatorPtr op, OnRegistered mode) {
  const std::string& name = op->declaration().name;
  if (table_functions_.Find(name) != nullptr) {
    return Status::AlreadyExists("there is a table function \"" + name + "\"");
  }
  return extensions_.AddOperator(std::move(op), mode);
}

uint64_t Database::NextRandomSeed() {
  // The system's own source takes as long as a small query.
  return HashInt64(next_seed_.fetch_add(1, std::memory_order_relaxed));
}

void Database::ApplySettings() {
  std::lock_guard lock(apply_mutex_);
  const SettingValues values = settings_.Get();
  memory_->set_limit_bytes(values.memory_limit_bytes);
  executor_.Resize(values.threads);
  std::optional<uint64_t> most;
  if (values.max_temp_directory_bytes != ~uint64_t{0}) most = values.max_temp_directory_bytes;
  buffer_cache_.SetEnabled(values.enable_page_cache);
  buffer_cache_.FitLimit();
  if (!values.enable_plan_cache) plan_cache_.Clear();
  temporary_files_.Configure(values.temp_directory, most);
}

}  // namespace trivet
