#include "extension/plugin_code.h"

#include <utility>

#include "base/string_concat.h"
#include "extension/arrow_rows.h"

namespace trivet {

namespace {

// A plugin's state, released with its last use.
using State = std::shared_ptr<void>;

State OwnState(void* state, void (*release)(void*)) {
  if (release == nullptr) return State(state, [](void*) {});
  return State(state, release);
}

Result<std::vector<LogicalType>> TypesNamed(const char* const* names, uint32_t count) {
  std::vector<LogicalType> types;
  for (uint32_t i = 0; i < count; ++i) {
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, ParseLogicalType(names[i]));
    types.push_back(std::move(type));
  }
  return types;
}

Result<ArrowColumnsPtr> ColumnsOf(const std::vector<LogicalType>& types) {
  std::vector<ColumnDefinition> columns;
  for (const LogicalType& type : types) columns.push_back({StrCat("c", columns.size()), type});
  return ArrowColumns::Make(std::move(columns));
}

// What trivet_call::host points to.
struct CallState {
  const EvaluationContext& context;
  const CancellationToken* own = nullptr;
  LaneErrors* errors = nullptr;
  const std::string& name;
};

int IsCancelled(const trivet_call* call) {
  const auto& state = *static_cast<const CallState*>(call->host);
  return state.context.cancellation().IsCancelled() || (state.own && state.own->IsCancelled());
}

void FailRow(const trivet_call* call, int64_t row, const char* message) {
  const auto& state = *static_cast<const CallState*>(call->host);
  if (state.errors == nullptr || row < 0) return;
  state.errors->Add(static_cast<size_t>(row),
                    Status::InvalidInput(StrCat("function ", state.name, ": ", message)));
}

class PluginFunction final : public CustomFunction {
 public:
  PluginFunction(CustomFunctionDeclaration declaration, State state,
                 const trivet_function& described, ArrowColumnsPtr parameters,
                 ArrowColumnsPtr result)
      : CustomFunction(std::move(declaration)),
        state_(std::move(state)),
        evaluate_(described.evaluate),
        parameters_(std::move(parameters)),
        result_(std::move(result)) {}

  Status Evaluate(std::span<const Vector> arguments, size_t count, const EvaluationContext& context,
                  Vector& result, LaneErrors& errors) const override {
    const std::string& name = declaration().name;
    ArrowHolder<ArrowArray> rows;
    TRIVET_RETURN_IF_ERROR(
        parameters_->Export(Batch({arguments.begin(), arguments.end()}, count), rows.get()));
    CallState state{context, nullptr, &errors, name};
    const trivet_call call{&state, IsCancelled, FailRow};
    // The answer becomes the only child of a struct array, as import wants it.
    auto answer = std::make_shared<ArrowHolder<ArrowArray>>();
    const int code =
        evaluate_(state_.get(), &call, rows.get(), static_cast<int64_t>(count), answer->get());
    TRIVET_RETURN_IF_ERROR(context.cancellation().Check());
    if (code != 0) {
      return errors.empty() ? Status::InvalidInput(StrCat("function ", name, " failed with code ",
                                                          code, " on a batch of ", count, " rows"))
                            : errors.First();
    }
    if (answer->get()->release == nullptr || answer->get()->length != static_cast<int64_t>(count)) {
      return Status::InvalidInput(
          StrCat("function ", name, " gave ", answer->get()->length, " rows instead of ", count));
    }
    TRIVET_ASSIGN_OR_RETURN(result,
                            ImportArrowColumn(*result_->schema().children[0], *answer->get(),
                                              declaration().return_type, 0, count, answer));
    result.Flatten(count);
    return Status::OK();
  }

 private:
  State state_;
  decltype(trivet_function::evaluate) evaluate_;
  ArrowColumnsPtr parameters_;
  ArrowColumnsPtr result_;
};

class PluginStream final : public BatchStream {
 public:
  PluginStream(const CustomOperatorCall& call, const std::string& name, BatchStream& input,
               ArrowColumnsPtr input_columns, ArrowColumnsPtr output_columns)
      : call_{call.execution, &call.cancellation, nullptr, name},
        name_(name),
        input_(std::make_shared<SharedInput>(input)),
        input_columns_(std::move(input_columns)),
        batches_(std::move(output_columns), call.execution.batch_size()) {}
  ~PluginStream() override {
    if (output_.release != nullptr) output_.release(&output_);
    input_->Close();
  }

  Status Start(const State& state, decltype(trivet_operator::run) run,
               const ArrowArray* arguments) {
    state_ = state;
    ArrowArrayStream rows;
    ExportInput(input_, input_columns_, &rows);
    const int code = run(state_.get(), &plugin_call_, arguments, &rows, &output_);
    if (rows.release != nullptr) rows.release(&rows);  // the plugin did not take it
    if (code == 0 && output_.release != nullptr) return Status::OK();
    return Failed(code, nullptr);
  }

  Result<bool> Next(Batch& batch) override {
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, batches_.Next(batch));
      if (more) return true;
      if (IsCancelled(&plugin_call_)) return Status::Cancelled("the query was cancelled");
      auto array = std::make_shared<ArrowHolder<ArrowArray>>();
      if (const int code = output_.get_next(&output_, array->get())) {
        return Failed(code, output_.get_last_error ? output_.get_last_error(&output_) : nullptr);
      }
      if (array->get()->release == nullptr) return false;
      batches_.Add(std::move(array));
    }
  }

 private:
  // The input's own error says more than what the plugin made of it.
  Status Failed(int code, const char* message) const {
    TRIVET_RETURN_IF_ERROR(input_->failure());
    return Status::InvalidInput(
        StrCat("operator ", name_,
               " failed: ", message != nullptr ? std::string(message) : StrCat("code ", code)));
  }

  CallState call_;
  const trivet_call plugin_call_{&call_, IsCancelled, FailRow};
  const std::string& name_;
  std::shared_ptr<SharedInput> input_;
  ArrowColumnsPtr input_columns_;
  ArrowBatches batches_;
  State state_;
  ArrowArrayStream output_{};
};

class PluginOperator final : public CustomOperator {
 public:
  PluginOperator(CustomOperatorDeclaration declaration, State state,
                 const trivet_operator& described, ArrowColumnsPtr parameters)
      : CustomOperator(std::move(declaration)),
        state_(std::move(state)),
        run_(described.run),
        parameters_(std::move(parameters)) {}

  Result<std::unique_ptr<BatchStream>> Open(const CustomOperatorCall& call,
                                            BatchStream& input) const override {
    TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr columns, ArrowColumns::Make(call.input_columns));
    TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr output, ArrowColumns::Make(call.output_columns));
    std::vector<Vector> constants;
    for (const Value& argument : call.arguments) {
      constants.push_back(Vector::MakeFlat(argument.type(), 1));
      constants.back().SetValue(0, argument);
    }
    ArrowHolder<ArrowArray> arguments;
    TRIVET_RETURN_IF_ERROR(parameters_->Export(Batch(std::move(constants), 1), arguments.get()));
    auto stream = std::make_unique<PluginStream>(call, declaration().name, input,
                                                 std::move(columns), std::move(output));
    TRIVET_RETURN_IF_ERROR(stream->Start(state_, run_, arguments.get()));
    return std::unique_ptr<BatchStream>(std::move(stream));
  }

 private:
  State state_;
  decltype(trivet_operator::run) run_;
  ArrowColumnsPtr parameters_;
};

Status CheckSize(uint32_t size, size_t expected, bool complete) {
  if (size == expected && complete) return Status::OK();
  return Status::InvalidInput("the plugin's description of a function or operator is incomplete");
}

}  // namespace

Result<CustomFunctionPtr> MakePluginFunction(const trivet_function& described) {
  TRIVET_RETURN_IF_ERROR(CheckSize(described.struct_size, sizeof(trivet_function),
                                   described.name && described.return_type && described.evaluate));
  State state = OwnState(described.state, described.release);
  CustomFunctionDeclaration declaration;
  declaration.name = described.name;
  declaration.version = described.version;
  declaration.nulls = described.special_nulls ? NullBehaviour::kSpecial : NullBehaviour::kPropagate;
  declaration.deterministic = !described.not_deterministic;
  TRIVET_ASSIGN_OR_RETURN(declaration.parameters,
                          TypesNamed(described.parameter_types, described.parameter_count));
  TRIVET_ASSIGN_OR_RETURN(declaration.return_type, ParseLogicalType(described.return_type));
  TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr parameters, ColumnsOf(declaration.parameters));
  TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr result, ColumnsOf({declaration.return_type}));
  return CustomFunctionPtr(
      std::make_shared<PluginFunction>(std::move(declaration), std::move(state), described,
                                       std::move(parameters), std::move(result)));
}

Result<CustomOperatorPtr> MakePluginOperator(const trivet_operator& described) {
  TRIVET_RETURN_IF_ERROR(
      CheckSize(described.struct_size, sizeof(trivet_operator), described.name && described.run));
  State state = OwnState(described.state, described.release);
  if (described.distribution < TRIVET_DISTRIBUTION_ANY ||
      described.distribution > TRIVET_DISTRIBUTION_HASH) {
    return Status::InvalidInput(
        StrCat("operator ", described.name, " has no distribution ", described.distribution));
  }
  CustomOperatorDeclaration declaration;
  declaration.name = described.name;
  declaration.version = described.version;
  declaration.distribution = static_cast<Distribution>(described.distribution);
  declaration.deterministic = !described.not_deterministic;
  for (uint32_t i = 0; i < described.hash_column_count; ++i) {
    declaration.hash_columns.emplace_back(described.hash_columns[i]);
  }
  for (uint32_t i = 0; i < described.column_count; ++i) {
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, ParseLogicalType(described.column_types[i]));
    declaration.output.push_back({described.column_names[i], std::move(type)});
  }
  TRIVET_ASSIGN_OR_RETURN(declaration.parameters,
                          TypesNamed(described.parameter_types, described.parameter_count));
  TRIVET_ASSIGN_OR_RETURN(ArrowColumnsPtr parameters, ColumnsOf(declaration.parameters));
  return CustomOperatorPtr(std::make_shared<PluginOperator>(
      std::move(declaration), std::move(state), described, std::move(parameters)));
}

}  // namespace trivet
