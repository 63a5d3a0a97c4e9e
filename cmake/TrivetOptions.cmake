# Language level, warnings, sanitizers and build accelerators common to every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

option(TRIVET_ASSERTIONS "Check internal invariants at run time" OFF)
option(TRIVET_WERROR "Treat warnings as errors" ON)
option(TRIVET_FUZZERS "Instrument for libFuzzer and build test/fuzz (clang only)" OFF)
option(TRIVET_QUICK_COMPILE "Leave kernels and tests unoptimised, whose templates sanitizers multiply" OFF)
# A wheel holds the module alone.
if(SKBUILD)
  set(tests_by_default OFF)
else()
  set(tests_by_default ON)
endif()
option(TRIVET_TESTS "Build the tests and benchmarks" ${tests_by_default})
set(TRIVET_SANITIZE "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
      CCACHE_NOHASHDIR=1 "${CCACHE_PROGRAM}")
endif()
# A compiler cache and precompiled headers get in each other's way, so the headers are precompiled
# only where there is no cache; nor can targets that are optimised differently share them.
if(CMAKE_CXX_COMPILER_LAUNCHER OR TRIVET_QUICK_COMPILE)
  set(precompile_by_default OFF)
else()
  set(precompile_by_default ON)
endif()
option(TRIVET_PCH "Precompile the standard headers" ${precompile_by_default})
if(TRIVET_PCH)
  # Some libraries ask for -pthread, which defines a macro; all who share the headers must agree.
  add_compile_options(-pthread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Precompiled, std::string counts as our own code, and is warned of without a reason.
    add_compile_options(-Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The compiler looks for garbage less often: a tenth of its time.
  add_compile_options(--param=ggc-min-heapsize=262144)
endif()
add_compile_options(-Wall -Wextra -Wnon-virtual-dtor -Woverloaded-virtual -Wno-sign-compare
                    -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  add_compile_options(-Wno-restrict)  # g++ 12 warns of std::string's own operator+
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Kernels combine booleans bit by bit on purpose; libstdc++ 12 uses what it deprecates in stable_sort.
  add_compile_options(-Wno-bitwise-instead-of-logical -Wno-deprecated-declarations)
endif()
if(TRIVET_WERROR)
  add_compile_options(-Werror)
endif()
if(TRIVET_ASSERTIONS)
  add_compile_definitions(TRIVET_ASSERTIONS=1)
endif()
if(TRIVET_SANITIZE)
  add_compile_options(-fsanitize=${TRIVET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TRIVET_SANITIZE})
endif()
# Folders that report their branches to the fuzzers. Others would only slow them down: after every input
# libFuzzer looks at the counter of each branch there is.
set(TRIVET_FUZZED_FOLDERS base types vector sql formats fragment)
# Folders whose compile time is templates over every type.
set(TRIVET_KERNEL_FOLDERS expression)
