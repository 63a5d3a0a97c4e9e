// UUIDs and BLOBs, and lists and structs element by element.
#include <algorithm>

#include "base/string_concat.h"
#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"

namespace trivet::cast_internal {

namespace {

constexpr uint128_t kUuidFlip = uint128_t{1} << 127;

void UuidToBlob(const KernelCall& call, Vector& result) {
  const Argument<int128_t> in(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    const uint128_t bits = static_cast<uint128_t>(in[row]) ^ kUuidFlip;
    char bytes[16];
    for (int i = 0; i < 16; ++i)
      bytes[i] = static_cast<char>(static_cast<uint8_t>(bits >> (120 - 8 * i)));
    result.SetString(row, {bytes, sizeof(bytes)});
  });
}

void BlobToUuid(const KernelCall& call, Vector& result) {
  const Argument<StringView> in(call, 0);
  int128_t* const out = result.mutable_data<int128_t>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view bytes = in[row].view();
    if (bytes.size() != 16) {
      out[row] = 0;
      Fail(call, result, row,
           Status::InvalidInput(
               StrCat("Could not cast a BLOB of ", bytes.size(), " bytes to UUID: it takes 16")));
      return;
    }
    uint128_t bits = 0;
    for (const char c : bytes) bits = (bits << 8) | static_cast<uint8_t>(c);
    out[row] = static_cast<int128_t>(bits ^ kUuidFlip);
  });
}

// Casts `count` rows of a child; errors go to the parent's row that owner(row) names.
template <typename OwnerOf>
Vector CastChild(const KernelCall& call, const Vector& child, size_t count, const LogicalType& to,
                 const OwnerOf& owner, Vector& parent) {
  if (child.type() == to) return child;
  Vector cast = Vector::MakeFlat(to, std::max<size_t>(count, 1));
  if (child.type().IsNull()) {
    for (size_t row = 0; row < count; ++row) cast.SetNull(row);
    return cast;
  }
  LaneErrors errors;
  const Vector arguments[] = {child};
  cast.ReserveStrings(call.context.memory(), call.context.cancellation());
  FindCast(child.type(), to)(KernelCall{arguments, count, to, nullptr, call.context, errors}, cast);
  if (!errors.abandoned().ok()) call.errors.Abandon(errors.abandoned());
  for (const LaneErrors::Entry& entry : errors.entries()) {
    if (const auto row = owner(entry.row)) Fail(call, parent, *row, entry.status);
  }
  return cast;
}

void ListToList(const KernelCall& call, Vector& result) {
  const Argument<ListEntry> in(call, 0);
  ListEntry* const out = result.mutable_data<ListEntry>();
  size_t elements = 0;
  ForEachRow(call, result, [&](size_t row) {
    out[row] = in[row];
    elements = std::max<size_t>(elements, in[row].offset + in[row].length);
  });
  const auto owner = [&](size_t element) -> std::optional<size_t> {
    for (size_t row = 0; row < call.count; ++row) {
      if (!call.arguments[0].IsValid(row)) continue;
      if (element >= in[row].offset && element < in[row].offset + in[row].length) return row;
    }
    return std::nullopt;
  };
  const Vector& source =
      call.arguments[0].is_dictionary() ? *call.arguments[0].dictionary() : call.arguments[0];
  result.mutable_children() = {
      CastChild(call, source.children()[0], elements, call.result_type.element(), owner, result)};
}

void StructToStruct(const KernelCall& call, Vector& result) {
  Vector source = call.arguments[0];
  if (!source.is_flat()) source.Flatten(call.count);
  PropagateNulls(call, result);
  std::vector<Vector> fields;
  const auto& from = source.type().fields();
  const auto owner = [](size_t row) -> std::optional<size_t> { return row; };
  for (const StructField& field : call.result_type.fields()) {
    const auto match = std::find_if(from.begin(), from.end(),
                                    [&](const StructField& f) { return f.name == field.name; });
    const Vector& child = source.children()[static_cast<size_t>(match - from.begin())];
    fields.push_back(CastChild(call, child, call.count, field.type, owner, result));
  }
  result.mutable_children() = std::move(fields);
}

bool HasCast(const LogicalType& from, const LogicalType& to) {
  return from == to || from.IsNull() || FindCast(from, to) != nullptr;
}

// Fields are matched by name; every target field needs a source and the other way round.
bool StructsMatch(const LogicalType& from, const LogicalType& to) {
  if (from.fields().size() != to.fields().size()) return false;
  return std::all_of(to.fields().begin(), to.fields().end(), [&](const StructField& field) {
    return std::any_of(from.fields().begin(), from.fields().end(), [&](const StructField& source) {
      return source.name == field.name && HasCast(source.type, field.type);
    });
  });
}

}  // namespace

CastKernel FindUuidCast(const LogicalType& from, const LogicalType& to) {
  if (from.id() == to.id()) return nullptr;
  return from.id() == TypeId::kUuid ? UuidToBlob : BlobToUuid;
}

CastKernel FindNestedCast(const LogicalType& from, const LogicalType& to) {
  if (from.id() != to.id()) return nullptr;
  if (from.id() == TypeId::kList)
    return HasCast(from.element(), to.element()) ? ListToList : nullptr;
  return StructsMatch(from, to) ? StructToStruct : nullptr;
}

}  // namespace trivet::cast_internal
