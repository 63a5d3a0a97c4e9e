#pragma once

namespace trivet {

// Prints the broken invariant with its place and aborts.
[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace trivet

// Checks an internal invariant in developer and sanitizer builds. The shipped build compiles the
// condition, so that what it names counts as used, and runs none of it. Never used for conditions
// that user input can reach: those are Status.
#ifdef TRIVET_ASSERTIONS
#define TRIVET_ASSERT(condition) \
  ((condition) ? (void)0 : ::trivet::AssertionFailed(#condition, __FILE__, __LINE__))
#else
#define TRIVET_ASSERT(condition) ((void)(true || (condition)))
#endif
