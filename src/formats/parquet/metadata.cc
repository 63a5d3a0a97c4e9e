#include "formats/parquet/metadata.h"

#include <limits>

#include "formats/parquet/thrift_reader.h"

namespace trivet::parquet {

namespace {

using Field = ThriftReader::Field;

// Integers outside their range are garbage, not data to clamp.
template <typename T>
T ReadInRange(ThriftReader& reader, Field field, int64_t low = 0,
              int64_t high = std::numeric_limits<T>::max()) {
  const int64_t value = reader.ReadInteger(field);
  if (value < low || value > high) {
    reader.Fail();
    return T{};
  }
  return static_cast<T>(value);
}

template <typename E>
E ReadEnum(ThriftReader& reader, Field field, E last) {
  return static_cast<E>(ReadInRange<uint8_t>(reader, field, 0, static_cast<int64_t>(last)));
}

// Newer writers may use encodings that this reader does not know; only their pages are unreadable.
Encoding ReadEncoding(ThriftReader& reader, Field field) {
  return static_cast<Encoding>(ReadInRange<uint8_t>(reader, field));
}

TimeUnit ReadTimeUnit(ThriftReader& reader) {
  TimeUnit unit = TimeUnit::kMicro;
  reader.ReadStruct([&](Field field) {
    if (field.id == 1) unit = TimeUnit::kMilli;
    if (field.id == 2) unit = TimeUnit::kMicro;
    if (field.id == 3) unit = TimeUnit::kNano;
    return false;
  });
  return unit;
}

LogicalAnnotation ReadLogicalType(ThriftReader& reader) {
  LogicalAnnotation logical;
  reader.ReadStruct([&](Field member) {
    if (member.type != ThriftType::kStruct) return false;
    // A kind from a newer version of the format says nothing to this reader.
    if (member.id > static_cast<int32_t>(LogicalKind::kGeography)) return false;
    logical.kind = static_cast<LogicalKind>(member.id);
    reader.ReadStruct([&](Field field) {
      switch (logical.kind) {
        case LogicalKind::kDecimal:
          if (field.id == 1) return logical.scale = ReadInRange<int32_t>(reader, field), true;
          if (field.id == 2) return logical.precision = ReadInRange<int32_t>(reader, field), true;
          return false;
        case LogicalKind::kTime:
        case LogicalKind::kTimestamp:
          if (field.id == 1) return logical.adjusted_to_utc = reader.ReadBoolean(field), true;
          if (field.id == 2 && field.type == ThriftType::kStruct) {
            return logical.unit = ReadTimeUnit(reader), true;
          }
          return false;
        case LogicalKind::kInteger:
          if (field.id == 1) return logical.bit_width = ReadInRange<int32_t>(reader, field), true;
          if (field.id == 2) return logical.is_signed = reader.ReadBoolean(field), true;
          return false;
        default: return false;
      }
    });
    return true;
  });
  return logical;
}

SchemaElement ReadSchemaElement(ThriftReader& reader) {
  SchemaElement element;
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1:
        element.type = ReadEnum(reader, field, PhysicalKind::kFixedLengthByteArray);
        return true;
      case 2: element.type_length = ReadInRange<int32_t>(reader, field); return true;
      case 3: element.repetition = ReadEnum(reader, field, Repetition::kRepeated); return true;
      case 4: element.name = reader.ReadBinary(field); return true;
      case 5: element.child_count = ReadInRange<int32_t>(reader, field); return true;
      case 6: {
        const auto value = ReadInRange<uint8_t>(reader, field);
        if (value <= static_cast<uint8_t>(ConvertedType::kInterval)) {
          element.converted = static_cast<ConvertedType>(value);
        }
        return true;
      }
      case 7: element.scale = ReadInRange<int32_t>(reader, field); return true;
      case 8: element.precision = ReadInRange<int32_t>(reader, field); return true;
      case 10:
        if (field.type != ThriftType::kStruct) return false;
        element.logical = ReadLogicalType(reader);
        return true;
      default: return false;
    }
  });
  return element;
}

void ReadStatistics(ThriftReader& reader, Statistics& statistics) {
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1: statistics.signed_max = reader.ReadBinary(field); return true;
      case 2: statistics.signed_min = reader.ReadBinary(field); return true;
      case 3: statistics.null_count = ReadInRange<int64_t>(reader, field); return true;
      case 4: statistics.distinct_count = ReadInRange<int64_t>(reader, field); return true;
      case 5: statistics.max = reader.ReadBinary(field); return true;
      case 6: statistics.min = reader.ReadBinary(field); return true;
      case 7:
      case 8:
        if (field.type != ThriftType::kTrue && field.type != ThriftType::kFalse) return false;
        statistics.is_cut |= field.type == ThriftType::kFalse;
        (field.id == 7 ? statistics.max_exact : statistics.min_exact) =
            field.type == ThriftType::kTrue;
        return true;
      default: return false;
    }
  });
}

// Whether the page counts by encoding prove that all data pages are dictionary-coded.
bool ReadDictionaryOnly(ThriftReader& reader, Field list) {
  bool any = false, others = false;
  reader.ReadList(list, [&](ThriftType type, size_t) {
    if (type != ThriftType::kStruct) return reader.Fail();
    PageType page = PageType::kData;
    Encoding encoding = Encoding::kPlain;
    int64_t count = 0;
    reader.ReadStruct([&](Field field) {
      if (field.id == 1) return page = ReadEnum(reader, field, PageType::kDataV2), true;
      if (field.id == 2) return encoding = ReadEncoding(reader, field), true;
      if (field.id == 3) return count = reader.ReadInteger(field), true;
      return false;
    });
    if ((page != PageType::kData && page != PageType::kDataV2) || count == 0) return;
    const bool dictionary =
        encoding == Encoding::kRleDictionary || encoding == Encoding::kPlainDictionary;
    (dictionary ? any : others) = true;
  });
  return any && !others;
}

void ReadColumnMetadata(ThriftReader& reader, ColumnChunk& chunk) {
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1:
        chunk.type = ReadEnum(reader, field, PhysicalKind::kFixedLengthByteArray);
        return true;
      case 4: chunk.codec = static_cast<Codec>(ReadInRange<uint8_t>(reader, field)); return true;
      case 5: chunk.value_count = ReadInRange<int64_t>(reader, field); return true;
      case 6: chunk.uncompressed_bytes = ReadInRange<int64_t>(reader, field); return true;
      case 7: chunk.compressed_bytes = ReadInRange<int64_t>(reader, field); return true;
      case 9: chunk.data_page_offset = ReadInRange<int64_t>(reader, field); return true;
      case 11: chunk.dictionary_page_offset = ReadInRange<int64_t>(reader, field); return true;
      case 12:
        if (field.type != ThriftType::kStruct) return false;
        ReadStatistics(reader, chunk.statistics);
        return true;
      case 13: chunk.dictionary_only = ReadDictionaryOnly(reader, field); return true;
      case 14: chunk.bloom_filter_offset = ReadInRange<int64_t>(reader, field); return true;
      default: return false;
    }
  });
}

ColumnChunk ReadColumnChunk(ThriftReader& reader) {
  ColumnChunk chunk;
  bool has_metadata = false;
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1: chunk.elsewhere = !reader.ReadBinary(field).empty(); return true;
      case 3:
        if (field.type != ThriftType::kStruct) return false;
        ReadColumnMetadata(reader, chunk);
        has_metadata = true;
        return true;
      case 4: chunk.offset_index_offset = ReadInRange<int64_t>(reader, field); return true;
      case 5: chunk.offset_index_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 6: chunk.column_index_offset = ReadInRange<int64_t>(reader, field); return true;
      case 7: chunk.column_index_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 8: chunk.encrypted = true; return false;
      default: return false;
    }
  });
  if (!has_metadata && !chunk.encrypted) reader.Fail();
  return chunk;
}

RowGroup ReadRowGroup(ThriftReader& reader) {
  RowGroup group;
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1:
        reader.ReadList(field, [&](ThriftType type, size_t) {
          if (type != ThriftType::kStruct) return reader.Fail();
          group.columns.push_back(ReadColumnChunk(reader));
        });
        return true;
      case 3: group.row_count = ReadInRange<int64_t>(reader, field); return true;
      default: return false;
    }
  });
  return group;
}

void ReadColumnOrders(ThriftReader& reader, Field list, std::vector<bool>& known) {
  reader.ReadList(list, [&](ThriftType type, size_t) {
    if (type != ThriftType::kStruct) return reader.Fail();
    bool type_defined = false;
    reader.ReadStruct([&](Field field) {
      type_defined = field.id == 1;
      return false;
    });
    known.push_back(type_defined);
  });
}

}  // namespace

Result<FileMetadata> ParseFileMetadata(const uint8_t* data, size_t size) {
  ThriftReader reader(data, size);
  FileMetadata metadata;
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 2:
        reader.ReadList(field, [&](ThriftType type, size_t) {
          if (type != ThriftType::kStruct) return reader.Fail();
          metadata.schema.push_back(ReadSchemaElement(reader));
        });
        return true;
      case 3: metadata.row_count = ReadInRange<int64_t>(reader, field); return true;
      case 4:
        reader.ReadList(field, [&](ThriftType type, size_t) {
          if (type != ThriftType::kStruct) return reader.Fail();
          metadata.row_groups.push_back(ReadRowGroup(reader));
        });
        return true;
      case 6: metadata.created_by = reader.ReadBinary(field); return true;
      case 7: ReadColumnOrders(reader, field, metadata.order_known); return true;
      case 8: metadata.encrypted = true; return false;
      default: return false;
    }
  });
  if (!reader.ok()) return Status::Corruption("the footer of the Parquet file cannot be decoded");
  return metadata;
}

HeaderOutcome ParsePageHeader(const uint8_t* data, size_t size, PageHeader& header,
                              size_t& header_bytes) {
  ThriftReader reader(data, size);
  header = PageHeader();
  bool has_body = false;
  const auto read_data_page = [&](Field field) {
    switch (field.id) {
      case 1: header.value_count = ReadInRange<int32_t>(reader, field); return true;
      case 2: header.encoding = ReadEncoding(reader, field); return true;
      case 3: header.definition_encoding = ReadEncoding(reader, field); return true;
      case 4: header.repetition_encoding = ReadEncoding(reader, field); return true;
      default: return false;
    }
  };
  const auto read_dictionary_page = [&](Field field) {
    if (field.id == 1) return header.value_count = ReadInRange<int32_t>(reader, field), true;
    if (field.id == 2) return header.encoding = ReadEncoding(reader, field), true;
    return false;
  };
  const auto read_data_page_v2 = [&](Field field) {
    switch (field.id) {
      case 1: header.value_count = ReadInRange<int32_t>(reader, field); return true;
      case 2: header.null_count = ReadInRange<int32_t>(reader, field); return true;
      case 3: header.row_count = ReadInRange<int32_t>(reader, field); return true;
      case 4: header.encoding = ReadEncoding(reader, field); return true;
      case 5: header.definition_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 6: header.repetition_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 7: header.is_compressed = reader.ReadBoolean(field); return true;
      default: return false;
    }
  };
  reader.ReadStruct([&](Field field) {
    const bool is_struct = field.type == ThriftType::kStruct;
    switch (field.id) {
      case 1: header.type = ReadEnum(reader, field, PageType::kDataV2); return true;
      case 2: header.uncompressed_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 3: header.compressed_bytes = ReadInRange<int32_t>(reader, field); return true;
      case 4: header.crc = static_cast<uint32_t>(reader.ReadInteger(field)); return true;
      case 5:
        if (!is_struct) return false;
        reader.ReadStruct(read_data_page);
        has_body |= header.type == PageType::kData;
        return true;
      case 7:
        if (!is_struct) return false;
        reader.ReadStruct(read_dictionary_page);
        has_body |= header.type == PageType::kDictionary;
        return true;
      case 8:
        if (!is_struct) return false;
        reader.ReadStruct(read_data_page_v2);
        has_body |= header.type == PageType::kDataV2;
        return true;
      default: return false;
    }
  });
  if (reader.truncated()) return HeaderOutcome::kNeedMoreBytes;
  if (!reader.ok() || (!has_body && header.type != PageType::kIndex))
    return HeaderOutcome::kCorrupt;
  header_bytes = reader.position();
  return HeaderOutcome::kParsed;
}

Result<std::vector<PageLocation>> ParseOffsetIndex(const uint8_t* data, size_t size) {
  ThriftReader reader(data, size);
  std::vector<PageLocation> locations;
  reader.ReadStruct([&](Field field) {
    if (field.id != 1) return false;
    reader.ReadList(field, [&](ThriftType type, size_t) {
      if (type != ThriftType::kStruct) return reader.Fail();
      PageLocation location;
      reader.ReadStruct([&](Field member) {
        switch (member.id) {
          case 1: location.offset = ReadInRange<int64_t>(reader, member); return true;
          case 2: location.compressed_bytes = ReadInRange<int32_t>(reader, member); return true;
          case 3: location.first_row = ReadInRange<int64_t>(reader, member); return true;
          default: return false;
        }
      });
      locations.push_back(location);
    });
    return true;
  });
  if (!reader.ok()) return Status::Corruption("an offset index cannot be decoded");
  return locations;
}

Result<ColumnIndex> ParseColumnIndex(const uint8_t* data, size_t size) {
  ThriftReader reader(data, size);
  ColumnIndex index;
  const auto read_strings = [&](Field field, std::vector<std::string>& values) {
    reader.ReadList(field,
                    [&](ThriftType type, size_t) { values.emplace_back(reader.ReadBinary(type)); });
  };
  reader.ReadStruct([&](Field field) {
    switch (field.id) {
      case 1:
        reader.ReadList(field, [&](ThriftType type, size_t) {
          if (type != ThriftType::kTrue && type != ThriftType::kFalse) return reader.Fail();
          index.null_pages.push_back(reader.ReadBooleanElement());
        });
        return true;
      case 2: read_strings(field, index.min_values); return true;
      case 3: read_strings(field, index.max_values); return true;
      case 5:
        reader.ReadList(field, [&](ThriftType type, size_t) {
          index.null_counts.push_back(reader.ReadInteger(type));
        });
        return true;
      default: return false;
    }
  });
  const size_t pages = index.null_pages.size();
  if (!reader.ok() || index.min_values.size() != pages || index.max_values.size() != pages ||
      (!index.null_counts.empty() && index.null_counts.size() != pages)) {
    return Status::Corruption("a column index cannot be decoded");
  }
  return index;
}

Result<int32_t> ParseBloomFilterHeader(const uint8_t* data, size_t size, size_t& header_bytes) {
  ThriftReader reader(data, size);
  int32_t bytes = 0;
  // Algorithm, hash and compression are unions of which only member 1 is defined so far.
  bool known = true;
  reader.ReadStruct([&](Field field) {
    if (field.id == 1) return bytes = ReadInRange<int32_t>(reader, field), true;
    if (field.id > 4 || field.type != ThriftType::kStruct) return false;
    reader.ReadStruct([&](Field member) {
      known &= member.id == 1;
      return false;
    });
    return true;
  });
  if (!reader.ok()) return Status::Corruption("a Bloom filter's header cannot be decoded");
  if (!known) return 0;
  header_bytes = reader.position();
  return bytes;
}

}  // namespace trivet::parquet
