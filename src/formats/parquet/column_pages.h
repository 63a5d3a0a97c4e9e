#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "formats/parquet/dictionary.h"
#include "formats/parquet/page_reader.h"
#include "formats/parquet/rle_decoder.h"
#include "formats/parquet/schema.h"
#include "formats/parquet/value_decoder.h"

namespace trivet::parquet {

// What all readers of one morsel share.
struct ReaderResources {
  std::shared_ptr<const RandomAccessFile> file;
  std::shared_ptr<PagePool> pool;
  MemoryManager* memory = nullptr;
  OperatorMetrics* metrics = nullptr;
  // Bytes of pages that are not read count as skipped; not where others read them.
  bool counts_skipped = true;
  // Where content is kept for later queries, and the file's number there; null: nowhere.
  BufferCache* cache = nullptr;
  uint64_t file_number = 0;

  // The same, kept nowhere.
  ReaderResources Unshared() const {
    ReaderResources unshared = *this;
    unshared.cache = nullptr;
    return unshared;
  }
};

// The data pages of one column chunk, opened one at a time: levels and values of the current page.
// Moving on to the next page without opening this one leaves its body unread. One thread at a time.
class ColumnPages {
 public:
  ColumnPages(const Leaf& leaf, const ColumnChunk& chunk, const ReaderResources& resources);

  // Moves to the next data page; Corruption where the chunk has no more values. Reads the
  // dictionary on the way.
  Status Advance();
  // Levels (rows, where nothing repeats) of the current page; 0 before the first Advance.
  size_t level_count() const { return static_cast<size_t>(header_.value_count); }
  const PageHeader& header() const { return header_; }
  bool is_open() const { return open_; }
  // True where further data pages follow the current one.
  bool has_more() const { return levels_left_ > 0 || ahead_; }
  // Reads the current page's body.
  Status Open();

  // The dictionary of the chunk, read if need be; null where it has none.
  Result<std::shared_ptr<const Dictionary>> LoadDictionary();

  // Of the open page.
  RleDecoder& definition() { return definition_; }
  RleDecoder& repetition() { return repetition_; }
  bool is_dictionary_coded() const { return decoder_ == nullptr; }
  const std::shared_ptr<const Dictionary>& dictionary() const { return dictionary_; }
  // Codes of the next values, all below the dictionary's size.
  Status DecodeCodes(size_t count, uint32_t* codes);
  // The next values in the engine's form, dictionary-coded or not; string owners go to `target`.
  Status DecodeValues(size_t count, uint8_t* out, Vector& target);
  Status SkipValues(size_t count);
  // The next values where they lie in the page in the engine's form and aligned; null otherwise.
  const uint8_t* WrappableValues() const;
  // Corruption where one of the values, which stay where they are, is outside the type's range.
  Status CheckRange(const uint8_t* values, size_t count) const;
  const std::shared_ptr<PageBuffer>& buffer() const { return page_.buffer; }

  const Leaf& leaf() const { return leaf_; }
  Status Corrupt(std::string_view what) const { return reader_.Corrupt(what); }

 private:
  Status ReadDictionaryPage();
  Status StartLevels(const uint8_t*& values, size_t& size);
  Status StartLevel(const uint8_t*& next, size_t& left, int max_level, Encoding encoding,
                    RleDecoder& decoder);
  Status StartValues(const uint8_t* values, size_t size);
  Status DecodeFailure() const;
  Status OutOfRange() const;

  const Leaf& leaf_;
  PageReader reader_;
  PageHeader header_;
  bool started_ = false;
  bool open_ = false;
  bool ahead_ = false;  // LoadDictionary has moved to the first data page already
  int64_t levels_left_;
  Page page_;
  size_t values_offset_ = 0;  // of the last page's values in its body

  std::shared_ptr<const Dictionary> dictionary_;
  RleDecoder definition_;
  RleDecoder repetition_;
  RleDecoder codes_;
  ValueDecoder* decoder_ = nullptr;  // null: codes_
  std::vector<std::pair<Encoding, std::unique_ptr<ValueDecoder>>> decoders_;
  std::vector<uint8_t> raw_;
  std::vector<uint32_t> code_buffer_;
};

}  // namespace trivet::parquet
