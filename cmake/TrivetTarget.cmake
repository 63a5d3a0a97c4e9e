# trivet_library(<folder> [DEPENDS folder...] [LINK target...])
#
# Makes the static library trivet_<folder> from src/<folder>/**/*.cc and, where tests stand beside the
# code, the GoogleTest program <folder>_test from **/*_test.cc. Headers are reached as "<folder>/x.h"
# through a private include root that holds this folder alone, so that including a folder which is not
# among DEPENDS (or their DEPENDS) does not compile: the layering is enforced by the compiler.
function(trivet_library folder)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK;TEST_LINK;EXCLUDE" ${ARGN})
  set(source_dir "${CMAKE_SOURCE_DIR}/src/${folder}")
  string(REPLACE "/" "_" name "${folder}")
  set(include_root "${CMAKE_BINARY_DIR}/include_roots/${name}")
  get_filename_component(parent "${include_root}/${folder}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(CREATE_LINK "${source_dir}" "${include_root}/${folder}" SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${source_dir}/*.cc")
  set(test_sources ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  foreach(file IN LISTS ARG_EXCLUDE)
    list(REMOVE_ITEM sources "${source_dir}/${file}")
  endforeach()
  list(FILTER test_sources INCLUDE REGEX "_test\\.cc$")

  set(dependencies ${ARG_DEPENDS})
  list(TRANSFORM dependencies PREPEND "trivet_")
  if(sources)
    add_library(trivet_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(trivet_${name} PRIVATE ${ARG_LINK})
  else()  # headers only
    add_library(trivet_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  if(sources AND TRIVET_FUZZERS AND folder IN_LIST TRIVET_FUZZED_FOLDERS)
    target_compile_options(trivet_${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(sources AND TRIVET_QUICK_COMPILE AND folder IN_LIST TRIVET_KERNEL_FOLDERS)
    target_compile_options(trivet_${name} PRIVATE -O0)
  endif()
  target_include_directories(trivet_${name} ${scope} "${include_root}")
  target_link_libraries(trivet_${name} ${scope} ${dependencies})
  # All folders that this one may include.
  set(reached ${ARG_DEPENDS})
  foreach(dependency IN LISTS ARG_DEPENDS)
    get_property(further GLOBAL PROPERTY TRIVET_REACHED_${dependency})
    list(APPEND reached ${further})
  endforeach()
  set_property(GLOBAL PROPERTY TRIVET_REACHED_${name} ${reached})
  # Parsers say `using namespace syntax`, where names of plans have other meanings.
  if(plan IN_LIST reached AND NOT folder STREQUAL sql)
    set(headers plan)
  else()
    set(headers standard)
  endif()
  trivet_precompile(trivet_${name} ${headers}_headers)

  if(test_sources AND TRIVET_TESTS)
    add_executable(${name}_test ${test_sources})
    target_link_libraries(${name}_test PRIVATE trivet_${name} ${ARG_LINK} ${ARG_TEST_LINK}
                          GTest::gtest GTest::gmock GTest::gtest_main)
    # What is tested is in the library; the tests' own code takes half as long to compile so.
    target_compile_options(${name}_test PRIVATE -O0)
    if(folder STREQUAL formats)
      trivet_precompile(${name}_test arrow_test_headers)
    else()
      trivet_precompile(${name}_test ${headers}_test_headers)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_property(GLOBAL APPEND PROPERTY TRIVET_UNIT_TESTS ${name}_test)
  endif()
endfunction()

# What the headers in cmake/<name>.h, the ones that are precompiled, come from.
set(TRIVET_LINKED_BY_plan_headers trivet_plan)
set(TRIVET_LINKED_BY_standard_test_headers GTest::gtest GTest::gmock)
set(TRIVET_LINKED_BY_plan_test_headers trivet_plan GTest::gtest GTest::gmock)
set(TRIVET_LINKED_BY_arrow_test_headers trivet_plan Arrow26::parquet Arrow26::arrow GTest::gtest GTest::gmock)

# Has target use the precompiled form of cmake/<name>.h, made once for each kind of target: libraries
# and programs are compiled with different flags.
function(trivet_precompile target name)
  get_target_property(type ${target} TYPE)
  if(NOT TRIVET_PCH OR type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  set(owner trivet_precompiled_${name})
  if(NOT TARGET ${owner})
    set(empty "${CMAKE_BINARY_DIR}/${owner}.cc")
    file(CONFIGURE OUTPUT "${empty}" CONTENT "int main() { return 0; }\n")
    if(type STREQUAL "EXECUTABLE")
      add_executable(${owner} "${empty}")
      target_compile_options(${owner} PRIVATE -O0)
    else()
      add_library(${owner} STATIC "${empty}")
    endif()
    target_link_libraries(${owner} PRIVATE ${TRIVET_LINKED_BY_${name}})
    target_precompile_headers(${owner} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/${name}.h")
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# Writes unit_tests.txt, the list of GoogleTest programs that scripts/test runs.
function(trivet_list_unit_tests)
  get_property(tests GLOBAL PROPERTY TRIVET_UNIT_TESTS)
  list(TRANSFORM tests REPLACE "(.+)" "$<TARGET_FILE:\\1>")
  list(JOIN tests "\n" content)
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/unit_tests.txt" CONTENT "${content}\n")
endfunction()

# trivet_program(<folder> OUTPUT name [DEPENDS folder...] [LINK target...])
#
# Makes the library trivet_<folder> of all sources but main.cc (so that they can be tested) and the
# program build/<preset>/<name>, target trivet_program.
function(trivet_program folder)
  cmake_parse_arguments(ARG "" "OUTPUT" "DEPENDS;LINK" ${ARGN})
  trivet_library(${folder} DEPENDS ${ARG_DEPENDS} LINK ${ARG_LINK} EXCLUDE main.cc)
  target_compile_definitions(trivet_${folder} PUBLIC TRIVET_VERSION="${PROJECT_VERSION}")
  add_executable(trivet_program "${CMAKE_SOURCE_DIR}/src/${folder}/main.cc")
  target_link_libraries(trivet_program PRIVATE trivet_${folder})
  set_target_properties(trivet_program PROPERTIES OUTPUT_NAME ${ARG_OUTPUT}
                        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
endfunction()
