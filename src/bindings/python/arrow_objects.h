#pragma once

#include <nanobind/nanobind.h>

#include "extension/arrow_rows.h"

namespace trivet::python {

// Arrow data as Python objects that pyarrow takes by the PyCapsule interface, once each.
nanobind::object SchemaObject(const ArrowColumns& columns);                    // __arrow_c_schema__
nanobind::object RowsObject(const ArrowColumns& columns, const Batch& batch);  // __arrow_c_array__
nanobind::object InputObject(std::shared_ptr<SharedInput> input,
                             ArrowColumnsPtr columns);  // __arrow_c_stream__

// What an object with __arrow_c_array__ gives; throws where it gives none. Its type is the caller's
// to know.
std::shared_ptr<ArrowHolder<ArrowArray>> TakeArray(nanobind::handle object);

void RegisterArrowObjects(nanobind::module_& module);

}  // namespace trivet::python
