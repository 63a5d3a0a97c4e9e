#pragma once

#include "base/simd_level.h"

// Intrinsics, for the sources of kernels alone: they take a while to compile.
#if defined(TRIVET_X86_SIMD)
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
// g++ 12 warns of its own intrinsics, which leave lanes undefined on purpose, where they are
// inlined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#endif
