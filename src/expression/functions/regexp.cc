// Regular expressions by RE2 and, where the pattern is constant and has an easy shape, by code of
// their own; compiled when the call is bound where the pattern is constant.
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>

#include "base/string_concat.h"
#include "expression/costly_state.h"
#include "expression/functions/find_bytes.h"
#include "expression/functions/regexp_sequence.h"
#include "expression/functions/regexp_syntax.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

using Answer = RegexpSequence::Answer;
using Purpose = RegexpSequence::Purpose;

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

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
re2::StringPiece Piece(const StringView& text) { return Piece(text.view()); }
std::string_view Unpack(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

// A compiled pattern with the options that belong to it.
class Regexp : public CostlyState {
 public:
  static constexpr size_t kMostGroups = RegexpSequence::kMostGroups;  // \0 to \9

  Regexp(std::string_view pattern, RegexpOptions options)
      : options_(options), compiled_(Piece(pattern), options.re2) {}
  Status Check() const {
    return compiled_.ok() ? Status::OK() : Status::InvalidInput(compiled_.error());
  }
  // Looks for a way around RE2, which is worth it for more than a few rows. After Check.
  void Analyse(Purpose purpose) {
    FindShape(purpose);
    is_costly_ = !sequence_ && purpose == Purpose::kFind;
  }

  void FindShape(Purpose purpose) {
    if (!options_.re2.case_sensitive()) return;
    std::optional<RegexpNode> tree;
    if (!options_.re2.literal()) {
      tree = ParseRegexp(compiled_.pattern(), options_.re2.dot_nl());
    } else if (!compiled_.pattern().empty()) {
      tree.emplace();
      tree->kind = RegexpNode::Kind::kText;
      tree->text = compiled_.pattern();
    }
    if (!tree) return;
    sequence_ = RegexpSequence::Compile(*tree, purpose);
    if (!sequence_) required_ = RequiredTexts(*tree);
  }

  const RE2& re2() const { return compiled_; }
  bool replace_all() const { return options_.replace_all; }
  // Where RE2 finds groups; whether there is a match it tells in less time.
  bool is_costly() const override { return is_costly_; }
  // Texts of which the presence of one decides Exists; none where it takes more.
  std::span<const std::string> deciding_texts() const {
    return sequence_ ? std::span<const std::string>(sequence_->deciding_texts())
                     : std::span<const std::string>();
  }

  // Whether there is a match, or with `full` whether the text is one; as analysed, if it was.
  bool Exists(std::string_view text, bool full) const {
    const Answer answer = sequence_ ? sequence_->Exists(text) : Answer::kUnknown;
    if (answer != Answer::kUnknown) return answer == Answer::kYes;
    if (!required_.empty() && !ContainsAny(text, required_)) return false;
    const RE2::Anchor anchor = full ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
    return compiled_.Match(Piece(text), 0, text.size(), anchor, nullptr, 0);
  }

  // The first match at or behind `from`, and its groups; those that took no part are empty.
  bool Find(std::string_view text, size_t from, std::span<std::string_view> groups) const {
    if (sequence_) {
      for (std::string_view& group : groups) group = {};
      const Answer answer = sequence_->Find(text, from, groups);
      if (answer != Answer::kUnknown) return answer == Answer::kYes;
    } else if (from == 0 && !required_.empty() && !ContainsAny(text, required_)) {
      return false;
    }
    re2::StringPiece pieces[kMostGroups];
    if (!compiled_.Match(Piece(text), from, text.size(), RE2::UNANCHORED, pieces,
                         static_cast<int>(groups.size()))) {
      return false;
    }
    for (size_t i = 0; i < groups.size(); ++i) groups[i] = Unpack(pieces[i]);
    return true;
  }

 private:
  RegexpOptions options_;
  RE2 compiled_;
  std::optional<RegexpSequence> sequence_;
  bool is_costly_ = false;
  std::vector<std::string> required_;  // every match contains one of them; where there are any
};

Result<std::shared_ptr<Regexp>> Compile(std::string_view pattern, std::string_view options,
                                        bool allow_global) {
  TRIVET_ASSIGN_OR_RETURN(const RegexpOptions parsed, ParseOptions(options, allow_global));
  auto regexp = std::make_shared<Regexp>(pattern, parsed);
  TRIVET_RETURN_IF_ERROR(regexp->Check());
  return regexp;
}

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
  const auto* bound = static_cast<const Regexp*>(call.state);
  if (bound != nullptr && bound->deciding_texts().size() == 1) {
    const std::string_view wanted = bound->deciding_texts().front();
    return ForEachRow(call, result, [&](size_t row) {
      out[row] = (FindBytes(texts[row].view(), wanted) != kNotFound) != negated;
    });
  }
  ForEachRegexp(call, result, 2, false, [&](size_t row, const Regexp& regexp) {
    out[row] = regexp.Exists(texts[row].view(), full) != negated;
  });
}

// What a match is replaced by, taken apart.
class Replacement {
 public:
  // A text, or a group.
  struct Part {
    std::string text;
    int group = -1;
  };

  Status Parse(const RE2& re2, std::string_view rewrite) {
    std::string error;
    if (!re2.CheckRewriteString(Piece(rewrite), &error)) {
      return Status::InvalidInput(StrCat("Invalid replacement string for regexp_replace: ", error));
    }
    parts_.clear();
    group_count_ = 1;
    text_bytes_ = 0;
    for (size_t i = 0; i < rewrite.size(); ++i) {
      // A backslash stands before another one or a digit, or the check had failed.
      const bool is_escaped = rewrite[i] == '\\';
      if (is_escaped) ++i;
      if (is_escaped && rewrite[i] != '\\') {
        parts_.push_back({{}, rewrite[i] - '0'});
        group_count_ = std::max<size_t>(group_count_, rewrite[i] - '0' + 1);
      } else {
        if (parts_.empty() || parts_.back().group >= 0) parts_.emplace_back();
        parts_.back().text += rewrite[i];
        ++text_bytes_;
      }
    }
    return Status::OK();
  }
  // With the match itself.
  size_t group_count() const { return group_count_; }
  // The group that alone makes the replacement, or -1.
  int only_group() const { return parts_.size() == 1 ? parts_.front().group : -1; }
  size_t SizeFor(std::span<const std::string_view> groups) const {
    size_t size = text_bytes_;
    for (const Part& part : parts_) {
      if (part.group >= 0) size += groups[part.group].size();
    }
    return size;
  }
  void AppendTo(std::string& text, std::span<const std::string_view> groups) const {
    for (const Part& part : parts_) {
      text += part.group < 0 ? std::string_view(part.text) : groups[part.group];
    }
  }

 private:
  std::vector<Part> parts_;
  size_t group_count_ = 1;
  size_t text_bytes_ = 0;
};

// The replacement of each row: the last one parsed serves as long as it stays the same.
class ReplacementSource {
 public:
  explicit ReplacementSource(const KernelCall& call) : rewrites_(call, 2) {}

  Result<const Replacement*> Of(size_t row, const Regexp& regexp) {
    const std::string_view rewrite = rewrites_[row].view();
    const int groups = regexp.re2().NumberOfCapturingGroups();
    // A constant is in one place for all rows, and may be long.
    const bool is_last = rewrite.data() == last_.data() && rewrite.size() == last_.size();
    if (groups != groups_ || !(is_last || rewrite == last_)) {
      groups_ = kNone;
      TRIVET_RETURN_IF_ERROR(replacement_.Parse(regexp.re2(), rewrite));
      groups_ = groups;
      last_ = rewrite;
    }
    return &replacement_;
  }

 private:
  static constexpr int kNone = -1;

  Argument<StringView> rewrites_;
  Replacement replacement_;
  int groups_ = kNone;     // of the pattern for which it was parsed
  std::string_view last_;  // in the argument
};

// Builds the text with matches rewritten: the first one, or all. An empty match right behind
// another one is none. Gives the part of the text that is the result where it is one, and nothing
// is built then. What is built is worthless once the call is abandoned.
std::optional<std::string_view> Rewrite(const KernelCall& call, const Regexp& regexp,
                                        std::string_view text, const Replacement& replacement,
                                        TextScratch& built) {
  std::string_view all_groups[Regexp::kMostGroups];
  const std::span<std::string_view> groups(all_groups, replacement.group_count());
  size_t copied = 0;
  size_t from = 0;
  bool any = false;
  while (from <= text.size() && regexp.Find(text, from, groups)) {
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    if (any && groups[0].empty() && begin == copied) {
      if (begin == text.size()) break;
      from = begin + std::min(Utf8Length(text[begin]), text.size() - begin);
      continue;
    }
    if (!any) {
      if (replacement.only_group() >= 0 && !text.empty() && groups[0].size() == text.size()) {
        return groups[replacement.only_group()];
      }
      if (!built.Start(text.size())) return std::nullopt;
    }
    if (call.context.cancellation().IsCancelled()) return std::nullopt;
    if (!built.Extend(begin - copied + replacement.SizeFor(groups))) return std::nullopt;
    built.text().append(text.data() + copied, begin - copied);
    replacement.AppendTo(built.text(), groups);
    copied = from = begin + groups[0].size();
    any = true;
    if (!regexp.replace_all()) break;
  }
  if (!any) return text;
  if (!built.Extend(text.size() - copied)) return std::nullopt;
  built.text().append(text.data() + copied, text.size() - copied);
  return std::nullopt;
}

// A view's address is never null.
StringView ViewOf(std::string_view text) { return StringView(text.empty() ? "" : text); }

void Replace(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  ReplacementSource replacements(call);
  TextScratch built(call);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRegexp(call, result, 3, true, [&](size_t row, const Regexp& regexp) {
    const Result<const Replacement*> replacement = replacements.Of(row, regexp);
    if (!replacement.ok()) return Fail(call, result, row, replacement.status());
    const StringView& text = texts[row];
    if (const auto part = Rewrite(call, regexp, text.view(), **replacement, built)) {
      out[row] = part->size() == text.size() ? text : ViewOf(*part);
    } else {
      result.SetString(row, built.text());
    }
  });
}

// The text of one group of the first match; empty where there is none.
std::string_view Extract(const Regexp& regexp, std::string_view text, size_t group) {
  if (static_cast<int>(group) > regexp.re2().NumberOfCapturingGroups()) return {};
  std::string_view groups[Regexp::kMostGroups];
  if (!regexp.Find(text, 0, {groups, group + 1})) return {};
  return groups[group];
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
    const StringView& text = texts[row];
    out[row] = ViewOf(Extract(regexp, text.view(), static_cast<size_t>(group)));
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

// Whether a call whose pattern has compiled cannot fail any more.
template <size_t options_argument, bool allow_global>
bool CannotFail(const ScalarBindInput& input, const RE2& re2) {
  if constexpr (allow_global) {  // a replacement
    const std::string* rewrite = ConstantText(input, 2);
    std::string error;
    return rewrite != nullptr && re2.CheckRewriteString(Piece(*rewrite), &error);
  } else if constexpr (options_argument == 3) {  // a group
    const Expression& group = *input.arguments[2];
    if (!group.IsConstant() || group.value().is_null() || !group.type().IsInteger()) return false;
    return group.value().integer() >= 0 && group.value().integer() < Regexp::kMostGroups;
  }
  return true;
}

template <size_t options_argument, bool allow_global, Purpose purpose>
Status BindRegexp(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const std::string* pattern = ConstantText(input, 1);
  const bool has_options = options_argument < input.arguments.size();
  const std::string* options = has_options ? ConstantText(input, options_argument) : nullptr;
  if (pattern == nullptr || (has_options && options == nullptr)) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(auto compiled, Compile(*pattern, options ? *options : "", allow_global));
  compiled->Analyse(purpose);
  bound.can_fail = !CannotFail<options_argument, allow_global>(input, compiled->re2());
  bound.state = std::move(compiled);
  return Status::OK();
}

template <size_t options_argument, bool allow_global, Purpose purpose>
void Add(FunctionRegistry& registry, const char* name, std::vector<Parameter> parameters,
         TypeId return_type, ScalarKernel kernel, const char* description) {
  ScalarFunction function =
      FailingSignature(name, std::move(parameters), return_type, kernel, description);
  function.bind = BindRegexp<options_argument, allow_global, purpose>;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterRegexp(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, boolean = TypeId::kBoolean, number = TypeId::kInt32;
  const char* partial = "Whether a regular expression matches a part of the text";
  const char* full = "Whether a regular expression matches the whole text";
  Add<2, false, Purpose::kExists>(registry, "regexp_matches", {text, text}, boolean,
                                  Matches<false, false>, partial);
  Add<2, false, Purpose::kExists>(registry, "regexp_matches", {text, text, text}, boolean,
                                  Matches<false, false>, partial);
  Add<2, false, Purpose::kExists>(registry, "~", {text, text}, boolean, Matches<false, false>,
                                  partial);
  Add<2, false, Purpose::kExists>(registry, "!~", {text, text}, boolean, Matches<false, true>,
                                  partial);
  Add<2, false, Purpose::kFullMatch>(registry, "regexp_full_match", {text, text}, boolean,
                                     Matches<true, false>, full);
  Add<2, false, Purpose::kFullMatch>(registry, "regexp_full_match", {text, text, text}, boolean,
                                     Matches<true, false>, full);
  const char* replace = "Replaces the first match, or with option g every one; \\1 is a group";
  Add<3, true, Purpose::kFind>(registry, "regexp_replace", {text, text, text}, text, Replace,
                               replace);
  Add<3, true, Purpose::kFind>(registry, "regexp_replace", {text, text, text, text}, text, Replace,
                               replace);
  const char* extract = "The first match, or one of its groups; empty where there is none";
  Add<2, false, Purpose::kFind>(registry, "regexp_extract", {text, text}, text, ExtractGroup<false>,
                                extract);
  Add<2, false, Purpose::kFind>(registry, "regexp_extract", {text, text, text}, text,
                                ExtractGroup<false>, extract);
  Add<3, false, Purpose::kFind>(registry, "regexp_extract", {text, text, number}, text,
                                ExtractGroup<true>, extract);
  Add<3, false, Purpose::kFind>(registry, "regexp_extract", {text, text, number, text}, text,
                                ExtractGroup<true>, extract);
  registry.AddScalar(Signature("regexp_escape", {text}, text, Escape,
                               "The text with everything special to regular expressions escaped"));
}

}  // namespace trivet
