#pragma once

#include "formats/registry.h"

namespace trivet {

// Arrow IPC files and streams for the registry: read_arrow.
ReadableFormat MakeArrowFormat();

}  // namespace trivet
