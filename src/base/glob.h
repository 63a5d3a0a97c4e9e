#pragma once

#include <string>
#include <string_view>

namespace trivet {

// True where the text holds a wildcard of FileSystem::Glob: *, ? or [..].
bool HasWildcard(std::string_view text);

// Matches one path component (no '/') against a pattern of *, ?, [abc], [a-z] and [!..]. An
// unclosed bracket stands for itself. Names that start with a dot match only patterns that do.
bool MatchesComponent(std::string_view pattern, std::string_view name);

}  // namespace trivet
