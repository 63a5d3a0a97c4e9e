#pragma once

#include <memory>
#include <string>
#include <vector>

#include "context/execution_context.h"
#include "expression/custom_function.h"
#include "storage/table.h"

namespace trivet {

// How a custom operator needs its input to be spread; planners put exchanges accordingly.
enum class Distribution : uint8_t {
  kAny = 0,     // any share of the rows at a time, in any number of runs beside each other
  kSingle = 1,  // all rows in one run, in the input's order
  kHash = 2,    // all rows with equal keys in the same run, in the input's order
};
std::string_view DistributionName(Distribution distribution);

// What is known of a custom operator without its code.
struct CustomOperatorDeclaration {
  std::string name;                     // lower case
  uint32_t version = 1;                 // raised whenever the answers change
  std::vector<LogicalType> parameters;  // of the constant arguments behind the relation
  // Columns of the output; without any they are those of the input.
  std::vector<ColumnDefinition> output;
  Distribution distribution = Distribution::kSingle;
  std::vector<std::string> hash_columns;  // of the input; kHash only
  bool deterministic = true;
  // As of functions.
  std::string code;
  std::string runtime;
  std::shared_ptr<const std::string> code_bytes;

  std::string capability() const { return CapabilityName(name, version); }
  // The output's columns over an input of these.
  const std::vector<ColumnDefinition>& OutputOver(
      const std::vector<ColumnDefinition>& input) const {
    return output.empty() ? input : output;
  }
  // Positions of the hash columns. InvalidInput names the one that the input does not have.
  Result<std::vector<uint64_t>> HashPositions(const std::vector<ColumnDefinition>& input) const;
};

// Batches one after the other. Used by one thread at a time.
class BatchStream {
 public:
  virtual ~BatchStream() = default;
  // The next batch, of at most kVectorSize rows, possibly none; false at the end. May wait.
  virtual Result<bool> Next(Batch& batch) = 0;
};

// One run of an operator over one partition of its input.
struct CustomOperatorCall {
  std::vector<ColumnDefinition> input_columns;
  std::vector<ColumnDefinition> output_columns;
  std::vector<Value> arguments;  // of the declared types
  const ExecutionContext& execution;
  // Set when the run is wanted no more, be it that the query was cancelled or that its reader has
  // enough.
  CancellationToken cancellation;
};

// A table operator whose rows are computed by code that is not the engine's: a stream of batches
// in, a stream of batches out. Immutable, thread-safe.
class CustomOperator {
 public:
  explicit CustomOperator(CustomOperatorDeclaration declaration)
      : declaration_(std::move(declaration)) {}
  virtual ~CustomOperator() = default;

  const CustomOperatorDeclaration& declaration() const { return declaration_; }

  // Starts a run on a thread of its own, which may wait for `input`; input and call outlive the
  // stream.
  virtual Result<std::unique_ptr<BatchStream>> Open(const CustomOperatorCall& call,
                                                    BatchStream& input) const = 0;

 private:
  const CustomOperatorDeclaration declaration_;
};

using CustomOperatorPtr = std::shared_ptr<const CustomOperator>;

// An operator known by its declaration alone: opening it fails with NotFound that names it.
CustomOperatorPtr DeclareOperator(CustomOperatorDeclaration declaration);

}  // namespace trivet
