#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "formats/parquet/delta_decoder.h"
#include "formats/parquet/value_decoder.h"
#include "vector/string_view.h"

namespace trivet::parquet {

namespace {

// DELTA_BYTE_ARRAY: each string is a prefix of the one before and a suffix of its own. Strings are
// put together in pool memory that lives as long as the vectors on it; a string that only cuts its
// predecessor shares its bytes.
class DeltaStringDecoder final : public ValueDecoder {
 public:
  DeltaStringDecoder(const Leaf& leaf, std::shared_ptr<PagePool> pool)
      : pool_(std::move(pool)),
        is_text_(leaf.is_text),
        fixed_length_(leaf.physical == PhysicalKind::kFixedLengthByteArray ? leaf.type_length : 0),
        as_views_(leaf.conversion.raw_is_string) {}

  bool Start(const uint8_t* data, size_t size, size_t) override {
    if (!prefixes_.Start(data, size, sizeof(int32_t))) return false;
    const size_t prefix_bytes = prefixes_.MeasureBytes();
    if (prefix_bytes == 0 || prefix_bytes > size) return false;
    const uint8_t* suffix_data = data + prefix_bytes;
    const size_t suffix_size = size - prefix_bytes;
    if (!suffixes_.Start(suffix_data, suffix_size, sizeof(int32_t))) return false;
    const size_t length_bytes = suffixes_.MeasureBytes();
    if (length_bytes == 0 || length_bytes > suffix_size) return false;
    next_ = suffix_data + length_bytes;
    end_ = data + size;
    validate_ = is_text_ && !IsAscii(next_, static_cast<size_t>(end_ - next_));
    last_.clear();
    memory_.reset();
    return true;
  }

  bool Decode(size_t count, uint8_t* out) override {
    failure_ = Status::OK();
    for (size_t done = 0; done < count; done += kBlock) {
      const size_t taken = std::min(count - done, kBlock);
      if (!DecodeBlock(taken)) return false;
      for (size_t i = 0; i < taken; ++i, out += as_views_ ? sizeof(StringView) : fixed_length_) {
        if (as_views_) {
          std::memcpy(out, &views_[i], sizeof(StringView));
        } else {
          std::memcpy(out, views_[i].data(), fixed_length_);
        }
      }
      if (as_views_ && done > 0) {
        // A call may span blocks: its owner keeps all of their memory.
        memory_ = std::make_shared<std::pair<Owner, Owner>>(std::move(previous_), memory_);
      }
      previous_ = memory_;
    }
    return true;
  }

  bool Skip(size_t count) override {
    for (size_t done = 0; done < count; done += kBlock) {
      if (!DecodeBlock(std::min(count - done, kBlock))) return false;
    }
    return true;
  }

  Owner owner() const override { return as_views_ ? memory_ : nullptr; }
  const Status& failure() const override { return failure_; }

 private:
  static constexpr size_t kBlock = 2048;
  static constexpr size_t kMaxBlockBytes = 1 << 30;

  // Decodes the next strings into views_, their bytes in fresh memory_.
  bool DecodeBlock(size_t count) {
    if (!prefixes_.Decode(count, prefix_lengths_) || !suffixes_.Decode(count, suffix_lengths_)) {
      return false;
    }
    size_t bytes = 0;
    size_t before = last_.size();
    for (size_t i = 0; i < count; ++i) {
      const int64_t prefix = prefix_lengths_[i];
      const int64_t suffix = suffix_lengths_[i];
      if (prefix < 0 || static_cast<size_t>(prefix) > before) return false;
      if (suffix < 0 || suffix > end_ - next_) return false;
      before = static_cast<size_t>(prefix + suffix);
      if (before > UINT32_MAX || (fixed_length_ != 0 && before != fixed_length_)) return false;
      if (suffix > 0 || i == 0) bytes += before;
    }
    if (bytes > kMaxBlockBytes) {
      failure_ = Status::ResourceExhausted("the strings of one batch exceed 1 GiB");
      return false;
    }
    Result<std::shared_ptr<PageBuffer>> taken = pool_->Take(bytes);
    if (!taken.ok()) {
      failure_ = std::move(taken).status();
      return false;
    }
    char* target = reinterpret_cast<char*>(taken.value()->data());
    memory_ = taken.value();
    std::string_view last = last_;
    for (size_t i = 0; i < count; ++i) {
      const auto prefix = static_cast<size_t>(prefix_lengths_[i]);
      const auto suffix = static_cast<size_t>(suffix_lengths_[i]);
      if (suffix > static_cast<size_t>(end_ - next_)) return false;
      if (suffix > 0 || i == 0) {
        std::memcpy(target, last.data(), prefix);
        std::memcpy(target + prefix, next_, suffix);
        next_ += suffix;
        last = {target, prefix + suffix};
        target += last.size();
      } else {
        last = last.substr(0, prefix);
      }
      if (validate_ && !IsValidUtf8(last.data(), last.size())) return false;
      views_[i] = StringView(last.data(), static_cast<uint32_t>(last.size()));
    }
    last_.assign(last);
    return true;
  }

  std::shared_ptr<PagePool> pool_;
  bool is_text_;
  size_t fixed_length_;
  bool as_views_;
  bool validate_ = false;
  DeltaStream prefixes_;
  DeltaStream suffixes_;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  std::string last_;
  Owner memory_;
  Owner previous_;
  Status failure_;
  int64_t prefix_lengths_[kBlock];
  int64_t suffix_lengths_[kBlock];
  StringView views_[kBlock];
};

}  // namespace

std::unique_ptr<ValueDecoder> MakeDeltaStringDecoder(const Leaf& leaf,
                                                     std::shared_ptr<PagePool> pool) {
  return std::make_unique<DeltaStringDecoder>(leaf, std::move(pool));
}

}  // namespace trivet::parquet
