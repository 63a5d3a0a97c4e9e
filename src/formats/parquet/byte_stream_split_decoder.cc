#include <cstring>
#include <utility>

#include "formats/parquet/value_decoder.h"
#include "vector/string_view.h"

namespace trivet::parquet {

namespace {

template <size_t kWidth>
void Interleave(const uint8_t* data, size_t stride, size_t count, size_t, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t byte = 0; byte < kWidth; ++byte) out[i * kWidth + byte] = data[byte * stride + i];
  }
}

void InterleaveAny(const uint8_t* data, size_t stride, size_t count, size_t width, uint8_t* out) {
  for (size_t byte = 0; byte < width; ++byte) {
    for (size_t i = 0; i < count; ++i) out[i * width + byte] = data[byte * stride + i];
  }
}

// Byte k of every value lies in stream k of the page.
class ByteStreamSplitDecoder final : public ValueDecoder {
 public:
  ByteStreamSplitDecoder(const Leaf& leaf, std::shared_ptr<PagePool> pool)
      : pool_(std::move(pool)),
        width_(leaf.conversion.raw_is_string ? leaf.type_length : leaf.conversion.raw_width),
        as_views_(leaf.conversion.raw_is_string),
        is_text_(leaf.is_text) {
    switch (width_) {
      case 2: interleave_ = &Interleave<2>; break;
      case 4: interleave_ = &Interleave<4>; break;
      case 8: interleave_ = &Interleave<8>; break;
      case 16: interleave_ = &Interleave<16>; break;
      default: interleave_ = &InterleaveAny; break;
    }
  }

  bool Start(const uint8_t* data, size_t size, size_t) override {
    data_ = data;
    stride_ = size / width_;
    position_ = 0;
    return size % width_ == 0;
  }
  bool Decode(size_t count, uint8_t* out) override {
    if (count > stride_ - position_) return false;
    if (as_views_) return DecodeViews(count, out);
    interleave_(data_ + position_, stride_, count, width_, out);
    position_ += count;
    return true;
  }
  bool Skip(size_t count) override {
    if (count > stride_ - position_) return false;
    position_ += count;
    return true;
  }
  Owner owner() const override { return memory_; }
  const Status& failure() const override { return failure_; }

 private:
  bool DecodeViews(size_t count, uint8_t* out) {
    Result<std::shared_ptr<PageBuffer>> taken = pool_->Take(count * width_);
    if (!taken.ok()) {
      failure_ = std::move(taken).status();
      return false;
    }
    uint8_t* bytes = taken.value()->data();
    memory_ = std::move(taken).value();
    interleave_(data_ + position_, stride_, count, width_, bytes);
    position_ += count;
    for (size_t i = 0; i < count; ++i) {
      const auto* text = reinterpret_cast<const char*>(bytes + i * width_);
      if (is_text_ && !IsValidUtf8(text, width_)) return false;
      const StringView view(text, static_cast<uint32_t>(width_));
      std::memcpy(out + i * sizeof(StringView), &view, sizeof(view));
    }
    return true;
  }

  std::shared_ptr<PagePool> pool_;
  size_t width_;
  bool as_views_;
  bool is_text_;
  void (*interleave_)(const uint8_t*, size_t, size_t, size_t, uint8_t*);
  const uint8_t* data_ = nullptr;
  size_t stride_ = 0;
  size_t position_ = 0;
  Owner memory_;
  Status failure_;
};

}  // namespace

std::unique_ptr<ValueDecoder> MakeByteStreamSplitDecoder(const Leaf& leaf,
                                                         std::shared_ptr<PagePool> pool) {
  return std::make_unique<ByteStreamSplitDecoder>(leaf, std::move(pool));
}

}  // namespace trivet::parquet
