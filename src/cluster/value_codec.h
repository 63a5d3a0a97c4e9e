#pragma once

#include "base/status.h"
#include "shuffle/byte_codec.h"
#include "types/value.h"

namespace trivet {

// Types and values in messages between a session's two ends. What cannot be read makes the reader
// not ok(), and gives NULL.
void PutType(ByteWriter& writer, const LogicalType& type);
LogicalType GetType(ByteReader& reader);
void PutValue(ByteWriter& writer, const Value& value);
Value GetValue(ByteReader& reader);

}  // namespace trivet
