// Regular expressions by RE2, compiled when the call is bound where the pattern is constant.
#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

struct RegexpOptions {
  RE2::Options re2;
  bool replace_all = false;
};

Result<RegexpOptions> ParseOptions(std::string_view text, bool allow_global) {
  RegexpOptions options;
  options.re2.set_log_errors(false);
  for (const char c : text) {
    switch (c) {
      case 'c': options.re2.set_case_sensitive(true); break;
      case 'i': options.re2.set_case_sensitive(false); break;
      case 'l': options.re2.set_literal(true); break;
      case 'm':
      case 'n':
      case 'p': options.re2.set_dot_nl(false); break;
      case 's': options.re2.set_dot_nl(true); break;
      case 'g':
        if (!allow_global) {
          return Status::InvalidInput(
              "Option 'g' (global replace) is only valid for regexp_replace");
        }
        options.replace_all = true;
        break;
      case ' ':
      case '\t':
      case '\n': break;
      default: return Status::InvalidInput(StrCat("Unrecognized Regex option ", c));
    }
  }
  return options;
}

// A compiled pattern with the options that belong to it.
class Regexp : public FunctionState {
 public:
  Regexp(std::string_view pattern, RegexpOptions options)
      : options_(options),
        compiled_(re2::StringPiece(pattern.data(), pattern.size()), options.re2) {}
  Status Check() const {
    return compiled_.ok() ? Status::OK() : Status::InvalidInput(compiled_.error());
  }
  const RE2& re2() const { return compiled_; }
  bool replace_all() const { return options_.replace_all; }

 private:
  RegexpOptions options_;
  RE2 compiled_;
};

Result<std::shared_ptr<const Regexp>> Compile(std::string_view pattern, std::string_view options,
                                              bool allow_global) {
  TRIVET_ASSIGN_OR_RETURN(const RegexpOptions parsed, ParseOptions(options, allow_global));
  auto regexp = std::make_shared<const Regexp>(pattern, parsed);
  TRIVET_RETURN_IF_ERROR(regexp->Check());
  return regexp;
}

re2::StringPiece Piece(const StringView& text) { return {text.data(), text.size()}; }

// The compiled pattern of each row: the bound one, or the last one compiled where patterns vary.
class RegexpSource {
 public:
  // `options_argument` is the place of the options, beyond the arguments where there are none.
  RegexpSource(const KernelCall& call, size_t options_argument, bool allow_global)
      : bound_(static_cast<const Regexp*>(call.state)),
        patterns_(call, 1),
        has_options_(options_argument < call.arguments.size()),
        options_(call, has_options_ ? options_argument : 1),
        allow_global_(allow_global) {}

  Result<const Regexp*> Of(size_t row) {
    if (bound_ != nullptr) return bound_;
    const std::string_view pattern = patterns_[row].view();
    const std::string_view options = has_options_ ? options_[row].view() : std::string_view();
    if (last_ == nullptr || pattern != last_pattern_ || options != last_options_) {
      last_ = nullptr;
      TRIVET_ASSIGN_OR_RETURN(last_, Compile(pattern, options, allow_global_));
      last_pattern_ = pattern;
      last_options_ = options;
    }
    return last_.get();
  }

 private:
  const Regexp* bound_;
  Argument<StringView> patterns_;
  bool has_options_;
  Argument<StringView> options_;
  bool allow_global_;
  std::shared_ptr<const Regexp> last_;
  std::string last_pattern_;
  std::string last_options_;
};

// Calls body(row, regexp) for valid rows whose pattern compiles.
template <typename Body>
void ForEachRegexp(const KernelCall& call, Vector& result, size_t options_argument,
                   bool allow_global, const Body& body) {
  RegexpSource source(call, options_argument, allow_global);
  ForEachRow(call, result, [&](size_t row) {
    const Result<const Regexp*> regexp = source.Of(row);
    if (!regexp.ok()) return Fail(call, result, row, regexp.status());
    body(row, **regexp);
  });
}

template <bool full, bool negated>
void Matches(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<uint8_t>();
  ForEachRegexp(call, result, 2, false, [&](size_t row, const Regexp& regexp) {
    const re2::StringPiece text = Piece(texts[row]);
    const RE2::Anchor anchor = full ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
    out[row] = regexp.re2().Match(text, 0, text.size(), anchor, nullptr, 0) != negated;
  });
}

constexpr int kMaxGroups = 10;  // \0 to \9

// Builds the text with matches rewritten: the first one, or all. An empty match right behind
// another one is none. What is built is worthless once the call is abandoned.
void Rewrite(const KernelCall& call, const Regexp& regexp, const re2::StringPiece& text,
             const re2::StringPiece& rewrite, TextScratch& built) {
  const RE2& re2 = regexp.re2();
  const int group_count = 1 + RE2::MaxSubmatch(rewrite);
  const auto references = static_cast<size_t>(std::count(rewrite.begin(), rewrite.end(), '\\'));
  re2::StringPiece groups[kMaxGroups];
  size_t copied = 0;
  size_t from = 0;
  bool any = false;
  while (from <= text.size() &&
         re2.Match(text, from, text.size(), RE2::UNANCHORED, groups, group_count)) {
    if (call.context.cancellation().IsCancelled()) return;
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    if (any && groups[0].empty() && begin == copied) {
      if (begin == text.size()) break;
      from = begin + std::min(Utf8Length(text[begin]), text.size() - begin);
      continue;
    }
    // Groups lie within the match.
    if (!built.Extend(begin - copied + rewrite.size() + references * groups[0].size())) return;
    built.text().append(text.data() + copied, begin - copied);
    re2.Rewrite(&built.text(), rewrite, groups, group_count);
    copied = from = begin + groups[0].size();
    any = true;
    if (!regexp.replace_all()) break;
  }
  if (!built.Extend(text.size() - copied)) return;
  built.text().append(text.data() + copied, text.size() - copied);
}

void Replace(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> rewrites(call, 2);
  TextScratch built(call);
  ForEachRegexp(call, result, 3, true, [&](size_t row, const Regexp& regexp) {
    const re2::StringPiece rewrite = Piece(rewrites[row]);
    std::string error;
    if (!regexp.re2().CheckRewriteString(rewrite, &error)) {
      return Fail(
          call, result, row,
          Status::InvalidInput(StrCat("Invalid replacement string for regexp_replace: ", error)));
    }
    const StringView text = texts[row];
    if (!built.Start(text.size())) return;
    Rewrite(call, regexp, Piece(text), rewrite, built);
    result.SetString(row, built.text());
  });
}

// The text of one group of the first match; empty, but never at a null address, where there is
// none.
std::string_view Extract(const Regexp& regexp, const StringView& text, int group) {
  if (group > regexp.re2().NumberOfCapturingGroups()) return "";
  re2::StringPiece groups[kMaxGroups];
  const re2::StringPiece whole = Piece(text);
  if (!regexp.re2().Match(whole, 0, whole.size(), RE2::UNANCHORED, groups, group + 1)) return "";
  const re2::StringPiece& found = groups[group];
  return found.data() == nullptr ? "" : std::string_view(found.data(), found.size());
}

// Argument 2 is the number of a group or, where that is left out, the options.
template <bool has_group>
void ExtractGroup(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<int32_t> groups(call, has_group ? 2 : 0);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRegexp(call, result, has_group ? 3 : 2, false, [&](size_t row, const Regexp& regexp) {
    const int32_t group = has_group ? groups[row] : 0;
    if (group < 0 || group > 9) {
      return Fail(call, result, row, Status::InvalidInput("Group index must be between 0 and 9!"));
    }
    const StringView text = texts[row];
    out[row] = StringView(Extract(regexp, text, group));
  });
}

void Escape(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    constexpr size_t kMostBytes = 8;  // four for a byte, in memory that doubles
    if (!scratch.Pay(texts[row].size() * kMostBytes)) return;
    result.SetString(row, RE2::QuoteMeta(Piece(texts[row])));
  });
}

const std::string* ConstantText(const ScalarBindInput& input, size_t i) {
  const Expression& argument = *input.arguments[i];
  if (!argument.IsConstant() || argument.value().is_null()) return nullptr;
  return &argument.value().string();
}

template <size_t options_argument, bool allow_global>
Status BindRegexp(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const std::string* pattern = ConstantText(input, 1);
  const bool has_options = options_argument < input.arguments.size();
  const std::string* options = has_options ? ConstantText(input, options_argument) : nullptr;
  if (pattern == nullptr || (has_options && options == nullptr)) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(auto compiled, Compile(*pattern, options ? *options : "", allow_global));
  const bool only_pattern_fails = bound.return_type == TypeId::kBoolean;
  bound.state = std::move(compiled);
  if (only_pattern_fails) bound.can_fail = false;
  return Status::OK();
}

template <size_t options_argument, bool allow_global>
void Add(FunctionRegistry& registry, const char* name, std::vector<Parameter> parameters,
         TypeId return_type, ScalarKernel kernel, const char* description) {
  ScalarFunction function =
      FailingSignature(name, std::move(parameters), return_type, kernel, description);
  function.bind = BindRegexp<options_argument, allow_global>;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterRegexp(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, boolean = TypeId::kBoolean, number = TypeId::kInt32;
  const char* partial = "Whether a regular expression matches a part of the text";
  const char* full = "Whether a regular expression matches the whole text";
  Add<2, false>(registry, "regexp_matches", {text, text}, boolean, Matches<false, false>, partial);
  Add<2, false>(registry, "regexp_matches", {text, text, text}, boolean, Matches<false, false>,
                partial);
  Add<2, false>(registry, "~", {text, text}, boolean, Matches<false, false>, partial);
  Add<2, false>(registry, "!~", {text, text}, boolean, Matches<false, true>, partial);
  Add<2, false>(registry, "regexp_full_match", {text, text}, boolean, Matches<true, false>, full);
  Add<2, false>(registry, "regexp_full_match", {text, text, text}, boolean, Matches<true, false>,
                full);
  const char* replace = "Replaces the first match, or with option g every one; \\1 is a group";
  Add<3, true>(registry, "regexp_replace", {text, text, text}, text, Replace, replace);
  Add<3, true>(registry, "regexp_replace", {text, text, text, text}, text, Replace, replace);
  const char* extract = "The first match, or one of its groups; empty where there is none";
  Add<2, false>(registry, "regexp_extract", {text, text}, text, ExtractGroup<false>, extract);
  Add<2, false>(registry, "regexp_extract", {text, text, text}, text, ExtractGroup<false>, extract);
  Add<3, false>(registry, "regexp_extract", {text, text, number}, text, ExtractGroup<true>,
                extract);
  Add<3, false>(registry, "regexp_extract", {text, text, number, text}, text, ExtractGroup<true>,
                extract);
  registry.AddScalar(Signature("regexp_escape", {text}, text, Escape,
                               "The text with everything special to regular expressions escaped"));
}

}  // namespace trivet
