#pragma once

#include <nanobind/nanobind.h>

#include "session/connection.h"
#include "types/value.h"

namespace trivet::python {

// Python objects of values: int, float, decimal.Decimal, str, bytes, datetime types, uuid.UUID,
// list, dict; None for NULL.
nanobind::object ToPython(const Value& value);

// The value of a parameter. TypeError for objects that have none.
Value FromPython(nanobind::handle object);

// A list or tuple gives positional parameters, a dict named ones, None none.
ParameterValues ParametersFrom(nanobind::handle parameters);

}  // namespace trivet::python
