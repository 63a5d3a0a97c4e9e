#include "execution/explain_fields.h"

#include "base/string_concat.h"
#include "execution/field_visitor.h"

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

// Reads an operator's fields as text; empty ones are left out. What is long is cut, unless the text
// is to be `complete`.
class ExplainFields final : public FieldVisitor {
 public:
  explicit ExplainFields(bool complete) : complete_(complete) {}

  void Field(std::string_view name, bool& value) override {
    if (value) Add(name, "true");
  }
  void Field(std::string_view name, uint64_t& value) override { Add(name, StrCat(value)); }
  void Field(std::string_view name, std::optional<uint64_t>& value) override {
    if (value) Add(name, StrCat(*value));
  }
  void Field(std::string_view name, std::optional<double>& value) override {
    if (value) Add(name, Value::Double(*value).ToString());
  }
  void Field(std::string_view name, std::string& value) override { Add(name, value); }
  void Field(std::string_view name, ExpressionPtr& value) override {
    if (value) Add(name, value->ToString());
  }
  void Field(std::string_view name, std::vector<ExpressionPtr>& values) override {
    Add(name, List(values));
  }
  void Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) override {
    std::string text;
    for (size_t i = 0; i < rows.size() && (complete_ || i < kMaxRowsShown); ++i) {
      if (i > 0) text += ", ";
      text += "(" + List(rows[i]) + ")";
    }
    if (rows.size() > kMaxRowsShown && !complete_) text += StrCat(", … ", rows.size(), " rows");
    Add(name, std::move(text));
  }
  void Field(std::string_view name, std::vector<SortKey>& keys) override {
    std::string text;
    for (const SortKey& key : keys) {
      if (!text.empty()) text += ", ";
      text += SortKeyToString(key);
    }
    Add(name, std::move(text));
  }
  void Field(std::string_view name, std::vector<uint64_t>& values) override {
    std::string text;
    for (uint64_t value : values) {
      if (!text.empty()) text += ", ";
      text += std::to_string(value);
    }
    Add(name, std::move(text));
  }
  void Enumeration(std::string_view name, uint8_t&, std::string_view shown) override {
    Add(name, std::string(shown));
  }
  void Field(std::string_view name, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    std::string text;
    for (const LogicalAggregate::Aggregate& aggregate : aggregates) {
      if (!text.empty()) text += ", ";
      text += AggregateToString(aggregate);
    }
    Add(name, std::move(text));
  }
  void Field(std::string_view name, TablePtr& table) override { Add(name, table->description()); }

  std::vector<std::pair<std::string, std::string>> TakeFields() { return std::move(fields_); }

 private:
  void Add(std::string_view name, std::string text) {
    if (!text.empty()) fields_.emplace_back(std::string(name), std::move(text));
  }

  const bool complete_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

std::vector<std::pair<std::string, std::string>> FieldTexts(const PhysicalOperator& op,
                                                            bool complete) {
  ExplainFields visitor(complete);
  // The visitor only reads; VisitFields is not const because the codec writes through it.
  const_cast<PhysicalOperator&>(op).VisitFields(visitor);
  return visitor.TakeFields();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> DescribeFields(const PhysicalOperator& op) {
  return FieldTexts(op, false);
}

bool FieldsEqual(const PhysicalOperator& a, const PhysicalOperator& b) {
  return FieldTexts(a, true) == FieldTexts(b, true);
}

std::string AggregateToString(const LogicalAggregate::Aggregate& aggregate) {
  std::string text = aggregate.function.function->name + "(";
  if (aggregate.distinct) text += "DISTINCT ";
  text += List(aggregate.arguments);
  for (size_t i = 0; i < aggregate.order_by.size(); ++i) {
    text += i == 0 ? " ORDER BY " : ", ";
    text += SortKeyToString(aggregate.order_by[i]);
  }
  text += ')';
  if (aggregate.filter) text += " FILTER (WHERE " + aggregate.filter->ToString() + ")";
  return text;
}

}  // namespace trivet
