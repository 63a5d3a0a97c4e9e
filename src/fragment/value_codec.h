#pragma once

#include "fragment/fragment.pb.h"
#include "storage/table.h"

namespace trivet {

// Types, values and columns as messages and back. Lossless: NaN payloads, unscaled decimals and
// NULLs of their types included. Encoding fails for types nested too deeply, decoding for whatever
// does not hold together.
Status EncodeType(const LogicalType& type, wire::Type& out);
Result<LogicalType> DecodeType(const wire::Type& message);

Status EncodeValue(const Value& value, wire::Value& out);
Result<Value> DecodeValue(const wire::Value& message);

Status EncodeColumn(const std::string& name, const LogicalType& type, bool not_null,
                    wire::Column& out);
Result<ColumnDefinition> DecodeColumn(const wire::Column& message);

}  // namespace trivet
