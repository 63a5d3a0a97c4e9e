# trivet_python_extension(<target> SOURCES file... LINK target...)
#
# Builds python/trivet as an importable package under build/<preset>/python: the compiled module
# trivet/_trivet beside links to the package's Python files, so that an edit there needs no build.
# The headers and the nanobind of the Python named by TRIVET_PYTHON are used; the interpreter's own
# symbols come from the process that imports the module. A sanitizer build leaves the module out: the
# interpreter would have to be built likewise.
function(trivet_python_extension target)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  if(TRIVET_SANITIZE)
    return()
  endif()
  set(Python_EXECUTABLE "${TRIVET_PYTHON}")
  if(NOT SKBUILD)
    set(Python_FIND_VIRTUALENV ONLY)
  endif()
  find_package(Python 3.9 QUIET COMPONENTS Interpreter Development.Module)
  if(NOT Python_FOUND)
    message(FATAL_ERROR "The headers of ${TRIVET_PYTHON} (3.9 or later) are missing. "
                        "On Debian and Ubuntu:\n  apt-get install python3-dev")
  endif()
  execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
                  OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
                  COMMAND_ERROR_IS_FATAL ANY)
  find_package(nanobind CONFIG REQUIRED)
  nanobind_add_module(${target} NB_STATIC NOMINSIZE ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE ${ARG_LINK})
  target_compile_options(nanobind-static PRIVATE -w)  # not ours to fix

  set(package "${CMAKE_BINARY_DIR}/python/trivet")
  file(MAKE_DIRECTORY "${package}")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME _trivet
                        LIBRARY_OUTPUT_DIRECTORY "${package}")
  file(GLOB_RECURSE python_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}/python/trivet"
       "${CMAKE_SOURCE_DIR}/python/trivet/*.py*")
  list(FILTER python_files EXCLUDE REGEX "__pycache__")
  foreach(file IN LISTS python_files)
    get_filename_component(folder "${package}/${file}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    file(CREATE_LINK "${CMAKE_SOURCE_DIR}/python/trivet/${file}" "${package}/${file}" SYMBOLIC)
  endforeach()

  # In a wheel the module stands beside pyarrow, whose Arrow libraries it uses.
  install(TARGETS ${target} LIBRARY DESTINATION trivet COMPONENT python)
  set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/../pyarrow")
endfunction()
