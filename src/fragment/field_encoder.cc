#include "fragment/field_codec.h"
#include "fragment/table_codec.h"

namespace trivet {

namespace {

class FieldEncoder final : public FieldVisitor {
 public:
  FieldEncoder(wire::Operator& out, TableUploads* uploads) : out_(out), uploads_(uploads) {}

  void Field(std::string_view, bool& value) override { Next().set_boolean(value); }
  void Field(std::string_view, uint64_t& value) override { Next().set_unsigned_number(value); }
  void Field(std::string_view, std::optional<uint64_t>& value) override {
    wire::OptionalNumber& number = *Next().mutable_optional_number();
    if (value) number.set_value(*value);
  }
  void Field(std::string_view, std::optional<double>& value) override {
    wire::OptionalReal& real = *Next().mutable_optional_real();
    if (value) real.set_value(*value);
  }
  void Field(std::string_view, std::string& value) override { Next().set_text(value); }
  void Field(std::string_view, ExpressionPtr& value) override {
    Check(EncodeExpression(value, *Next().mutable_expression()));
  }
  void Field(std::string_view, std::vector<ExpressionPtr>& values) override {
    wire::Expressions& list = *Next().mutable_expressions();
    for (const ExpressionPtr& value : values)
      Check(EncodeExpression(value, *list.add_expressions()));
  }
  void Field(std::string_view, std::vector<std::vector<ExpressionPtr>>& rows) override {
    wire::Rows& list = *Next().mutable_rows();
    for (const std::vector<ExpressionPtr>& row : rows) {
      wire::Expressions& values = *list.add_rows();
      for (const ExpressionPtr& value : row) {
        Check(EncodeExpression(value, *values.add_expressions()));
      }
    }
  }
  void Field(std::string_view, std::vector<SortKey>& keys) override {
    wire::SortKeys& list = *Next().mutable_sort_keys();
    for (const SortKey& key : keys) Check(EncodeSortKey(key, *list.add_keys()));
  }
  void Field(std::string_view, std::vector<uint64_t>& values) override {
    wire::Numbers& list = *Next().mutable_numbers();
    for (const uint64_t value : values) list.add_values(value);
  }
  void Enumeration(std::string_view, uint8_t& value, std::string_view) override {
    Next().set_enumeration(value);
  }
  void Field(std::string_view, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    wire::Aggregates& list = *Next().mutable_aggregates();
    for (const LogicalAggregate::Aggregate& aggregate : aggregates) {
      Check(EncodeAggregate(aggregate, *list.add_aggregates()));
    }
  }
  void Field(std::string_view, TablePtr& table) override {
    Check(EncodeTable(table, uploads_, *Next().mutable_table()));
  }

  const Status& status() const { return status_; }

 private:
  wire::Field& Next() {
    wire::Field& field = *out_.add_fields();
    field.set_number(static_cast<uint32_t>(out_.fields_size()));
    return field;
  }
  void Check(const Status& status) {
    if (status_.ok()) status_ = status;
  }

  wire::Operator& out_;
  TableUploads* uploads_;
  Status status_;
};

}  // namespace

Status EncodeFields(const PhysicalOperator& op, TableUploads* uploads, wire::Operator& out) {
  FieldEncoder fields(out, uploads);
  // The encoder only reads; VisitFields is not const because the decoder writes through it.
  const_cast<PhysicalOperator&>(op).VisitFields(fields);
  return fields.status();
}

}  // namespace trivet
