#pragma once

#include <cstdint>
#include <memory>

#include "formats/parquet/column_pages.h"
#include "vector/vector.h"

namespace trivet::parquet {

// Reads one column of a row group into vectors, forward only. Rows that are skipped cost nothing
// until the next read, and pages that lie wholly among them are never read or decompressed.
class ColumnReader {
 public:
  virtual ~ColumnReader() = default;
  // The next `count` rows (at most kVectorSize).
  virtual Status Read(size_t count, Vector& out) = 0;
  virtual void Skip(size_t count) = 0;
};

// A column without nesting. Dictionary-coded pages give dictionary vectors (strings always, other
// types where the dictionary is small), runs of PLAIN values without NULLs are wrapped in place.
class FlatColumnReader final : public ColumnReader {
 public:
  FlatColumnReader(const Leaf& leaf, const ColumnChunk& chunk, const ReaderResources& resources);

  Status Read(size_t count, Vector& out) override;
  void Skip(size_t count) override { pending_skip_ += count; }
  Result<std::shared_ptr<const Dictionary>> LoadDictionary() { return pages_.LoadDictionary(); }

 private:
  // Fixed-width values of larger dictionaries are looked up here: beyond this many entries nobody
  // gains from evaluating on the dictionary.
  static constexpr size_t kMaxFixedDictionary = kVectorSize;

  // One Read: where its rows go.
  struct Output {
    bool as_codes = false;
    std::shared_ptr<uint32_t[]> codes;
    std::shared_ptr<const Dictionary> dictionary;
    Vector flat;
    bool has_nulls = false;
    uint64_t validity[kVectorSize / 64 + 1];
  };

  // Makes the page of the next row current and open, with what is to be skipped in it skipped.
  Status OpenNext();
  Status SkipInPage(size_t count);
  // Validity of the next rows into output.validity; gives how many are valid.
  Status ReadValidity(size_t count, Output& output, size_t offset, size_t& valid);
  Status ReadPiece(size_t count, Output& output, size_t offset);
  Status TurnFlat(size_t count, size_t rows, Output& output);
  bool EmitsCodes() const;
  // True where the next `count` rows of the open page are known to have no NULL.
  bool AllValidAhead(size_t count);

  ColumnPages pages_;
  size_t page_left_ = 0;  // rows of the current page not yet given or skipped
  // The last dictionary that NULLs were met with: its vectors say so from then on, for what was
  // computed of one is kept by its id.
  uint64_t nullable_dictionary_ = 0;
  size_t pending_skip_ = 0;
};

}  // namespace trivet::parquet
