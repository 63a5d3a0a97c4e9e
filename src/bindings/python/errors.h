#pragma once

#include <nanobind/nanobind.h>

#include <string_view>

#include "base/status.h"

namespace trivet::python {

// Makes trivet.Error and a subclass per status code.
void RegisterErrors(nanobind::module_& module);

// Throws the Python exception for a status that is not OK, with the text that shows the place in
// `sql`.
void ThrowIfError(const Status& status, std::string_view sql = {});

template <typename T>
T ValueOrThrow(Result<T> result, std::string_view sql = {}) {
  ThrowIfError(result.status(), sql);
  return std::move(result).value();
}

}  // namespace trivet::python
