#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "formats/parquet/conversion.h"
#include "formats/parquet/metadata.h"
#include "types/type.h"

namespace trivet::parquet {

// A column of a Parquet file that holds values: every row group has one chunk for it.
struct Leaf {
  size_t chunk = 0;  // position in RowGroup::columns
  PhysicalKind physical = PhysicalKind::kInt32;
  size_t type_length = 0;  // of FIXED_LEN_BYTE_ARRAY
  int max_definition = 0;
  int max_repetition = 0;
  LogicalType type;
  Conversion conversion;
  bool is_text = false;  // must be valid UTF-8
  std::string path;      // "a.list.element"
};

// A node of the schema as Trivet sees it: a value, a list of its child, or a struct of its
// children.
struct Node {
  enum class Kind : uint8_t { kLeaf, kList, kStruct };
  Kind kind = Kind::kLeaf;
  std::string name;
  LogicalType type;
  bool nullable = false;
  // Levels at which this node is present (not NULL). A list's elements exist from
  // element_definition on and repeat at element_repetition.
  int definition = 0;
  int repetition = 0;
  int element_definition = 0;
  int element_repetition = 0;
  size_t leaf = 0;  // kLeaf: position in FileSchema::leaves
  std::vector<Node> children;
};

struct FileSchema {
  std::vector<Node> columns;
  std::vector<Leaf> leaves;
};

struct SchemaOptions {
  bool binary_as_string = false;
};

// Reads the tree of schema elements. Corruption where it is not a tree or its annotations
// contradict the physical types in a way that leaves no reading.
Result<FileSchema> MakeSchema(const FileMetadata& metadata, const SchemaOptions& options);

}  // namespace trivet::parquet
