#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/string_concat.h"
#include "vector/batch.h"
#include "vector/physical_dispatch.h"

namespace trivet::testing {

// Every kind of type that may cross an exchange, nested ones included.
inline std::vector<LogicalType> AllTypes() {
  const LogicalType pair =
      LogicalType::Struct({{"a", TypeId::kVarchar}, {"b", LogicalType::List(TypeId::kInt16)}});
  return {TypeId::kNull,
          TypeId::kBoolean,
          TypeId::kInt8,
          TypeId::kInt16,
          TypeId::kInt32,
          TypeId::kInt64,
          TypeId::kUInt8,
          TypeId::kUInt16,
          TypeId::kUInt32,
          TypeId::kUInt64,
          TypeId::kInt128,
          TypeId::kFloat,
          TypeId::kDouble,
          LogicalType::Decimal(4, 1),
          LogicalType::Decimal(9, 2),
          LogicalType::Decimal(18, 3),
          LogicalType::Decimal(38, 10),
          TypeId::kVarchar,
          TypeId::kBlob,
          TypeId::kDate,
          TypeId::kTime,
          LogicalType::Timestamp(),
          LogicalType::Timestamp(TimeUnit::kNano),
          LogicalType::Timestamp(TimeUnit::kMicro, true),
          TypeId::kInterval,
          TypeId::kUuid,
          LogicalType::List(TypeId::kVarchar),
          LogicalType::List(LogicalType::List(TypeId::kDouble)),
          LogicalType::List(TypeId::kNull),
          pair,
          LogicalType::List(pair),
          LogicalType::Struct({{"x", pair}, {"y", TypeId::kInterval}})};
}

using Random = std::mt19937_64;

inline Vector RandomFlat(const LogicalType& type, size_t count, Random& random, double null_share) {
  if (type.IsNull()) {
    Vector nulls = Vector::MakeFlat(type, std::max<size_t>(count, 1));
    for (size_t i = 0; i < count; ++i) nulls.SetNull(i);
    return nulls;
  }
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(count, 1));
  if (type.id() == TypeId::kList) {
    std::vector<ListEntry> entries(count);
    uint64_t elements = 0;
    for (ListEntry& entry : entries) {
      entry = {elements, random() % 4};
      elements += entry.length + random() % 2;  // gaps between lists are allowed
    }
    std::shuffle(entries.begin(), entries.end(), random);
    std::copy(entries.begin(), entries.end(), vector.mutable_data<ListEntry>());
    vector.mutable_children()[0] = RandomFlat(type.element(), elements, random, null_share);
  } else if (type.id() == TypeId::kStruct) {
    for (size_t i = 0; i < type.fields().size(); ++i) {
      vector.mutable_children()[i] = RandomFlat(type.fields()[i].type, count, random, null_share);
    }
  } else if (type.physical() == PhysicalType::kString) {
    for (size_t i = 0; i < count; ++i) {
      std::string text(random() % 30, '\0');
      for (char& c : text) c = static_cast<char>(random());
      vector.SetString(i, text);
    }
  } else {
    auto* bytes = vector.mutable_data<uint8_t>();
    for (size_t i = 0; i < count * TypeSize(type); ++i) {
      bytes[i] = static_cast<uint8_t>(random());  // NaNs with payloads too
      if (type.id() == TypeId::kBoolean) bytes[i] &= 1;
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (static_cast<double>(random() % 1000) < null_share * 1000) vector.SetNull(i);
  }
  return vector;
}

// A column of any encoding.
inline Vector RandomColumn(const LogicalType& type, size_t count, Random& random) {
  const double null_share = random() % 3 == 0 ? 0.0 : 0.2;
  switch (random() % 4) {
    case 0: {
      Vector constant = RandomFlat(type, 1, random, null_share);
      constant.SetConstant();
      return constant;
    }
    case 1: {
      const size_t entries = 1 + random() % 50;
      auto dictionary =
          std::make_shared<const Vector>(RandomFlat(type, entries, random, null_share));
      auto codes = MakeIndices(count);
      for (size_t i = 0; i < count; ++i) codes[i] = static_cast<uint32_t>(random() % entries);
      return Vector::MakeDictionary(dictionary, codes, entries, Vector::NextDictionaryId());
    }
    case 2: {
      Vector parent = RandomFlat(type, 2 * count, random, null_share);
      auto rows = MakeIndices(count);
      for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(random() % (2 * count));
      parent.Slice(rows, count);
      return parent;
    }
    default: return RandomFlat(type, count, random, null_share);
  }
}

inline Batch RandomBatch(const std::vector<LogicalType>& types, size_t count, Random& random) {
  std::vector<Vector> columns;
  for (const LogicalType& type : types) columns.push_back(RandomColumn(type, count, random));
  return Batch(std::move(columns), count);
}

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
