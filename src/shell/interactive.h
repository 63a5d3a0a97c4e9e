#pragma once

#include "shell/statement_loop.h"

namespace trivet {

// Reads statements from the terminal until .quit or end of input. Gives the program's exit code.
int RunInteractive(StatementLoop& loop);

}  // namespace trivet
