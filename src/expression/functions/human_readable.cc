// Text for people: bars, sizes, normalised and unaccented letters, parts of paths.
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <cmath>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

constexpr double kDefaultBarWidth = 80;

// A bar of eighths of blocks, filled up with spaces to its width.
std::string BarText(double value, double minimum, double maximum, double width) {
  static constexpr const char* kPartialBlocks[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  int64_t eighths = 0;  // also where a comparison with NaN is false
  if (value > minimum && value >= maximum) {
    eighths = static_cast<int64_t>(width * 8);
  } else if (value > minimum && value < maximum) {
    const double share = std::min((value - minimum) / (maximum - minimum), 1.0);
    eighths = std::isfinite(share) ? static_cast<int64_t>(width * share * 8) : 0;
  }
  std::string bar;
  for (int64_t i = 0; i < eighths / 8; ++i) bar += "█";
  int64_t used = eighths / 8;
  if (eighths % 8 != 0) {
    bar += kPartialBlocks[eighths % 8];
    ++used;
  }
  for (; used < static_cast<int64_t>(width); ++used) bar += ' ';
  return bar;
}

void Bar(const KernelCall& call, Vector& result) {
  const Argument<double> values(call, 0);
  const Argument<double> minima(call, 1);
  const Argument<double> maxima(call, 2);
  const bool has_width = call.arguments.size() > 3;
  const Argument<double> widths(call, has_width ? 3 : 0);
  ForEachRow(call, result, [&](size_t row) {
    const double width = has_width ? widths[row] : kDefaultBarWidth;
    if (!(width >= 1 && width <= 1000)) {
      return Fail(call, result, row,
                  Status::InvalidInput(width > 1000 ? "Max bar width must be <= 1000"
                                                    : "Max bar width must be >= 1"));
    }
    result.SetString(row, BarText(values[row], minima[row], maxima[row], width));
  });
}

// One digit behind the point, cut and not rounded.
std::string SizeText(int64_t bytes, uint64_t unit, const char* const (&names)[5]) {
  const uint64_t magnitude =
      bytes < 0 ? uint64_t{0} - static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
  const char* sign = bytes < 0 ? "-" : "";
  if (magnitude == 1) return StrCat(sign, "1 byte");
  uint64_t scale = 1;
  size_t power = 0;
  while (power < 5 && magnitude / scale >= unit) {
    scale *= unit;
    ++power;
  }
  if (power == 0) return StrCat(sign, magnitude, " bytes");
  const uint64_t tenth = (magnitude / (scale / unit) % unit) * 10 / unit;
  return StrCat(sign, magnitude / scale, ".", tenth, " ", names[power - 1]);
}

template <bool decimal>
void Size(const KernelCall& call, Vector& result) {
  static constexpr const char* kBinaryNames[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  static constexpr const char* kDecimalNames[] = {"kB", "MB", "GB", "TB", "PB"};
  const Argument<int64_t> sizes(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    result.SetString(row, decimal ? SizeText(sizes[row], 1000, kDecimalNames)
                                  : SizeText(sizes[row], 1024, kBinaryNames));
  });
}

// What a text takes in normalisation, for each of its bytes: twice 16-bit characters, of which one
// may become three, and bytes again.
constexpr size_t kNormalExpansion = 12;

// Runs op(normaliser input, output) over what is not ASCII; ASCII is in every normal form.
template <typename Op>
void NormalizeText(const KernelCall& call, Vector& result, const Op& op) {
  const Argument<StringView> texts(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    if (IsAscii(text)) return result.SetString(row, text);
    if (!scratch.Start(text.size() * kNormalExpansion)) return;
    std::string& built = scratch.text();
    op(icu::UnicodeString::fromUTF8(
           icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))))
        .toUTF8String(built);
    result.SetString(row, built);
  });
}

const icu::Normalizer2& Composer() {
  UErrorCode status = U_ZERO_ERROR;
  return *icu::Normalizer2::getNFCInstance(status);
}
const icu::Normalizer2& Decomposer() {
  UErrorCode status = U_ZERO_ERROR;
  return *icu::Normalizer2::getNFDInstance(status);
}

void Compose(const KernelCall& call, Vector& result) {
  NormalizeText(call, result, [](const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    return Composer().normalize(text, status);
  });
}

void StripAccents(const KernelCall& call, Vector& result) {
  NormalizeText(call, result, [](const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString decomposed = Decomposer().normalize(text, status);
    icu::UnicodeString letters;
    for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
      const UChar32 point = decomposed.char32At(i);
      if ((U_GET_GC_MASK(point) & U_GC_M_MASK) == 0) letters.append(point);
    }
    return Composer().normalize(letters, status);
  });
}

enum class PathPart { kFileName, kFirstDirectory, kDirectories };

// Which characters part a path, by the name that the last argument gives; both where it is none of
// them.
std::string_view PathSeparators(std::string_view name) {
  if (name == "system" || name == "forward_slash") return "/";
  return name == "backslash" ? "\\" : "/\\";
}

std::string_view PartOfPath(std::string_view path, std::string_view separators, PathPart part,
                            bool trim_extension) {
  const size_t last = path.find_last_of(separators);
  if (part == PathPart::kDirectories) {
    return last == path.npos ? "" : path.substr(0, last);
  }
  if (part == PathPart::kFirstDirectory) {
    const size_t first = path.find_first_of(separators);
    if (first == path.npos) return "";
    return path.substr(0, std::max<size_t>(first, 1));
  }
  if (last != path.npos) path.remove_prefix(last + 1);
  const size_t dot = path.rfind('.');
  return trim_extension && dot != path.npos && dot > 0 ? path.substr(0, dot) : path;
}

template <PathPart part>
void OfPath(const KernelCall& call, Vector& result) {
  const Argument<StringView> paths(call, 0);
  const Vector* trim = nullptr;
  const Vector* separator = nullptr;
  for (const Vector& argument : call.arguments.subspan(1)) {
    (argument.type() == TypeId::kBoolean ? trim : separator) = &argument;
  }
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRow(call, result, [&](size_t row) {
    const StringView path = paths[row];
    const StringView name = separator ? separator->View().Get<StringView>(row)
                                      : StringView(std::string_view("both_slash"));
    const bool trims = trim != nullptr && trim->View().Get<uint8_t>(row) != 0;
    out[row] = StringView(PartOfPath(path.view(), PathSeparators(name.view()), part, trims));
  });
}

}  // namespace

void RegisterHumanReadable(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, real = TypeId::kDouble, boolean = TypeId::kBoolean;
  registry.AddScalar(FailingSignature("bar", {real, real, real}, text, Bar,
                                      "A bar as long as the value lies between two limits"));
  registry.AddScalar(
      FailingSignature("bar", {real, real, real, real}, text, Bar, "A bar of a greatest width"));
  registry.AddScalar(
      Signature("format_bytes", {TypeId::kInt64}, text, Size<false>, "A size such as 1.5 KiB"));
  registry.AddAlias("formatreadablesize", "format_bytes");
  registry.AddScalar(Signature("formatreadabledecimalsize", {TypeId::kInt64}, text, Size<true>,
                               "A size such as 1.5 kB"));
  registry.AddScalar(Signature("nfc_normalize", {text}, text, Compose,
                               "The text with letters and accents composed"));
  registry.AddScalar(
      Signature("strip_accents", {text}, text, StripAccents, "The text without accents"));
  const char* file = "The name behind the last separator of a path";
  registry.AddScalar(Signature("parse_filename", {text}, text, OfPath<PathPart::kFileName>, file));
  registry.AddScalar(
      Signature("parse_filename", {text, text}, text, OfPath<PathPart::kFileName>, file));
  registry.AddScalar(
      Signature("parse_filename", {text, boolean}, text, OfPath<PathPart::kFileName>, file));
  registry.AddScalar(
      Signature("parse_filename", {text, boolean, text}, text, OfPath<PathPart::kFileName>, file));
  for (const bool with_separator : {false, true}) {
    const std::vector<Parameter> parameters(with_separator ? 2 : 1, Parameter(text));
    registry.AddScalar(Signature("parse_dirname", parameters, text,
                                 OfPath<PathPart::kFirstDirectory>,
                                 "The first directory of a path"));
    registry.AddScalar(Signature("parse_dirpath", parameters, text, OfPath<PathPart::kDirectories>,
                                 "A path without its last part"));
  }
}

}  // namespace trivet
