#pragma once

#include "execution/field_visitor.h"
#include "fragment/expression_codec.h"

namespace trivet {

// Puts an operator's fields into its message, in the order of their declaration.
class FieldEncoder final : public FieldVisitor {
 public:
  FieldEncoder(wire::Operator& out, TableUploads* uploads) : out_(out), uploads_(uploads) {}

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

  const Status& status() const { return status_; }

 private:
  wire::Field& Next();
  void Check(const Status& status);

  wire::Operator& out_;
  TableUploads* uploads_;
  Status status_;
};

// Fills the fields of an empty operator from its message. The first error stays; what comes behind
// it is left as it is.
class FieldDecoder final : public FieldVisitor {
 public:
  FieldDecoder(const wire::Operator& message, const DecodeFragmentOptions& options)
      : message_(message), options_(options), expressions_(options) {}

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

  // OK where every field of the message was asked for and understood.
  Status Finish();

 private:
  // The next field, or null after an error. It must hold what the declaration says.
  const wire::Field* Next(std::string_view name, wire::Field::ContentCase content);
  template <typename T>
  void Assign(std::string_view name, Result<T> decoded, T& value);
  void Fail(std::string_view name, const Status& status);

  const wire::Operator& message_;
  const DecodeFragmentOptions& options_;
  ExpressionDecoder expressions_;
  int next_ = 0;
  Status status_;
};

}  // namespace trivet
