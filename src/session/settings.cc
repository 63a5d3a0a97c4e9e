#include "session/settings.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "base/nearest_name.h"
#include "base/simd_level.h"
#include "base/string_concat.h"
#include "context/memory_budget.h"
#include "optimizer/optimizer.h"
#include "types/time_zone.h"

namespace trivet {

namespace {

// One setting: how its text is read, shown and given back its default.
struct Definition {
  const char* name;
  const char* type;
  const char* scope;
  const char* description;
  Status (*set)(SettingValues& values, const std::string& text);
  std::string (*show)(const SettingValues& values);
  void (*reset)(SettingValues& values, const SettingValues& defaults);
};

Status BadValue(const char* name, const std::string& text, const char* expected) {
  return Status::InvalidInput(
      StrCat("\"", text, "\" is no value for ", name, ": expected ", expected));
}

Result<uint64_t> ParseCount(const char* name, const std::string& text, uint64_t least,
                            uint64_t most) {
  uint64_t value = 0;
  const bool digits =
      !text.empty() && text.size() < 19 &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  if (digits) value = std::stoull(text);
  if (!digits || value < least || value > most) {
    return BadValue(name, text, StrCat("a whole number from ", least, " to ", most).c_str());
  }
  return value;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

Result<bool> ParseFlag(const char* name, const std::string& text) {
  const std::string word = Lower(text);
  if (word == "true" || word == "on" || word == "1" || word == "yes") return true;
  if (word == "false" || word == "off" || word == "0" || word == "no") return false;
  return BadValue(name, text, "true or false");
}

std::string ShowFlag(bool flag) { return flag ? "true" : "false"; }

constexpr uint64_t kMaxThreads = 1024;

#define TRIVET_RESET(member) \
  [](SettingValues& values, const SettingValues& defaults) { values.member = defaults.member; }

Status SetThreads(SettingValues& values, const std::string& text) {
  TRIVET_ASSIGN_OR_RETURN(values.threads, ParseCount("threads", text, 1, kMaxThreads));
  return Status::OK();
}
std::string ShowThreads(const SettingValues& values) { return StrCat(values.threads); }

Status SetMemoryLimit(SettingValues& values, const std::string& text) {
  if (text == "-1" || Lower(text) == "none") {
    values.memory_limit_bytes = ~uint64_t{0} >> 1;
    return Status::OK();
  }
  TRIVET_ASSIGN_OR_RETURN(values.memory_limit_bytes, ParseBytes(text));
  return Status::OK();
}
std::string ShowMemoryLimit(const SettingValues& values) {
  return FormatBytes(values.memory_limit_bytes);
}

Status SetDisabledOptimizers(SettingValues& values, const std::string& text) {
  std::set<std::string, std::less<>> disabled;
  std::vector<std::string> known;
  for (const OptimizerRule& rule : OptimizerRules()) known.emplace_back(rule.name);
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(',', begin), text.size());
    std::string name = Lower(text.substr(begin, end - begin));
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    begin = end + 1;
    if (name.empty()) continue;
    if (name == "all") {
      for (const OptimizerRule& rule : OptimizerRules()) {
        if (!rule.required) disabled.emplace(rule.name);
      }
      continue;
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string nearest = NearestName(name, known);
      return Status::NotFound(StrCat("there is no optimizer rule \"", name, "\""))
          .WithHint(nearest.empty() ? "EXPLAIN names the rules that fire"
                                    : StrCat("did you mean \"", nearest, "\"?"));
    }
    disabled.insert(std::move(name));
  }
  values.disabled_optimizers = std::move(disabled);
  return Status::OK();
}
std::string ShowDisabledOptimizers(const SettingValues& values) {
  std::string text;
  for (const std::string& name : values.disabled_optimizers) {
    text += text.empty() ? name : "," + name;
  }
  return text;
}

Status SetTimeZone(SettingValues& values, const std::string& text) {
  TRIVET_RETURN_IF_ERROR(TimeZone::Find(text).status());
  values.time_zone = text;
  return Status::OK();
}

// DuckDB's words for its default.
constexpr const char* kMostOfTheDisk = "90% of available disk space";

Status SetMaxTempDirectorySize(SettingValues& values, const std::string& text) {
  if (Lower(text) == kMostOfTheDisk) {
    values.max_temp_directory_bytes = ~uint64_t{0};
    return Status::OK();
  }
  if (text.find('%') != std::string::npos) {
    return BadValue("max_temp_directory_size", text, "a size, such as 100GB");
  }
  TRIVET_ASSIGN_OR_RETURN(values.max_temp_directory_bytes, ParseBytes(text));
  return Status::OK();
}
std::string ShowMaxTempDirectorySize(const SettingValues& values) {
  return values.max_temp_directory_bytes == ~uint64_t{0}
             ? kMostOfTheDisk
             : FormatBytes(values.max_temp_directory_bytes);
}

// Belongs to the process, as what a kernel is compiled for cannot show in an answer: the values of
// a run do not hold it.
constexpr const char* kBestLevel = "auto";

Status SetSimdLevel(SettingValues&, const std::string& text) {
  const std::string word = Lower(text);
  if (word == kBestLevel) {
    ForceSimdLevel(std::nullopt);
    return Status::OK();
  }
  const std::optional<SimdLevel> level = FindSimdLevel(word);
  if (!level) {
    return BadValue("simd_level", text, "auto, baseline, sse4.2, avx2 or avx512");
  }
  if (ForceSimdLevel(level)) return Status::OK();
  return Status::InvalidInput(StrCat("this machine has no ", word))
      .WithHint(StrCat("it has ", SimdLevelNamesOfMachine()));
}
std::string ShowSimdLevel(const SettingValues&) {
  const std::optional<SimdLevel> forced = ForcedSimdLevel();
  return forced ? std::string(SimdLevelName(*forced)) : kBestLevel;
}

const Definition kDefinitions[] = {
    {"always_spill", "BOOLEAN", "LOCAL",
     "Whether operators put what they hold on disk although it fits; for tests",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.always_spill, ParseFlag("always_spill", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.always_spill); },
     TRIVET_RESET(always_spill)},
    {"batch_size", "UBIGINT", "LOCAL", "Rows of a batch, 1 to 2048; small ones only for tests",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.batch_size, ParseCount("batch_size", text, 1, kVectorSize));
       return Status::OK();
     },
     [](const SettingValues& values) { return StrCat(values.batch_size); },
     TRIVET_RESET(batch_size)},
    {"default_null_order", "VARCHAR", "LOCAL",
     "Where NULLs sort unless said: nulls_first, nulls_last",
     [](SettingValues& values, const std::string& text) -> Status {
       const std::string word = Lower(text);
       if (word != "nulls_first" && word != "nulls_last" && word != "first" && word != "last" &&
           word != "nulls first" && word != "nulls last") {
         return BadValue("default_null_order", text, "nulls_first or nulls_last");
       }
       values.default_nulls_first = word.find("first") != std::string::npos;
       return Status::OK();
     },
     [](const SettingValues& values) -> std::string {
       return values.default_nulls_first ? "NULLS_FIRST" : "NULLS_LAST";
     },
     TRIVET_RESET(default_nulls_first)},
    {"default_order", "VARCHAR", "LOCAL", "Sort direction unless said: asc, desc",
     [](SettingValues& values, const std::string& text) -> Status {
       const std::string word = Lower(text);
       if (word != "asc" && word != "desc" && word != "ascending" && word != "descending") {
         return BadValue("default_order", text, "asc or desc");
       }
       values.default_descending = word[0] == 'd';
       return Status::OK();
     },
     [](const SettingValues& values) -> std::string {
       return values.default_descending ? "DESC" : "ASC";
     },
     TRIVET_RESET(default_descending)},
    {"disabled_optimizers", "VARCHAR", "LOCAL",
     "Optimizer rules that do not run, comma-separated, or all", SetDisabledOptimizers,
     ShowDisabledOptimizers, TRIVET_RESET(disabled_optimizers)},
    {"enable_page_cache", "BOOLEAN", "GLOBAL",
     "Whether decompressed pages of Parquet files are kept for later queries, in up to half of the "
     "memory beyond the first GiB",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.enable_page_cache, ParseFlag("enable_page_cache", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.enable_page_cache); },
     TRIVET_RESET(enable_page_cache)},
    {"enable_plan_cache", "BOOLEAN", "GLOBAL",
     "Whether plans of queries are kept for those that ask the same again, perhaps with other "
     "parameters",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.enable_plan_cache, ParseFlag("enable_plan_cache", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.enable_plan_cache); },
     TRIVET_RESET(enable_plan_cache)},
    {"enable_progress_bar", "BOOLEAN", "LOCAL", "Whether the shell draws a bar for long queries",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.enable_progress_bar, ParseFlag("enable_progress_bar", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.enable_progress_bar); },
     TRIVET_RESET(enable_progress_bar)},
    {"enable_sampling", "BOOLEAN", "LOCAL",
     "Whether the optimizer runs predicates over a few rows of large tables to order joins",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.enable_sampling, ParseFlag("enable_sampling", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.enable_sampling); },
     TRIVET_RESET(enable_sampling)},
    {"max_memory", "VARCHAR", "GLOBAL", "The same as memory_limit", SetMemoryLimit, ShowMemoryLimit,
     TRIVET_RESET(memory_limit_bytes)},
    {"max_temp_directory_size", "VARCHAR", "GLOBAL",
     "Disk space that temporary files together may take, such as 100GB", SetMaxTempDirectorySize,
     ShowMaxTempDirectorySize, TRIVET_RESET(max_temp_directory_bytes)},
    {"memory_limit", "VARCHAR", "GLOBAL",
     "Memory that all queries together may reserve, such as 512MB, 2GiB or 80%", SetMemoryLimit,
     ShowMemoryLimit, TRIVET_RESET(memory_limit_bytes)},
    {"preserve_insertion_order", "BOOLEAN", "LOCAL",
     "Whether results keep the order of their sources",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.preserve_insertion_order,
                               ParseFlag("preserve_insertion_order", text));
       return Status::OK();
     },
     [](const SettingValues& values) { return ShowFlag(values.preserve_insertion_order); },
     TRIVET_RESET(preserve_insertion_order)},
    {"random_seed", "UBIGINT", "LOCAL", "Seed of random(); 0 takes a new one for each query",
     [](SettingValues& values, const std::string& text) -> Status {
       TRIVET_ASSIGN_OR_RETURN(values.random_seed,
                               ParseCount("random_seed", text, 0, uint64_t{1} << 53));
       return Status::OK();
     },
     [](const SettingValues& values) { return StrCat(values.random_seed); },
     TRIVET_RESET(random_seed)},
    {"simd_level", "VARCHAR", "GLOBAL",
     "Instructions that kernels of this process use: auto (the best there are), baseline, sse4.2, "
     "avx2, avx512; answers are the same",
     SetSimdLevel, ShowSimdLevel,
     [](SettingValues&, const SettingValues&) { ForceSimdLevel(std::nullopt); }},
    {"temp_directory", "VARCHAR", "GLOBAL",
     "Where operators put what does not fit into memory; empty: nowhere",
     [](SettingValues& values, const std::string& text) -> Status {
       values.temp_directory = text;
       return Status::OK();
     },
     [](const SettingValues& values) { return values.temp_directory; },
     TRIVET_RESET(temp_directory)},
    {"threads", "UBIGINT", "GLOBAL", "Threads that run queries", SetThreads, ShowThreads,
     TRIVET_RESET(threads)},
    {"timezone", "VARCHAR", "LOCAL", "Time zone of the session, such as UTC or Europe/Berlin",
     SetTimeZone, [](const SettingValues& values) { return values.time_zone; },
     TRIVET_RESET(time_zone)},
    {"worker_threads", "UBIGINT", "GLOBAL", "The same as threads", SetThreads, ShowThreads,
     TRIVET_RESET(threads)},
};
#undef TRIVET_RESET

Result<const Definition*> FindDefinition(const std::string& name) {
  const std::string wanted = Lower(name);
  std::vector<std::string> names;
  for (const Definition& definition : kDefinitions) {
    if (wanted == definition.name) return &definition;
    names.emplace_back(definition.name);
  }
  Status status = Status::NotFound(StrCat("there is no setting \"", name, "\""));
  const std::string nearest = NearestName(wanted, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("did you mean \"", nearest, "\"?"));
}

bool IsGlobal(const Definition& definition) {
  return std::string_view(definition.scope) == "GLOBAL";
}

}  // namespace

Settings::Settings(SettingValues defaults, Settings* parent)
    : parent_(parent), defaults_(std::move(defaults)), values_(defaults_) {}

SettingValues Settings::Get() const {
  std::lock_guard lock(mutex_);
  if (parent_ == nullptr) return values_;
  SettingValues values = values_;
  const SettingValues global = parent_->Get();
  values.threads = global.threads;
  values.memory_limit_bytes = global.memory_limit_bytes;
  values.temp_directory = global.temp_directory;
  values.max_temp_directory_bytes = global.max_temp_directory_bytes;
  values.enable_page_cache = global.enable_page_cache;
  values.enable_plan_cache = global.enable_plan_cache;
  return values;
}

Status Settings::Set(const std::string& name, const Value& value) {
  TRIVET_ASSIGN_OR_RETURN(const Definition* definition, FindDefinition(name));
  if (value.is_null()) return BadValue(definition->name, "NULL", "a value");
  if (parent_ && IsGlobal(*definition)) return parent_->Set(name, value);
  std::lock_guard lock(mutex_);
  return definition->set(values_, value.ToString());
}

Status Settings::Reset(const std::string& name) {
  TRIVET_ASSIGN_OR_RETURN(const Definition* definition, FindDefinition(name));
  if (parent_ && IsGlobal(*definition)) return parent_->Reset(name);
  std::lock_guard lock(mutex_);
  definition->reset(values_, defaults_);
  return Status::OK();
}

std::vector<SettingsView::Setting> Settings::List() const {
  const SettingValues values = Get();
  std::vector<Setting> settings;
  for (const Definition& definition : kDefinitions) {
    settings.push_back({definition.name, Value::Varchar(definition.show(values)),
                        definition.description, definition.type, definition.scope});
  }
  return settings;
}

}  // namespace trivet
