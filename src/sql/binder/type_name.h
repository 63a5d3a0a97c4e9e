#pragma once

#include "base/status.h"
#include "sql/syntax/node.h"
#include "types/type.h"

namespace trivet::binder {

// The type that a written name stands for. NotFound with the nearest name for unknown ones,
// NotImplemented for types of the dialect that the engine does not have.
Result<LogicalType> ResolveTypeName(const syntax::TypeName& name);

// Every name of a type: its canonical name, and the type.
struct NamedType {
  std::string_view name;  // upper case
  LogicalType type;
};
const std::vector<NamedType>& NamedTypes();

}  // namespace trivet::binder
