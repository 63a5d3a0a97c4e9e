#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/parquet/format.h"
#include "types/type.h"

namespace trivet::parquet {

// What a Parquet file says about itself, as plain data. Everything here was read from a file that
// may lie: the parser has checked forms and signs, users check offsets and counts against the file.

struct LogicalAnnotation {
  LogicalKind kind = LogicalKind::kNone;
  int32_t precision = 0;             // decimal
  int32_t scale = 0;                 // decimal
  int32_t bit_width = 0;             // integer
  bool is_signed = false;            // integer
  bool adjusted_to_utc = false;      // time, timestamp
  TimeUnit unit = TimeUnit::kMicro;  // time, timestamp
};

struct SchemaElement {
  std::string name;
  std::optional<PhysicalKind> type;  // absent for groups
  int32_t type_length = 0;
  Repetition repetition = Repetition::kRequired;
  int32_t child_count = 0;
  ConvertedType converted = ConvertedType::kNone;
  int32_t scale = 0;
  int32_t precision = 0;
  LogicalAnnotation logical;
};

// Bounds as stored: PLAIN-encoded bytes of the column's physical type.
struct Statistics {
  std::optional<std::string> min;  // of the column's own order
  std::optional<std::string> max;
  std::optional<std::string> signed_min;  // deprecated fields, ordered as signed bytes or numbers
  std::optional<std::string> signed_max;
  std::optional<int64_t> null_count;
  std::optional<int64_t> distinct_count;
  bool is_cut = false;     // min or max may be no value of the column: it was shortened
  bool min_exact = false;  // the writer says that it is a value of the column
  bool max_exact = false;
};

struct ColumnChunk {
  PhysicalKind type = PhysicalKind::kBoolean;
  Codec codec = Codec::kUncompressed;
  int64_t value_count = 0;  // levels, NULLs included
  int64_t uncompressed_bytes = 0;
  int64_t compressed_bytes = 0;
  int64_t data_page_offset = 0;
  int64_t dictionary_page_offset = 0;  // 0: none
  int64_t bloom_filter_offset = 0;     // 0: none
  int64_t offset_index_offset = 0;     // 0: none
  int32_t offset_index_bytes = 0;
  int64_t column_index_offset = 0;  // 0: none
  int32_t column_index_bytes = 0;
  bool dictionary_only = false;  // every data page is known to be dictionary-coded
  bool encrypted = false;
  bool elsewhere = false;  // the data lies in another file
  Statistics statistics;

  int64_t start() const {
    const bool leads = dictionary_page_offset > 0 && dictionary_page_offset < data_page_offset;
    return leads ? dictionary_page_offset : data_page_offset;
  }
};

struct RowGroup {
  int64_t row_count = 0;
  std::vector<ColumnChunk> columns;
};

struct FileMetadata {
  int64_t row_count = 0;
  std::vector<SchemaElement> schema;
  std::vector<RowGroup> row_groups;
  std::string created_by;
  // False where a column's order is one that this reader does not know: its bounds are not used.
  std::vector<bool> order_known;
  bool encrypted = false;
};

struct PageHeader {
  PageType type = PageType::kData;
  int32_t uncompressed_bytes = 0;
  int32_t compressed_bytes = 0;
  std::optional<uint32_t> crc;
  int32_t value_count = 0;
  Encoding encoding = Encoding::kPlain;
  Encoding definition_encoding = Encoding::kRle;  // v1
  Encoding repetition_encoding = Encoding::kRle;  // v1
  int32_t null_count = 0;                         // v2
  int32_t row_count = 0;                          // v2
  int32_t definition_bytes = 0;                   // v2
  int32_t repetition_bytes = 0;                   // v2
  bool is_compressed = true;                      // v2
};

struct PageLocation {
  int64_t offset = 0;
  int32_t compressed_bytes = 0;  // header included
  int64_t first_row = 0;
};

// Bounds of each page; as many entries as the offset index has pages.
struct ColumnIndex {
  std::vector<bool> null_pages;
  std::vector<std::string> min_values;
  std::vector<std::string> max_values;
  std::vector<int64_t> null_counts;  // empty: unknown
};

// Each parser returns Corruption without a file name (the caller adds it).
Result<FileMetadata> ParseFileMetadata(const uint8_t* data, size_t size);
Result<std::vector<PageLocation>> ParseOffsetIndex(const uint8_t* data, size_t size);
Result<ColumnIndex> ParseColumnIndex(const uint8_t* data, size_t size);
// Bytes of the filter's bit set; `header_bytes` receives the header's own size.
Result<int32_t> ParseBloomFilterHeader(const uint8_t* data, size_t size, size_t& header_bytes);

enum class HeaderOutcome : uint8_t { kParsed, kNeedMoreBytes, kCorrupt };
// On kParsed `header_bytes` receives the size of the header.
HeaderOutcome ParsePageHeader(const uint8_t* data, size_t size, PageHeader& header,
                              size_t& header_bytes);

}  // namespace trivet::parquet
