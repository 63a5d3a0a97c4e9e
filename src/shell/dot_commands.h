#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shell/statement_loop.h"

namespace trivet {

enum class DotOutcome { kDone, kFailed, kQuit };

// Runs a line such as ".tables": commands to the shell itself, which are no SQL. Errors are
// printed.
DotOutcome RunDotCommand(StatementLoop& loop, std::string_view line);

// The content of a file of statements.
Result<std::string> ReadScript(const std::string& path);

// Runs a text of SQL in which lines between statements may be dot commands. The first failure ends
// it.
DotOutcome RunScript(StatementLoop& loop, const std::string& text);

// Names of the commands, for completion.
const std::vector<std::string>& DotCommandNames();

}  // namespace trivet
