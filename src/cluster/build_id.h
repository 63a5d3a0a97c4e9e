#pragma once

#include <string>

namespace trivet {

// What tells this build from every other one: the release and a hash of the sources, such as
// "0.1.0+4f1c09a7b2e3". Coordinators and workers must be of one build.
std::string BuildId();

}  // namespace trivet
