#pragma once

// Custom functions and operators of plain C++, for tests. Test code only.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "extension/extensions.h"

namespace trivet::testing {

// A function of BIGINTs; it throws what its rows fail with.
class LambdaFunction final : public CustomFunction {
 public:
  using Body = std::function<Result<int64_t>(const std::vector<Value>& arguments)>;
  LambdaFunction(CustomFunctionDeclaration declaration, Body body)
      : CustomFunction(std::move(declaration)), body_(std::move(body)) {}

  Status Evaluate(std::span<const Vector> arguments, size_t count, const EvaluationContext&,
                  Vector& result, LaneErrors& errors) const override {
    for (size_t row = 0; row < count; ++row) {
      std::vector<Value> values;
      for (const Vector& argument : arguments) values.push_back(argument.GetValue(row));
      const Result<int64_t> answer = body_(values);
      if (answer.ok()) {
        result.SetValue(row, Value::Int64(*answer));
      } else {
        errors.Add(row, answer.status());
      }
    }
    return Status::OK();
  }

 private:
  Body body_;
};

inline CustomFunctionPtr BigintFunction(std::string name, size_t parameters,
                                        LambdaFunction::Body body) {
  CustomFunctionDeclaration declaration;
  declaration.name = std::move(name);
  declaration.parameters.assign(parameters, TypeId::kInt64);
  declaration.return_type = TypeId::kInt64;
  return std::make_shared<LambdaFunction>(std::move(declaration), std::move(body));
}

// An operator given by what it makes of its input.
class LambdaOperator final : public CustomOperator {
 public:
  using Start = std::function<std::unique_ptr<BatchStream>(const CustomOperatorCall& call,
                                                           BatchStream& input)>;
  LambdaOperator(CustomOperatorDeclaration declaration, Start open)
      : CustomOperator(std::move(declaration)), open_(std::move(open)) {}
  Result<std::unique_ptr<BatchStream>> Open(const CustomOperatorCall& call,
                                            BatchStream& input) const override {
    return open_(call, input);
  }

 private:
  Start open_;
};

class LambdaStream final : public BatchStream {
 public:
  explicit LambdaStream(std::function<Result<bool>(Batch&)> next) : next_(std::move(next)) {}
  Result<bool> Next(Batch& batch) override { return next_(batch); }

 private:
  std::function<Result<bool>(Batch&)> next_;
};

// Passes rows on with a further column: the number of the row within its run, from 0.
inline CustomOperatorPtr NumberRows(std::string name, Distribution distribution,
                                    std::vector<std::string> keys = {}) {
  CustomOperatorDeclaration declaration;
  declaration.name = std::move(name);
  declaration.output = {{"i", TypeId::kInt64}, {"k", TypeId::kInt64}, {"number", TypeId::kInt64}};
  declaration.distribution = distribution;
  declaration.hash_columns = std::move(keys);
  const auto open = [](const CustomOperatorCall&, BatchStream& input) {
    auto number = std::make_shared<int64_t>(0);
    return std::make_unique<LambdaStream>([&input, number](Batch& batch) -> Result<bool> {
      TRIVET_ASSIGN_OR_RETURN(const bool more, input.Next(batch));
      if (!more) return false;
      std::vector<Vector> columns = batch.columns();
      columns.push_back(Vector::MakeFlat(TypeId::kInt64));
      for (size_t row = 0; row < batch.row_count(); ++row) {
        columns.back().mutable_data<int64_t>()[row] = (*number)++;
      }
      const BatchOrder order = batch.order();
      batch = Batch(std::move(columns), batch.row_count());
      batch.set_order(order);
      return true;
    });
  };
  return std::make_shared<LambdaOperator>(std::move(declaration), open);
}

}  // namespace trivet::testing
