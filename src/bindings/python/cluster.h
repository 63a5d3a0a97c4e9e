#pragma once

#include <nanobind/nanobind.h>

namespace trivet::python {

// The classes by which the Ray runtime hosts coordinators and workers in its actors.
void RegisterCluster(nanobind::module_& module);

}  // namespace trivet::python
