#include "context/memory_budget.h"

#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/assert.h"
#include "base/string_concat.h"

namespace trivet {

Status MemoryBudget::Refusal(size_t bytes, std::string_view consumer, size_t reserved) const {
  return Status::OutOfMemory(StrCat("could not reserve ", FormatBytes(bytes), " for ", consumer,
                                    ": ", FormatBytes(reserved), " of ",
                                    FormatBytes(limit_.load(std::memory_order_relaxed)),
                                    " in use (", name_, ")"))
      .WithHint("raise the limit with SET memory_limit = '…', or use fewer threads");
}

Status MemoryBudget::Grow(size_t bytes, std::string_view consumer) {
  Status status = Take(bytes, consumer);
  MemoryReclaimer* reclaimer = reclaimer_.load(std::memory_order_acquire);
  // Others may be quicker to take what was given back, and what is in use is not free at once: it
  // is asked for until there is no more.
  while (!status.ok() && reclaimer != nullptr) {
    const size_t wanted = reserved_bytes() + bytes;
    const size_t limit = limit_.load(std::memory_order_relaxed);
    const size_t excess = wanted - std::min(wanted, limit);
    if (reclaimer->Reclaim(std::max<size_t>(excess, 1)) == 0) break;
    status = Take(bytes, consumer);
  }
  return status;
}

Status MemoryBudget::GrowYielding(size_t bytes, std::string_view consumer) {
  MemoryBudget* outermost = this;
  while (outermost->parent_ != nullptr) outermost = outermost->parent_;
  const size_t limit = outermost->limit_.load(std::memory_order_relaxed);
  const size_t reserved = outermost->reserved_bytes();
  const size_t in_use = reserved - std::min(reserved, outermost->reclaimable_bytes());
  const size_t most = limit - limit / 8;
  if (bytes > most || in_use > most - bytes) return outermost->Refusal(bytes, consumer, in_use);
  return Grow(bytes, consumer);
}

Status MemoryBudget::Take(size_t bytes, std::string_view consumer) {
  size_t current = reserved_.load(std::memory_order_relaxed);
  const size_t limit = limit_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit || current > limit - bytes) return Refusal(bytes, consumer, current);
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
  const size_t before = reserved_.fetch_sub(bytes, std::memory_order_relaxed);
  TRIVET_ASSERT(before >= bytes);  // else somebody holds bytes of a budget that has ended
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
