#pragma once

#include <memory>
#include <vector>

#include "formats/parquet/row_selection.h"
#include "vector/batch.h"

namespace trivet::parquet {

// Puts the few survivors of several windows together into one batch, so that what follows does not
// work on crumbs. Dictionary vectors stay coded as long as their dictionary is one. One thread.
class BatchCompactor {
 public:
  explicit BatchCompactor(size_t capacity) : capacity_(capacity) {}

  bool empty() const { return rows_ == 0; }
  size_t rows() const { return rows_; }
  // False where the rows do not fit or a column's dictionary has changed: take the batch first.
  bool Accepts(const std::vector<const Vector*>& columns, size_t count) const;
  void Append(const std::vector<const Vector*>& columns, const RowSelection& selection);
  Batch Take();

 private:
  struct Column {
    VectorEncoding encoding = VectorEncoding::kFlat;
    Vector vector;  // the flat rows, or the constant
    std::shared_ptr<const Vector> dictionary;
    std::shared_ptr<uint32_t[]> codes;
    size_t dictionary_size = 0;
    uint64_t dictionary_id = 0;
  };
  static VectorEncoding EncodingOf(const Vector& vector);

  size_t capacity_;
  std::vector<Column> columns_;
  size_t rows_ = 0;
};

}  // namespace trivet::parquet
