# Finds Arrow C++ 26 inside the pyarrow wheel of the project's virtual environment (.venv), or of the
# Python named by TRIVET_PYTHON. Defines Arrow26::arrow, Arrow26::parquet and Arrow26::compute.
if(SKBUILD AND Python_EXECUTABLE)
  set(TRIVET_PYTHON "${Python_EXECUTABLE}")  # a wheel is built for the Python that builds it
endif()
set(TRIVET_PYTHON "${CMAKE_SOURCE_DIR}/.venv/bin/python" CACHE FILEPATH "Python that has pyarrow 26")
execute_process(
  COMMAND "${TRIVET_PYTHON}" -c
          "import pyarrow; print(pyarrow.get_include()); print(pyarrow.get_library_dirs()[0]); print(pyarrow.__version__)"
  OUTPUT_VARIABLE arrow_answer OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE arrow_failed)
if(NOT arrow_failed)
  string(REPLACE "\n" ";" arrow_answer "${arrow_answer}")
  list(GET arrow_answer 0 Arrow26_INCLUDE_DIR)
  list(GET arrow_answer 1 Arrow26_LIBRARY_DIR)
  list(GET arrow_answer 2 Arrow26_VERSION)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arrow26 REQUIRED_VARS Arrow26_INCLUDE_DIR Arrow26_LIBRARY_DIR
                                  VERSION_VAR Arrow26_VERSION)
if(Arrow26_FOUND AND SKBUILD)
  # The environment of an isolated build has another path each time, by which a compiler cache would
  # take every object for a new one.
  file(CREATE_LINK "${Arrow26_INCLUDE_DIR}" "${CMAKE_BINARY_DIR}/arrow_include" SYMBOLIC)
  set(Arrow26_INCLUDE_DIR "${CMAKE_BINARY_DIR}/arrow_include")
endif()
if(Arrow26_FOUND)
  foreach(part arrow parquet arrow_compute arrow_acero arrow_dataset arrow_flight)
    string(REPLACE "arrow_" "" short "${part}")
    if(NOT TARGET Arrow26::${short} AND EXISTS "${Arrow26_LIBRARY_DIR}/lib${part}.so.2600")
      add_library(Arrow26::${short} SHARED IMPORTED)
      set_target_properties(Arrow26::${short} PROPERTIES
        IMPORTED_LOCATION "${Arrow26_LIBRARY_DIR}/lib${part}.so.2600"
        INTERFACE_INCLUDE_DIRECTORIES "${Arrow26_INCLUDE_DIR}")
    endif()
  endforeach()
endif()
