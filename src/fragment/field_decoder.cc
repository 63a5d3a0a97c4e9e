#include "fragment/field_codec.h"
#include "fragment/table_codec.h"
#include "fragment/wire.h"

namespace trivet {

void FieldDecoder::Fail(std::string_view name, const Status& status) {
  if (!status_.ok() || status.ok()) return;
  status_ =
      Status(status).WithContext(StrCat("operator ", message_.name(), ", field \"", name, "\""));
}

const wire::Field* FieldDecoder::Next(std::string_view name, wire::Field::ContentCase content) {
  if (!status_.ok()) return nullptr;
  const int position = next_++;
  if (position >= message_.fields_size()) {
    Fail(name, Mismatch(StrCat("field ", next_, " is missing")));
    return nullptr;
  }
  const wire::Field& field = message_.fields(position);
  if (field.number() != static_cast<uint32_t>(next_)) {
    Fail(name, Mismatch(StrCat("field ", field.number(), " stands where ", next_, " is expected")));
    return nullptr;
  }
  if (field.content_case() != content) Fail(name, Damaged("its content is of another kind"));
  return status_.ok() ? &field : nullptr;
}

template <typename T>
void FieldDecoder::Assign(std::string_view name, Result<T> decoded, T& value) {
  if (decoded.ok()) {
    value = std::move(decoded).value();
  } else {
    Fail(name, decoded.status());
  }
}

Status FieldDecoder::Finish() {
  if (status_.ok() && next_ < message_.fields_size()) {
    status_ = Mismatch(StrCat("operator ", message_.name(), ": field ",
                              message_.fields(next_).number(), " is not known here"));
  }
  return status_;
}

void FieldDecoder::Field(std::string_view name, bool& value) {
  if (const wire::Field* field = Next(name, wire::Field::kBoolean)) value = field->boolean();
}
void FieldDecoder::Field(std::string_view name, uint64_t& value) {
  if (const wire::Field* field = Next(name, wire::Field::kUnsignedNumber)) {
    value = field->unsigned_number();
  }
}
void FieldDecoder::Field(std::string_view name, std::optional<uint64_t>& value) {
  const wire::Field* field = Next(name, wire::Field::kOptionalNumber);
  if (field == nullptr) return;
  value.reset();
  if (field->optional_number().has_value()) value = field->optional_number().value();
}
void FieldDecoder::Field(std::string_view name, std::optional<double>& value) {
  const wire::Field* field = Next(name, wire::Field::kOptionalReal);
  if (field == nullptr) return;
  value.reset();
  if (field->optional_real().has_value()) value = field->optional_real().value();
}
void FieldDecoder::Field(std::string_view name, std::string& value) {
  if (const wire::Field* field = Next(name, wire::Field::kText)) value = field->text();
}
void FieldDecoder::Field(std::string_view name, ExpressionPtr& value) {
  const wire::Field* field = Next(name, wire::Field::kExpression);
  if (field != nullptr) Assign(name, expressions_.Decode(field->expression()), value);
}
void FieldDecoder::Field(std::string_view name, std::vector<ExpressionPtr>& values) {
  const wire::Field* field = Next(name, wire::Field::kExpressions);
  if (field == nullptr) return;
  Assign(name, expressions_.DecodeAll<ExpressionPtr>(field->expressions().expressions()), values);
}
void FieldDecoder::Field(std::string_view name, std::vector<std::vector<ExpressionPtr>>& rows) {
  const wire::Field* field = Next(name, wire::Field::kRows);
  if (field == nullptr) return;
  for (const wire::Expressions& row : field->rows().rows()) {
    Assign(name, expressions_.DecodeAll<ExpressionPtr>(row.expressions()), rows.emplace_back());
  }
}
void FieldDecoder::Field(std::string_view name, std::vector<SortKey>& keys) {
  const wire::Field* field = Next(name, wire::Field::kSortKeys);
  if (field == nullptr) return;
  Assign(name, expressions_.DecodeAll<SortKey>(field->sort_keys().keys()), keys);
}
void FieldDecoder::Field(std::string_view name, std::vector<uint64_t>& values) {
  const wire::Field* field = Next(name, wire::Field::kNumbers);
  if (field == nullptr) return;
  values.assign(field->numbers().values().begin(), field->numbers().values().end());
}
void FieldDecoder::Enumeration(std::string_view name, uint8_t& value, std::string_view) {
  const wire::Field* field = Next(name, wire::Field::kEnumeration);
  if (field == nullptr) return;
  if (field->enumeration() > UINT8_MAX) {
    Fail(name, Mismatch(StrCat("value ", field->enumeration(), " is not known here")));
    return;
  }
  value = static_cast<uint8_t>(field->enumeration());
}
void FieldDecoder::Field(std::string_view name,
                         std::vector<LogicalAggregate::Aggregate>& aggregates) {
  const wire::Field* field = Next(name, wire::Field::kAggregates);
  if (field == nullptr) return;
  Assign(name,
         expressions_.DecodeAll<LogicalAggregate::Aggregate>(field->aggregates().aggregates()),
         aggregates);
}
void FieldDecoder::Field(std::string_view name, TablePtr& table) {
  const wire::Field* field = Next(name, wire::Field::kTable);
  if (field != nullptr) Assign(name, DecodeTable(field->table(), options_), table);
}

}  // namespace trivet
