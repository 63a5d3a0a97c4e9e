#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expression/expression.h"

namespace trivet {

// A parameter of a statement whose plan is to serve other values, too. In the plan it stands as a
// call without arguments, stable within the query. Planning asks here for what it needs to know of
// the value, and each answer is noted: a plan serves every value of the same type for which all
// answers are the same. NULLs, lists and structs are told apart by whoever keeps the plan; they
// stand in it as constants. Written by the one thread that plans; immutable after Close.
class PlanParameter final : public FunctionState,
                            public std::enable_shared_from_this<PlanParameter> {
 public:
  // `name` is for EXPLAIN: "1", "low".
  PlanParameter(const std::string& name, Value value);

  // What stands in the plan. Two parameters are different expressions even of equal values.
  ExpressionPtr Reference() const { return Reference(value_.type()); }
  // As an integer of another type, in which it Fits.
  ExpressionPtr Reference(const LogicalType& type) const;
  // The parameter that the expression is the reference of; null for all others.
  static const PlanParameter* Of(const Expression& expression);
  // Whether it has such a reference in it.
  static bool IsIn(const ExpressionPtr& root);

  // The value: the plan is for this one alone. An error after Close, where a plan would go on with
  // a value of old.
  Result<Value> Read() const;
  // Whether the integer lies within an integer type.
  bool Fits(TypeId type) const;
  const LogicalType& type() const { return value_.type(); }

  // The plan is made.
  void Close() const { is_closed_ = true; }
  bool is_read() const { return is_read_; }
  // Would planning have learned the same of this value, which has the same type?
  bool Serves(const Value& value) const;
  size_t memory_bytes() const;

 private:
  struct Answer {
    TypeId type;
    bool fits;
  };

  const Value value_;
  ScalarFunction function_;
  mutable bool is_closed_ = false;
  mutable bool is_read_ = false;
  mutable std::vector<Answer> answers_;
};

// What stands for a reference of this type once the value is known: an integer in that type.
Result<Value> ParameterAs(const Value& value, const LogicalType& type);

// Does an integer lie within an integer type?
bool IntegerFits(int128_t value, TypeId type);

// The expression with parameters' values in place of their references, which reads them.
Result<ExpressionPtr> WithReadParameters(const ExpressionPtr& root);

}  // namespace trivet
