#include "vector/batch.h"

#include <algorithm>

namespace trivet {

void Batch::Slice(const Indices& rows, size_t count) {
  // Composing codes costs a pass per distinct code array, not one per column.
  std::vector<std::pair<const uint32_t*, Indices>> composed;
  for (Vector& column : columns_) {
    if (!column.is_dictionary()) {
      column.Slice(rows, count);
      continue;
    }
    const uint32_t* key = column.codes().get();
    auto known = std::find_if(composed.begin(), composed.end(),
                              [&](const auto& entry) { return entry.first == key; });
    if (known == composed.end()) {
      Indices kept_alive = column.codes();
      column.Slice(rows, count);
      composed.emplace_back(key, column.codes());
    } else {
      column = Vector::MakeDictionary(column.dictionary(), known->second, column.dictionary_size(),
                                      column.dictionary_id());
    }
  }
  row_count_ = count;
}

void Batch::Flatten() {
  for (Vector& column : columns_) column.Flatten(row_count_);
}

Batch Batch::MakeFlat(const std::vector<LogicalType>& types, size_t capacity) {
  std::vector<Vector> columns;
  columns.reserve(types.size());
  for (const LogicalType& type : types) columns.push_back(Vector::MakeFlat(type, capacity));
  return Batch(std::move(columns), 0);
}

size_t Batch::MemoryBytes() const {
  size_t bytes = 0;
  for (const Vector& column : columns_) bytes += column.MemoryBytes();
  return bytes;
}

size_t Batch::StringBytes() const {
  size_t bytes = 0;
  for (const Vector& column : columns_) bytes += column.StringBytes(row_count_);
  return bytes;
}

}  // namespace trivet
