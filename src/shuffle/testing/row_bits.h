#pragma once

#include <string>
#include <vector>

#include "base/string_concat.h"
#include "vector/batch.h"
#include "vector/physical_dispatch.h"

// For tests alone: rows as strings, to be compared bit for bit.
namespace trivet::testing {

// The bits of one value, so that equal strings mean identical values.
inline void AppendValueBits(const Vector& column, size_t row, std::string& out) {
  const VectorView view = column.View();
  if (column.type().IsNull() || !view.IsValid(row)) {
    out += 'N';
    return;
  }
  out += 'V';
  const Vector& flat = column.is_dictionary() ? *column.dictionary() : column;
  const size_t index = view.Index(row);
  switch (column.type().physical()) {
    case PhysicalType::kString: {
      const StringView text = view.Get<StringView>(row);
      out += StrCat(text.size(), ":", text.view());
      break;
    }
    case PhysicalType::kList: {
      const ListEntry entry = view.Get<ListEntry>(row);
      out += StrCat(entry.length, "[");
      for (uint64_t i = 0; i < entry.length; ++i) {
        AppendValueBits(flat.children()[0], entry.offset + i, out);
      }
      break;
    }
    case PhysicalType::kStruct:
      for (const Vector& child : flat.children()) AppendValueBits(child, index, out);
      break;
    default: {
      const size_t width = TypeSize(column.type());
      out.append(reinterpret_cast<const char*>(view.data) + index * width, width);
    }
  }
}

inline std::string RowBits(const Batch& batch, size_t row) {
  std::string bits;
  for (const Vector& column : batch.columns()) AppendValueBits(column, row, bits);
  return bits;
}

inline void AppendRowBits(const Batch& batch, std::vector<std::string>& out) {
  for (size_t i = 0; i < batch.row_count(); ++i) out.push_back(RowBits(batch, i));
}

}  // namespace trivet::testing
