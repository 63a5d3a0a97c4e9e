#include "fragment/fragment.h"

#include <algorithm>

#include "execution/plan_check.h"
#include "fragment/envelope.h"
#include "fragment/field_codec.h"
#include "fragment/value_codec.h"
#include "fragment/wire.h"

namespace trivet {

namespace {

// Operators are numbered within their plan; the number sizes what is measured of them.
constexpr uint32_t kMaxOperatorId = 1 << 20;

Status EncodeOperator(const PhysicalOperator& op, TableUploads* uploads, wire::Operator& out) {
  out.set_name(std::string(op.wire_name()));
  out.set_version(op.wire_version());
  out.set_child_count(static_cast<uint32_t>(op.children().size()));
  out.set_id(static_cast<uint32_t>(op.id()));
  if (op.estimated_rows()) out.set_estimated_rows(*op.estimated_rows());
  for (const PhysicalColumn& column : op.schema()) {
    TRIVET_RETURN_IF_ERROR(EncodeColumn(column.name, column.type, false, *out.add_columns()));
  }
  return EncodeFields(op, uploads, out);
}

class PlanEncoder {
 public:
  explicit PlanEncoder(const EncodeFragmentOptions& options) : options_(options) {}

  Status Add(const PhysicalOperator& op, size_t depth) {
    if (depth > kMaxPlanDepth) {
      return Status::InvalidInput(
          StrCat("a plan of more than ", kMaxPlanDepth, " levels cannot be sent"));
    }
    for (const PhysicalPlan& child : op.children()) {
      TRIVET_RETURN_IF_ERROR(Add(*child, depth + 1));
    }
    return EncodeOperator(op, options_.uploads, *plan_.add_operators());
  }

  Result<std::string> Finish() {
    // Beyond this a message cannot even be written.
    if (plan_.ByteSizeLong() > options_.max_bytes) return TooLarge(plan_.ByteSizeLong());
    std::string sealed = SealEnvelope(plan_.SerializeAsString(), options_.build_id);
    if (sealed.size() > options_.max_bytes) return TooLarge(sealed.size());
    return sealed;
  }

 private:
  Status TooLarge(size_t bytes) const {
    return Status::InvalidInput(
        StrCat("the plan takes ", bytes, " bytes to send, the limit is ", options_.max_bytes));
  }

  const EncodeFragmentOptions& options_;
  wire::Plan plan_;
};

// Gives uploaded tables the ids under which they came, in the order of the fields.
class KnownUploads final : public TableUploads {
 public:
  explicit KnownUploads(const wire::Operator& message) {
    for (const wire::Field& field : message.fields()) {
      if (field.table().opener() == kUploadedRows) ids_.push_back(field.table().upload_id());
    }
  }
  Result<std::string> IdOf(const TablePtr&) override {
    if (next_ == ids_.size()) return Status::Internal("a table without an id");
    return ids_[next_++];
  }

 private:
  std::vector<std::string> ids_;
  size_t next_ = 0;
};

// What a message says beyond what this process knows must not be passed over: encoded again, the
// operator must be the same bytes.
Status CheckUnderstood(const PhysicalOperator& op, const wire::Operator& message) {
  KnownUploads uploads(message);
  wire::Operator understood;
  TRIVET_RETURN_IF_ERROR(EncodeOperator(op, &uploads, understood));
  if (understood.SerializeAsString() == message.SerializeAsString()) return Status::OK();
  return Mismatch(StrCat("operator ", message.name(), " says something that is not known here"));
}

Result<std::shared_ptr<PhysicalOperator>> DecodeOperator(const wire::Operator& message,
                                                         std::vector<PhysicalPlan> children,
                                                         const DecodeFragmentOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<PhysicalOperator> op,
                          options.operators->Make(message.name()));
  if (message.version() != op->wire_version()) {
    return Mismatch(StrCat("operator ", message.name(), " of version ", message.version(),
                           ", here it is ", op->wire_version()));
  }
  if (message.id() > kMaxOperatorId) return Damaged("an operator's number is too large");
  std::vector<PhysicalColumn> schema;
  for (const wire::Column& column : message.columns()) {
    TRIVET_ASSIGN_OR_RETURN(ColumnDefinition definition, DecodeColumn(column));
    schema.push_back({std::move(definition.name), std::move(definition.type)});
  }
  op->set_id(message.id());
  if (message.has_estimated_rows()) op->set_estimated_rows(message.estimated_rows());
  op->set_schema(std::move(schema));
  op->set_children(std::move(children));
  TRIVET_RETURN_IF_ERROR(DecodeFields(message, options, *op));
  TRIVET_RETURN_IF_ERROR(op->Validate());
  TRIVET_RETURN_IF_ERROR(CheckUnderstood(*op, message));
  return op;
}

Result<std::shared_ptr<PhysicalOperator>> DecodePlan(const wire::Plan& message,
                                                     const DecodeFragmentOptions& options) {
  struct Made {
    std::shared_ptr<PhysicalOperator> op;
    size_t depth;
  };
  std::vector<Made> stack;
  for (const wire::Operator& node : message.operators()) {
    if (node.child_count() > stack.size()) return Damaged("an operator lacks children");
    size_t depth = 1;
    std::vector<PhysicalPlan> children;
    for (size_t i = stack.size() - node.child_count(); i < stack.size(); ++i) {
      depth = std::max(depth, stack[i].depth + 1);
      children.push_back(std::move(stack[i].op));
    }
    if (depth > kMaxPlanDepth) return Damaged("a plan is too deep");
    stack.resize(stack.size() - node.child_count());
    TRIVET_ASSIGN_OR_RETURN(auto op, DecodeOperator(node, std::move(children), options));
    stack.push_back({std::move(op), depth});
  }
  if (stack.size() != 1) return Damaged("a plan must have one root");
  return std::move(stack.front().op);
}

}  // namespace

Result<std::string> EncodeFragment(const PhysicalOperator& plan,
                                   const EncodeFragmentOptions& options) {
  PlanEncoder encoder(options);
  TRIVET_RETURN_IF_ERROR(encoder.Add(plan, 1));
  return encoder.Finish();
}

Result<std::shared_ptr<PhysicalOperator>> DecodeFragment(std::string_view bytes,
                                                         const DecodeFragmentOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(const std::string body,
                          OpenEnvelope(bytes, options.build_id, options.max_bytes));
  wire::Plan message;
  TRIVET_RETURN_IF_ERROR(ParseMessage(body, "plan", message));
  wire::Plan known;
  *known.mutable_operators() = message.operators();
  if (known.SerializeAsString() != body)
    return Mismatch("the plan says something that is not known here");
  return DecodePlan(message, options);
}

}  // namespace trivet
