#include "formats/parquet/column_pages.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/string_concat.h"
#include "formats/parquet/codes.h"

namespace trivet::parquet {

namespace {

int BitWidth(int max_level) { return std::bit_width(static_cast<unsigned>(max_level)); }

std::string EncodingName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kPlain: return "PLAIN";
    case Encoding::kPlainDictionary: return "PLAIN_DICTIONARY";
    case Encoding::kRle: return "RLE";
    case Encoding::kBitPacked: return "BIT_PACKED";
    case Encoding::kDeltaBinaryPacked: return "DELTA_BINARY_PACKED";
    case Encoding::kDeltaLengthByteArray: return "DELTA_LENGTH_BYTE_ARRAY";
    case Encoding::kDeltaByteArray: return "DELTA_BYTE_ARRAY";
    case Encoding::kRleDictionary: return "RLE_DICTIONARY";
    case Encoding::kByteStreamSplit: return "BYTE_STREAM_SPLIT";
  }
  return StrCat("number ", static_cast<int>(encoding));
}

}  // namespace

ColumnPages::ColumnPages(const Leaf& leaf, const ColumnChunk& chunk,
                         const ReaderResources& resources)
    : leaf_(leaf),
      reader_(resources.file, chunk, leaf.path, resources.pool, resources.metrics,
              resources.counts_skipped, resources.cache, resources.file_number),
      levels_left_(chunk.value_count) {}

Status ColumnPages::Advance() {
  if (ahead_) {
    ahead_ = false;
    return Status::OK();
  }
  started_ = true;
  open_ = false;
  while (true) {
    if (levels_left_ <= 0) return Corrupt("it holds fewer values than its row group has rows");
    TRIVET_RETURN_IF_ERROR(reader_.NextHeader(header_));
    if (header_.type == PageType::kDictionary) {
      TRIVET_RETURN_IF_ERROR(ReadDictionaryPage());
    } else if (header_.type != PageType::kIndex) {
      levels_left_ -= header_.value_count;
      if (levels_left_ < 0) return Corrupt("its pages hold more values than the chunk claims");
      if (header_.value_count > 0) return Status::OK();
    }
  }
}

Status ColumnPages::ReadDictionaryPage() {
  if (dictionary_ != nullptr) return Corrupt("it has two dictionary pages");
  dictionary_ = reader_.TakeCachedDictionary(leaf_.type);
  if (dictionary_ != nullptr) return Status::OK();
  Page page;
  TRIVET_RETURN_IF_ERROR(reader_.ReadBody(page));
  MemoryManager* lasting = reader_.memory_for_keeping();
  if (lasting != nullptr) {
    Result<std::shared_ptr<const Dictionary>> made =
        MakeDictionary(leaf_, header_, page, reader_, lasting);
    if (made.ok()) {
      dictionary_ = *made;
      reader_.KeepDictionary(dictionary_, dictionary_->bytes);
      return Status::OK();
    }
    if (made.status().code() != StatusCode::kOutOfMemory) return made.status();
  }
  TRIVET_ASSIGN_OR_RETURN(dictionary_, MakeDictionary(leaf_, header_, page, reader_, nullptr));
  return Status::OK();
}

Result<std::shared_ptr<const Dictionary>> ColumnPages::LoadDictionary() {
  if (!started_ && levels_left_ > 0) {
    TRIVET_RETURN_IF_ERROR(Advance());
    ahead_ = true;
  }
  return dictionary_;
}

Status ColumnPages::Open() {
  if (open_) return Status::OK();
  page_ = Page();
  TRIVET_RETURN_IF_ERROR(reader_.ReadBody(page_, values_offset_));
  const uint8_t* values = page_.data;
  size_t size = page_.size;
  TRIVET_RETURN_IF_ERROR(StartLevels(values, size));
  values_offset_ = static_cast<size_t>(values - page_.data);
  TRIVET_RETURN_IF_ERROR(StartValues(values, size));
  open_ = true;
  return Status::OK();
}

Status ColumnPages::StartLevels(const uint8_t*& values, size_t& size) {
  if (header_.type == PageType::kDataV2) {
    repetition_ = RleDecoder(page_.repetition_levels, static_cast<size_t>(header_.repetition_bytes),
                             BitWidth(leaf_.max_repetition));
    definition_ = RleDecoder(page_.definition_levels, static_cast<size_t>(header_.definition_bytes),
                             BitWidth(leaf_.max_definition));
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(
      StartLevel(values, size, leaf_.max_repetition, header_.repetition_encoding, repetition_));
  return StartLevel(values, size, leaf_.max_definition, header_.definition_encoding, definition_);
}

Status ColumnPages::StartLevel(const uint8_t*& next, size_t& left, int max_level, Encoding encoding,
                               RleDecoder& decoder) {
  if (max_level == 0) return Status::OK();
  if (encoding != Encoding::kRle) {
    return reader_.Unsupported(
        StrCat("Parquet levels encoded as ", EncodingName(encoding), " are not supported"));
  }
  uint32_t length;
  if (left < sizeof(length)) return Corrupt("a page is too short for its levels");
  std::memcpy(&length, next, sizeof(length));
  if (length > left - sizeof(length)) return Corrupt("a page's levels exceed the page");
  decoder = RleDecoder(next + sizeof(length), length, BitWidth(max_level));
  next += sizeof(length) + length;
  left -= sizeof(length) + length;
  return Status::OK();
}

Status ColumnPages::StartValues(const uint8_t* values, size_t size) {
  const Encoding encoding = header_.encoding;
  if (encoding == Encoding::kRleDictionary || encoding == Encoding::kPlainDictionary) {
    if (dictionary_ == nullptr) return Corrupt("a page needs a dictionary that is not there");
    decoder_ = nullptr;
    // A page of NULLs alone may have no byte at all.
    const int width = size == 0 ? 0 : values[0];
    if (width > 32) return Corrupt("a page's codes are wider than 32 bits");
    codes_ = size == 0 ? RleDecoder(values, 0, 0) : RleDecoder(values + 1, size - 1, width);
    return Status::OK();
  }
  auto known = std::find_if(decoders_.begin(), decoders_.end(),
                            [&](const auto& entry) { return entry.first == encoding; });
  if (known == decoders_.end()) {
    std::unique_ptr<ValueDecoder> made =
        MakeValueDecoder(encoding, leaf_, reader_.pool().shared_from_this());
    if (made == nullptr) {
      return reader_.Unsupported(StrCat("Parquet encoding ", EncodingName(encoding),
                                        " is not supported for ", leaf_.type.ToString()));
    }
    known = decoders_.insert(decoders_.end(), {encoding, std::move(made)});
  }
  decoder_ = known->second.get();
  // A page of NULLs alone may leave out even an encoding's header.
  const size_t max_values = static_cast<size_t>(header_.value_count);
  if (!decoder_->Start(values, size, max_values) && size > 0) return DecodeFailure();
  return Status::OK();
}

Status ColumnPages::DecodeFailure() const {
  if (decoder_ != nullptr && !decoder_->failure().ok()) return decoder_->failure();
  return Corrupt(StrCat("a page does not hold as many values of ", leaf_.type.ToString(),
                        " as it claims (encoding ", EncodingName(header_.encoding), ")"));
}

Status ColumnPages::DecodeCodes(size_t count, uint32_t* codes) {
  if (!codes_.Decode(count, codes)) return DecodeFailure();
  if (count > 0 && LargestCode(codes, count) >= dictionary_->size) {
    return Corrupt("a page refers to values beyond its dictionary");
  }
  return Status::OK();
}

Status ColumnPages::DecodeValues(size_t count, uint8_t* out, Vector& target) {
  if (count == 0) return Status::OK();  // the buffers below may not have been made yet
  const bool strings = leaf_.type.physical() == PhysicalType::kString;
  if (decoder_ == nullptr) {
    code_buffer_.resize(std::max(code_buffer_.size(), count));
    TRIVET_RETURN_IF_ERROR(DecodeCodes(count, code_buffer_.data()));
    GatherValues(dictionary_->values->data<uint8_t>(), code_buffer_.data(), count,
                 TypeSize(leaf_.type), out);
    if (strings) target.ShareOwners(*dictionary_->values);
    return Status::OK();
  }
  const Conversion& conversion = leaf_.conversion;
  if (conversion.convert == nullptr) {
    if (!decoder_->Decode(count, out)) return DecodeFailure();
    if (strings) {
      target.AddOwner(page_.buffer);
      target.AddOwner(decoder_->owner());
    }
    return CheckRange(out, count);
  }
  raw_.resize(std::max(raw_.size(), count * conversion.raw_width));
  if (!decoder_->Decode(count, raw_.data())) return DecodeFailure();
  if (!conversion.convert(conversion, raw_.data(), count, out)) return OutOfRange();
  return Status::OK();
}

Status ColumnPages::CheckRange(const uint8_t* values, size_t count) const {
  return leaf_.conversion.InRange(values, count) ? Status::OK() : OutOfRange();
}

Status ColumnPages::OutOfRange() const {
  return Corrupt(StrCat("a value is out of the range of ", leaf_.type.ToString()));
}

Status ColumnPages::SkipValues(size_t count) {
  const bool good = decoder_ ? decoder_->Skip(count) : codes_.Skip(count);
  return good ? Status::OK() : DecodeFailure();
}

const uint8_t* ColumnPages::WrappableValues() const {
  if (decoder_ == nullptr || leaf_.conversion.convert != nullptr) return nullptr;
  const uint8_t* values = decoder_->contiguous();
  const size_t width = TypeSize(leaf_.type);
  return reinterpret_cast<uintptr_t>(values) % width == 0 ? values : nullptr;
}

}  // namespace trivet::parquet
