#include "custom_code.h"

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "arrow_objects.h"
#include "base/string_concat.h"
#include "errors.h"
#include "extension/plugin.h"
#include "interpreter.h"
#include "values.h"
#include "vector/arrow_import.h"

namespace nb = nanobind;

namespace trivet::python {

namespace {

Status Ended() { return Status::Cancelled("the interpreter is ending"); }

// What the exception says.
Status StatusOf(nb::python_error& error, const std::string& what) {
  const std::string kind = nb::cast<std::string>(error.type().attr("__name__"));
  const std::string text = nb::cast<std::string>(nb::str(error.value()));
  if (kind == "Interrupted") return Ended();
  // Raised by trivet.custom with all that there is to say.
  if (kind == "CallError") return Status::InvalidInput(text);
  return Status::InvalidInput(StrCat(what, " failed: ", kind, ": ", text));
}

// Cancelled where the exception only tells that the call was interrupted.
Status StatusOf(nb::python_error& error, const InterruptibleCall& call, const std::string& what) {
  if (call.cancelled()) return Status::Cancelled("the query was cancelled");
  return StatusOf(error, what);
}

ArrowColumnsPtr ParameterColumns(const std::vector<LogicalType>& types) {
  std::vector<ColumnDefinition> columns;
  for (const LogicalType& type : types) columns.push_back({StrCat("c", columns.size()), type});
  return ValueOrThrow(ArrowColumns::Make(std::move(columns)));
}

class PythonFunction final : public CustomFunction {
 public:
  PythonFunction(CustomFunctionDeclaration declaration, nb::handle evaluate)
      : CustomFunction(std::move(declaration)),
        evaluate_(KeepObject(evaluate)),
        parameters_(ParameterColumns(this->declaration().parameters)),
        result_(ParameterColumns({this->declaration().return_type})) {}

  Status Evaluate(std::span<const Vector> arguments, size_t count, const EvaluationContext& context,
                  Vector& result, LaneErrors& errors) const override {
    if (InterpreterHasEnded()) return Ended();
    nb::gil_scoped_acquire locked;
    const InterruptibleCall call(std::vector<CancellationToken>{context.cancellation()});
    if (InterpreterHasEnded()) return Ended();
    try {
      nb::object rows =
          RowsObject(*parameters_, Batch({arguments.begin(), arguments.end()}, count));
      // (rows of one column, [(row, message), ...])
      nb::object answer = nb::handle(evaluate_.get())(rows, count, SchemaObject(*result_));
      TRIVET_ASSIGN_OR_RETURN(Batch values,
                              result_->Import(TakeArray(nb::object(answer[0])), 0, count));
      for (nb::handle entry : nb::object(answer[1])) {
        errors.Add(nb::cast<size_t>(nb::object(entry[0])),
                   Status::InvalidInput(nb::cast<std::string>(nb::object(entry[1]))));
      }
      result = values.column(0);
      result.Flatten(count);
      return Status::OK();
    } catch (nb::python_error& error) {
      return StatusOf(error, call, StrCat("function ", declaration().name));
    }
  }

 private:
  std::shared_ptr<PyObject> evaluate_;
  ArrowColumnsPtr parameters_;
  ArrowColumnsPtr result_;
};

// The batches of a Python iterator.
class PythonStream final : public BatchStream {
 public:
  PythonStream(const std::string& name, const CustomOperatorCall& call, BatchStream& input,
               ArrowColumnsPtr output)
      : name_(name),
        call_(call),
        input_(std::make_shared<SharedInput>(input)),
        output_(output),
        batches_(std::move(output), call.execution.batch_size()) {}
  ~PythonStream() override {
    input_->Close();
    if (iterator_ == nullptr || InterpreterHasEnded()) return;
    nb::gil_scoped_acquire locked;
    const InterruptibleCall running(std::vector<CancellationToken>{call_.cancellation});
    if (InterpreterHasEnded()) return;
    try {
      // A generator that is left before its end runs its finally clauses now.
      nb::handle iterator(iterator_.get());
      if (nb::hasattr(iterator, "close")) iterator.attr("close")();
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("closing a custom operator");
    }
    iterator_.reset();
  }

  Status Start(nb::handle run) {
    if (InterpreterHasEnded()) return Ended();
    nb::gil_scoped_acquire locked;
    return Guard([&] {
      nb::list arguments;
      for (const Value& argument : call_.arguments) arguments.append(ToPython(argument));
      ArrowColumnsPtr columns = ValueOrThrow(ArrowColumns::Make(call_.input_columns));
      iterator_ = KeepObject(nb::object(run(InputObject(input_, std::move(columns)),
                                            SchemaObject(*output_), nb::tuple(arguments))));
    });
  }

  Result<bool> Next(Batch& batch) override {
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, batches_.Next(batch));
      if (more) return true;
      std::shared_ptr<ArrowHolder<ArrowArray>> array;
      TRIVET_RETURN_IF_ERROR(Fetch(array));
      if (array == nullptr) return false;
      batches_.Add(std::move(array));
    }
  }

 private:
  Status Fetch(std::shared_ptr<ArrowHolder<ArrowArray>>& array) {
    if (InterpreterHasEnded()) return Ended();
    nb::gil_scoped_acquire locked;
    return Guard([&] {
      nb::object next = nb::steal(PyIter_Next(iterator_.get()));
      if (next.is_valid()) array = TakeArray(next);
      if (!next.is_valid() && PyErr_Occurred()) throw nb::python_error();
    });
  }

  template <typename Body>
  Status Guard(const Body& body) {
    const InterruptibleCall running(
        std::vector<CancellationToken>{call_.cancellation, call_.execution.cancellation()});
    if (InterpreterHasEnded()) return Ended();
    try {
      body();
      return Status::OK();
    } catch (nb::python_error& error) {
      // The input's own error says more than what Python made of it.
      Status status = input_->failure();
      return status.ok() ? StatusOf(error, running, StrCat("operator ", name_)) : status;
    }
  }

  const std::string& name_;
  const CustomOperatorCall& call_;
  std::shared_ptr<SharedInput> input_;
  ArrowColumnsPtr output_;
  ArrowBatches batches_;
  std::shared_ptr<PyObject> iterator_;
};

class PythonOperator final : public CustomOperator {
 public:
  PythonOperator(CustomOperatorDeclaration declaration, nb::handle run)
      : CustomOperator(std::move(declaration)), run_(KeepObject(run)) {
    ValueOrThrow(ArrowColumns::Make(this->declaration().output));
  }

  Result<std::unique_ptr<BatchStream>> Open(const CustomOperatorCall& call,
                                            BatchStream& input) const override {
    TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr output, ArrowColumns::Make(call.output_columns));
    TRIVET_RETURN_IF_ERROR(ArrowColumns::Make(call.input_columns).status());
    auto stream =
        std::make_unique<PythonStream>(declaration().name, call, input, std::move(output));
    TRIVET_RETURN_IF_ERROR(stream->Start(run_.get()));
    return std::unique_ptr<BatchStream>(std::move(stream));
  }

 private:
  std::shared_ptr<PyObject> run_;
};

class LoaderOfPython final : public CodeLoader {
 public:
  LoaderOfPython() : runtime_(nb::cast<std::string>(nb::object(Custom().attr("RUNTIME")))) {}
  std::string runtime() const override { return runtime_; }

  Status Load(const std::string& code, Extensions& extensions) const override {
    if (InterpreterHasEnded()) return Ended();
    nb::gil_scoped_acquire locked;
    // The Python side registers into a set of its own, which is then taken over.
    auto loaded = std::make_shared<Extensions>(extensions.Get());
    try {
      Custom().attr("load")(nb::bytes(code.data(), code.size()), nb::cast(PyExtensions{loaded}));
    } catch (nb::python_error& error) {
      return StatusOf(error, "loading the code of a function or operator");
    }
    extensions.Replace(loaded->Get());
    return Status::OK();
  }

 private:
  static nb::object Custom() { return nb::module_::import_("trivet.custom"); }
  const std::string runtime_;
};

std::vector<LogicalType> TypesNamed(const std::vector<std::string>& names) {
  std::vector<LogicalType> types;
  for (const std::string& name : names) types.push_back(ValueOrThrow(ParseLogicalType(name)));
  return types;
}

// The SQL name of a type that pyarrow knows.
std::string NameOfArrowType(nb::handle type) {
  nb::object capsule = type.attr("__arrow_c_schema__")();
  auto* schema = static_cast<ArrowSchema*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_schema"));
  if (schema == nullptr) throw nb::python_error();
  return ValueOrThrow(ImportArrowType(*schema)).ToString();
}

}  // namespace

CustomFunctionDeclaration PyFunctionDeclaration::Resolve() const {
  CustomFunctionDeclaration declaration;
  declaration.name = name;
  declaration.version = version;
  declaration.parameters = TypesNamed(parameter_types);
  declaration.return_type = ValueOrThrow(ParseLogicalType(return_type));
  declaration.nulls = special_nulls ? NullBehaviour::kSpecial : NullBehaviour::kPropagate;
  declaration.deterministic = deterministic;
  declaration.runtime = runtime;
  return declaration;
}

CustomOperatorDeclaration PyOperatorDeclaration::Resolve() const {
  CustomOperatorDeclaration declaration;
  declaration.name = name;
  declaration.version = version;
  declaration.parameters = TypesNamed(parameter_types);
  for (const auto& [column, type] : columns) {
    declaration.output.push_back({column, ValueOrThrow(ParseLogicalType(type))});
  }
  bool known = false;
  for (const Distribution one : {Distribution::kAny, Distribution::kSingle, Distribution::kHash}) {
    if (distribution != DistributionName(one)) continue;
    declaration.distribution = one;
    known = true;
  }
  if (!known) {
    ThrowIfError(Status::InvalidInput(StrCat("there is no distribution \"", distribution, "\""))
                     .WithHint("any, single or hash"));
  }
  declaration.hash_columns = hash_columns;
  declaration.deterministic = deterministic;
  declaration.runtime = runtime;
  return declaration;
}

CustomFunctionPtr MakePythonFunction(CustomFunctionDeclaration declaration, nb::handle evaluate) {
  return std::make_shared<PythonFunction>(std::move(declaration), evaluate);
}

CustomOperatorPtr MakePythonOperator(CustomOperatorDeclaration declaration, nb::handle run) {
  return std::make_shared<PythonOperator>(std::move(declaration), run);
}

std::shared_ptr<const CodeLoader> PythonCodeLoader() { return std::make_shared<LoaderOfPython>(); }

void RegisterCustomCode(nb::module_& module) {
  nb::class_<PyFunctionDeclaration>(module, "FunctionDeclaration")
      .def(nb::init<>())
      .def_rw("name", &PyFunctionDeclaration::name)
      .def_rw("version", &PyFunctionDeclaration::version)
      .def_rw("parameter_types", &PyFunctionDeclaration::parameter_types)
      .def_rw("return_type", &PyFunctionDeclaration::return_type)
      .def_rw("special_nulls", &PyFunctionDeclaration::special_nulls)
      .def_rw("deterministic", &PyFunctionDeclaration::deterministic)
      .def_rw("runtime", &PyFunctionDeclaration::runtime);
  nb::class_<PyOperatorDeclaration>(module, "OperatorDeclaration")
      .def(nb::init<>())
      .def_rw("name", &PyOperatorDeclaration::name)
      .def_rw("version", &PyOperatorDeclaration::version)
      .def_rw("parameter_types", &PyOperatorDeclaration::parameter_types)
      .def_rw("columns", &PyOperatorDeclaration::columns)
      .def_rw("distribution", &PyOperatorDeclaration::distribution)
      .def_rw("hash_columns", &PyOperatorDeclaration::hash_columns)
      .def_rw("deterministic", &PyOperatorDeclaration::deterministic)
      .def_rw("runtime", &PyOperatorDeclaration::runtime);
  const auto mode = [](bool replace) {
    return replace ? OnRegistered::kReplace : OnRegistered::kError;
  };
  nb::class_<PyExtensions>(module, "Extensions")
      .def(nb::init<>())
      .def("add_function",
           [mode](PyExtensions& self, const PyFunctionDeclaration& declaration, nb::handle evaluate,
                  bool replace) {
             ThrowIfError(self.extensions->AddFunction(
                 MakePythonFunction(declaration.Resolve(), evaluate), mode(replace)));
           })
      .def("add_operator",
           [mode](PyExtensions& self, const PyOperatorDeclaration& declaration, nb::handle run,
                  bool replace) {
             ThrowIfError(self.extensions->AddOperator(
                 MakePythonOperator(declaration.Resolve(), run), mode(replace)));
           })
      .def("load_plugin", [](PyExtensions& self, const std::string& path) {
        ThrowIfError(LoadPlugin(path, *self.extensions));
      });
  module.def("type_name", &NameOfArrowType, nb::arg("type"));
}

}  // namespace trivet::python
