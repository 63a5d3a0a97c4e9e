// Window specifications and frames.
#include "sql/parser/expression_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

// ([base] [PARTITION BY ...] [ORDER BY ...] [frame])
Result<WindowSpecification> ExpressionParser::ParseWindowSpecification() {
  WindowSpecification window;
  const size_t opening = cursor_.Position();
  window.position = opening;
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  const bool at_clause = cursor_.At("partition"_kw) || cursor_.At("range"_kw) ||
                         cursor_.At("rows"_kw) || cursor_.At("groups"_kw);
  if (cursor_.AtColumnName() && !at_clause) window.base = cursor_.TakeIdentifier();
  if (cursor_.Accept("partition"_kw)) {
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("by"_kw));
    TRIVET_ASSIGN_OR_RETURN(window.partition_by, ParseExpressionList());
  }
  if (cursor_.At("order"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(window.order_by, ParseOrderBy());
  }
  TRIVET_RETURN_IF_ERROR(ParseFrame(window));
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return window;
}

Status ExpressionParser::ParseFrame(WindowSpecification& window) {
  if (cursor_.Accept("rows"_kw)) {
    window.unit = FrameUnit::kRows;
  } else if (cursor_.Accept("range"_kw)) {
    window.unit = FrameUnit::kRange;
  } else if (cursor_.Accept("groups"_kw)) {
    window.unit = FrameUnit::kGroups;
  } else {
    return Status::OK();
  }
  window.has_frame = true;
  if (cursor_.Accept("between"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(window.start, ParseFrameBound());
    TRIVET_RETURN_IF_ERROR(cursor_.Expect("and"_kw));
    TRIVET_ASSIGN_OR_RETURN(window.end, ParseFrameBound());
  } else {
    TRIVET_ASSIGN_OR_RETURN(window.start, ParseFrameBound());
    window.end.kind = FrameBoundKind::kCurrentRow;
  }
  if (!cursor_.Accept("exclude"_kw)) return Status::OK();
  if (cursor_.Accept("current"_kw, "row"_kw)) {
    window.exclusion = FrameExclusion::kCurrentRow;
  } else if (cursor_.Accept("group"_kw)) {
    window.exclusion = FrameExclusion::kGroup;
  } else if (cursor_.Accept("ties"_kw)) {
    window.exclusion = FrameExclusion::kTies;
  } else if (!cursor_.Accept("no"_kw, "others"_kw)) {
    return cursor_.SyntaxError();
  }
  return Status::OK();
}

Result<FrameBound> ExpressionParser::ParseFrameBound() {
  FrameBound bound;
  if (cursor_.Accept("current"_kw, "row"_kw)) return bound;
  const bool is_unbounded = cursor_.At("unbounded"_kw) &&
                            (cursor_.At("preceding"_kw, 1) || cursor_.At("following"_kw, 1));
  if (is_unbounded) {
    cursor_.Advance();
  } else {
    // Above AND, which may stand behind the bound.
    TRIVET_ASSIGN_OR_RETURN(bound.offset, ParseExpression(Precedence::kOther));
  }
  const bool is_preceding = cursor_.Accept("preceding"_kw);
  if (!is_preceding) TRIVET_RETURN_IF_ERROR(cursor_.Expect("following"_kw));
  if (is_unbounded) {
    bound.kind =
        is_preceding ? FrameBoundKind::kUnboundedPreceding : FrameBoundKind::kUnboundedFollowing;
  } else {
    bound.kind = is_preceding ? FrameBoundKind::kPreceding : FrameBoundKind::kFollowing;
  }
  return bound;
}

}  // namespace trivet
