// Pages of Parquet files: decompression, bit-packed codes, dictionaries.
#include <arrow/result.h>
#include <arrow/util/compression.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "formats/parquet/bit_unpack.h"
#include "formats/parquet/codes.h"
#include "formats/parquet/page_pool.h"
#include "formats/parquet/rle_decoder.h"
#include "formats/parquet/snappy.h"
#include "report.h"
#include "vector/vector.h"

namespace trivet::bench {

namespace {

constexpr size_t kPageBytes = size_t{1} << 20;
constexpr size_t kPages = 16;

uint64_t Checksum(const void* data, size_t bytes) { return HashBytes(data, bytes); }

std::string Text(std::mt19937_64& random) {
  static const char* const kWords[] = {
      "furiously",   "carefully", "deposits", "requests", "packages", "accounts", "ideas",
      "theodolites", "pending",   "regular",  "express",  "special",  "bold",     "final",
      "ironic",      "even",      "silent",   "above",    "the",      "sleep",    "haggle",
      "nag",         "use",       "boost",    "along"};
  std::string text;
  while (text.size() < kPageBytes) {
    // A comment of two to eight words, its length in front of it, as in a page.
    std::string comment;
    for (size_t words = 2 + random() % 7; words > 0; --words) {
      comment += kWords[random() % std::size(kWords)];
      comment += words > 1 ? ' ' : static_cast<char>('a' + random() % 26);
    }
    const auto size = static_cast<uint32_t>(comment.size());
    text.append(reinterpret_cast<const char*>(&size), sizeof(size));
    text += comment;
  }
  text.resize(kPageBytes);
  return text;
}

std::string Numbers(std::mt19937_64& random) {
  std::string text;
  while (text.size() < kPageBytes) {
    const uint64_t price = 90000 + random() % 10400000;
    text.append(reinterpret_cast<const char*>(&price), sizeof(price));
  }
  return text;
}

std::string Noise(std::mt19937_64& random) {
  std::string text(kPageBytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

void MeasureSnappy(Report& report, const std::string& name,
                   std::string (*make)(std::mt19937_64& random)) {
  if (!report.Wants("decompress", name)) return;
  std::mt19937_64 random(1);
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).MoveValueUnsafe();
  std::vector<std::string> pages;
  std::vector<size_t> sizes;
  for (size_t i = 0; i < kPages; ++i) {
    const std::string plain = make(random);
    const auto* data = reinterpret_cast<const uint8_t*>(plain.data());
    std::string page(static_cast<size_t>(codec->MaxCompressedLen(kPageBytes, data)), '\0');
    sizes.push_back(
        static_cast<size_t>(codec
                                ->Compress(kPageBytes, data, static_cast<int64_t>(page.size()),
                                           reinterpret_cast<uint8_t*>(page.data()))
                                .ValueOrDie()));
    page.resize(sizes.back() + parquet::kSlackBytes);
    pages.push_back(std::move(page));
  }
  std::vector<uint8_t> out(kPageBytes + parquet::kSlackBytes);
  const auto each = [&](bool check, const auto& decompress) {
    uint64_t sum = 0;
    for (size_t i = 0; i < kPages; ++i) {
      decompress(reinterpret_cast<const uint8_t*>(pages[i].data()), sizes[i]);
      if (check) sum = sum * 31 + Checksum(out.data(), kPageBytes);
    }
    return sum;
  };
  report.Compare(
      "decompress", name, "KiB", kPages * kPageBytes / 1024,
      [&](bool check) {
        return each(check, [&](const uint8_t* page, size_t size) {
          if (!codec->Decompress(static_cast<int64_t>(size), page, kPageBytes, out.data()).ok()) {
            Fail("libsnappy refuses a page");
          }
        });
      },
      [&](bool check) {
        return each(check, [&](const uint8_t* page, size_t size) {
          if (!parquet::DecompressSnappy(page, size, out.data(), kPageBytes)) {
            Fail("a page is refused");
          }
        });
      },
      true, "libsnappy");
}

uint64_t LoadWord(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// A page of codes: one bit-packed run.
std::vector<uint8_t> CodePage(std::mt19937_64& random, int width, uint32_t entries, size_t count,
                              size_t& first_byte) {
  std::vector<uint8_t> page;
  for (uint64_t header = count / 8 << 1 | 1;; header >>= 7) {
    const bool last = header < 128;
    page.push_back(static_cast<uint8_t>(last ? header : (header & 127) | 128));
    if (last) break;
  }
  first_byte = page.size();
  page.resize(first_byte + count * static_cast<size_t>(width) / 8 + parquet::kSlackBytes);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t code = random() % entries;
    const size_t bit = i * static_cast<size_t>(width);
    uint8_t* place = page.data() + first_byte + bit / 8;
    const uint64_t word = LoadWord(place) | code << (bit % 8);
    std::memcpy(place, &word, sizeof(word));
  }
  return page;
}

void MeasureDictionary(Report& report, int width, uint32_t entries) {
  const std::string name = std::to_string(entries) + " entries";
  if (!report.Wants("dictionary page", name) && !report.Wants("codes", name)) return;
  constexpr size_t kCount = size_t{1} << 20;
  std::mt19937_64 random(2);
  size_t first_byte = 0;
  const std::vector<uint8_t> page = CodePage(random, width, entries, kCount, first_byte);
  std::vector<int64_t> dictionary(entries);
  for (int64_t& entry : dictionary) entry = static_cast<int64_t>(random());
  const uint64_t mask = (uint64_t{1} << width) - 1;
  const uint8_t* packed = page.data() + first_byte;
  std::vector<uint32_t> codes(kVectorSize);
  std::vector<int64_t> values(kVectorSize);
  const size_t page_size = page.size() - parquet::kSlackBytes;
  report.Compare(
      "codes", name, "value", kCount,
      [&](bool check) {
        uint64_t sum = 0;
        for (size_t at = 0; at < kCount; at += kVectorSize) {
          for (size_t i = 0; i < kVectorSize; ++i) {
            const size_t bit = (at + i) * static_cast<size_t>(width);
            codes[i] = static_cast<uint32_t>(LoadWord(packed + bit / 8) >> (bit % 8) & mask);
          }
          Use(codes[0]);
          if (check) sum = sum * 31 + Checksum(codes.data(), kVectorSize * sizeof(uint32_t));
        }
        return sum;
      },
      [&](bool check) {
        parquet::RleDecoder decoder(page.data(), page_size, width);
        uint64_t sum = 0;
        for (size_t at = 0; at < kCount; at += kVectorSize) {
          if (!decoder.Decode(kVectorSize, codes.data())) Fail("a page of codes is refused");
          Use(codes[0]);
          if (check) sum = sum * 31 + Checksum(codes.data(), kVectorSize * sizeof(uint32_t));
        }
        return sum;
      },
      true);
  report.Compare(
      "dictionary page", name, "int64", kCount,
      [&](bool check) {
        uint64_t sum = 0;
        for (size_t at = 0; at < kCount; at += kVectorSize) {
          for (size_t i = 0; i < kVectorSize; ++i) {
            const size_t bit = (at + i) * static_cast<size_t>(width);
            const uint64_t code = LoadWord(packed + bit / 8) >> (bit % 8) & mask;
            if (code >= entries) Fail("a code is too large");
            values[i] = dictionary[code];
          }
          Use(values[0]);
          if (check) sum = sum * 31 + Checksum(values.data(), kVectorSize * sizeof(int64_t));
        }
        return sum;
      },
      [&](bool check) {
        parquet::RleDecoder decoder(page.data(), page_size, width);
        uint64_t sum = 0;
        for (size_t at = 0; at < kCount; at += kVectorSize) {
          if (!decoder.Decode(kVectorSize, codes.data()) ||
              parquet::LargestCode(codes.data(), kVectorSize) >= entries) {
            Fail("a page of codes is refused");
          }
          parquet::GatherValues(reinterpret_cast<const uint8_t*>(dictionary.data()), codes.data(),
                                kVectorSize, sizeof(int64_t),
                                reinterpret_cast<uint8_t*>(values.data()));
          Use(values[0]);
          if (check) sum = sum * 31 + Checksum(values.data(), kVectorSize * sizeof(int64_t));
        }
        return sum;
      },
      true);
}

}  // namespace

void MeasureScan(Report& report) {
  MeasureSnappy(report, "Snappy, text", Text);
  MeasureSnappy(report, "Snappy, numbers", Numbers);
  MeasureSnappy(report, "Snappy, incompressible", Noise);
  MeasureDictionary(report, 1, 2);
  MeasureDictionary(report, 6, 50);
  MeasureDictionary(report, 12, 2500);
  MeasureDictionary(report, 17, 100'000);
}

}  // namespace trivet::bench
