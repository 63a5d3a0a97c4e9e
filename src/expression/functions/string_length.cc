// Lengths and single characters.
#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

template <typename Out, typename Op>
void OfString(const KernelCall& call, Vector& result, const Op& op) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<Out>();
  ForEachRow(call, result, [&](size_t row) { out[row] = op(texts[row].view()); });
}

void Length(const KernelCall& call, Vector& result) {
  OfString<int64_t>(call, result, [](std::string_view text) {
    return static_cast<int64_t>(CountCodePoints(text));
  });
}

void ByteLength(const KernelCall& call, Vector& result) {
  UnaryKernel<StringView, int64_t>(call, result,
                                   [](const StringView& text) { return int64_t{text.size()}; });
}

void BitLength(const KernelCall& call, Vector& result) {
  UnaryKernel<StringView, int64_t>(call, result,
                                   [](const StringView& text) { return int64_t{text.size()} * 8; });
}

template <int32_t of_empty>
void FirstCodePoint(const KernelCall& call, Vector& result) {
  OfString<int32_t>(call, result, [](std::string_view text) {
    size_t position = 0;
    return text.empty() ? of_empty : DecodeUtf8(text, position);
  });
}

void Character(const KernelCall& call, Vector& result) {
  const Argument<int32_t> points(call, 0);
  std::string text;
  ForEachRow(call, result, [&](size_t row) {
    const int32_t point = points[row];
    if (point < 0 || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      return Fail(call, result, row,
                  Status::InvalidInput(StrCat("Invalid UTF8 Codepoint ", point)));
    }
    text.clear();
    AppendUtf8(text, point);
    result.SetString(row, text);
  });
}

}  // namespace

void RegisterStringLength(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, blob = TypeId::kBlob, number = TypeId::kInt64;
  registry.AddScalar(Signature("length", {text}, number, Length, "Number of code points"));
  registry.AddAlias("len", "length");
  registry.AddAlias("char_length", "length");
  registry.AddAlias("character_length", "length");
  registry.AddScalar(Signature("strlen", {text}, number, ByteLength, "Number of bytes"));
  registry.AddScalar(Signature("octet_length", {blob}, number, ByteLength, "Number of bytes"));
  registry.AddScalar(Signature("bit_length", {text}, number, BitLength, "Number of bits"));
  registry.AddScalar(Signature("ascii", {text}, TypeId::kInt32, FirstCodePoint<0>,
                               "The first code point, 0 of empty text"));
  registry.AddScalar(Signature("unicode", {text}, TypeId::kInt32, FirstCodePoint<-1>,
                               "The first code point, -1 of empty text"));
  registry.AddAlias("ord", "unicode");
  registry.AddScalar(
      FailingSignature("chr", {TypeId::kInt32}, text, Character, "The character of a code point"));
}

}  // namespace trivet
