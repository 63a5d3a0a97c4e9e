#include "formats/parquet/page_reader.h"

#include <arrow/util/crc32.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/string_concat.h"
#include "formats/parquet/dictionary.h"

namespace trivet::parquet {

namespace {
// Pages beyond what their chunk claims in all are corrupt, but small claims are not believed: some
// writers leave the sizes at zero.
constexpr int64_t kTrustedPageBytes = 64 << 20;
// Bytes of the magic number and footer length at the end of a file.
constexpr uint64_t kTrailerBytes = 8;
}  // namespace

PageReader::PageReader(std::shared_ptr<const RandomAccessFile> file, const ColumnChunk& chunk,
                       std::string column, std::shared_ptr<PagePool> pool, OperatorMetrics* metrics,
                       bool counts_skipped, BufferCache* cache, uint64_t file_number)
    : file_(std::move(file)),
      chunk_(chunk),
      column_(std::move(column)),
      pool_(std::move(pool)),
      metrics_(metrics),
      counts_skipped_(counts_skipped),
      cache_(cache),
      file_number_(file_number),
      position_(static_cast<uint64_t>(chunk.start())),
      end_(file_->size() < kTrailerBytes ? 0 : file_->size() - kTrailerBytes) {}

PageReader::~PageReader() {
  // Two claims of the footer: their sum may exceed 63 bits.
  const uint64_t end =
      static_cast<uint64_t>(chunk_.start()) + static_cast<uint64_t>(chunk_.compressed_bytes);
  CountSkipped((position_ < end ? end - position_ : 0) +
               (body_pending_ ? static_cast<uint64_t>(header_.compressed_bytes) : 0));
}

void PageReader::CountSkipped(uint64_t bytes) {
  if (metrics_ == nullptr || !counts_skipped_) return;
  metrics_->bytes_skipped.fetch_add(bytes, std::memory_order_relaxed);
}

Status PageReader::Corrupt(std::string_view what) const {
  return Status::Corruption(StrCat("column \"", column_, "\": ", what))
      .WithFile(file_->path(), body_position_ != 0 ? body_position_ : position_);
}

Status PageReader::Unsupported(std::string_view what) const {
  return Status::NotImplemented(StrCat("column \"", column_, "\": ", what)).WithFile(file_->path());
}

Result<const uint8_t*> PageReader::Fetch(uint64_t position, size_t size, size_t read_ahead) {
  if (position >= window_start_ && position + size <= window_start_ + window_size_) {
    return window_->data() + (position - window_start_);
  }
  if (position > end_ || size > end_ - position) {
    return Corrupt("its pages reach beyond the end of the file");
  }
  const size_t wanted =
      static_cast<size_t>(std::min<uint64_t>(std::max(size, read_ahead), end_ - position));
  // What the window holds of the wanted bytes is kept.
  size_t kept = 0;
  const uint8_t* kept_data = nullptr;
  if (window_ && position >= window_start_ && position < window_start_ + window_size_) {
    kept = static_cast<size_t>(window_start_ + window_size_ - position);
    kept_data = window_->data() + (position - window_start_);
  }
  std::shared_ptr<PageBuffer> target = window_;
  if (!target || target->capacity < wanted) {
    TRIVET_ASSIGN_OR_RETURN(target, pool_->Take(std::max(wanted, kReadAheadBytes)));
  }
  if (kept > 0) std::memmove(target->data(), kept_data, kept);
  window_size_ = 0;
  window_ = std::move(target);
  TRIVET_RETURN_IF_ERROR(file_->ReadAt(position + kept, wanted - kept, window_->data() + kept));
  if (metrics_) metrics_->bytes_read.fetch_add(wanted - kept, std::memory_order_relaxed);
  window_start_ = position;
  window_size_ = wanted;
  return static_cast<const uint8_t*>(window_->data());
}

Status PageReader::NextHeader(PageHeader& header) {
  if (body_pending_) {
    sequential_ = false;
    CountSkipped(static_cast<uint64_t>(header_.compressed_bytes));
  }
  body_pending_ = false;
  body_position_ = 0;
  keeps_body_ = false;
  if (FindCached()) {
    header = header_;
    return Status::OK();
  }
  if (position_ >= end_) return Corrupt("it ends before all of its values");
  size_t available = static_cast<size_t>(std::min<uint64_t>(kFirstHeaderBytes, end_ - position_));
  while (true) {
    // The chunk's own size is a fair guess at how much will be wanted, never more than a guess.
    const size_t ahead =
        sequential_ ? std::min<uint64_t>(kReadAheadBytes,
                                         std::max<uint64_t>(available, chunk_.compressed_bytes))
                    : available;
    TRIVET_ASSIGN_OR_RETURN(const uint8_t* data, Fetch(position_, available, ahead));
    size_t header_bytes = 0;
    const HeaderOutcome outcome = ParsePageHeader(data, available, header_, header_bytes);
    if (outcome == HeaderOutcome::kParsed) {
      body_position_ = position_ + header_bytes;
      header_position_ = position_;
      break;
    }
    const bool at_end = available >= end_ - position_ || available >= kMaxHeaderBytes;
    if (outcome == HeaderOutcome::kCorrupt || at_end) {
      return Corrupt("a page header cannot be decoded");
    }
    available = static_cast<size_t>(std::min<uint64_t>(available * 8, end_ - position_));
  }
  TRIVET_RETURN_IF_ERROR(CheckSizes(header_));
  position_ = body_position_ + static_cast<uint64_t>(header_.compressed_bytes);
  body_pending_ = true;
  header = header_;
  return Status::OK();
}

bool PageReader::FindCached() {
  cached_ = nullptr;
  if (cache_ == nullptr) return false;
  cached_ = std::static_pointer_cast<const CachedPage>(cache_->Find({file_number_, position_}));
  if (cached_ == nullptr) return false;
  header_ = cached_->header;
  header_position_ = position_;
  body_position_ = cached_->body_position;
  position_ = body_position_ + static_cast<uint64_t>(header_.compressed_bytes);
  body_pending_ = true;
  return true;
}

void PageReader::UseCached() {
  body_pending_ = false;
  if (metrics_ == nullptr) return;
  metrics_->bytes_cached.fetch_add(static_cast<uint64_t>(header_.compressed_bytes),
                                   std::memory_order_relaxed);
}

std::shared_ptr<const Dictionary> PageReader::TakeCachedDictionary(const LogicalType& type) {
  // The same file may be read with other options, to other types.
  if (cached_ == nullptr || cached_->dictionary == nullptr ||
      !(cached_->dictionary->values->type() == type)) {
    return nullptr;
  }
  UseCached();
  return cached_->dictionary;
}

void PageReader::KeepDictionary(std::shared_ptr<const Dictionary> dictionary, size_t bytes) {
  auto kept = std::make_shared<CachedPage>();
  kept->header = header_;
  kept->body_position = body_position_;
  kept->dictionary = std::move(dictionary);
  cache_->Insert({file_number_, header_position_}, std::move(kept), bytes);
}

Result<std::shared_ptr<PageBuffer>> PageReader::TakeBody(size_t size, bool is_compressed) {
  // What is not compressed comes from the operating system's cache nearly as fast.
  if (cache_ != nullptr && is_compressed) {
    Reservation reservation = cache_->Admit(file_number_, size + kSlackBytes);
    if (reservation.bytes() != 0) {
      keeps_body_ = true;
      return std::make_shared<PageBuffer>(source_for_keeping(), size, std::move(reservation));
    }
  }
  return pool_->Take(size);
}

Status PageReader::CheckSizes(const PageHeader& header) const {
  if (static_cast<uint64_t>(header.compressed_bytes) > end_ - body_position_) {
    return Corrupt("a page reaches beyond the end of the file");
  }
  if (header.uncompressed_bytes > std::max(chunk_.uncompressed_bytes, kTrustedPageBytes) ||
      static_cast<size_t>(header.uncompressed_bytes) >
          MaxUncompressedBytes(chunk_.codec, static_cast<size_t>(header.compressed_bytes))) {
    return Corrupt(
        StrCat("a page claims an impossible size of ", header.uncompressed_bytes, " bytes"));
  }
  if (header.type == PageType::kDataV2) {
    const int64_t levels = int64_t{header.definition_bytes} + header.repetition_bytes;
    if (levels > header.compressed_bytes || levels > header.uncompressed_bytes) {
      return Corrupt("a page's levels exceed the page");
    }
    if (header.null_count > header.value_count || header.row_count > header.value_count) {
      return Corrupt("a page's counts contradict each other");
    }
  }
  return Status::OK();
}

Status PageReader::Inflate(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) {
  if (decompressor_ == nullptr) {
    Result<std::unique_ptr<Decompressor>> made = Decompressor::Make(chunk_.codec);
    if (!made.ok()) {
      return std::move(made)
          .status()
          .WithContext(StrCat("column \"", column_, "\""))
          .WithFile(file_->path());
    }
    decompressor_ = std::move(made).value();
  }
  if (!decompressor_->Decompress(in, in_size, out, out_size)) {
    return Corrupt(StrCat("a page cannot be decompressed as ", CodecName(chunk_.codec)));
  }
  return Status::OK();
}

Status PageReader::ReadBody(Page& page, size_t misalignment) {
  if (cached_ != nullptr && cached_->dictionary == nullptr) {
    UseCached();
    page = cached_->page;
    return Status::OK();
  }
  const size_t compressed = static_cast<size_t>(header_.compressed_bytes);
  const size_t total = static_cast<size_t>(header_.uncompressed_bytes);
  TRIVET_ASSIGN_OR_RETURN(
      const uint8_t* body,
      Fetch(body_position_, compressed, std::min(compressed + kFirstHeaderBytes, kReadAheadBytes)));
  body_pending_ = false;
  sequential_ = true;
  if (header_.crc && arrow::internal::crc32(0, body, compressed) != *header_.crc) {
    return Corrupt("a page's checksum does not match its content");
  }
  const bool v2 = header_.type == PageType::kDataV2;
  const size_t levels =
      v2 ? static_cast<size_t>(header_.definition_bytes) + header_.repetition_bytes : 0;
  // v2 levels are stored before the values, uncompressed; the values keep their alignment.
  const size_t lead = (levels + 15) / 16 * 16 + (16 - misalignment % 16) % 16;
  const bool is_compressed = chunk_.codec != Codec::kUncompressed && (!v2 || header_.is_compressed);
  TRIVET_ASSIGN_OR_RETURN(page.buffer, TakeBody(lead + total - levels, is_compressed));
  uint8_t* data = page.buffer->data() + lead;
  page.data = data;
  page.size = total - levels;
  page.repetition_levels = page.definition_levels = nullptr;
  if (v2) {
    std::memcpy(page.buffer->data(), body, levels);
    page.repetition_levels = page.buffer->data();
    page.definition_levels = page.buffer->data() + header_.repetition_bytes;
  }
  if (!is_compressed) {
    if (compressed != total) return Corrupt("an uncompressed page states two sizes");
    std::memcpy(data, body + levels, page.size);
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(Inflate(body + levels, compressed - levels, data, page.size));
  if (keeps_body_ && header_.type != PageType::kDictionary) {
    auto kept = std::make_shared<CachedPage>();
    kept->header = header_;
    kept->body_position = body_position_;
    kept->page = page;
    cache_->Insert({file_number_, header_position_}, std::move(kept), page.buffer->capacity);
  }
  return Status::OK();
}

}  // namespace trivet::parquet
