#pragma once

#include <unordered_map>
#include <vector>

#include "expression/expression.h"

namespace trivet {

// Expressions by structure, each with a number in the order of insertion. Looked up, never walked,
// so that no order of hashes reaches a plan.
class ExpressionSet {
 public:
  ExpressionSet() = default;
  explicit ExpressionSet(const std::vector<ExpressionPtr>& list) {
    for (const ExpressionPtr& expression : list) Insert(expression);
  }

  // The number of the expression, and whether it is new.
  std::pair<size_t, bool> Insert(const ExpressionPtr& expression) {
    auto [begin, end] = numbers_.equal_range(expression->Hash());
    for (auto known = begin; known != end; ++known) {
      if (ExpressionsEqual(expressions_[known->second], expression)) return {known->second, false};
    }
    numbers_.emplace(expression->Hash(), expressions_.size());
    expressions_.push_back(expression);
    return {expressions_.size() - 1, true};
  }

  std::optional<size_t> Find(const ExpressionPtr& expression) const {
    auto [begin, end] = numbers_.equal_range(expression->Hash());
    for (auto known = begin; known != end; ++known) {
      if (ExpressionsEqual(expressions_[known->second], expression)) return known->second;
    }
    return std::nullopt;
  }
  bool Contains(const ExpressionPtr& expression) const { return Find(expression).has_value(); }
  size_t size() const { return expressions_.size(); }

 private:
  std::unordered_multimap<uint64_t, size_t> numbers_;
  std::vector<ExpressionPtr> expressions_;
};

}  // namespace trivet
