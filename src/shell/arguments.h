#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace trivet {

// What the command line asks for.
struct ShellArguments {
  struct Input {
    bool is_file;
    std::string text;  // SQL, or the file's path
  };
  std::vector<Input>
      inputs;          // of -c and -f, in order; none: the interactive shell, or standard input
  std::string format;  // empty: box
  std::optional<size_t> threads;
  std::optional<std::string> memory_limit;
  std::string runtime;  // --runtime; empty: embedded, or distributed where there is a coordinator
  std::string coordinator;  // --coordinator
  std::optional<size_t> workers;
  std::vector<std::string> plugins;
  bool timer = false;
  bool help = false;
  bool version = false;
};

// InvalidInput names the argument at fault.
Result<ShellArguments> ParseArguments(const std::vector<std::string>& arguments);
extern const char* const kShellUsage;

}  // namespace trivet
