#include "expression/functions/case_mapping.h"

#include <unicode/uchar.h>

#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

constexpr int32_t kSharpS = 0xDF;
constexpr int32_t kCapitalSharpS = 0x1E9E;

int32_t UpperPoint(int32_t point) {
  // Unicode maps ß to two letters; one letter is what a mapping by code points can give.
  return point == kSharpS ? kCapitalSharpS : u_toupper(point);
}

template <typename MapAscii, typename MapPoint>
void Append(std::string_view text, std::string& out, const MapAscii& map_ascii,
            const MapPoint& map_point) {
  if (IsAscii(text)) {
    const size_t begin = out.size();
    out.resize(begin + text.size());
    for (size_t i = 0; i < text.size(); ++i) out[begin + i] = map_ascii(text[i]);
    return;
  }
  for (size_t i = 0; i < text.size();) AppendUtf8(out, map_point(DecodeUtf8(text, i)));
}

char UpperAscii(char c) { return static_cast<char>(c - ((c >= 'a') & (c <= 'z')) * 32); }
char LowerAscii(char c) { return static_cast<char>(c + ((c >= 'A') & (c <= 'Z')) * 32); }

// No mapping makes a text twice as long.
constexpr size_t kMostExpansion = 2;

template <char (*map_ascii)(char), void (*append)(std::string_view, std::string&)>
void MapCase(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<StringView>();
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    if (!IsAscii(text)) {
      if (!scratch.Start(text.size() * kMostExpansion)) return;
      append(text, scratch.text());
      return result.SetString(row, scratch.text());
    }
    // As long as before, so that the bytes are written where they stay.
    char inline_bytes[StringView::kInlineSize];
    char* mapped = inline_bytes;
    if (text.size() > StringView::kInlineSize) mapped = result.AllocateString(text.size());
    if (mapped == nullptr) return;
    for (size_t i = 0; i < text.size(); ++i) mapped[i] = map_ascii(text[i]);
    out[row] = StringView(mapped, static_cast<uint32_t>(text.size()));
  });
}

}  // namespace

void AppendUpper(std::string_view text, std::string& out) {
  Append(text, out, UpperAscii, UpperPoint);
}

void AppendLower(std::string_view text, std::string& out) {
  Append(text, out, LowerAscii, [](int32_t point) { return u_tolower(point); });
}

void RegisterCaseMapping(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar;
  registry.AddScalar(
      Signature("upper", {text}, text, MapCase<UpperAscii, AppendUpper>, "Text in upper case"));
  registry.AddScalar(
      Signature("lower", {text}, text, MapCase<LowerAscii, AppendLower>, "Text in lower case"));
  registry.AddAlias("ucase", "upper");
  registry.AddAlias("lcase", "lower");
}

}  // namespace trivet
