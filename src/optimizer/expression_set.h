#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "expression/expression.h"

namespace trivet {

// Expressions by structure, each with a number in the order of insertion. Looked up, never walked,
// so that no order of hashes reaches a plan. Open addressing, since a list of IN may have hundreds
// of thousands of members.
class ExpressionSet {
 public:
  ExpressionSet() = default;
  explicit ExpressionSet(const std::vector<ExpressionPtr>& list) {
    for (const ExpressionPtr& expression : list) Insert(expression);
  }

  // The number of the expression, and whether it is new.
  std::pair<size_t, bool> Insert(const ExpressionPtr& expression) {
    if (2 * expressions_.size() >= slots_.size()) Grow();
    const size_t slot = SlotOf(expression);
    if (slots_[slot] != kEmpty) return {slots_[slot], false};
    slots_[slot] = static_cast<uint32_t>(expressions_.size());
    expressions_.push_back(expression);
    return {expressions_.size() - 1, true};
  }

  std::optional<size_t> Find(const ExpressionPtr& expression) const {
    if (slots_.empty()) return std::nullopt;
    const uint32_t number = slots_[SlotOf(expression)];
    return number == kEmpty ? std::nullopt : std::optional<size_t>(number);
  }
  bool Contains(const ExpressionPtr& expression) const { return Find(expression).has_value(); }
  size_t size() const { return expressions_.size(); }

 private:
  static constexpr uint32_t kEmpty = UINT32_MAX;

  size_t FirstSlot(const ExpressionPtr& expression) const {
    return (expression->Hash() * 0x9E3779B97F4A7C15) >> shift_;
  }
  // Where the expression is, or the empty slot where it would be.
  size_t SlotOf(const ExpressionPtr& expression) const {
    size_t slot = FirstSlot(expression);
    while (slots_[slot] != kEmpty) {
      const ExpressionPtr& known = expressions_[slots_[slot]];
      if (known->Hash() == expression->Hash() && ExpressionsEqual(known, expression)) break;
      slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
  }
  void Grow() {
    slots_.assign(std::max<size_t>(16, 2 * slots_.size()), kEmpty);
    shift_ = 64 - static_cast<uint32_t>(std::countr_zero(slots_.size()));
    for (uint32_t number = 0; number < expressions_.size(); ++number) {
      size_t slot = FirstSlot(expressions_[number]);
      while (slots_[slot] != kEmpty) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = number;
    }
  }

  std::vector<uint32_t> slots_;  // the numbers; as many as a power of two, half of them empty
  uint32_t shift_ = 0;           // 64 - log2 of their count
  std::vector<ExpressionPtr> expressions_;
};

}  // namespace trivet
