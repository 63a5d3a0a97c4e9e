#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Declares a node's content once; equality, hashing, copying and traversal all work on this list.
// Positions, depths and kinds are not content.
#define TRIVET_SYNTAX_FIELDS(...)                 \
  auto Fields() { return std::tie(__VA_ARGS__); } \
  auto Fields() const { return std::tie(__VA_ARGS__); }

namespace trivet::syntax {

// What every node of the syntax tree carries. `depth` is the height of the tree below the node; the
// parser bounds it (ParserOptions::max_depth), so that any recursion over a tree is safe,
// destructors included.
struct Node {
  // Byte offset into the SQL text of the token that names the node best: the operator's for
  // `a + b`, the first token otherwise.
  size_t position = 0;
  uint32_t depth = 1;
};

// A name as the user wrote it, quotes removed. Compares and hashes without regard to ASCII case.
struct Identifier {
  std::string text;
  size_t position = 0;

  bool empty() const { return text.empty(); }
};

bool EqualIgnoringCase(std::string_view left, std::string_view right);
// Of the ASCII letters alone; every other byte stays as it is.
std::string LowerCase(std::string_view text);
std::string UpperCase(std::string_view text);

inline bool operator==(const Identifier& left, const Identifier& right) {
  return EqualIgnoringCase(left.text, right.text);
}
inline bool operator==(const Identifier& left, std::string_view right) {
  return EqualIgnoringCase(left.text, right);
}

// Dotted name, outermost part first: catalog.schema.table.
using QualifiedName = std::vector<Identifier>;

struct Expression;
struct Query;
struct TableReference;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using QueryPtr = std::unique_ptr<Query>;
using TableReferencePtr = std::unique_ptr<TableReference>;
using StatementPtr = std::unique_ptr<Statement>;

struct TypeField;

// A type as written, not yet looked up: NAME(modifiers) with list dimensions.
struct TypeName {
  size_t position = 0;
  // Keyword types are spelt as the system shows them (INT is INTEGER, REAL is FLOAT, TIMESTAMP WITH
  // TIME ZONE is one name, TIMESTAMP(3) is TIMESTAMP_MS); any other name is as written.
  Identifier name;
  // Catalog and schema in front of the name; empty nearly always.
  QualifiedName qualifier;
  // DECIMAL(10, 2), VARCHAR(5), ENUM('a', 'b'): literals.
  std::vector<ExpressionPtr> modifiers;
  // STRUCT and UNION: named fields. MAP: two fields without names, key and value.
  std::vector<TypeField> fields;
  // One entry a dimension, innermost first: kVariableLength for [], the length for [3].
  std::vector<int64_t> dimensions;

  static constexpr int64_t kVariableLength = -1;
  bool empty() const { return name.empty(); }
  TRIVET_SYNTAX_FIELDS(name, qualifier, modifiers, fields, dimensions)
};

struct TypeField {
  Identifier name;
  TypeName type;
  TRIVET_SYNTAX_FIELDS(name, type)
};

enum class SortDirection : uint8_t { kDefault, kAscending, kDescending };
enum class NullOrder : uint8_t { kDefault, kFirst, kLast };

// One entry of an ORDER BY list.
struct OrderItem {
  size_t position = 0;
  // ORDER BY ALL: every output column, left to right; `expression` is null then.
  bool all = false;
  ExpressionPtr expression;
  SortDirection direction = SortDirection::kDefault;
  NullOrder nulls = NullOrder::kDefault;
  TRIVET_SYNTAX_FIELDS(all, expression, direction, nulls)
};

}  // namespace trivet::syntax
