#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

#include "extension/code_loader.h"

namespace trivet::python {

// What Python says of a function or an operator; types are SQL names.
struct PyFunctionDeclaration {
  std::string name;
  uint32_t version = 1;
  std::vector<std::string> parameter_types;
  std::string return_type;
  bool special_nulls = false;
  bool deterministic = true;
  std::string runtime;

  CustomFunctionDeclaration Resolve() const;  // throws where a type is none
};
struct PyOperatorDeclaration {
  std::string name;
  uint32_t version = 1;
  std::vector<std::string> parameter_types;
  std::vector<std::pair<std::string, std::string>> columns;
  std::string distribution;
  std::vector<std::string> hash_columns;
  bool deterministic = true;
  std::string runtime;

  CustomOperatorDeclaration Resolve() const;
};

// A function that `evaluate(rows, return_field)` of trivet.custom computes.
CustomFunctionPtr MakePythonFunction(CustomFunctionDeclaration declaration,
                                     nanobind::handle evaluate);
// An operator that `run(input, output_schema, arguments)` of trivet.custom computes.
CustomOperatorPtr MakePythonOperator(CustomOperatorDeclaration declaration, nanobind::handle run);

// Loads what trivet.custom has packed.
std::shared_ptr<const CodeLoader> PythonCodeLoader();

// Registries as Python holds them.
struct PyExtensions {
  std::shared_ptr<Extensions> extensions = std::make_shared<Extensions>();
};

void RegisterCustomCode(nanobind::module_& module);

}  // namespace trivet::python
