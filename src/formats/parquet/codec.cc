#include "formats/parquet/codec.h"

#include <arrow/result.h>
#include <arrow/util/compression.h>

#include <cstring>
#include <limits>
#include <utility>

#include "base/string_concat.h"
#include "formats/parquet/snappy.h"

namespace trivet::parquet {

namespace {

class ArrowDecompressor final : public Decompressor {
 public:
  explicit ArrowDecompressor(std::unique_ptr<arrow::util::Codec> codec)
      : codec_(std::move(codec)) {}

  bool Decompress(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) override {
    if (out_size == 0) return true;
    const arrow::Result<int64_t> written =
        codec_->Decompress(static_cast<int64_t>(in_size), in, static_cast<int64_t>(out_size), out);
    return written.ok() && *written == static_cast<int64_t>(out_size);
  }

 private:
  std::unique_ptr<arrow::util::Codec> codec_;
};

class SnappyDecompressor final : public Decompressor {
 public:
  bool Decompress(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) override {
    return DecompressSnappy(in, in_size, out, out_size);
  }
};

arrow::Compression::type ArrowCodec(Codec codec) {
  switch (codec) {
    case Codec::kGzip: return arrow::Compression::GZIP;
    case Codec::kBrotli: return arrow::Compression::BROTLI;
    case Codec::kLz4Hadoop: return arrow::Compression::LZ4_HADOOP;
    case Codec::kZstd: return arrow::Compression::ZSTD;
    case Codec::kLz4Raw: return arrow::Compression::LZ4;
    default: return arrow::Compression::UNCOMPRESSED;
  }
}

}  // namespace

std::string_view CodecName(Codec codec) {
  switch (codec) {
    case Codec::kUncompressed: return "UNCOMPRESSED";
    case Codec::kSnappy: return "SNAPPY";
    case Codec::kGzip: return "GZIP";
    case Codec::kLzo: return "LZO";
    case Codec::kBrotli: return "BROTLI";
    case Codec::kLz4Hadoop: return "LZ4";
    case Codec::kZstd: return "ZSTD";
    case Codec::kLz4Raw: return "LZ4_RAW";
  }
  return "unknown";
}

size_t MaxUncompressedBytes(Codec codec, size_t compressed) {
  switch (codec) {
    case Codec::kUncompressed: return compressed;
    case Codec::kSnappy: return compressed * 22 + 64;  // 64 bytes from a 3-byte copy
    case Codec::kLz4Hadoop:
    case Codec::kLz4Raw: return compressed * 256 + 64;  // a match length grows by 255 a byte
    case Codec::kGzip: return compressed * 1040 + 64;   // 258 bytes from 2 bits
    default: return std::numeric_limits<size_t>::max();
  }
}

Result<std::unique_ptr<Decompressor>> Decompressor::Make(Codec codec) {
  if (codec == Codec::kSnappy) {
    return std::unique_ptr<Decompressor>(std::make_unique<SnappyDecompressor>());
  }
  const arrow::Compression::type type = ArrowCodec(codec);
  if (type == arrow::Compression::UNCOMPRESSED) {
    const bool known = codec == Codec::kLzo;
    return Status::NotImplemented(
        known ? std::string("Parquet compression codec LZO is not supported")
              : StrCat("Parquet compression codec number ", static_cast<int>(codec),
                       " is not known"));
  }
  arrow::Result<std::unique_ptr<arrow::util::Codec>> made = arrow::util::Codec::Create(type);
  if (!made.ok()) {
    return Status::NotImplemented(
        StrCat("Parquet compression codec ", CodecName(codec), " is not built in"));
  }
  return std::unique_ptr<Decompressor>(
      std::make_unique<ArrowDecompressor>(std::move(made).ValueUnsafe()));
}

}  // namespace trivet::parquet
