#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory.h"

namespace trivet {

// Where rows and their strings lie: a bump allocator over few large regions, reserved against the
// query's budget before they are taken and freed as a whole. Large regions ask for huge pages,
// whose first touch costs a third. One thread allocates at a time; whoever shares the pointer keeps
// all bytes alive, so vectors of strings gathered from rows own their RowMemory.
class RowMemory {
 public:
  explicit RowMemory(Reservation reservation) : reservation_(std::move(reservation)) {}
  ~RowMemory();
  RowMemory(const RowMemory&) = delete;
  RowMemory& operator=(const RowMemory&) = delete;

  // Uninitialised bytes at a multiple of 16; OutOfMemory naming the reservation's consumer.
  Result<uint8_t*> Allocate(size_t bytes) {
    bytes = (bytes + 15) / 16 * 16;
    if (bytes > left_) TRIVET_RETURN_IF_ERROR(NextRegion(bytes));
    uint8_t* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }
  size_t bytes() const { return reservation_.bytes(); }

 private:
  struct Region {
    uint8_t* data;
    size_t bytes;
  };
  Status NextRegion(size_t at_least);

  Reservation reservation_;
  std::vector<Region> regions_;
  uint8_t* next_ = nullptr;
  size_t left_ = 0;
  size_t region_bytes_ = 0;
};

using RowMemoryPtr = std::shared_ptr<RowMemory>;

}  // namespace trivet
