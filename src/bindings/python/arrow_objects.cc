#include "arrow_objects.h"

#include <string>
#include <utility>

#include "errors.h"
#include "vector/arrow_export.h"

namespace nb = nanobind;

namespace trivet::python {

namespace {

template <typename T>
void ReleaseCapsule(PyObject* capsule) {
  auto* value = static_cast<T*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  if (value->release != nullptr) value->release(value);
  delete value;
}

template <typename T>
nb::object MakeCapsule(std::unique_ptr<T> value, const char* name) {
  return nb::steal(PyCapsule_New(value.release(), name, ReleaseCapsule<T>));
}

nb::object SchemaCapsule(const ArrowColumns& columns) {
  auto schema = std::make_unique<ArrowSchema>();
  ThrowIfError(columns.ExportSchema(schema.get()));
  return MakeCapsule(std::move(schema), "arrow_schema");
}

// Holds capsules that are asked for once.
struct ArrowObject {
  nb::object schema;
  nb::object data;

  nb::object TakeData() {
    if (!data.is_valid()) throw nb::value_error("the Arrow data was taken already");
    return std::exchange(data, nb::object());
  }
};

}  // namespace

nb::object SchemaObject(const ArrowColumns& columns) {
  return nb::cast(ArrowObject{SchemaCapsule(columns), {}});
}

nb::object RowsObject(const ArrowColumns& columns, const Batch& batch) {
  auto array = std::make_unique<ArrowArray>();
  ThrowIfError(columns.Export(batch, array.get()));
  return nb::cast(
      ArrowObject{SchemaCapsule(columns), MakeCapsule(std::move(array), "arrow_array")});
}

nb::object InputObject(std::shared_ptr<SharedInput> input, ArrowColumnsPtr columns) {
  auto stream = std::make_unique<ArrowArrayStream>();
  nb::object schema = SchemaCapsule(*columns);
  ExportInput(std::move(input), std::move(columns), stream.get());
  return nb::cast(
      ArrowObject{std::move(schema), MakeCapsule(std::move(stream), "arrow_array_stream")});
}

std::shared_ptr<ArrowHolder<ArrowArray>> TakeArray(nb::handle object) {
  nb::object capsules = object.attr("__arrow_c_array__")();
  nb::object capsule = capsules[1];
  auto* array = static_cast<ArrowArray*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array"));
  if (array == nullptr) throw nb::python_error();
  auto holder = std::make_shared<ArrowHolder<ArrowArray>>();
  *holder->get() = *array;
  array->release = nullptr;  // moved
  return holder;
}

void RegisterArrowObjects(nb::module_& module) {
  nb::class_<ArrowObject>(module, "ArrowObject")
      .def("__arrow_c_schema__", [](const ArrowObject& object) { return object.schema; })
      .def(
          "__arrow_c_array__",
          [](ArrowObject& object, nb::handle) {
            return nb::make_tuple(object.schema, object.TakeData());
          },
          nb::arg("requested_schema").none() = nb::none())
      .def(
          "__arrow_c_stream__", [](ArrowObject& object, nb::handle) { return object.TakeData(); },
          nb::arg("requested_schema").none() = nb::none());
}

}  // namespace trivet::python
