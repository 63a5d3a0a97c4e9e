#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "sql/binder/binder.h"

namespace trivet {

// Values of all settings at one moment, typed. A run takes a copy when it starts.
struct SettingValues {
  uint64_t threads = 1;
  uint64_t memory_limit_bytes = 0;
  std::string temp_directory;
  uint64_t max_temp_directory_bytes = ~uint64_t{0};  // that: nine tenths of what is free
  bool always_spill = false;
  bool enable_page_cache = true;
  bool enable_plan_cache = true;
  bool enable_sampling = true;
  bool preserve_insertion_order = true;
  uint64_t batch_size = 2048;
  std::string time_zone = "UTC";
  std::set<std::string, std::less<>> disabled_optimizers;
  bool default_nulls_first = false;
  bool default_descending = false;
  bool enable_progress_bar = false;
  uint64_t random_seed = 0;  // 0: a new one for each query

  bool operator==(const SettingValues& other) const = default;
};

// The settings by name, as SET, RESET, SHOW and duckdb_settings() know them. Names are DuckDB's
// where the thing is the same. A connection's settings have the database's as their parent, which
// holds the global ones. Thread-safe.
class Settings final : public SettingsView {
 public:
  explicit Settings(SettingValues defaults, Settings* parent = nullptr);

  SettingValues Get() const;
  // NotFound for an unknown name, with the nearest one as hint; InvalidInput for a bad value.
  Status Set(const std::string& name, const Value& value);
  Status Reset(const std::string& name);

  std::vector<Setting> List() const override;

 private:
  Settings* const parent_;
  mutable std::mutex mutex_;
  SettingValues defaults_;
  SettingValues values_;
};

}  // namespace trivet
