// Where a text stands in another one.
#include "expression/functions/find_bytes.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

template <typename Out, typename Op>
void OfTwoStrings(const KernelCall& call, Vector& result, const Op& op) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> needles(call, 1);
  auto* out = result.mutable_data<Out>();
  ForEachRow(call, result,
             [&](size_t row) { out[row] = op(texts[row].view(), needles[row].view()); });
}

void Position(const KernelCall& call, Vector& result) {
  OfTwoStrings<int64_t>(
      call, result, [](std::string_view text, std::string_view needle) -> int64_t {
        const size_t found = FindBytes(text, needle);
        return found == kNotFound
                   ? 0
                   : static_cast<int64_t>(CountCodePoints(text.substr(0, found))) + 1;
      });
}

void Contains(const KernelCall& call, Vector& result) {
  OfTwoStrings<uint8_t>(call, result, [](std::string_view text, std::string_view needle) {
    return FindBytes(text, needle) != kNotFound;
  });
}

void StartsWith(const KernelCall& call, Vector& result) {
  OfTwoStrings<uint8_t>(call, result, [](std::string_view text, std::string_view needle) {
    return text.starts_with(needle);
  });
}

void EndsWith(const KernelCall& call, Vector& result) {
  OfTwoStrings<uint8_t>(call, result, [](std::string_view text, std::string_view needle) {
    return text.ends_with(needle);
  });
}

}  // namespace

void RegisterStringSearch(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, boolean = TypeId::kBoolean;
  registry.AddScalar(
      Signature("strpos", {text, text}, TypeId::kInt64, Position,
                "Where a text first stands in another one, from 1; 0 where nowhere"));
  registry.AddAlias("instr", "strpos");
  registry.AddAlias("position", "strpos");
  registry.AddScalar(
      Signature("contains", {text, text}, boolean, Contains, "Whether a text holds another one"));
  registry.AddScalar(Signature("starts_with", {text, text}, boolean, StartsWith,
                               "Whether a text begins with another one"));
  registry.AddAlias("prefix", "starts_with");
  registry.AddAlias("^@", "starts_with");
  registry.AddScalar(Signature("ends_with", {text, text}, boolean, EndsWith,
                               "Whether a text ends with another one"));
  registry.AddAlias("suffix", "ends_with");
}

}  // namespace trivet
