// Whatever the bytes are, the parser gives trees or a typed error; and a tree prints as text that
// parses to an equal tree.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sql/parser.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"

namespace {

// Printing parenthesises every operator, so that the printed text nests deeper than what was
// parsed.
constexpr size_t kDepth = 100;
constexpr size_t kPrintedDepth = 1000;

[[noreturn]] void Fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)trivet::EndsStatement(text);
  auto statements = trivet::ParseStatements(text, {.max_depth = kDepth});
  if (!statements.ok()) return 0;
  for (const auto& statement : *statements) {
    const std::string printed = trivet::syntax::ToString(*statement);
    auto again = trivet::ParseStatement(printed, {.max_depth = kPrintedDepth});
    if (!again.ok()) Fail("the printed statement does not parse", printed);
    if (!trivet::syntax::Equal(*statement, **again)) Fail("the printed statement differs", printed);
  }
  return 0;
}
