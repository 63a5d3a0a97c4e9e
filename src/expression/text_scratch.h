#pragma once

#include <cstddef>
#include <string>

#include "expression/kernel.h"

namespace trivet {

// Where a kernel builds the text of one row whose size it learns only by building it. Room beyond
// kFreeBytes is reserved against the query's budget before it is taken; a refusal abandons the
// call, which then ends within a few rows. One per call, for all of its rows.
class TextScratch {
 public:
  static constexpr size_t kFreeBytes = size_t{64} << 10;

  explicit TextScratch(const KernelCall& call) : call_(call) {}

  // An empty text with room for `most_bytes`. False: the call is abandoned.
  bool Start(size_t most_bytes) {
    text_.clear();
    return most_bytes <= text_.capacity() || Grow(most_bytes, most_bytes);
  }
  // Room for `bytes` more behind what is there.
  bool Extend(size_t bytes) {
    const size_t needed = text_.size() + bytes;
    return needed <= text_.capacity() || Grow(needed, 2 * text_.capacity());
  }
  std::string& text() { return text_; }

  // Pays for `bytes` that a row takes elsewhere, until the next row pays.
  bool Pay(size_t bytes);
  // The same for a table of rows × columns × cell_bytes, whose size may overflow.
  bool PayTable(size_t rows, size_t columns, size_t cell_bytes);

 private:
  // To the greater of both.
  bool Grow(size_t needed, size_t wanted);

  const KernelCall& call_;
  std::string text_;
  Reservation reservation_;
  bool reserves_ = false;
};

}  // namespace trivet
