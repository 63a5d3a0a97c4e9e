#include "execution/physical_operator.h"

#include "base/assert.h"
#include "execution/explain_fields.h"

namespace trivet {

std::vector<LogicalType> PhysicalOperator::types() const {
  std::vector<LogicalType> types;
  types.reserve(schema_.size());
  for (const PhysicalColumn& column : schema_) types.push_back(column.type);
  return types;
}

std::shared_ptr<PhysicalOperator> PhysicalOperator::WithChildren(
    std::vector<PhysicalPlan> children) const {
  TRIVET_ASSERT(children.size() == children_.size());
  for (size_t i = 0; i < children.size(); ++i) {
    TRIVET_ASSERT(children[i]->types() == children_[i]->types());
  }
  std::shared_ptr<PhysicalOperator> copy = Copy();
  copy->set_children(std::move(children));
  return copy;
}

bool PlansEqual(const PhysicalOperator& a, const PhysicalOperator& b) {
  if (a.name() != b.name() || a.types() != b.types() ||
      a.children().size() != b.children().size() || !FieldsEqual(a, b)) {
    return false;
  }
  for (size_t i = 0; i < a.children().size(); ++i) {
    if (!PlansEqual(*a.children()[i], *b.children()[i])) return false;
  }
  return true;
}

}  // namespace trivet
