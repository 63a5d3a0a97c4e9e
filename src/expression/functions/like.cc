// LIKE and ILIKE with their negations and ESCAPE.
#include "expression/function_registry.h"
#include "expression/functions/case_mapping.h"
#include "expression/functions/find_bytes.h"
#include "expression/functions/glob_pattern.h"
#include "expression/functions/like_pattern.h"
#include "expression/functions/register.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

class LikeState : public FunctionState {
 public:
  explicit LikeState(LikePattern pattern) : pattern(std::move(pattern)) {}
  const LikePattern pattern;
};

template <bool negated, typename Test>
void TestStrings(const KernelCall& call, Vector& result, const Test& test) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<uint8_t>();
  ForEachRow(call, result, [&](size_t row) { out[row] = test(texts[row]) != negated; });
}

template <bool negated>
void LikePrefix(const KernelCall& call, Vector& result, const std::string& prefix) {
  // The head of a view decides most rows without following its pointer.
  const size_t size = prefix.size();
  const size_t head_size = std::min<size_t>(size, 4);
  uint32_t head = 0;
  uint32_t mask = 0;
  std::memcpy(&head, prefix.data(), head_size);
  std::memset(&mask, 0xFF, head_size);
  TestStrings<negated>(call, result, [&](const StringView& text) {
    const uint32_t text_head = static_cast<uint32_t>(text.head_word() >> 32);
    if (text.size() < size || (text_head & mask) != head) return false;
    return size <= 4 || std::memcmp(text.data() + 4, prefix.data() + 4, size - 4) == 0;
  });
}

// The pattern was constant and compiled when the call was bound.
template <bool negated>
void LikeConstant(const KernelCall& call, Vector& result) {
  const LikePattern& pattern = static_cast<const LikeState*>(call.state)->pattern;
  switch (pattern.kind()) {
    case LikePattern::Kind::kEqual: {
      const StringView wanted(pattern.text());
      return TestStrings<negated>(call, result,
                                  [&](const StringView& text) { return text == wanted; });
    }
    case LikePattern::Kind::kPrefix: return LikePrefix<negated>(call, result, pattern.text());
    case LikePattern::Kind::kContains: {
      const std::string_view wanted = pattern.text();
      return TestStrings<negated>(call, result, [&](const StringView& text) {
        return FindBytes(text.view(), wanted) != kNotFound;
      });
    }
    default:
      return TestStrings<negated>(
          call, result, [&](const StringView& text) { return pattern.Matches(text.view()); });
  }
}

template <bool negated>
void IlikeConstant(const KernelCall& call, Vector& result) {
  const LikePattern& pattern = static_cast<const LikeState*>(call.state)->pattern;
  TextScratch lowered(call);
  TestStrings<negated>(call, result, [&](const StringView& text) {
    if (!lowered.Start(2 * text.size())) return false;
    AppendLower(text.view(), lowered.text());
    return pattern.Matches(lowered.text());
  });
}

std::string Lowered(std::string_view text) {
  std::string lowered;
  AppendLower(text, lowered);
  return lowered;
}

// Patterns that differ by row are compiled row by row; runs of one pattern once.
template <bool case_insensitive, bool negated>
void LikeVarying(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> patterns(call, 1);
  const bool has_escape = call.arguments.size() > 2;
  const Argument<StringView> escapes(call, has_escape ? 2 : 0);
  auto* out = result.mutable_data<uint8_t>();
  Result<LikePattern> compiled = Status::Internal("no pattern yet");
  std::string compiled_from;
  std::string compiled_escape;
  bool is_compiled = false;
  TextScratch lowered(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view pattern = patterns[row].view();
    const std::string_view escape = has_escape ? escapes[row].view() : std::string_view();
    if (!is_compiled || pattern != compiled_from || escape != compiled_escape) {
      const Result<std::optional<char>> parsed = LikePattern::ParseEscape(escape);
      if (!parsed.ok()) return Fail(call, result, row, parsed.status());
      compiled =
          LikePattern::Compile(case_insensitive ? Lowered(pattern) : std::string(pattern), *parsed);
      compiled_from = pattern;
      compiled_escape = escape;
      is_compiled = true;
    }
    if (!compiled.ok()) return Fail(call, result, row, compiled.status());
    std::string_view text = texts[row].view();
    if (case_insensitive) {
      if (!lowered.Start(2 * text.size())) return;
      AppendLower(text, lowered.text());
      text = lowered.text();
    }
    out[row] = compiled->Matches(text) != negated;
  });
}

bool IsConstantText(const ExpressionPtr& argument) {
  return argument->IsConstant() && !argument->value().is_null();
}

template <bool case_insensitive, bool negated>
Status BindLike(const ScalarBindInput& input, BoundScalarFunction& bound) {
  std::optional<char> escape;
  if (input.arguments.size() > 2) {
    if (!IsConstantText(input.arguments[2])) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(escape, LikePattern::ParseEscape(input.arguments[2]->value().string()));
  }
  if (!IsConstantText(input.arguments[1])) return Status::OK();
  std::string pattern = input.arguments[1]->value().string();
  if (case_insensitive) pattern = Lowered(pattern);
  TRIVET_ASSIGN_OR_RETURN(LikePattern compiled, LikePattern::Compile(pattern, escape));
  bound.state = std::make_shared<LikeState>(std::move(compiled));
  bound.kernel = case_insensitive ? IlikeConstant<negated> : LikeConstant<negated>;
  bound.can_fail = false;
  return Status::OK();
}

template <bool case_insensitive, bool negated>
void AddLike(FunctionRegistry& registry, const char* name, const char* escape_name) {
  ScalarFunction function;
  function.name = name;
  function.parameters = {TypeId::kVarchar, TypeId::kVarchar};
  function.return_type = TypeId::kBoolean;
  function.kernel = LikeVarying<case_insensitive, negated>;
  function.bind = BindLike<case_insensitive, negated>;
  function.description = case_insensitive ? "Matches a pattern of % and _ without case"
                                          : "Matches a pattern of % and _";
  ScalarFunction with_escape = function;
  with_escape.name = escape_name;
  with_escape.parameters.push_back(TypeId::kVarchar);
  with_escape.can_fail = true;
  registry.AddScalar(std::move(function));
  registry.AddScalar(std::move(with_escape));
}

void Glob(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> patterns(call, 1);
  auto* out = result.mutable_data<uint8_t>();
  const CancellationToken& token = call.context.cancellation();
  ForEachRow(call, result, [&](size_t row) {
    out[row] = MatchesGlob(texts[row].view(), patterns[row].view(), token);
  });
}

}  // namespace

void RegisterLike(FunctionRegistry& registry) {
  AddLike<false, false>(registry, "~~", "like_escape");
  AddLike<false, true>(registry, "!~~", "not_like_escape");
  AddLike<true, false>(registry, "~~*", "ilike_escape");
  AddLike<true, true>(registry, "!~~*", "not_ilike_escape");
  ScalarFunction glob;
  glob.name = "~~~";
  glob.parameters = {TypeId::kVarchar, TypeId::kVarchar};
  glob.return_type = TypeId::kBoolean;
  glob.kernel = Glob;
  glob.description = "Matches a pattern of *, ? and [sets], as file names are matched";
  registry.AddScalar(std::move(glob));
}

}  // namespace trivet
