// concat, concat_ws and the operator ||.
#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

// Two passes a row: the size first, so that the bytes are written once, where they stay.
template <typename Part>
void Join(const KernelCall& call, size_t row, size_t parts, const Part& part, Vector& result) {
  size_t bytes = 0;
  for (size_t i = 0; i < parts; ++i) bytes += part(i).size();
  char inline_bytes[StringView::kInlineSize];
  char* memory = inline_bytes;
  if (bytes > StringView::kInlineSize) {
    memory = result.AllocateString(bytes);
    if (memory == nullptr) return call.errors.Abandon(result.string_status());
  }
  size_t offset = 0;
  for (size_t i = 0; i < parts; ++i) {
    const std::string_view piece = part(i);
    std::memcpy(memory + offset, piece.data(), piece.size());
    offset += piece.size();
  }
  result.mutable_data<StringView>()[row] = StringView(memory, static_cast<uint32_t>(bytes));
}

// NULL where an argument is.
void ConcatOperator(const KernelCall& call, Vector& result) {
  const Argument<StringView> left(call, 0);
  const Argument<StringView> right(call, 1);
  ForEachRow(call, result, [&](size_t row) {
    const StringView pieces[] = {left[row], right[row]};
    Join(call, row, 2, [&](size_t i) { return pieces[i].view(); }, result);
  });
}

// NULL arguments are passed over.
void Concat(const KernelCall& call, Vector& result) {
  std::vector<VectorView> views;
  for (const Vector& argument : call.arguments) views.push_back(argument.View());
  std::vector<StringView> pieces;
  const Abandonment abandoned(call, result);
  for (size_t row = 0; row < call.count && !abandoned; ++row) {
    pieces.clear();
    for (const VectorView& view : views) {
      if (view.IsValid(row)) pieces.push_back(view.Get<StringView>(row));
    }
    Join(call, row, pieces.size(), [&](size_t i) { return pieces[i].view(); }, result);
  }
}

void ConcatWithSeparator(const KernelCall& call, Vector& result) {
  std::vector<VectorView> views;
  for (const Vector& argument : call.arguments) views.push_back(argument.View());
  std::vector<StringView> pieces;
  const Abandonment abandoned(call, result);
  for (size_t row = 0; row < call.count && !abandoned; ++row) {
    if (!views[0].IsValid(row)) {
      result.SetNull(row);
      continue;
    }
    const StringView separator = views[0].Get<StringView>(row);
    pieces.clear();
    for (size_t i = 1; i < views.size(); ++i) {
      if (!views[i].IsValid(row)) continue;
      if (!pieces.empty()) pieces.push_back(separator);
      pieces.push_back(views[i].Get<StringView>(row));
    }
    Join(call, row, pieces.size(), [&](size_t i) { return pieces[i].view(); }, result);
  }
}

bool AllBlobs(const ScalarBindInput& input) {
  for (const ExpressionPtr& argument : input.arguments) {
    const TypeId id = argument->type().id();
    if (id != TypeId::kBlob && id != TypeId::kNull) return false;
  }
  return true;
}

// Blobs give a blob; everything else is text.
Status BindConcat(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bool has_blob = false;
  for (const LogicalType& type : bound.argument_types) {
    has_blob |= type == TypeId::kBlob;
    if (type.IsNested()) {
      return Status::NotImplemented(
          StrCat(input.function.name, " of lists and structs is not supported yet"));
    }
  }
  const LogicalType type = has_blob && AllBlobs(input) ? TypeId::kBlob : TypeId::kVarchar;
  if (has_blob && type != TypeId::kBlob) {
    return Status::InvalidInput(StrCat("Cannot concatenate types BLOB and VARCHAR by ",
                                       input.function.name, "; an explicit cast is required"));
  }
  for (LogicalType& argument_type : bound.argument_types) argument_type = type;
  bound.return_type = type;
  return Status::OK();
}

Status BindConcatWithSeparator(const ScalarBindInput&, BoundScalarFunction& bound) {
  for (LogicalType& type : bound.argument_types) {
    if (type.IsNested()) {
      return Status::NotImplemented("concat_ws of lists and structs is not supported yet");
    }
    type = TypeId::kVarchar;
  }
  return Status::OK();
}

}  // namespace

void RegisterConcat(FunctionRegistry& registry) {
  const Parameter any = Parameter::Kind::kAny;
  ScalarFunction operation = Signature("||", {any, any}, LogicalType(), ConcatOperator,
                                       "The texts one behind the other; NULL where one is NULL");
  operation.bind = BindConcat;
  registry.AddScalar(std::move(operation));
  ScalarFunction concat = Signature("concat", {any}, LogicalType(), Concat,
                                    "The texts one behind the other; NULLs are passed over");
  concat.variadic = any;
  concat.nulls = NullBehaviour::kSpecial;
  concat.bind = BindConcat;
  registry.AddScalar(std::move(concat));
  ScalarFunction separated =
      Signature("concat_ws", {TypeId::kVarchar, any}, TypeId::kVarchar, ConcatWithSeparator,
                "The texts with a separator between them; NULLs are passed over");
  separated.variadic = any;
  separated.nulls = NullBehaviour::kSpecial;
  separated.bind = BindConcatWithSeparator;
  registry.AddScalar(std::move(separated));
}

}  // namespace trivet
