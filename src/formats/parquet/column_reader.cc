#include "formats/parquet/column_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "formats/parquet/codes.h"

namespace trivet::parquet {

namespace {

// Spreads `valid` dense values over the rows whose bit is set, in place from the end; other rows
// get `null_value`.
template <typename T>
void Spread(T* rows, size_t count, size_t valid, const uint64_t* bits, size_t offset,
            T null_value) {
  size_t source = valid;
  for (size_t i = count; i-- > 0;) {
    rows[i] = BitIsSet(bits, offset + i) ? rows[--source] : null_value;
  }
}

void SpreadValues(uint8_t* rows, size_t width, size_t count, size_t valid, const uint64_t* bits,
                  size_t offset) {
  switch (width) {
    case 1: return Spread(rows, count, valid, bits, offset, uint8_t{0});
    case 2:
      return Spread(reinterpret_cast<uint16_t*>(rows), count, valid, bits, offset, uint16_t{0});
    case 4:
      return Spread(reinterpret_cast<uint32_t*>(rows), count, valid, bits, offset, uint32_t{0});
    case 8:
      return Spread(reinterpret_cast<uint64_t*>(rows), count, valid, bits, offset, uint64_t{0});
    default:
      return Spread(reinterpret_cast<uint128_t*>(rows), count, valid, bits, offset, uint128_t{0});
  }
}

}  // namespace

FlatColumnReader::FlatColumnReader(const Leaf& leaf, const ColumnChunk& chunk,
                                   const ReaderResources& resources)
    : pages_(leaf, chunk, resources) {}

Status FlatColumnReader::OpenNext() {
  while (page_left_ == 0 || pending_skip_ >= page_left_) {
    pending_skip_ -= page_left_;
    TRIVET_RETURN_IF_ERROR(pages_.Advance());
    page_left_ = pages_.level_count();
  }
  TRIVET_RETURN_IF_ERROR(pages_.Open());
  const size_t skipped = std::exchange(pending_skip_, 0);
  page_left_ -= skipped;
  return skipped > 0 ? SkipInPage(skipped) : Status::OK();
}

Status FlatColumnReader::SkipInPage(size_t count) {
  const int max_definition = pages_.leaf().max_definition;
  if (max_definition == 0) return pages_.SkipValues(count);
  uint64_t bits[kVectorSize / 64];
  size_t valid = 0;
  while (count > 0) {
    const size_t taken = std::min(count, kVectorSize);
    if (!pages_.definition().DecodeEqual(taken, static_cast<uint32_t>(max_definition), bits, 0,
                                         valid)) {
      return pages_.Corrupt("a page has fewer levels than it claims");
    }
    count -= taken;
  }
  return pages_.SkipValues(valid);
}

Status FlatColumnReader::ReadValidity(size_t count, Output& output, size_t offset, size_t& valid) {
  const int max_definition = pages_.leaf().max_definition;
  valid = 0;
  if (max_definition == 0) {
    valid = count;
    FillBits(output.validity, offset, count, true);
  } else if (!pages_.definition().DecodeEqual(count, static_cast<uint32_t>(max_definition),
                                              output.validity, offset, valid)) {
    return pages_.Corrupt("a page has fewer levels than it claims");
  }
  output.has_nulls |= valid != count;
  return Status::OK();
}

bool FlatColumnReader::AllValidAhead(size_t count) {
  const int max_definition = pages_.leaf().max_definition;
  if (max_definition == 0) return true;
  uint32_t level = 0;
  return pages_.definition().RepeatedAhead(level) >= count &&
         level == static_cast<uint32_t>(max_definition);
}

bool FlatColumnReader::EmitsCodes() const {
  if (!pages_.is_dictionary_coded()) return false;
  return pages_.leaf().type.physical() == PhysicalType::kString ||
         pages_.dictionary()->size <= kMaxFixedDictionary;
}

Status FlatColumnReader::ReadPiece(size_t count, Output& output, size_t offset) {
  size_t valid = 0;
  TRIVET_RETURN_IF_ERROR(ReadValidity(count, output, offset, valid));
  if (output.as_codes) {
    uint32_t* codes = output.codes.get() + offset;
    TRIVET_RETURN_IF_ERROR(pages_.DecodeCodes(valid, codes));
    if (valid < count) {
      Spread(codes, count, valid, output.validity, offset, output.dictionary->null_code());
    }
    return Status::OK();
  }
  const size_t width = TypeSize(pages_.leaf().type);
  uint8_t* rows = output.flat.mutable_data<uint8_t>() + offset * width;
  TRIVET_RETURN_IF_ERROR(pages_.DecodeValues(valid, rows, output.flat));
  if (valid < count) SpreadValues(rows, width, count, valid, output.validity, offset);
  return Status::OK();
}

Status FlatColumnReader::TurnFlat(size_t count, size_t rows, Output& output) {
  output.flat = Vector::MakeFlat(pages_.leaf().type, rows);
  output.as_codes = false;
  if (count == 0) return Status::OK();
  const Vector& values = *output.dictionary->values;
  GatherValues(values.data<uint8_t>(), output.codes.get(), count, TypeSize(values.type()),
               output.flat.mutable_data<uint8_t>());
  if (values.type().physical() == PhysicalType::kString) output.flat.ShareOwners(values);
  return Status::OK();
}

Status FlatColumnReader::Read(size_t count, Vector& out) {
  TRIVET_RETURN_IF_ERROR(OpenNext());
  if (count <= page_left_ && AllValidAhead(count)) {
    if (const uint8_t* values = pages_.WrappableValues()) {
      TRIVET_RETURN_IF_ERROR(pages_.CheckRange(values, count));
      TRIVET_RETURN_IF_ERROR(SkipInPage(count));
      page_left_ -= count;
      out = Vector::Wrap(pages_.leaf().type, values, nullptr, pages_.buffer(), count);
      return Status::OK();
    }
  }
  Output output;
  output.as_codes = EmitsCodes();
  if (output.as_codes) {
    output.codes = MakeIndices(count);
    output.dictionary = pages_.dictionary();
  } else {
    output.flat = Vector::MakeFlat(pages_.leaf().type, count);
  }
  for (size_t done = 0; done < count;) {
    if (page_left_ == 0) TRIVET_RETURN_IF_ERROR(OpenNext());
    if (output.as_codes && !pages_.is_dictionary_coded()) {
      TRIVET_RETURN_IF_ERROR(TurnFlat(done, count, output));
    }
    const size_t taken = std::min(count - done, page_left_);
    TRIVET_RETURN_IF_ERROR(ReadPiece(taken, output, done));
    page_left_ -= taken;
    done += taken;
  }
  if (output.as_codes) {
    const Dictionary& dictionary = *output.dictionary;
    if (output.has_nulls) nullable_dictionary_ = dictionary.id;
    if (dictionary.id == nullable_dictionary_) {
      out = Vector::MakeDictionary(dictionary.values, std::move(output.codes), dictionary.size + 1,
                                   dictionary.id);
    } else {
      out = Vector::MakeDictionary(dictionary.valid_values, std::move(output.codes),
                                   dictionary.size, dictionary.valid_id);
    }
    return Status::OK();
  }
  out = std::move(output.flat);
  if (output.has_nulls) {
    std::memcpy(out.MutableValidity(), output.validity, BitWords(count) * sizeof(uint64_t));
  }
  return Status::OK();
}

}  // namespace trivet::parquet
