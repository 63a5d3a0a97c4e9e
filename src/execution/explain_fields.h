#pragma once

#include <string>
#include <utility>
#include <vector>

#include "execution/field_visitor.h"

namespace trivet {

// Reads an operator's fields as text; empty ones are left out.
class ExplainFields final : public FieldVisitor {
 public:
  using FieldVisitor::Field;
  void Field(std::string_view name, bool& value) override;
  void Field(std::string_view name, uint64_t& value) override;
  void Field(std::string_view name, std::optional<uint64_t>& value) override;
  void Field(std::string_view name, std::optional<double>& value) override;
  void Field(std::string_view name, std::string& value) override;
  void Field(std::string_view name, ExpressionPtr& value) override;
  void Field(std::string_view name, std::vector<ExpressionPtr>& values) override;
  void Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) override;
  void Field(std::string_view name, std::vector<SortKey>& keys) override;
  void Field(std::string_view name, std::vector<uint64_t>& values) override;
  void Enumeration(std::string_view name, uint8_t& value, std::string_view shown) override;
  void Field(std::string_view name, std::vector<LogicalAggregate::Aggregate>& aggregates) override;
  void Field(std::string_view name, TablePtr& table) override;

  std::vector<std::pair<std::string, std::string>> TakeFields() { return std::move(fields_); }

 private:
  void Add(std::string_view name, std::string text);

  std::vector<std::pair<std::string, std::string>> fields_;
};

// One aggregate call as text: sum(DISTINCT x) FILTER (WHERE y).
std::string AggregateToString(const LogicalAggregate::Aggregate& aggregate);

}  // namespace trivet
