#include "sql/binder/statement_state.h"

#include <cstdint>

#include "base/string_concat.h"

namespace trivet::binder {

Status StatementState::CheckStack() const {
  // Asked at every level of the recursion, so that an interrupt ends binding here too.
  if (input_.context != nullptr) {
    TRIVET_RETURN_IF_ERROR(input_.context->cancellation().Check());
  }
  // Frames, not the address of a local: sanitizers keep locals off the stack.
  const auto base = reinterpret_cast<uintptr_t>(stack_base_);
  const auto now = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if ((base > now ? base - now : now - base) > kMaxStackBytes) {
    return Status::InvalidInput("the statement is nested too deeply");
  }
  return Status::OK();
}

Status StatementState::EnterQuery(size_t position) {
  if (query_depth_ == kMaxQueryDepth) {
    return Status::InvalidInput(
               StrCat("queries are nested more than ", kMaxQueryDepth, " levels deep"))
        .WithPosition(position);
  }
  ++query_depth_;
  return Status::OK();
}

Status StatementState::CountOperator() {
  if (++operators_ > kMaxPlanOperators) {
    return Status::InvalidInput(StrCat("the statement has more than ", kMaxPlanOperators,
                                       " joins, subqueries and set operations"));
  }
  return Status::OK();
}

Status Unsupported(std::string_view feature, size_t position) {
  return Status::NotImplemented(StrCat(feature, " not supported yet")).WithPosition(position);
}

}  // namespace trivet::binder
