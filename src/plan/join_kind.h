#pragma once

#include <cstdint>
#include <string_view>

namespace trivet {

enum class JoinKind : uint8_t {
  kInner,
  kLeft,  // left outer
  kRight,
  kFull,
  kSemi,    // left rows with a match
  kAnti,    // left rows without; NULL-aware where `comparison` is set (NOT IN)
  kSingle,  // left outer; more than one match is an error (scalar subquery)
  kMark,    // left rows and a boolean column: is there a match?
};
std::string_view JoinKindName(JoinKind kind);

}  // namespace trivet
