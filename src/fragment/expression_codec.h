#pragma once

#include "fragment/fragment.h"
#include "fragment/fragment.pb.h"

namespace trivet {

// Expressions and what they are made into, as messages and back. Null expressions are messages
// without nodes. Positions in the SQL text travel along, for error messages.
Status EncodeExpression(const ExpressionPtr& expression, wire::Expression& out);
Status EncodeSortKey(const SortKey& key, wire::SortKey& out);
Status EncodeAggregate(const LogicalAggregate::Aggregate& aggregate, wire::Aggregate& out);

// Reads them with the functions of `options`. Errors as DecodeFragment's.
class ExpressionDecoder {
 public:
  // The options outlive the decoder.
  explicit ExpressionDecoder(const DecodeFragmentOptions& options) : options_(options) {}

  Result<ExpressionPtr> Decode(const wire::Expression& message) const;  // may be null
  Result<SortKey> Decode(const wire::SortKey& message) const;
  Result<LogicalAggregate::Aggregate> Decode(const wire::Aggregate& message) const;

  // All of a repeated field.
  template <typename Decoded, typename Messages>
  Result<std::vector<Decoded>> DecodeAll(const Messages& messages) const {
    std::vector<Decoded> all;
    all.reserve(static_cast<size_t>(messages.size()));
    for (const auto& message : messages) {
      TRIVET_ASSIGN_OR_RETURN(Decoded decoded, Decode(message));
      all.push_back(std::move(decoded));
    }
    return all;
  }

 private:
  Result<ExpressionPtr> MakeNode(const wire::ExpressionNode& message,
                                 std::vector<ExpressionPtr> children) const;
  Result<ExpressionPtr> MakeCall(const wire::Function& message,
                                 std::vector<ExpressionPtr> children) const;
  Result<BoundAggregateFunction> MakeAggregateFunction(const wire::Function& message) const;
  Result<std::vector<ExpressionPtr>> BindArguments(const wire::Function& message) const;

  const DecodeFragmentOptions& options_;
};

}  // namespace trivet
