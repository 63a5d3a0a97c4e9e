#pragma once

#include <cstdint>
#include <vector>

namespace trivet {

// Rows [begin, end) of a table, counted in its order.
struct SampleRun {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Where a sample of `sample_rows` of `total_rows` rows is taken: runs of equal size, in order and
// without overlap, one in the middle of each equal part of the table. A small table whole.
std::vector<SampleRun> SampleRuns(uint64_t sample_rows, uint64_t total_rows);

}  // namespace trivet
