// Functions that give a text trimmed, padded, repeated, reversed or with parts replaced.
#include <unicode/brkiter.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>

#include "base/string_concat.h"
#include "expression/functions/find_bytes.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

std::string_view LastCodePoint(std::string_view text) {
  size_t begin = text.size() - 1;
  while (begin > 0 && IsContinuationByte(text[begin])) --begin;
  return text.substr(begin);
}

// Cuts code points for which `drop` answers true off the chosen ends.
template <bool left, bool right, typename Drop>
std::string_view Trim(std::string_view text, const Drop& drop) {
  while (left && !text.empty()) {
    const std::string_view first = text.substr(0, std::min(Utf8Length(text[0]), text.size()));
    if (!drop(first)) break;
    text.remove_prefix(first.size());
  }
  while (right && !text.empty()) {
    const std::string_view last = LastCodePoint(text);
    if (!drop(last)) break;
    text.remove_suffix(last.size());
  }
  return text;
}

bool IsSpaceSeparator(std::string_view character) {
  if (character.size() == 1) return character[0] == ' ';
  size_t position = 0;
  return u_charType(DecodeUtf8(character, position)) == U_SPACE_SEPARATOR;
}

template <bool left, bool right>
void TrimSpaces(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRow(call, result, [&](size_t row) {
    const StringView text = texts[row];
    out[row] = StringView(Trim<left, right>(text.view(), IsSpaceSeparator));
  });
}

template <bool left, bool right>
void TrimCharacters(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> sets(call, 1);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRow(call, result, [&](size_t row) {
    const StringView text = texts[row];
    const StringView set = sets[row];
    // No code point begins inside another one, so that a search for bytes finds whole ones.
    const auto is_in_set = [&](std::string_view character) {
      return FindBytes(set.view(), character) != kNotFound;
    };
    out[row] = StringView(Trim<left, right>(text.view(), is_in_set));
  });
}

// Fills [to, end) with the text over and over; the last copy may be cut. A long one is given up
// when the query is cancelled.
void FillWith(const KernelCall& call, std::string_view text, char* to, char* end) {
  constexpr size_t kUninterruptedBytes = size_t{8} << 20;
  const char* next_check = to;
  while (to < end) {
    if (to >= next_check) {
      if (call.context.cancellation().IsCancelled()) return;
      next_check = to + kUninterruptedBytes;
    }
    const std::string_view part = text.substr(0, static_cast<size_t>(end - to));
    to = std::copy(part.begin(), part.end(), to);
  }
}

template <bool left>
void Pad(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<int32_t> lengths(call, 1);
  const Argument<StringView> pads(call, 2);
  auto* out = result.mutable_data<StringView>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    const std::string_view pad = pads[row].view();
    const size_t length = static_cast<size_t>(std::max(lengths[row], 0));
    const size_t size = CountCodePoints(text);
    if (size >= length) {
      return result.SetString(row, text.substr(0, OffsetOfCodePoint(text, length)));
    }
    if (pad.empty()) {
      return Fail(
          call, result, row,
          Status::InvalidInput(StrCat("Insufficient padding in ", left ? "LPAD" : "RPAD", ".")));
    }
    const size_t pad_size = CountCodePoints(pad);
    const size_t missing = length - size;
    const size_t padding =
        missing / pad_size * pad.size() + OffsetOfCodePoint(pad, missing % pad_size);
    const Result<char*> memory = AllocateReserved(result, padding + text.size());
    if (!memory.ok()) return Fail(call, result, row, memory.status());
    char* padding_begin = *memory + (left ? 0 : text.size());
    FillWith(call, pad, padding_begin, padding_begin + padding);
    std::ranges::copy(text, left ? *memory + padding : *memory);
    out[row] = StringView(*memory, static_cast<uint32_t>(padding + text.size()));
  });
}

void Repeat(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<int64_t> counts(call, 1);
  auto* out = result.mutable_data<StringView>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    size_t bytes = 0;
    if (__builtin_mul_overflow(static_cast<size_t>(std::max<int64_t>(counts[row], 0)), text.size(),
                               &bytes)) {
      bytes = std::numeric_limits<size_t>::max();
    }
    const Result<char*> memory = AllocateReserved(result, bytes);
    if (!memory.ok()) return Fail(call, result, row, memory.status());
    FillWith(call, text, *memory, *memory + bytes);
    out[row] = StringView(*memory, static_cast<uint32_t>(bytes));
  });
}

// Reverses by what a reader takes for characters: a letter keeps its accents behind it.
class GraphemeReverser {
 public:
  // Bytes that it takes besides the text, for each byte of it.
  static constexpr size_t kExpansion = 6;

  void Reverse(std::string_view text, std::string& out) {
    if (IsAscii(text)) {
      out.assign(text.rbegin(), text.rend());
      return;
    }
    if (iterator_ == nullptr) {
      UErrorCode status = U_ZERO_ERROR;
      iterator_.reset(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    }
    const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    iterator_->setText(unicode);
    icu::UnicodeString reversed;
    int32_t end = iterator_->last();
    for (int32_t begin = iterator_->previous(); begin != icu::BreakIterator::DONE;
         begin = iterator_->previous()) {
      reversed.append(unicode, begin, end - begin);
      end = begin;
    }
    out.clear();
    reversed.toUTF8String(out);
  }

 private:
  std::unique_ptr<icu::BreakIterator> iterator_;
};

void Reverse(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  GraphemeReverser reverser;
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    if (!scratch.Start(text.size() * GraphemeReverser::kExpansion)) return;
    reverser.Reverse(text, scratch.text());
    result.SetString(row, scratch.text());
  });
}

void Replace(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> needles(call, 1);
  const Argument<StringView> replacements(call, 2);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    const std::string_view needle = needles[row].view();
    const std::string_view replacement = replacements[row].view();
    if (needle.empty()) return result.SetString(row, text);
    if (!scratch.Start(text.size())) return;
    std::string& built = scratch.text();
    size_t begin = 0;
    for (size_t found = FindBytes(text, needle); found != kNotFound;
         found = FindBytes(text, needle, begin)) {
      if (!scratch.Extend(found - begin + replacement.size())) return;
      built.append(text, begin, found - begin);
      built.append(replacement);
      begin = found + needle.size();
    }
    if (!scratch.Extend(text.size() - begin)) return;
    built.append(text.substr(begin));
    result.SetString(row, built);
  });
}

// Maps characters one by one; those without a counterpart are dropped.
void Translate(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> from(call, 1);
  const Argument<StringView> to(call, 2);
  std::vector<std::pair<int32_t, int32_t>> map;
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    const std::string_view sources = from[row].view();
    const std::string_view targets = to[row].view();
    map.clear();
    size_t target = 0;
    for (size_t source = 0; source < sources.size();) {
      const int32_t point = DecodeUtf8(sources, source);
      const int32_t mapped = target < targets.size() ? DecodeUtf8(targets, target) : -1;
      const bool is_known =
          std::ranges::any_of(map, [&](const auto& entry) { return entry.first == point; });
      if (!is_known) map.emplace_back(point, mapped);
    }
    constexpr size_t kMostBytes = 4;  // of a code point that stands for one byte
    if (!scratch.Start(text.size() * kMostBytes)) return;
    std::string& built = scratch.text();
    for (size_t position = 0; position < text.size();) {
      const int32_t point = DecodeUtf8(text, position);
      const auto entry =
          std::ranges::find_if(map, [&](const auto& known) { return known.first == point; });
      const int32_t mapped = entry == map.end() ? point : entry->second;
      if (mapped >= 0) AppendUtf8(built, mapped);
    }
    result.SetString(row, built);
  });
}

}  // namespace

void RegisterStringEdit(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, blob = TypeId::kBlob, number = TypeId::kInt64;
  registry.AddScalar(Signature("trim", {text}, text, TrimSpaces<true, true>,
                               "The text without spaces at its ends"));
  registry.AddScalar(Signature("trim", {text, text}, text, TrimCharacters<true, true>,
                               "The text without the given characters at its ends"));
  registry.AddScalar(Signature("ltrim", {text}, text, TrimSpaces<true, false>,
                               "The text without spaces at its beginning"));
  registry.AddScalar(Signature("ltrim", {text, text}, text, TrimCharacters<true, false>,
                               "The text without the given characters at its beginning"));
  registry.AddScalar(Signature("rtrim", {text}, text, TrimSpaces<false, true>,
                               "The text without spaces at its end"));
  registry.AddScalar(Signature("rtrim", {text, text}, text, TrimCharacters<false, true>,
                               "The text without the given characters at its end"));
  registry.AddScalar(FailingSignature("lpad", {text, TypeId::kInt32, text}, text, Pad<true>,
                                      "The text filled up on the left, or cut, to a length"));
  registry.AddScalar(FailingSignature("rpad", {text, TypeId::kInt32, text}, text, Pad<false>,
                                      "The text filled up on the right, or cut, to a length"));
  registry.AddScalar(
      FailingSignature("repeat", {text, number}, text, Repeat, "The text so many times"));
  registry.AddScalar(
      FailingSignature("repeat", {blob, number}, blob, Repeat, "The bytes so many times"));
  registry.AddScalar(Signature("reverse", {text}, text, Reverse, "The text from behind"));
  registry.AddScalar(Signature("replace", {text, text, text}, text, Replace,
                               "The text with every occurrence of another text replaced"));
  registry.AddScalar(Signature("translate", {text, text, text}, text, Translate,
                               "The text with characters mapped one by one"));
}

}  // namespace trivet
