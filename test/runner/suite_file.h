#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trivet {

// One record of an SQL suite file; test/sql/README.md describes the format.
struct SuiteRecord {
  enum class Kind { kStatementOk, kStatementError, kQuery };
  Kind kind = Kind::kStatementOk;
  size_t line = 0;  // from 1
  bool sorted = false;
  std::string letters;  // one a column: I, R, T
  std::string sql;
  std::string expectation;  // the rows, or what the error's message contains
};

// The records of a file that are for `engine`, in order. InvalidInput names the line at fault.
Result<std::vector<SuiteRecord>> ParseSuite(std::string_view text, std::string_view engine);

// Replaces every occurrence of `from`.
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

}  // namespace trivet
