// Hexadecimal, binary, base 64, URL and byte encodings, other bases and digests.
#include <algorithm>

#include "base/string_concat.h"
#include "expression/functions/digest.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

constexpr char kUpperDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr char kLowerDigits[] = "0123456789abcdef";

// Text to text by appending to a scratch string: at most `expansion` bytes for each, and a few.
constexpr size_t kFewBytes = 256;
template <size_t expansion, typename Op>
void Encode(const KernelCall& call, Vector& result, const Op& op) {
  const Argument<StringView> texts(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    if (!scratch.Start(text.size() * expansion + kFewBytes)) return;
    op(text, scratch.text());
    result.SetString(row, scratch.text());
  });
}

// The same where the text may be malformed: op gives a Status, and never more bytes than it reads.
template <typename Op>
void Decode(const KernelCall& call, Vector& result, const Op& op) {
  const Argument<StringView> texts(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    if (!scratch.Start(text.size())) return;
    Status status = op(text, scratch.text());
    if (!status.ok()) return Fail(call, result, row, std::move(status));
    result.SetString(row, scratch.text());
  });
}

template <int bits>  // a digit
void AppendByte(char c, std::string& out) {
  const uint8_t byte = static_cast<uint8_t>(c);
  for (int shift = 8 - bits; shift >= 0; shift -= bits) {
    out.push_back(kUpperDigits[byte >> shift & ((1 << bits) - 1)]);
  }
}

template <int bits>
void DigitsOfBytes(const KernelCall& call, Vector& result) {
  Encode<8 / bits>(call, result, [](std::string_view text, std::string& out) {
    for (const char c : text) AppendByte<bits>(c, out);
  });
}

// Two's complement without leading zeros.
template <typename T, int bits>
void DigitsOfNumber(const KernelCall& call, Vector& result) {
  using Unsigned = std::conditional_t<sizeof(T) == 16, uint128_t, uint64_t>;
  const Argument<T> numbers(call, 0);
  std::string built;
  ForEachRow(call, result, [&](size_t row) {
    Unsigned value = static_cast<Unsigned>(numbers[row]);
    built.clear();
    do {
      built.push_back(kUpperDigits[static_cast<size_t>(value & ((1 << bits) - 1))]);
      value >>= bits;
    } while (value != 0);
    std::reverse(built.begin(), built.end());
    result.SetString(row, built);
  });
}

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// An incomplete first byte has its leading digits missing.
template <int bits>
Status BytesOfDigits(std::string_view text, std::string& out) {
  constexpr size_t kDigitsPerByte = 8 / bits;
  size_t left = text.size() % kDigitsPerByte;
  if (left == 0) left = kDigitsPerByte;
  int byte = 0;
  for (const char c : text) {
    const int value = DigitValue(c);
    if (value >= 1 << bits) {
      return Status::InvalidInput(StrCat("Invalid input for ", bits == 4 ? "hex" : "binary",
                                         " digit: ", std::string_view(&c, 1)));
    }
    byte = byte << bits | value;
    if (--left == 0) {
      out.push_back(static_cast<char>(byte));
      byte = 0;
      left = kDigitsPerByte;
    }
  }
  return Status::OK();
}

template <int bits>
void DecodeDigits(const KernelCall& call, Vector& result) {
  Decode(call, result, BytesOfDigits<bits>);
}

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void AppendBase64(std::string_view bytes, std::string& out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k)
      out.push_back(k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=');
  }
}

Status DecodeBase64(std::string_view text, std::string& out) {
  const auto error = [&](std::string_view reason) {
    return Status::InvalidInput(
        StrCat("Could not decode string \"", text, "\" as base64: ", reason));
  };
  if (text.size() % 4 != 0) return error("length must be a multiple of 4");
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i + padding >= text.size();
    const char* digit = is_padding ? kBase64 : std::char_traits<char>::find(kBase64, 64, text[i]);
    if (digit == nullptr) {
      return error(StrCat("invalid byte value '", static_cast<int>(static_cast<uint8_t>(text[i])),
                          "' at position ", i));
    }
    group = group << 6 | static_cast<uint32_t>(digit - kBase64);
    if (i % 4 != 3) continue;
    const size_t bytes = i + 1 == text.size() ? 3 - padding : 3;
    for (size_t k = 0; k < bytes; ++k) out.push_back(static_cast<char>(group >> (16 - 8 * k)));
    group = 0;
  }
  return Status::OK();
}

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '~' ||
         c == '-' || c == '.' || c == '_';
}

void UrlEncode(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out.push_back(c);
    } else {
      out.push_back('%');
      AppendByte<4>(c, out);
    }
  }
}

Status UrlDecode(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && DigitValue(text[i + 1]) < 16 &&
        DigitValue(text[i + 2]) < 16) {
      out.push_back(static_cast<char>(DigitValue(text[i + 1]) << 4 | DigitValue(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  if (IsValidUtf8(out)) return Status::OK();
  return Status::InvalidInput(StrCat("Failed to decode string \"", text,
                                     "\" using URL decoding - decoded value is invalid UTF8"));
}

void ToBase64(const KernelCall& call, Vector& result) { Encode<2>(call, result, AppendBase64); }
void FromBase64(const KernelCall& call, Vector& result) { Decode(call, result, DecodeBase64); }
void ToUrl(const KernelCall& call, Vector& result) { Encode<3>(call, result, UrlEncode); }
void FromUrl(const KernelCall& call, Vector& result) { Decode(call, result, UrlDecode); }

// Text to bytes and back; both are stored alike.
void SameBytes(const KernelCall& call, Vector& result) {
  result = call.arguments[0];
  if (result.is_dictionary()) result.Flatten(call.count);
  result.SetType(call.result_type);
}

void BytesToText(const KernelCall& call, Vector& result) {
  const Argument<StringView> blobs(call, 0);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRow(call, result, [&](size_t row) {
    if (!IsValidUtf8(blobs[row].view())) {
      return Fail(call, result, row,
                  Status::InvalidInput("Failure in decode: could not convert blob to UTF8 string, "
                                       "the blob contained invalid UTF8 characters"));
    }
    out[row] = blobs[row];
  });
}

template <auto digest>
void Digest(const KernelCall& call, Vector& result) {
  Encode<0>(call, result, [](std::string_view text, std::string& out) {
    for (const uint8_t byte : digest(text)) {
      out.push_back(kLowerDigits[byte >> 4]);
      out.push_back(kLowerDigits[byte & 15]);
    }
  });
}

void ToBase(const KernelCall& call, Vector& result) {
  const Argument<int64_t> numbers(call, 0);
  const Argument<int32_t> bases(call, 1);
  const bool has_width = call.arguments.size() > 2;
  const Argument<int32_t> widths(call, has_width ? 2 : 1);
  std::string built;
  ForEachRow(call, result, [&](size_t row) {
    int64_t value = numbers[row];
    const int32_t base = bases[row];
    const int32_t width = has_width ? widths[row] : 0;
    if (value < 0 || base < 2 || base > 36 || width < 0 || width > 64) {
      return Fail(call, result, row,
                  Status::InvalidInput(
                      value < 0 ? "'to_base' number must be greater than or equal to 0"
                      : base < 2 || base > 36 ? "'to_base' radix must be between 2 and 36"
                                              : "'to_base' min_length must be between 0 and 64"));
    }
    built.clear();
    do {
      built.push_back(kUpperDigits[value % base]);
      value /= base;
    } while (value > 0);
    while (built.size() < static_cast<size_t>(width)) built.push_back('0');
    std::reverse(built.begin(), built.end());
    result.SetString(row, built);
  });
}

template <int bits>
void AddDigits(FunctionRegistry& registry, const char* name, bool of_blob,
               const char* description) {
  const TypeId text = TypeId::kVarchar;
  const auto add = [&](TypeId type, ScalarKernel kernel) {
    registry.AddScalar(Signature(name, {type}, text, kernel, description));
  };
  add(text, DigitsOfBytes<bits>);
  if (of_blob) add(TypeId::kBlob, DigitsOfBytes<bits>);
  add(TypeId::kInt64, DigitsOfNumber<int64_t, bits>);
  add(TypeId::kUInt64, DigitsOfNumber<uint64_t, bits>);
  add(TypeId::kInt128, DigitsOfNumber<int128_t, bits>);
}

template <auto digest>
void AddDigest(FunctionRegistry& registry, const char* name, const char* description) {
  for (const TypeId type : {TypeId::kVarchar, TypeId::kBlob}) {
    registry.AddScalar(Signature(name, {type}, TypeId::kVarchar, Digest<digest>, description));
  }
}

}  // namespace

void RegisterStringEncoding(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, blob = TypeId::kBlob;
  AddDigits<4>(registry, "hex", true, "Hexadecimal digits of bytes or a number");
  registry.AddAlias("to_hex", "hex");
  AddDigits<1>(registry, "bin", false, "Binary digits of bytes or a number");
  registry.AddAlias("to_binary", "bin");
  registry.AddScalar(
      FailingSignature("unhex", {text}, blob, DecodeDigits<4>, "Bytes of hexadecimal digits"));
  registry.AddAlias("from_hex", "unhex");
  registry.AddScalar(
      FailingSignature("unbin", {text}, blob, DecodeDigits<1>, "Bytes of binary digits"));
  registry.AddAlias("from_binary", "unbin");
  registry.AddScalar(Signature("to_base64", {blob}, text, ToBase64, "Bytes in base 64"));
  registry.AddAlias("base64", "to_base64");
  registry.AddScalar(FailingSignature("from_base64", {text}, blob, FromBase64, "Bytes of base 64"));
  registry.AddScalar(Signature("url_encode", {text}, text, ToUrl, "Text escaped for a URL"));
  registry.AddScalar(
      FailingSignature("url_decode", {text}, text, FromUrl, "Text of a URL's escapes"));
  registry.AddScalar(Signature("encode", {text}, blob, SameBytes, "The bytes of a text"));
  registry.AddScalar(
      FailingSignature("decode", {blob}, text, BytesToText, "The text of UTF-8 bytes"));
  AddDigest<Md5>(registry, "md5", "MD5 digest in hexadecimal");
  AddDigest<Sha1>(registry, "sha1", "SHA-1 digest in hexadecimal");
  AddDigest<Sha256>(registry, "sha256", "SHA-256 digest in hexadecimal");
  const TypeId number = TypeId::kInt64, small = TypeId::kInt32;
  registry.AddScalar(
      FailingSignature("to_base", {number, small}, text, ToBase, "Digits in a base"));
  registry.AddScalar(FailingSignature("to_base", {number, small, small}, text, ToBase,
                                      "Digits in a base, at least so many"));
}

}  // namespace trivet
