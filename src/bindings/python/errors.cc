#include "errors.h"

#include <map>
#include <string>

namespace nb = nanobind;

namespace trivet::python {

namespace {

// Borrowed from the module, which lives as long as the interpreter uses them.
PyObject* base_error = nullptr;
std::map<StatusCode, PyObject*>& ErrorClasses() {
  static std::map<StatusCode, PyObject*> classes;
  return classes;
}

constexpr std::pair<StatusCode, const char*> kClasses[] = {
    {StatusCode::kInvalidInput, "InvalidInputError"},
    {StatusCode::kNotFound, "NotFoundError"},
    {StatusCode::kAlreadyExists, "AlreadyExistsError"},
    {StatusCode::kNotImplemented, "NotImplementedError"},
    {StatusCode::kOutOfMemory, "OutOfMemoryError"},
    {StatusCode::kOutOfDisk, "OutOfDiskError"},
    {StatusCode::kIO, "IOError"},
    {StatusCode::kCorruption, "CorruptionError"},
    {StatusCode::kCancelled, "CancelledError"},
    {StatusCode::kTimeout, "TimeoutError"},
    {StatusCode::kUnavailable, "UnavailableError"},
    {StatusCode::kFetchFailed, "FetchFailedError"},
    {StatusCode::kResourceExhausted, "ResourceExhaustedError"},
    {StatusCode::kProtocolMismatch, "ProtocolMismatchError"},
    {StatusCode::kPermissionDenied, "PermissionDeniedError"},
    {StatusCode::kInternal, "InternalError"},
};

}  // namespace

void RegisterErrors(nb::module_& module) {
  base_error = PyErr_NewExceptionWithDoc("trivet.Error",
                                         "An error of the engine. `code` names its kind, "
                                         "`position` is the byte offset in the SQL text or "
                                         "None, `hint` and `file` are texts that may be empty, "
                                         "`retriable` tells whether the same request "
                                         "may succeed later.",
                                         PyExc_Exception, nullptr);
  module.attr("Error") = nb::handle(base_error);
  for (const auto& [code, name] : kClasses) {
    const std::string full = std::string("trivet.") + name;
    PyObject* error = PyErr_NewException(full.c_str(), base_error, nullptr);
    module.attr(name) = nb::handle(error);
    ErrorClasses()[code] = error;
  }
}

void ThrowIfError(const Status& status, std::string_view sql) {
  if (status.ok()) return;
  PyObject* kind = ErrorClasses()[status.code()];
  nb::object error = nb::handle(kind)(nb::str(status.Render(sql).c_str()));
  const std::string_view code = StatusCodeName(status.code());
  error.attr("code") = nb::str(code.data(), code.size());
  error.attr("position") = status.position() ? nb::cast(*status.position()) : nb::none();
  error.attr("hint") = nb::str(status.hint().c_str());
  error.attr("file") = nb::str(status.file().c_str());
  error.attr("retriable") = nb::bool_(IsRetriable(status.code()));
  PyErr_SetObject(kind, error.ptr());
  throw nb::python_error();
}

}  // namespace trivet::python
