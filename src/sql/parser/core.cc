#include "sql/parser/core.h"

namespace trivet {

Status ParserCore::TooDeep(size_t position) const {
  return Status::InvalidInput("the statement nests deeper than the limit of " +
                              std::to_string(max_depth_) + " levels")
      .WithPosition(position);
}

Result<syntax::QualifiedName> ParserCore::ParseQualifiedName() {
  syntax::QualifiedName name;
  TRIVET_ASSIGN_OR_RETURN(syntax::Identifier first, cursor_.ExpectColumnName());
  name.push_back(std::move(first));
  while (cursor_.Accept(Symbol::kDot)) {
    TRIVET_ASSIGN_OR_RETURN(syntax::Identifier part, cursor_.ExpectLabel());
    name.push_back(std::move(part));
  }
  return name;
}

Result<ParserCore::Identifiers> ParserCore::ParseParenthesizedNames() {
  const size_t opening = cursor_.Position();
  TRIVET_RETURN_IF_ERROR(cursor_.Expect(Symbol::kLeftParenthesis));
  Identifiers names;
  do {
    TRIVET_ASSIGN_OR_RETURN(syntax::Identifier name, cursor_.ExpectColumnName());
    names.push_back(std::move(name));
  } while (AcceptComma());
  TRIVET_RETURN_IF_ERROR(cursor_.ExpectClosing(Symbol::kRightParenthesis, opening));
  return names;
}

bool ParserCore::AcceptComma() {
  return cursor_.Accept(Symbol::kComma) && cursor_.CanStartExpression();
}

}  // namespace trivet
