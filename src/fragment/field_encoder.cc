#include "fragment/field_codec.h"
#include "fragment/table_codec.h"

namespace trivet {

wire::Field& FieldEncoder::Next() {
  wire::Field& field = *out_.add_fields();
  field.set_number(static_cast<uint32_t>(out_.fields_size()));
  return field;
}

void FieldEncoder::Check(const Status& status) {
  if (status_.ok()) status_ = status;
}

void FieldEncoder::Field(std::string_view, bool& value) { Next().set_boolean(value); }
void FieldEncoder::Field(std::string_view, uint64_t& value) { Next().set_unsigned_number(value); }
void FieldEncoder::Field(std::string_view, std::optional<uint64_t>& value) {
  wire::OptionalNumber& number = *Next().mutable_optional_number();
  if (value) number.set_value(*value);
}
void FieldEncoder::Field(std::string_view, std::optional<double>& value) {
  wire::OptionalReal& real = *Next().mutable_optional_real();
  if (value) real.set_value(*value);
}
void FieldEncoder::Field(std::string_view, std::string& value) { Next().set_text(value); }
void FieldEncoder::Field(std::string_view, ExpressionPtr& value) {
  Check(EncodeExpression(value, *Next().mutable_expression()));
}
void FieldEncoder::Field(std::string_view, std::vector<ExpressionPtr>& values) {
  wire::Expressions& list = *Next().mutable_expressions();
  for (const ExpressionPtr& value : values) Check(EncodeExpression(value, *list.add_expressions()));
}
void FieldEncoder::Field(std::string_view, std::vector<std::vector<ExpressionPtr>>& rows) {
  wire::Rows& list = *Next().mutable_rows();
  for (const std::vector<ExpressionPtr>& row : rows) {
    wire::Expressions& values = *list.add_rows();
    for (const ExpressionPtr& value : row) {
      Check(EncodeExpression(value, *values.add_expressions()));
    }
  }
}
void FieldEncoder::Field(std::string_view, std::vector<SortKey>& keys) {
  wire::SortKeys& list = *Next().mutable_sort_keys();
  for (const SortKey& key : keys) Check(EncodeSortKey(key, *list.add_keys()));
}
void FieldEncoder::Field(std::string_view, std::vector<uint64_t>& values) {
  wire::Numbers& list = *Next().mutable_numbers();
  for (const uint64_t value : values) list.add_values(value);
}
void FieldEncoder::Enumeration(std::string_view, uint8_t& value, std::string_view) {
  Next().set_enumeration(value);
}
void FieldEncoder::Field(std::string_view, std::vector<LogicalAggregate::Aggregate>& aggregates) {
  wire::Aggregates& list = *Next().mutable_aggregates();
  for (const LogicalAggregate::Aggregate& aggregate : aggregates) {
    Check(EncodeAggregate(aggregate, *list.add_aggregates()));
  }
}
void FieldEncoder::Field(std::string_view, TablePtr& table) {
  Check(EncodeTable(table, uploads_, *Next().mutable_table()));
}

}  // namespace trivet
