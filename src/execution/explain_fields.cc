#include "execution/explain_fields.h"

#include "base/string_concat.h"

namespace trivet {

namespace {
constexpr size_t kMaxRowsShown = 3;

std::string SortKeyToString(const SortKey& key) {
  return StrCat(key.expression->ToString(), key.descending ? " DESC" : " ASC",
                key.nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

std::string List(const std::vector<ExpressionPtr>& values) {
  std::string text;
  for (const ExpressionPtr& value : values) {
    if (!text.empty()) text += ", ";
    text += value->ToString();
  }
  return text;
}
}  // namespace

void ExplainFields::Add(std::string_view name, std::string text) {
  if (!text.empty()) fields_.emplace_back(std::string(name), std::move(text));
}

void ExplainFields::Field(std::string_view name, bool& value) {
  if (value) Add(name, "true");
}
void ExplainFields::Field(std::string_view name, uint64_t& value) { Add(name, StrCat(value)); }
void ExplainFields::Field(std::string_view name, std::optional<uint64_t>& value) {
  if (value) Add(name, StrCat(*value));
}
void ExplainFields::Field(std::string_view name, std::optional<double>& value) {
  if (value) Add(name, std::to_string(*value));
}
void ExplainFields::Field(std::string_view name, std::string& value) { Add(name, value); }
void ExplainFields::Field(std::string_view name, ExpressionPtr& value) {
  if (value) Add(name, value->ToString());
}
void ExplainFields::Field(std::string_view name, std::vector<ExpressionPtr>& values) {
  Add(name, List(values));
}
void ExplainFields::Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) {
  std::string text;
  for (size_t i = 0; i < rows.size() && i < kMaxRowsShown; ++i) {
    if (i > 0) text += ", ";
    text += "(" + List(rows[i]) + ")";
  }
  if (rows.size() > kMaxRowsShown) text += StrCat(", … ", rows.size(), " rows");
  Add(name, std::move(text));
}
void ExplainFields::Field(std::string_view name, std::vector<SortKey>& keys) {
  std::string text;
  for (const SortKey& key : keys) {
    if (!text.empty()) text += ", ";
    text += SortKeyToString(key);
  }
  Add(name, std::move(text));
}
void ExplainFields::Field(std::string_view name, std::vector<uint64_t>& values) {
  std::string text;
  for (uint64_t value : values) {
    if (!text.empty()) text += ", ";
    text += std::to_string(value);
  }
  Add(name, std::move(text));
}
void ExplainFields::Enumeration(std::string_view name, uint8_t&, std::string_view shown) {
  Add(name, std::string(shown));
}
void ExplainFields::Field(std::string_view name,
                          std::vector<LogicalAggregate::Aggregate>& aggregates) {
  std::string text;
  for (const LogicalAggregate::Aggregate& aggregate : aggregates) {
    if (!text.empty()) text += ", ";
    text += AggregateToString(aggregate);
  }
  Add(name, std::move(text));
}
void ExplainFields::Field(std::string_view name, TablePtr& table) {
  Add(name, table->description());
}

std::string AggregateToString(const LogicalAggregate::Aggregate& aggregate) {
  std::string text = aggregate.function.function->name + "(";
  if (aggregate.distinct) text += "DISTINCT ";
  text += List(aggregate.arguments);
  for (size_t i = 0; i < aggregate.order_by.size(); ++i) {
    text += i == 0 ? " ORDER BY " : ", ";
    text += SortKeyToString(aggregate.order_by[i]);
  }
  text += ")";
  if (aggregate.filter) text += " FILTER (WHERE " + aggregate.filter->ToString() + ")";
  return text;
}

}  // namespace trivet
