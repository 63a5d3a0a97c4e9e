// Parts of strings by position: substring, left, right, split_part, overlay.
#include <algorithm>

#include "expression/functions/find_bytes.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/functions/utf8.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"

namespace trivet {

namespace {

// Beyond any string, and far from overflow when two are added.
constexpr int64_t kFar = int64_t{1} << 40;

int64_t Clamp(int64_t value) { return std::clamp(value, -kFar, kFar); }

// Code points [begin, end) of the text, clipped to it. Empty answers here and below are "": a
// StringView copies from its address, which must not be null.
std::string_view Slice(std::string_view text, int64_t begin, int64_t end) {
  begin = std::max<int64_t>(begin, 0);
  if (end <= begin) return "";
  const size_t from = OffsetOfCodePoint(text, static_cast<size_t>(begin));
  text.remove_prefix(from);
  return text.substr(0, OffsetOfCodePoint(text, static_cast<size_t>(end - begin)));
}

std::string_view SliceAscii(std::string_view text, int64_t begin, int64_t end) {
  const int64_t size = static_cast<int64_t>(text.size());
  begin = std::clamp<int64_t>(begin, 0, size);
  end = std::clamp<int64_t>(end, begin, size);
  return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

// Positions count from 1, negative ones from the end; a negative length takes what stands before.
std::string_view Substring(std::string_view text, int64_t offset, int64_t length) {
  offset = Clamp(offset);
  length = Clamp(length);
  int64_t begin = offset > 0 ? offset - 1 : -1;
  if (offset < 0) begin = offset + static_cast<int64_t>(CountCodePoints(text));
  int64_t end = begin + length;
  if (length < 0) std::swap(begin, end);
  // Up to the end of what is wanted, one byte is one code point in most texts.
  const int64_t size = static_cast<int64_t>(text.size());
  const int64_t scanned = std::clamp<int64_t>(end, 0, size);
  const bool is_ascii = IsAscii(text.substr(0, static_cast<size_t>(scanned)));
  return is_ascii ? SliceAscii(text, begin, end) : Slice(text, begin, end);
}

// Stores a part of argument 0, whose bytes the result shares.
template <typename Part>
void PartKernel(const KernelCall& call, Vector& result, const Part& part) {
  const Argument<StringView> texts(call, 0);
  auto* out = result.mutable_data<StringView>();
  result.ShareOwners(call.arguments[0]);
  ForEachRow(call, result, [&](size_t row) {
    // A view of inline bytes must not outlive this row, hence the copy of the view itself.
    const StringView text = texts[row];
    out[row] = StringView(part(row, text.view()));
  });
}

void SubstringFrom(const KernelCall& call, Vector& result) {
  const Argument<int64_t> offsets(call, 1);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    return Substring(text, offsets[row], kFar);
  });
}

void SubstringFromFor(const KernelCall& call, Vector& result) {
  const Argument<int64_t> offsets(call, 1);
  const Argument<int64_t> lengths(call, 2);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    return Substring(text, offsets[row], lengths[row]);
  });
}

// A negative count leaves that many code points off the other end.
void Left(const KernelCall& call, Vector& result) {
  const Argument<int64_t> counts(call, 1);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    const int64_t count = Clamp(counts[row]);
    const int64_t size = count < 0 ? static_cast<int64_t>(CountCodePoints(text)) : 0;
    return Slice(text, 0, count < 0 ? size + count : count);
  });
}

void Right(const KernelCall& call, Vector& result) {
  const Argument<int64_t> counts(call, 1);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    const int64_t count = Clamp(counts[row]);
    const int64_t size = static_cast<int64_t>(CountCodePoints(text));
    return Slice(text, count < 0 ? -count : size - count, size);
  });
}

std::string_view SplitPart(std::string_view text, std::string_view separator, int64_t number) {
  if (separator.empty()) {
    // Between any two code points.
    const int64_t size = static_cast<int64_t>(CountCodePoints(text));
    const int64_t index = number > 0 ? number - 1 : size + number;
    return number == 0 ? "" : Slice(text, index, index < 0 ? index : index + 1);
  }
  if (number < 0) {
    int64_t parts = 1;
    for (size_t at = FindBytes(text, separator); at != kNotFound;
         at = FindBytes(text, separator, at + separator.size())) {
      ++parts;
    }
    number += parts + 1;
  }
  if (number <= 0) return "";
  size_t begin = 0;
  for (;; --number) {
    const size_t end = FindBytes(text, separator, begin);
    if (number == 1) return text.substr(begin, end == kNotFound ? end : end - begin);
    if (end == kNotFound) return "";
    begin = end + separator.size();
  }
}

void SplitParts(const KernelCall& call, Vector& result) {
  const Argument<StringView> separators(call, 1);
  const Argument<int64_t> numbers(call, 2);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    return SplitPart(text, separators[row].view(), Clamp(numbers[row]));
  });
}

// s[i]: one code point, negative positions from the end.
void Extract(const KernelCall& call, Vector& result) {
  const Argument<int64_t> positions(call, 1);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    return positions[row] == 0 ? "" : Substring(text, positions[row], 1);
  });
}

// s[i:j]: from the i-th to the j-th code point, both included.
void SliceBetween(const KernelCall& call, Vector& result) {
  const Argument<int64_t> begins(call, 1);
  const Argument<int64_t> ends(call, 2);
  PartKernel(call, result, [&](size_t row, std::string_view text) {
    const int64_t size = static_cast<int64_t>(CountCodePoints(text));
    const int64_t begin = Clamp(begins[row]);
    const int64_t end = Clamp(ends[row]);
    return Slice(text, begin > 0 ? begin - 1 : (begin < 0 ? size + begin : 0),
                 end < 0 ? size + end + 1 : std::min(end, size));
  });
}

// Replaces `length` code points from a position on by other text.
void Overlay(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  const Argument<StringView> replacements(call, 1);
  const Argument<int64_t> offsets(call, 2);
  const bool has_length = call.arguments.size() > 3;
  const Argument<int64_t> lengths(call, has_length ? 3 : 2);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = texts[row].view();
    const std::string_view replacement = replacements[row].view();
    const int64_t begin = Clamp(offsets[row]) - 1;
    const int64_t length =
        has_length ? Clamp(lengths[row]) : static_cast<int64_t>(CountCodePoints(replacement));
    // An end before the beginning repeats what lies between them.
    if (!scratch.Start(2 * text.size() + replacement.size())) return;
    std::string& built = scratch.text();
    built.assign(Slice(text, 0, begin));
    built.append(replacement);
    built.append(Slice(text, begin + length, 2 * kFar));
    result.SetString(row, built);
  });
}

}  // namespace

void RegisterSubstring(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, number = TypeId::kInt64;
  registry.AddScalar(
      Signature("substring", {text, number, number}, text, SubstringFromFor,
                "Code points from a position counted from 1, negative from the end"));
  registry.AddScalar(
      Signature("substring", {text, number}, text, SubstringFrom, "The text from a position on"));
  registry.AddAlias("substr", "substring");
  registry.AddScalar(Signature("left", {text, number}, text, Left, "The first code points"));
  registry.AddScalar(Signature("right", {text, number}, text, Right, "The last code points"));
  registry.AddScalar(Signature("split_part", {text, text, number}, text, SplitParts,
                               "The n-th part between separators, negative from the end"));
  registry.AddScalar(Signature("array_extract", {text, number}, text, Extract,
                               "One code point by its position, negative from the end"));
  registry.AddScalar(Signature("array_slice", {text, number, number}, text, SliceBetween,
                               "The code points between two positions, both included"));
  registry.AddScalar(Signature("overlay", {text, text, number}, text, Overlay,
                               "The text with other text laid over it from a position on"));
  registry.AddScalar(Signature("overlay", {text, text, number, number}, text, Overlay,
                               "The text with a part replaced"));
}

}  // namespace trivet
