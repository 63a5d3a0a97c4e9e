#pragma once

#include <memory>
#include <string>
#include <vector>

#include "types/testing/random_values.h"
#include "vector/batch.h"

// For tests alone: columns and batches of every type and encoding, of random bits.
namespace trivet::testing {

// The scalar types, the type of NULL, and nested types.
inline std::vector<LogicalType> AllTypes() {
  const LogicalType pair =
      LogicalType::Struct({{"a", TypeId::kVarchar}, {"b", LogicalType::List(TypeId::kInt16)}});
  std::vector<LogicalType> types = ScalarTypes();
  types.insert(types.end(), {TypeId::kNull, LogicalType::List(TypeId::kVarchar),
                             LogicalType::List(LogicalType::List(TypeId::kDouble)),
                             LogicalType::List(TypeId::kNull), pair, LogicalType::List(pair),
                             LogicalType::Struct({{"x", pair}, {"y", TypeId::kInterval}})});
  return types;
}

// A flat column of any type, of any bits that its values can have.
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
  } else if (type.IsTemporal() || type.id() == TypeId::kDecimal) {
    // Not all bits are a time of day, or of a decimal's precision.
    for (size_t i = 0; i < count; ++i) vector.SetValue(i, RandomValue(type, random, 0.0));
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

}  // namespace trivet::testing
