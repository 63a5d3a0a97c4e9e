#pragma once

namespace trivet {

// Prints the broken invariant with its place and aborts.
[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace trivet

// Checks an internal invariant in developer and sanitizer builds; costs nothing in the shipped build.
// Never used for conditions that user input can reach: those are Status.
#ifdef TRIVET_ASSERTIONS
#define TRIVET_ASSERT(condition) \
  ((condition) ? (void)0 : ::trivet::AssertionFailed(#condition, __FILE__, __LINE__))
#else
#define TRIVET_ASSERT(condition) ((void)0)
#endif
