#include "cluster/build_id.h"

#include "base/string_concat.h"
#include "base/version.h"

namespace trivet {

namespace {
constexpr const char* kSourceHash =
#include "build_id.inc"
    ;
}  // namespace

std::string BuildId() { return StrCat(kVersion, "+", kSourceHash); }

}  // namespace trivet
