#include "storage/sample_runs.h"

#include <algorithm>

namespace trivet {

namespace {
// Each place costs a page and often a dictionary of every column.
constexpr uint64_t kPlaces = 4;
}  // namespace

std::vector<SampleRun> SampleRuns(uint64_t sample_rows, uint64_t total_rows) {
  if (total_rows == 0) return {};
  if (total_rows <= std::max(sample_rows, kPlaces)) return {{0, std::min(sample_rows, total_rows)}};
  const uint64_t rows = std::max<uint64_t>(sample_rows / kPlaces, 1);
  const uint64_t part = total_rows / kPlaces;
  std::vector<SampleRun> runs;
  for (uint64_t place = 0; place < std::min(kPlaces, sample_rows); ++place) {
    const uint64_t begin = place * part + (part - rows) / 2;
    runs.push_back({begin, begin + rows});
  }
  return runs;
}

}  // namespace trivet
