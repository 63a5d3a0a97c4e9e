#include "plan/custom_operator.h"

#include <utility>

#include "base/string_concat.h"

namespace trivet {

namespace {

class DeclaredOperator final : public CustomOperator {
 public:
  using CustomOperator::CustomOperator;
  Result<std::unique_ptr<BatchStream>> Open(const CustomOperatorCall&,
                                            BatchStream&) const override {
    return Status::NotFound(
        StrCat("the code of operator '", declaration().capability(), "' is not here"));
  }
};

bool SameName(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::string_view DistributionName(Distribution distribution) {
  switch (distribution) {
    case Distribution::kAny: return "any";
    case Distribution::kSingle: return "single";
    case Distribution::kHash: return "hash";
  }
  return "unknown";
}

Result<std::vector<uint64_t>> CustomOperatorDeclaration::HashPositions(
    const std::vector<ColumnDefinition>& input) const {
  std::vector<uint64_t> positions;
  for (const std::string& name : hash_columns) {
    size_t position = 0;
    while (position < input.size() && !SameName(input[position].name, name)) ++position;
    if (position == input.size()) {
      return Status::InvalidInput(StrCat("the input of ", this->name, " has no column \"", name,
                                         "\", by which it is to be spread"));
    }
    positions.push_back(position);
  }
  return positions;
}

CustomOperatorPtr DeclareOperator(CustomOperatorDeclaration declaration) {
  return std::make_shared<DeclaredOperator>(std::move(declaration));
}

}  // namespace trivet
