#include "formats/parquet/batch_compactor.h"

#include <utility>

namespace trivet::parquet {

// What a column of this encoding is gathered as: codes without a dictionary's identity are
// flattened.
VectorEncoding BatchCompactor::EncodingOf(const Vector& vector) {
  if (vector.is_dictionary() && vector.dictionary_id() == 0) return VectorEncoding::kFlat;
  return vector.encoding();
}

bool BatchCompactor::Accepts(const std::vector<const Vector*>& columns, size_t count) const {
  if (rows_ == 0) return true;
  if (rows_ + count > capacity_) return false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns_[i];
    if (EncodingOf(*columns[i]) != column.encoding) return false;
    if (column.encoding == VectorEncoding::kDictionary &&
        columns[i]->dictionary_id() != column.dictionary_id) {
      return false;
    }
  }
  return true;
}

void BatchCompactor::Append(const std::vector<const Vector*>& columns,
                            const RowSelection& selection) {
  if (rows_ == 0) columns_.assign(columns.size(), {});
  for (size_t i = 0; i < columns.size(); ++i) {
    const Vector& source = *columns[i];
    Column& column = columns_[i];
    if (rows_ == 0) {
      column.encoding = EncodingOf(source);
      if (column.encoding == VectorEncoding::kDictionary) {
        column.dictionary = source.dictionary();
        column.dictionary_size = source.dictionary_size();
        column.dictionary_id = source.dictionary_id();
        column.codes = MakeIndices(capacity_);
      } else {
        column.vector = column.encoding == VectorEncoding::kConstant
                            ? source
                            : Vector::MakeFlat(source.type(), capacity_);
      }
    }
    if (column.encoding == VectorEncoding::kDictionary) {
      const uint32_t* codes = source.codes().get();
      uint32_t* out = column.codes.get() + rows_;
      for (size_t row = 0; row < selection.count; ++row) out[row] = codes[selection.Row(row)];
    } else if (column.encoding == VectorEncoding::kFlat) {
      CopyRows(source, selection.rows.get(), selection.count, column.vector, rows_);
    }
  }
  rows_ += selection.count;
}

Batch BatchCompactor::Take() {
  std::vector<Vector> vectors;
  for (Column& column : columns_) {
    if (column.encoding == VectorEncoding::kDictionary) {
      vectors.push_back(Vector::MakeDictionary(std::move(column.dictionary),
                                               std::move(column.codes), column.dictionary_size,
                                               column.dictionary_id));
    } else {
      vectors.push_back(std::move(column.vector));
    }
  }
  columns_.clear();
  return Batch(std::move(vectors), std::exchange(rows_, 0));
}

}  // namespace trivet::parquet
