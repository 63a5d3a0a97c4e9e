#pragma once

#include "formats/registry.h"

namespace trivet {

// CSV for the registry: read_csv and its options.
ReadableFormat MakeCsvFormat();

}  // namespace trivet
