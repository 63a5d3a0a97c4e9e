#include "formats/adapters/streams_arrow.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/result.h>
#include <arrow/util/compression.h>

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "formats/adapters/status_arrow.h"

namespace trivet {

namespace {

class OutputStream final : public arrow::io::OutputStream {
 public:
  explicit OutputStream(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {}

  arrow::Status Write(const void* data, int64_t size) override {
    position_ += size;
    return ToArrow(file_->Append(data, static_cast<size_t>(size)));
  }
  arrow::Status Close() override {
    if (closed_) return arrow::Status::OK();
    closed_ = true;
    return ToArrow(file_->Close());
  }
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return closed_; }

 private:
  std::unique_ptr<WritableFile> file_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class InputFile final : public arrow::io::RandomAccessFile {
 public:
  InputFile(std::shared_ptr<const trivet::RandomAccessFile> file, OperatorMetrics* metrics)
      : file_(std::move(file)), metrics_(metrics) {}

  arrow::Result<int64_t> GetSize() override { return static_cast<int64_t>(file_->size()); }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t size, void* out) override {
    const auto file_size = static_cast<int64_t>(file_->size());
    if (position < 0 || size < 0 || position > file_size) {
      return arrow::Status::IOError("read outside of the file");
    }
    const int64_t taken = std::min(size, file_size - position);
    ARROW_RETURN_NOT_OK(
        ToArrow(file_->ReadAt(static_cast<uint64_t>(position), static_cast<size_t>(taken), out)));
    if (metrics_) {
      metrics_->bytes_read.fetch_add(static_cast<uint64_t>(taken), std::memory_order_relaxed);
    }
    return taken;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t size) override {
    const int64_t wanted =
        std::clamp<int64_t>(static_cast<int64_t>(file_->size()) - position, 0, size);
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> buffer,
                          arrow::AllocateResizableBuffer(wanted));
    ARROW_ASSIGN_OR_RAISE(const int64_t taken, ReadAt(position, wanted, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(taken));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t taken, ReadAt(position_, size, out));
    position_ += taken;
    return taken;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, ReadAt(position_, size));
    position_ += buffer->size();
    return buffer;
  }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  std::shared_ptr<const trivet::RandomAccessFile> file_;
  OperatorMetrics* metrics_;
  int64_t position_ = 0;
  bool closed_ = false;
};

arrow::Result<arrow::Compression::type> CompressionOf(const std::string& path,
                                                      const std::string& compression) {
  const auto ends = [&](std::string_view suffix) { return path.ends_with(suffix); };
  const bool automatic = compression.empty() || compression == "auto";
  if (compression == "gzip" || (automatic && ends(".gz"))) return arrow::Compression::GZIP;
  if (compression == "zstd" || (automatic && ends(".zst"))) return arrow::Compression::ZSTD;
  if (compression == "bz2" || (automatic && ends(".bz2"))) return arrow::Compression::BZ2;
  if (automatic || compression == "none" || compression == "uncompressed") {
    return arrow::Compression::UNCOMPRESSED;
  }
  return ToArrow(
      Status::InvalidInput(StrCat("there is no compression \"", compression, "\" for text files"))
          .WithHint("one of auto, none, gzip, zstd and bz2"));
}

}  // namespace

std::shared_ptr<arrow::io::OutputStream> MakeOutputStream(std::unique_ptr<WritableFile> file) {
  return std::make_shared<OutputStream>(std::move(file));
}

std::shared_ptr<arrow::io::RandomAccessFile> MakeInputFile(
    std::shared_ptr<const RandomAccessFile> file, OperatorMetrics* metrics) {
  return std::make_shared<InputFile>(std::move(file), metrics);
}

arrow::Result<std::shared_ptr<arrow::io::InputStream>> MakeDecompressedInput(
    std::shared_ptr<const RandomAccessFile> file, OperatorMetrics* metrics,
    const std::string& compression, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(const arrow::Compression::type type,
                        CompressionOf(file->path(), compression));
  std::shared_ptr<arrow::io::InputStream> input = MakeInputFile(std::move(file), metrics);
  if (type == arrow::Compression::UNCOMPRESSED) return input;
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::util::Codec> codec,
                        arrow::util::Codec::Create(type));
  // The stream keeps a pointer to the codec only.
  std::shared_ptr<arrow::util::Codec> shared(std::move(codec));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::io::CompressedInputStream> stream,
                        arrow::io::CompressedInputStream::Make(shared.get(), input, pool));
  return std::shared_ptr<arrow::io::InputStream>(stream.get(),
                                                 [stream, shared](arrow::io::InputStream*) mutable {
                                                   stream.reset();
                                                   shared.reset();
                                                 });
}

}  // namespace trivet
