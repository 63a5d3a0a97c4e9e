# trivet_build_id(<target> <source>)
#
# Gives one source file of a target `build_id.inc`, a string literal of a hash over all sources that go
# into programs. It is written again when one of them changes, and no other file is compiled for it.
function(trivet_build_id target source)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}"
       "${CMAKE_SOURCE_DIR}/src/*.cc" "${CMAKE_SOURCE_DIR}/src/*.h" "${CMAKE_SOURCE_DIR}/src/*.proto")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/testing|/simulation/")
  list(SORT sources)
  set(folder "${CMAKE_BINARY_DIR}/generated/build_id")
  file(MAKE_DIRECTORY "${folder}")
  list(JOIN sources "\n" lines)
  file(GENERATE OUTPUT "${folder}/sources.txt" CONTENT "${lines}\n")
  list(TRANSFORM sources PREPEND "${CMAKE_SOURCE_DIR}/")
  add_custom_command(
    OUTPUT "${folder}/build_id.inc"
    COMMAND "${CMAKE_COMMAND}" "-DROOT=${CMAKE_SOURCE_DIR}" "-DLIST=${folder}/sources.txt"
            "-DOUTPUT=${folder}/build_id.inc" -P "${CMAKE_SOURCE_DIR}/cmake/write_build_id.cmake"
    DEPENDS ${sources} "${folder}/sources.txt" "${CMAKE_SOURCE_DIR}/cmake/write_build_id.cmake"
    COMMENT "Hashing the sources" VERBATIM)
  set_source_files_properties("${source}" PROPERTIES INCLUDE_DIRECTORIES "${folder}"
                              OBJECT_DEPENDS "${folder}/build_id.inc")
  target_sources(${target} PRIVATE "${folder}/build_id.inc")
endfunction()
