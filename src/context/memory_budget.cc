#include "context/memory_budget.h"

#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/string_concat.h"

namespace trivet {

Status MemoryBudget::Grow(size_t bytes, std::string_view consumer) {
  // Others may be quicker to take what was given back.
  constexpr int kAttempts = 3;
  Status status = Take(bytes, consumer);
  for (int i = 0; i < kAttempts && !status.ok(); ++i) {
    MemoryReclaimer* reclaimer = reclaimer_.load(std::memory_order_acquire);
    if (reclaimer == nullptr || reclaimer->Reclaim(bytes) == 0) break;
    status = Take(bytes, consumer);
  }
  return status;
}

Status MemoryBudget::Take(size_t bytes, std::string_view consumer) {
  size_t current = reserved_.load(std::memory_order_relaxed);
  const size_t limit = limit_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit || current > limit - bytes) {
      return Status::OutOfMemory(StrCat("could not reserve ", FormatBytes(bytes), " for ", consumer,
                                        ": ", FormatBytes(current), " of ", FormatBytes(limit),
                                        " in use (", name_, ")"))
          .WithHint("raise the limit with SET memory_limit = '…', or use fewer threads");
    }
  } while (!reserved_.compare_exchange_weak(current, current + bytes, std::memory_order_relaxed));
  if (parent_ != nullptr) {
    Status status = parent_->Grow(bytes, consumer);
    if (!status.ok()) {
      reserved_.fetch_sub(bytes, std::memory_order_relaxed);
      return status;
    }
  }
  size_t seen = peak_.load(std::memory_order_relaxed);
  while (current + bytes > seen &&
         !peak_.compare_exchange_weak(seen, current + bytes, std::memory_order_relaxed)) {
  }
  return Status::OK();
}

void MemoryBudget::Shrink(size_t bytes) noexcept {
  reserved_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->Shrink(bytes);
}

size_t AvailableMemoryBytes() {
  size_t available =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    size_t limit = 0;
    if (file >> limit && limit > 0 && limit < available) available = limit;
  }
  return available;
}

size_t DefaultMemoryLimit() { return AvailableMemoryBytes() / 10 * 8; }

std::string FormatBytes(size_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

Result<size_t> ParseBytes(std::string_view text) {
  const std::string input(text);
  char* end = nullptr;
  const double number = std::strtod(input.c_str(), &end);
  std::string unit;
  for (const char* c = end; *c != '\0'; ++c) {
    if (!std::isspace(static_cast<unsigned char>(*c))) {
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
    }
  }
  double factor = 0;
  if (unit.empty() || unit == "b" || unit == "byte" || unit == "bytes") factor = 1;
  if (unit == "kb" || unit == "k") factor = 1e3;
  if (unit == "mb" || unit == "m") factor = 1e6;
  if (unit == "gb" || unit == "g") factor = 1e9;
  if (unit == "tb" || unit == "t") factor = 1e12;
  if (unit == "kib") factor = 1024.0;
  if (unit == "mib") factor = 1024.0 * 1024;
  if (unit == "gib") factor = 1024.0 * 1024 * 1024;
  if (unit == "tib") factor = 1024.0 * 1024 * 1024 * 1024;
  if (unit == "%") factor = static_cast<double>(AvailableMemoryBytes()) / 100;
  if (end == input.c_str() || factor == 0 || !(number >= 0) || number * factor > 1e18) {
    return Status::InvalidInput(StrCat("\"", input, "\" is not a size"))
        .WithHint("write a number and a unit, such as 512MB, 2GiB or 80%");
  }
  return static_cast<size_t>(std::llround(number * factor));
}

}  // namespace trivet
