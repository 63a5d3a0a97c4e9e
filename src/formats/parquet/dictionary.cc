#include "formats/parquet/dictionary.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/string_concat.h"
#include "formats/parquet/value_decoder.h"

namespace trivet::parquet {

namespace {

// What the vectors on a dictionary keep alive: its values and, for strings, the page they point
// into.
struct DictionaryMemory {
  DictionaryMemory(size_t bytes, Reservation reservation, std::shared_ptr<PageBuffer> page_buffer)
      : values(Buffer::Lasting(), bytes, std::move(reservation)), page(std::move(page_buffer)) {}
  Buffer values;
  std::shared_ptr<PageBuffer> page;
};

}  // namespace

Result<std::shared_ptr<const Dictionary>> MakeDictionary(const Leaf& leaf, const PageHeader& header,
                                                         const Page& page, PageReader& reader,
                                                         MemoryManager& memory) {
  if (header.encoding != Encoding::kPlain && header.encoding != Encoding::kPlainDictionary) {
    return reader.Corrupt("its dictionary page is not PLAIN");
  }
  const Conversion& conversion = leaf.conversion;
  const auto size = static_cast<size_t>(header.value_count);
  // Before anything is allocated for the values they must be there: strings take four bytes at
  // least.
  const size_t stored_width = leaf.physical == PhysicalKind::kByteArray ? sizeof(uint32_t)
                              : conversion.raw_is_string                ? leaf.type_length
                                                                        : conversion.raw_width;
  if (leaf.physical == PhysicalKind::kBoolean || size * stored_width > page.size) {
    return reader.Corrupt("its dictionary page does not hold as many values as it claims");
  }
  const size_t width = TypeSize(leaf.type);
  const size_t value_bytes = (size + 1) * width;
  const size_t padded_bytes = (value_bytes + 7) / 8 * 8;
  const size_t validity_bytes = BitWords(size + 1) * sizeof(uint64_t);
  TRIVET_ASSIGN_OR_RETURN(Reservation reservation,
                          memory.TryReserve(padded_bytes + validity_bytes, "Parquet scan"));
  auto storage = std::make_shared<DictionaryMemory>(
      padded_bytes + validity_bytes, std::move(reservation),
      conversion.raw_is_string && leaf.type.physical() == PhysicalType::kString ? page.buffer
                                                                                : nullptr);
  uint8_t* values = storage->values.data();
  std::memset(values + size * width, 0, width);
  auto* validity = reinterpret_cast<uint64_t*>(values + padded_bytes);
  std::memset(validity, 0xFF, validity_bytes);
  validity[size >> 6] &= ~(uint64_t{1} << (size & 63));

  const std::unique_ptr<ValueDecoder> decoder = MakePlainDecoder(leaf);
  bool good = decoder->Start(page.data, page.size, size);
  if (conversion.convert == nullptr) {
    good = good && decoder->Decode(size, values) && conversion.InRange(values, size);
  } else {
    constexpr size_t kBlock = 1024;
    std::vector<uint8_t> raw(kBlock * conversion.raw_width);
    for (size_t i = 0; good && i < size; i += kBlock) {
      const size_t taken = std::min(kBlock, size - i);
      good = decoder->Decode(taken, raw.data()) &&
             conversion.convert(conversion, raw.data(), taken, values + i * width);
    }
  }
  if (!good) {
    return reader.Corrupt(StrCat("its dictionary does not hold values of ", leaf.type.ToString()));
  }
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->values = std::make_shared<const Vector>(
      Vector::Wrap(leaf.type, values, validity, std::move(storage), size + 1));
  dictionary->size = size;
  dictionary->id = Vector::NextDictionaryId();
  return std::shared_ptr<const Dictionary>(std::move(dictionary));
}

}  // namespace trivet::parquet
