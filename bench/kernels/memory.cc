// What the machine's memory can do, and large memory of ours beside the system's.
#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "base/hash.h"
#include "base/large_memory.h"
#include "report.h"

namespace trivet::bench {

namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kPageBytes = 4096;

uint64_t TouchPages(uint8_t* memory, size_t bytes) {
  for (size_t at = 0; at < bytes; at += kPageBytes) memory[at] = 1;
  return memory[bytes / 2];
}

void MeasureTouch(Report& report) {
  constexpr size_t kBytes = 256 * kMiB;
  report.Compare(
      "memory", "first touch", "4 KiB page", kBytes / kPageBytes,
      [](bool) {
        void* memory =
            mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        const uint64_t sum = TouchPages(static_cast<uint8_t*>(memory), kBytes);
        munmap(memory, kBytes);
        return sum;
      },
      [](bool) {
        void* memory = AllocateLarge(kBytes);
        const uint64_t sum = TouchPages(static_cast<uint8_t*>(memory), kBytes);
        FreeLarge(memory, kBytes);
        return sum;
      },
      false, "mmap");
}

}  // namespace

void MeasureMemory(Report& report) {
  constexpr size_t kBytes = 256 * kMiB;
  if (report.Wants("memory", "read") || report.Wants("memory", "memcpy")) {
    const std::vector<uint64_t> from(kBytes / 8, 1);
    std::vector<uint64_t> to(kBytes / 8, 2);
    report.Limit("memory", "sequential read", "KiB", kBytes / 1024, [&](bool) {
      uint64_t sums[8] = {};
      for (size_t i = 0; i < from.size(); i += 8) {
        for (size_t j = 0; j < 8; ++j) sums[j] += from[i + j];
      }
      Use(sums);
      return uint64_t{0};
    });
    report.Limit("memory", "memcpy", "KiB", kBytes / 1024, [&](bool) {
      std::memcpy(to.data(), from.data(), kBytes);
      Use(*to.data());
      return uint64_t{0};
    });
  }
  MeasureTouch(report);
  for (const size_t kib : {size_t{32}, size_t{8} << 10, size_t{64} << 10, size_t{512} << 10}) {
    const std::string name = "random load, " + (kib < 1024 ? std::to_string(kib) + " KiB"
                                                           : std::to_string(kib >> 10) + " MiB");
    if (!report.Wants("memory", name)) continue;
    std::vector<uint64_t> memory(kib * 128, 1);
    const uint64_t mask = memory.size() - 1;
    constexpr size_t kLoads = size_t{1} << 22;
    report.Limit("memory", name, "load", kLoads, [&](bool) {
      uint64_t sum = 0;
      for (uint64_t i = 0; i < kLoads; ++i) sum += memory[(i * 0x9e3779b97f4a7c15ULL >> 20) & mask];
      return sum;
    });
  }
}

}  // namespace trivet::bench
