#pragma once

#include <string>
#include <vector>

#include "extension/extensions.h"

namespace trivet {

// Loads a shared library that exports `trivet_plugin_entry` (include/trivet/plugin.h) and adds its
// functions and operators, all or none. The library stays loaded for the life of the process. IO
// where it cannot be loaded; InvalidInput where it has no such symbol or describes something that
// makes no sense; ProtocolMismatch for another version of the interface or another build.
Status LoadPlugin(const std::string& path, Extensions& extensions);
Status LoadPlugins(const std::vector<std::string>& paths, Extensions& extensions);

}  // namespace trivet
