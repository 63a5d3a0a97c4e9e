#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/logical_operators.h"

namespace trivet {

// Receives the fields of an operator from its one declaration. EXPLAIN and structural equality read
// them; the fragment codec reads and, on the other side, writes them: so fields come by reference.
// Field order is the wire order; a field is never removed, new ones come last.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void Field(std::string_view name, bool& value) = 0;
  virtual void Field(std::string_view name, uint64_t& value) = 0;
  virtual void Field(std::string_view name, std::optional<uint64_t>& value) = 0;
  virtual void Field(std::string_view name, std::optional<double>& value) = 0;
  virtual void Field(std::string_view name, std::string& value) = 0;
  virtual void Field(std::string_view name, ExpressionPtr& value) = 0;  // may be null
  virtual void Field(std::string_view name, std::vector<ExpressionPtr>& values) = 0;
  virtual void Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) = 0;
  virtual void Field(std::string_view name, std::vector<SortKey>& keys) = 0;
  virtual void Field(std::string_view name, std::vector<uint64_t>& values) = 0;
  // An enumeration: its number on the wire, its name in EXPLAIN.
  virtual void Enumeration(std::string_view name, uint8_t& value, std::string_view shown) = 0;
  virtual void Field(std::string_view name,
                     std::vector<LogicalAggregate::Aggregate>& aggregates) = 0;
  virtual void Field(std::string_view name, TablePtr& table) = 0;
};

}  // namespace trivet
