#include "fragment/field_codec.h"
#include "fragment/table_codec.h"
#include "fragment/wire.h"

namespace trivet {

namespace {

// The first error stays; what comes behind it is left as it is.
class FieldDecoder final : public FieldVisitor {
 public:
  FieldDecoder(const wire::Operator& message, const DecodeFragmentOptions& options)
      : message_(message), options_(options), expressions_(options) {}

  void Field(std::string_view name, bool& value) override {
    if (const wire::Field* field = Next(name, wire::Field::kBoolean)) value = field->boolean();
  }
  void Field(std::string_view name, uint64_t& value) override {
    if (const wire::Field* field = Next(name, wire::Field::kUnsignedNumber)) {
      value = field->unsigned_number();
    }
  }
  void Field(std::string_view name, std::optional<uint64_t>& value) override {
    const wire::Field* field = Next(name, wire::Field::kOptionalNumber);
    if (field == nullptr) return;
    value.reset();
    if (field->optional_number().has_value()) value = field->optional_number().value();
  }
  void Field(std::string_view name, std::optional<double>& value) override {
    const wire::Field* field = Next(name, wire::Field::kOptionalReal);
    if (field == nullptr) return;
    value.reset();
    if (field->optional_real().has_value()) value = field->optional_real().value();
  }
  void Field(std::string_view name, std::string& value) override {
    if (const wire::Field* field = Next(name, wire::Field::kText)) value = field->text();
  }
  void Field(std::string_view name, ExpressionPtr& value) override {
    const wire::Field* field = Next(name, wire::Field::kExpression);
    if (field != nullptr) Assign(name, expressions_.Decode(field->expression()), value);
  }
  void Field(std::string_view name, std::vector<ExpressionPtr>& values) override {
    const wire::Field* field = Next(name, wire::Field::kExpressions);
    if (field == nullptr) return;
    Assign(name, expressions_.DecodeAll<ExpressionPtr>(field->expressions().expressions()), values);
  }
  void Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) override {
    const wire::Field* field = Next(name, wire::Field::kRows);
    if (field == nullptr) return;
    for (const wire::Expressions& row : field->rows().rows()) {
      Assign(name, expressions_.DecodeAll<ExpressionPtr>(row.expressions()), rows.emplace_back());
    }
  }
  void Field(std::string_view name, std::vector<SortKey>& keys) override {
    const wire::Field* field = Next(name, wire::Field::kSortKeys);
    if (field == nullptr) return;
    Assign(name, expressions_.DecodeAll<SortKey>(field->sort_keys().keys()), keys);
  }
  void Field(std::string_view name, std::vector<uint64_t>& values) override {
    const wire::Field* field = Next(name, wire::Field::kNumbers);
    if (field == nullptr) return;
    values.assign(field->numbers().values().begin(), field->numbers().values().end());
  }
  void Enumeration(std::string_view name, uint8_t& value, std::string_view) override {
    const wire::Field* field = Next(name, wire::Field::kEnumeration);
    if (field == nullptr) return;
    if (field->enumeration() > UINT8_MAX) {
      Fail(name, Mismatch(StrCat("value ", field->enumeration(), " is not known here")));
      return;
    }
    value = static_cast<uint8_t>(field->enumeration());
  }
  void Field(std::string_view name, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    const wire::Field* field = Next(name, wire::Field::kAggregates);
    if (field == nullptr) return;
    Assign(name,
           expressions_.DecodeAll<LogicalAggregate::Aggregate>(field->aggregates().aggregates()),
           aggregates);
  }
  void Field(std::string_view name, TablePtr& table) override {
    const wire::Field* field = Next(name, wire::Field::kTable);
    if (field != nullptr) Assign(name, DecodeTable(field->table(), options_), table);
  }

  // OK where every field of the message was asked for and understood.
  Status Finish() {
    if (status_.ok() && next_ < message_.fields_size()) {
      status_ = Mismatch(StrCat("operator ", message_.name(), ": field ",
                                message_.fields(next_).number(), " is not known here"));
    }
    return status_;
  }

 private:
  void Fail(std::string_view name, const Status& status) {
    if (!status_.ok() || status.ok()) return;
    status_ =
        Status(status).WithContext(StrCat("operator ", message_.name(), ", field \"", name, "\""));
  }

  // The next field, or null after an error. It must hold what the declaration says.
  const wire::Field* Next(std::string_view name, wire::Field::ContentCase content) {
    if (!status_.ok()) return nullptr;
    const int position = next_++;
    if (position >= message_.fields_size()) {
      Fail(name, Mismatch(StrCat("field ", next_, " is missing")));
      return nullptr;
    }
    const wire::Field& field = message_.fields(position);
    if (field.number() != static_cast<uint32_t>(next_)) {
      Fail(name,
           Mismatch(StrCat("field ", field.number(), " stands where ", next_, " is expected")));
      return nullptr;
    }
    if (field.content_case() != content) Fail(name, Damaged("its content is of another kind"));
    return status_.ok() ? &field : nullptr;
  }

  template <typename T>
  void Assign(std::string_view name, Result<T> decoded, T& value) {
    if (decoded.ok()) {
      value = std::move(decoded).value();
    } else {
      Fail(name, decoded.status());
    }
  }

  const wire::Operator& message_;
  const DecodeFragmentOptions& options_;
  ExpressionDecoder expressions_;
  int next_ = 0;
  Status status_;
};

}  // namespace

Status DecodeFields(const wire::Operator& message, const DecodeFragmentOptions& options,
                    PhysicalOperator& op) {
  FieldDecoder fields(message, options);
  op.VisitFields(fields);
  return fields.Finish();
}

}  // namespace trivet
