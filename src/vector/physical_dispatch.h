#pragma once

#include <utility>

#include "base/assert.h"
#include "types/type.h"
#include "vector/string_view.h"

namespace trivet {

// Calls body.template operator()<T>() with the C++ type of values of a physical type that is not
// nested; booleans are uint8_t.
template <typename Body>
decltype(auto) DispatchPhysical(PhysicalType type, Body&& body) {
  switch (type) {
    case PhysicalType::kBool: return body.template operator()<uint8_t>();
    case PhysicalType::kInt8: return body.template operator()<int8_t>();
    case PhysicalType::kInt16: return body.template operator()<int16_t>();
    case PhysicalType::kInt32: return body.template operator()<int32_t>();
    case PhysicalType::kInt64: return body.template operator()<int64_t>();
    case PhysicalType::kUInt8: return body.template operator()<uint8_t>();
    case PhysicalType::kUInt16: return body.template operator()<uint16_t>();
    case PhysicalType::kUInt32: return body.template operator()<uint32_t>();
    case PhysicalType::kUInt64: return body.template operator()<uint64_t>();
    case PhysicalType::kInt128: return body.template operator()<int128_t>();
    case PhysicalType::kFloat: return body.template operator()<float>();
    case PhysicalType::kDouble: return body.template operator()<double>();
    case PhysicalType::kString: return body.template operator()<StringView>();
    case PhysicalType::kInterval: return body.template operator()<Interval>();
    case PhysicalType::kList:
    case PhysicalType::kStruct: break;
  }
  TRIVET_ASSERT(false);
  return body.template operator()<int64_t>();
}

}  // namespace trivet
