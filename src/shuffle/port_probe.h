#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace trivet {

// OK where a server could listen on the port just now; AlreadyExists naming it where another does.
// Asked before a transport is, because those do not tell why they could not listen.
Status CheckPortIsFree(const std::string& host, uint16_t port);

}  // namespace trivet
