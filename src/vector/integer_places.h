#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet {

// Adds to each slot the place of its value within [low, low + span), counted from 1, times
// `stride`, as a number of 32 bits. False where a value lies outside; what is in the slots then
// says nothing. `span` is below 2^32, and all of the range within T.
bool AddIntegerPlaces(const int32_t* values, size_t count, int32_t low, uint64_t span,
                      uint32_t stride, uint32_t* slots);
bool AddIntegerPlaces(const int64_t* values, size_t count, int64_t low, uint64_t span,
                      uint32_t stride, uint32_t* slots);

}  // namespace trivet
