#pragma once

#include "formats/registry.h"

namespace trivet {

// JSON for the registry: read_json and its options.
ReadableFormat MakeJsonFormat();

}  // namespace trivet
