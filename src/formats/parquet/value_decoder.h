#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "formats/parquet/page_pool.h"
#include "formats/parquet/schema.h"
#include "vector/buffer.h"

namespace trivet::parquet {

// Decodes the values of one page in one encoding, NULLs left out, to their raw form: fixed-width
// bytes, or StringViews that point into the page or into memory of owner(). One per column reader
// and encoding, restarted for every page. False means that the bytes are corrupt, or failure() says
// what else.
class ValueDecoder {
 public:
  virtual ~ValueDecoder() = default;

  // Starts on a page's values; `max_values` bounds how many it can have. kSlackBytes behind the
  // bytes are readable.
  virtual bool Start(const uint8_t* data, size_t size, size_t max_values) = 0;
  // Writes the next `count` raw values.
  virtual bool Decode(size_t count, uint8_t* out) = 0;
  virtual bool Skip(size_t count) = 0;

  // Memory beyond the page that values of the last Decode point into; null where there is none.
  virtual Owner owner() const { return nullptr; }
  // Why the last call failed, where that was not corruption.
  virtual const Status& failure() const {
    static const Status ok;
    return ok;
  }
  // Where raw values lie in the page one after the other, the next of them; null otherwise.
  virtual const uint8_t* contiguous() const { return nullptr; }
};

// Null where the encoding cannot hold the column's physical type.
std::unique_ptr<ValueDecoder> MakeValueDecoder(Encoding encoding, const Leaf& leaf,
                                               std::shared_ptr<PagePool> pool);

// Parts of MakeValueDecoder, one a file.
std::unique_ptr<ValueDecoder> MakePlainDecoder(const Leaf& leaf);
std::unique_ptr<ValueDecoder> MakeRleBooleanDecoder();
std::unique_ptr<ValueDecoder> MakeByteStreamSplitDecoder(const Leaf& leaf,
                                                         std::shared_ptr<PagePool> pool);
std::unique_ptr<ValueDecoder> MakeDeltaIntegerDecoder(size_t width);
std::unique_ptr<ValueDecoder> MakeDeltaLengthDecoder(bool is_text);
std::unique_ptr<ValueDecoder> MakeDeltaStringDecoder(const Leaf& leaf,
                                                     std::shared_ptr<PagePool> pool);

// True where no byte of the range has its top bit set; for pages of strings this proves valid
// UTF-8, as the lengths between them are below 128 as well.
bool IsAscii(const uint8_t* data, size_t size);
bool IsValidUtf8(const char* data, size_t size);

}  // namespace trivet::parquet
