#include "formats/parquet/dictionary.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/string_concat.h"
#include "formats/parquet/value_decoder.h"

namespace trivet::parquet {

namespace {

// What the vectors on a dictionary keep alive.
struct DictionaryMemory {
  std::shared_ptr<PageBuffer> values;
  std::shared_ptr<PageBuffer> validity;
  std::shared_ptr<PageBuffer> page;  // where strings point into it
};

// From the budget of what is kept, or from the pool: fresh memory costs more than decoding into it.
Result<std::shared_ptr<PageBuffer>> TakeMemory(size_t bytes, PageReader& reader,
                                               MemoryManager* lasting) {
  if (lasting == nullptr) return reader.pool().Take(bytes);
  TRIVET_ASSIGN_OR_RETURN(Reservation reservation,
                          lasting->TryReserve(bytes + kSlackBytes, "Parquet scan"));
  return std::make_shared<PageBuffer>(reader.source_for_keeping(), bytes, std::move(reservation));
}

// All entries but the last are valid.
void FillValidity(uint64_t* validity, size_t size) {
  std::memset(validity, 0xFF, BitWords(size + 1) * sizeof(uint64_t));
  validity[size >> 6] &= ~(uint64_t{1} << (size & 63));
}

// Writes `size` values to `values`; false where the page does not hold them.
bool DecodeValues(const Conversion& conversion, ValueDecoder& decoder, size_t size, size_t width,
                  uint8_t* values) {
  if (conversion.convert == nullptr) {
    return decoder.Decode(size, values) && conversion.InRange(values, size);
  }
  constexpr size_t kBlock = 1024;
  std::vector<uint8_t> raw(kBlock * conversion.raw_width);
  for (size_t i = 0; i < size; i += kBlock) {
    const size_t taken = std::min(kBlock, size - i);
    if (!decoder.Decode(taken, raw.data()) ||
        !conversion.convert(conversion, raw.data(), taken, values + i * width)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const Dictionary>> MakeDictionary(const Leaf& leaf, const PageHeader& header,
                                                         const Page& page, PageReader& reader,
                                                         MemoryManager* lasting) {
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
  const std::unique_ptr<ValueDecoder> decoder = MakePlainDecoder(leaf);
  bool good = decoder->Start(page.data, page.size, size);
  auto memory = std::make_shared<DictionaryMemory>();
  uint8_t* values = nullptr;
  size_t bytes = 0;
  if (good && conversion.convert == nullptr && decoder->contiguous() != nullptr) {
    // The page holds them as the engine does, and nobody else has it.
    memory->values = page.buffer;
    values = page.buffer->data() + (decoder->contiguous() - page.buffer->data());
    good = conversion.InRange(values, size);
    bytes = page.buffer->capacity;
  } else {
    TRIVET_ASSIGN_OR_RETURN(memory->values, TakeMemory((size + 1) * width, reader, lasting));
    values = memory->values->data();
    good = good && DecodeValues(conversion, *decoder, size, width, values);
    bytes = memory->values->capacity;
    if (conversion.raw_is_string && leaf.type.physical() == PhysicalType::kString) {
      memory->page = page.buffer;
      bytes += page.buffer->capacity;
    }
  }
  if (!good) {
    return reader.Corrupt(StrCat("its dictionary does not hold values of ", leaf.type.ToString()));
  }
  std::memset(values + size * width, 0, width);  // at most slack
  TRIVET_ASSIGN_OR_RETURN(memory->validity,
                          TakeMemory(BitWords(size + 1) * sizeof(uint64_t), reader, lasting));
  auto* validity = reinterpret_cast<uint64_t*>(memory->validity->data());
  FillValidity(validity, size);
  bytes += memory->validity->capacity;
  auto dictionary = std::make_shared<Dictionary>();
  dictionary->values =
      std::make_shared<const Vector>(Vector::Wrap(leaf.type, values, validity, memory, size + 1));
  dictionary->valid_values = std::make_shared<const Vector>(
      Vector::Wrap(leaf.type, values, nullptr, std::move(memory), size));
  dictionary->size = size;
  dictionary->bytes = bytes;
  dictionary->id = Vector::NextDictionaryId();
  dictionary->valid_id = Vector::NextDictionaryId();
  return std::shared_ptr<const Dictionary>(std::move(dictionary));
}

}  // namespace trivet::parquet
