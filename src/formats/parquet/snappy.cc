#include "formats/parquet/snappy.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/simd_level.h"

namespace trivet::parquet {

namespace {

// What a tag byte says, the format's four kinds of element side by side: bits 0-7 the length, bits
// 8-10 the high bits of a one-byte offset in their place, bits 11-13 the bytes that follow the tag.
constexpr uint16_t DescribeTag(int tag) {
  const int high = tag >> 2;
  switch (tag & 3) {
    case 0: return static_cast<uint16_t>(high < 60 ? high + 1 : 0);  // longer literals: not here
    case 1: return static_cast<uint16_t>(((high & 7) + 4) | ((tag >> 5) << 8) | (1 << 11));
    case 2: return static_cast<uint16_t>((high + 1) | (2 << 11));
    default: return static_cast<uint16_t>((high + 1) | (4 << 11));
  }
}

constexpr std::array<uint16_t, 256> kTags = [] {
  std::array<uint16_t, 256> tags{};
  for (int tag = 0; tag < 256; ++tag) tags[static_cast<size_t>(tag)] = DescribeTag(tag);
  return tags;
}();

constexpr std::array<uint32_t, 5> kTrailerMasks = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF};

inline uint32_t Load32(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

inline void Copy16(uint8_t* to, const uint8_t* from) {
  uint8_t block[16];
  std::memcpy(block, from, sizeof(block));
  std::memcpy(to, block, sizeof(block));
}

// Compiled for AVX2 where it is inlined into a function that is.
typedef uint8_t Block32 __attribute__((vector_size(32)));

__attribute__((always_inline)) inline void Copy64(uint8_t* to, const uint8_t* from) {
  Block32 low, high;
  std::memcpy(&low, from, sizeof(low));
  std::memcpy(&high, from + sizeof(low), sizeof(high));
  std::memcpy(to, &low, sizeof(low));
  std::memcpy(to + sizeof(low), &high, sizeof(high));
}

// A literal of more than 60 bytes: its length follows the tag in 1 to 4 bytes. `in` stands behind
// the tag and is moved behind the literal.
bool CopyLongLiteral(int tag, const uint8_t*& in, const uint8_t* in_end, uint8_t*& out,
                     const uint8_t* out_end) {
  const size_t extra = static_cast<size_t>((tag >> 2) - 59);
  if (static_cast<size_t>(in_end - in) < extra) return false;
  const size_t length = size_t{Load32(in) & kTrailerMasks[extra]} + 1;
  in += extra;
  if (length > static_cast<size_t>(in_end - in) || length > static_cast<size_t>(out_end - out)) {
    return false;
  }
  std::memcpy(out, in, length);
  in += length;
  out += length;
  return true;
}

// A copy whose source runs into what it writes: the last `offset` bytes repeat. Doubles the pattern
// until it fills a block.
bool CopyPattern(size_t offset, size_t length, uint8_t*& out, const uint8_t* out_begin) {
  if (offset == 0 || offset > static_cast<size_t>(out - out_begin)) return false;
  uint8_t* const end = out + length;
  const uint8_t* from = out - offset;
  while (offset < 16 && out < end) {
    Copy16(out, from);
    out += offset;
    offset *= 2;
  }
  for (; out < end; out += 16, from += 16) Copy16(out, out - offset);
  out = end;
  return true;
}

// Elements as long as neither side comes near its end, so that only offsets need to be checked. The
// next tag is loaded before its predecessor's bytes are copied: reading tag after tag is the
// critical path.
__attribute__((always_inline)) inline bool DecompressFast(const uint8_t*& in, const uint8_t* in_end,
                                                          uint8_t*& out, const uint8_t* out_begin,
                                                          const uint8_t* out_end) {
  constexpr ptrdiff_t kMargin = 64;  // more than any element takes or gives here
  if (in_end - in <= kMargin) return true;
  const uint8_t* const in_limit = in_end - kMargin;
  size_t tag = *in++;
  while (in < in_limit && out_end - out > kMargin) {
    const size_t kind = tag & 3;
    const size_t high = tag >> 2;
    const bool is_literal = kind == 0;
    if (is_literal && high >= 60) [[unlikely]] {
      if (!CopyLongLiteral(static_cast<int>(tag), in, in_end, out, out_end)) return false;
      if (in >= in_limit) return true;
      tag = *in++;
      continue;
    }
    const size_t extra = (0x4210 >> (4 * kind)) & 7;
    const uint8_t* const next = in + (is_literal ? high + 1 : extra);
    const size_t next_tag = *next;
    const uint32_t entry = kTags[tag];
    const size_t length = entry & 0xFF;
    const size_t offset = (entry & 0x700) + (Load32(in) & ((uint64_t{1} << (8 * extra)) - 1));
    // A copy that reads only what is there already; others repeat a pattern, or are garbage.
    const bool apart = (offset >= length) & (offset <= static_cast<size_t>(out - out_begin));
    if (is_literal | apart) [[likely]] {
      Copy64(out, is_literal ? in : out - offset);
      out += length;
    } else if (!CopyPattern(offset, length, out, out_begin)) {
      return false;
    }
    in = next + 1;
    tag = next_tag;
  }
  --in;
  return true;
}

__attribute__((always_inline)) inline bool DecompressBlock(const uint8_t* in, const uint8_t* in_end,
                                                           uint8_t* const out_begin,
                                                           const uint8_t* out_end) {
  uint8_t* out = out_begin;
  if (!DecompressFast(in, in_end, out, out_begin, out_end)) return false;
  while (in < in_end) {
    const int tag = *in++;
    const bool is_literal = (tag & 3) == 0;
    if (is_literal && tag >= 60 << 2) {
      if (!CopyLongLiteral(tag, in, in_end, out, out_end)) return false;
      continue;
    }
    const uint32_t entry = kTags[static_cast<size_t>(tag)];
    const size_t length = entry & 0xFF;
    const size_t extra = entry >> 11;
    const size_t offset = (entry & 0x700) + (Load32(in) & kTrailerMasks[extra]);
    const size_t consumed = is_literal ? length : extra;
    if (consumed > static_cast<size_t>(in_end - in) ||
        length > static_cast<size_t>(out_end - out)) {
      return false;
    }
    if (is_literal) {
      Copy64(out, in);
      out += length;
    } else if (!CopyPattern(offset, length, out, out_begin)) {
      return false;
    }
    in += consumed;
  }
  return out == out_end;
}

bool DecompressPlain(const uint8_t* in, const uint8_t* in_end, uint8_t* out,
                     const uint8_t* out_end) {
  return DecompressBlock(in, in_end, out, out_end);
}

#if defined(TRIVET_X86_SIMD)
TRIVET_TARGET_AVX2 bool DecompressAvx2(const uint8_t* in, const uint8_t* in_end, uint8_t* out,
                                       const uint8_t* out_end) {
  return DecompressBlock(in, in_end, out, out_end);
}
#endif

using DecompressFunction = bool(const uint8_t* in, const uint8_t* in_end, uint8_t* out,
                                const uint8_t* out_end);
constexpr SimdDispatch<DecompressFunction> kDecompress({
    .baseline = DecompressPlain,
#if defined(TRIVET_X86_SIMD)
    .avx2 = DecompressAvx2,
#endif
});

// The block's length, a varint; gives the bytes that it takes, or 0.
size_t ReadSize(const uint8_t* in, size_t in_size, size_t& size) {
  size = 0;
  for (size_t i = 0; i < std::min<size_t>(in_size, 5); ++i) {
    size |= static_cast<size_t>(in[i] & 0x7F) << (7 * i);
    if ((in[i] & 0x80) == 0) return i + 1;
  }
  return 0;
}

}  // namespace

bool SnappyUncompressedSize(const uint8_t* in, size_t in_size, size_t& size) {
  return ReadSize(in, in_size, size) > 0;
}

bool DecompressSnappy(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) {
  size_t claimed = 0;
  const size_t header = ReadSize(in, in_size, claimed);
  if (header == 0 || claimed != out_size) return false;
  return kDecompress(in + header, in + in_size, out, out + out_size);
}

}  // namespace trivet::parquet
