#pragma once

#include <array>
#include <memory>
#include <utility>

#include "expression/expression.h"
#include "expression/function_registry.h"

namespace trivet {

// The forms of one overload by physical type of an argument. The overload that is registered is
// what users see; binding picks the form that computes.
class AggregateVariants {
 public:
  void Set(PhysicalType type, AggregateFunction function) {
    forms_[static_cast<size_t>(type)] = std::move(function);
  }
  // Null where the type has none.
  const AggregateFunction* Get(PhysicalType type) const {
    const AggregateFunction& form = forms_[static_cast<size_t>(type)];
    return form.update == nullptr ? nullptr : &form;
  }

 private:
  std::array<AggregateFunction, 16> forms_;
};

// Binds by the physical type of argument `argument`: NotImplemented naming function and type where
// there is no form of it.
Status BindVariant(const AggregateVariants& variants, size_t argument,
                   BoundAggregateFunction& bound);

// The value of an argument that must be constant; InvalidInput naming the argument otherwise.
Result<Value> ConstantArgument(const Expression& argument, std::string_view function_name,
                               std::string_view argument_name);

}  // namespace trivet
