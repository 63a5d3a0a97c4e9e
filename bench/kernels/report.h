#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/simd_level.h"
#include "base/status.h"

namespace trivet::bench {

// Does all of a row's work once and gives a checksum of the answer where `check` is set; else what
// it gives does not matter, and nothing is done for it.
using Work = std::function<uint64_t(bool check)>;

struct Measurement {
  std::string section;
  std::string name;
  std::string unit;   // what a time is for: "value", "row", "byte"
  std::string naive;  // what stands beside ours
  double naive_ns = 0;
  double ours_ns = 0;                                  // 0: the machine's limit alone
  std::vector<std::pair<SimdLevel, double>> by_level;  // ours, where it has several variants
};

// Times kernels beside naive loops and writes the table. A row's answers are compared before its
// times count; then both run in turn, and the least time of each counts.
class Report {
 public:
  // Only rows whose section or name contains `filter` are measured.
  explicit Report(std::string filter) : filter_(std::move(filter)) {}

  bool Wants(const std::string& section, const std::string& name) const;
  // `naive_is` says what the naive side is where that is not a plain loop.
  void Compare(const std::string& section, const std::string& name, const std::string& unit,
               size_t units, const Work& naive, const Work& ours, bool has_levels = false,
               const std::string& naive_is = "loop");
  // What the machine can do, without a kernel of ours.
  void Limit(const std::string& section, const std::string& name, const std::string& unit,
             size_t units, const Work& work);

  // As Markdown, and as JSON.
  std::string Table() const;
  std::string LevelTable() const;
  std::string Json() const;

 private:
  std::string filter_;
  std::vector<Measurement> rows_;
};

[[noreturn]] void Fail(const std::string& message);
void Must(const Status& status);
template <typename T>
T Must(Result<T> result) {
  Must(result.status());
  return *std::move(result);
}

// Keeps the compiler from leaving out what made it.
template <typename T>
inline void Use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

void MeasureMemory(Report& report);
void MeasureScan(Report& report);
void MeasureFilters(Report& report);
void MeasureText(Report& report);
void MeasureJoins(Report& report);
void MeasureGroups(Report& report);

}  // namespace trivet::bench
