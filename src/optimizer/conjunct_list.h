#pragma once

#include <utility>
#include <vector>

#include "optimizer/expression_set.h"

namespace trivet {

// Conjuncts in the order in which they were added, each once; volatile ones as often as written.
class ConjunctList {
 public:
  ConjunctList() = default;
  explicit ConjunctList(std::vector<ExpressionPtr> list) : known_(list), list_(std::move(list)) {}

  // Adds the parts of an AND that are not there yet; TRUE is left out. Did anything change?
  bool Add(const ExpressionPtr& predicate);

  const std::vector<ExpressionPtr>& list() const { return list_; }
  std::vector<ExpressionPtr> Take() && { return std::move(list_); }

 private:
  ExpressionSet known_;
  std::vector<ExpressionPtr> list_;
};

}  // namespace trivet
