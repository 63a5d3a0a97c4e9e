#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "vector/batch.h"
#include "vector/buffer.h"

namespace trivet {

// A batch in one piece of memory, strings and nested values included, so that what it takes is
// known and can go to disk as it lies. Columns lie one after the other, each whole: its strings
// point into itself. Rows are in place (no dictionaries, no constants), but strings that a
// dictionary's rows share are kept once. Immutable once made; thread-safe.
class PackedBatch {
 public:
  // Where a column lies.
  struct Section {
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  static PackedBatch Pack(const Batch& batch);

  size_t bytes() const { return buffer_ == nullptr ? 0 : buffer_->size(); }
  const uint8_t* data() const { return buffer_->data(); }
  const std::vector<Section>& sections() const { return sections_; }
  // The rows, in flat vectors over this memory.
  const Batch& batch() const { return batch_; }

  // A column from a copy of its section in `buffer`. `address`: where the section lay when it was
  // written.
  static Vector Unpack(const LogicalType& type, std::shared_ptr<Buffer> buffer, uint64_t address);

 private:
  std::shared_ptr<Buffer> buffer_;
  std::vector<Section> sections_;
  Batch batch_;
};

}  // namespace trivet
