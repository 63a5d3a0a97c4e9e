#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet {

// hashes[i] = HashOf(values[i]), which hash_vector.h fixes.
void HashIntegers(const int64_t* values, size_t count, uint64_t* hashes);
void HashIntegers(const int32_t* values, size_t count, uint64_t* hashes);

}  // namespace trivet
