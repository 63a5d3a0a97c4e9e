#pragma once

#include <cstddef>

namespace trivet {

// Uninitialised memory aligned to 64 bytes. From 2 MiB on it asks the system for huge pages, whose
// first touch costs a third and which spare the address translation misses. The caller has reserved
// it.
void* AllocateLarge(size_t bytes);
// Gives back what AllocateLarge gave for the same size; null is fine.
void FreeLarge(void* memory, size_t bytes) noexcept;

}  // namespace trivet
