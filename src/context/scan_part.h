#pragma once

#include <cstdint>

namespace trivet {

// One of `count` parts into which a table is cut, in its order; whole where count is 1. The parts
// of a scan follow each other without gap or overlap.
struct ScanPart {
  uint32_t index = 0;
  uint32_t count = 1;

  bool is_whole() const { return count == 1; }
  // Where the part begins and ends among `total` units (row groups, rows).
  uint64_t begin(uint64_t total) const { return Cut(total, index); }
  uint64_t end(uint64_t total) const { return Cut(total, uint64_t{index} + 1); }

 private:
  // total * number / count, without overflow: count is far below 2^32 and number at most count.
  uint64_t Cut(uint64_t total, uint64_t number) const {
    return total / count * number + total % count * number / count;
  }
};

}  // namespace trivet
