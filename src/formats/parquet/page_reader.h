#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "context/buffer_cache.h"
#include "context/metrics.h"
#include "formats/parquet/codec.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/page_pool.h"

namespace trivet::parquet {

// A page's content, decompressed. The pointers lie in `buffer`.
struct Page {
  std::shared_ptr<PageBuffer> buffer;
  const uint8_t* data = nullptr;  // v1: levels and values; v2: values only
  size_t size = 0;
  const uint8_t* repetition_levels = nullptr;  // v2 only
  const uint8_t* definition_levels = nullptr;  // v2 only
};

struct Dictionary;

// What a cache keeps of a page: its header and content, or what was made of that.
struct CachedPage {
  PageHeader header;
  uint64_t body_position = 0;
  Page page;                                     // of data pages
  std::shared_ptr<const Dictionary> dictionary;  // of dictionary pages
};

// Walks the pages of one column chunk: headers one after another, bodies only on request, so that
// skipped pages are neither read nor decompressed. Every size is checked against the file and
// against what its codec can produce; checksums are verified where present. Errors are Corruption
// (or IO) naming file and column. One thread at a time.
class PageReader {
 public:
  // `column` names the column in errors. `metrics` may be null. What of the chunk is never read
  // counts as skipped where `counts_skipped`. Decompressed content is taken from `cache` and kept
  // there, under the file's number, where that is not null.
  PageReader(std::shared_ptr<const RandomAccessFile> file, const ColumnChunk& chunk,
             std::string column, std::shared_ptr<PagePool> pool, OperatorMetrics* metrics,
             bool counts_skipped, BufferCache* cache = nullptr, uint64_t file_number = 0);
  ~PageReader();
  PageReader(const PageReader&) = delete;
  PageReader& operator=(const PageReader&) = delete;

  // Moves to the next page and gives its header; the page before is skipped where it was not read.
  // Must not be called once all values are accounted for.
  Status NextHeader(PageHeader& header);
  // Reads the body of the current page. `misalignment`: the content is placed so that its byte at
  // this offset is 16-byte aligned.
  Status ReadBody(Page& page, size_t misalignment = 0);

  // What was made of the current page, a dictionary, by an earlier reader; null: nothing. Its body
  // counts as read then.
  std::shared_ptr<const Dictionary> TakeCachedDictionary(const LogicalType& type);
  // Where a dictionary to be made of the current page, read by ReadBody, should take its memory so
  // that it can be kept: null where it cannot.
  MemoryManager* memory_for_keeping() const { return keeps_body_ ? &cache_->memory() : nullptr; }
  // What pages of one run take is free again at its end.
  Buffer::Source source_for_keeping() const {
    return BufferCache::IsScoped(file_number_) ? Buffer::Source::kSlab : Buffer::Source::kMapping;
  }
  // Keeps what was made of the current page.
  void KeepDictionary(std::shared_ptr<const Dictionary> dictionary, size_t bytes);

  // Corruption of this chunk, and what it needs that is not there, in one form.
  Status Corrupt(std::string_view what) const;
  Status Unsupported(std::string_view what) const;
  const std::string& column() const { return column_; }
  PagePool& pool() { return *pool_; }

 private:
  static constexpr size_t kReadAheadBytes = 256 * 1024;
  static constexpr size_t kFirstHeaderBytes = 1024;
  static constexpr size_t kMaxHeaderBytes = 16 << 20;

  // Makes bytes [position, position + size) available in the window.
  Result<const uint8_t*> Fetch(uint64_t position, size_t size, size_t read_ahead);
  void CountSkipped(uint64_t bytes);
  Status CheckSizes(const PageHeader& header) const;
  bool FindCached();
  void UseCached();
  // A buffer for a body of `size` bytes: the cache's where it may be kept.
  Result<std::shared_ptr<PageBuffer>> TakeBody(size_t size, bool is_compressed);
  Status Inflate(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size);

  std::shared_ptr<const RandomAccessFile> file_;
  const ColumnChunk& chunk_;
  std::string column_;
  std::shared_ptr<PagePool> pool_;
  OperatorMetrics* metrics_;
  bool counts_skipped_;
  std::unique_ptr<Decompressor> decompressor_;
  BufferCache* cache_;
  uint64_t file_number_;
  std::shared_ptr<const CachedPage> cached_;  // the current page, where it was found
  bool keeps_body_ = false;                   // the current page's body may go to the cache

  uint64_t position_;             // of the next page's header
  uint64_t end_;                  // of the bytes that may belong to the chunk
  uint64_t header_position_ = 0;  // of the current page
  uint64_t body_position_ = 0;
  bool body_pending_ = false;  // the current page's body was not read
  bool sequential_ = true;     // the page before was read: reading ahead pays
  PageHeader header_;

  std::shared_ptr<PageBuffer> window_;
  uint64_t window_start_ = 0;
  size_t window_size_ = 0;
};

}  // namespace trivet::parquet
