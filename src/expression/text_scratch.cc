#include "expression/text_scratch.h"

#include <algorithm>
#include <limits>

namespace trivet {

bool TextScratch::Pay(size_t bytes) {
  if (bytes <= kFreeBytes) return true;
  if (!reserves_) reservation_ = Reservation(&call_.context.memory(), "text being built");
  reserves_ = true;
  // What stays allocated between rows stays reserved.
  const size_t wanted = std::max(bytes, text_.capacity());
  Status status = call_.context.cancellation().Check();
  if (status.ok()) status = reservation_.Resize(wanted);
  if (status.ok()) return true;
  call_.errors.Abandon(std::move(status));
  return false;
}

bool TextScratch::PayTable(size_t rows, size_t columns, size_t cell_bytes) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(rows, columns, &bytes) ||
      __builtin_mul_overflow(bytes, cell_bytes, &bytes)) {
    bytes = std::numeric_limits<size_t>::max();
  }
  return Pay(bytes);
}

bool TextScratch::Grow(size_t needed, size_t wanted) {
  const size_t capacity = std::max(needed, wanted);
  // The old text lives until it has been copied into the new one.
  if (!Pay(capacity + text_.capacity())) return false;
  text_.reserve(capacity);
  return Pay(capacity);
}

}  // namespace trivet
