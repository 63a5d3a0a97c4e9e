#include "shell/arguments.h"

#include <algorithm>
#include <cctype>

#include "base/nearest_name.h"
#include "base/string_concat.h"

namespace trivet {

const char* const kShellUsage =
    "usage: trivet [-c SQL | -f FILE] [options]\n"
    "\n"
    "  -c, --command SQL     run the statements and exit; may be repeated\n"
    "  -f, --file FILE       run the statements of a file and exit; may be repeated\n"
    "      --format FORMAT   box (default), csv, json, jsonl, markdown or line\n"
    "      --threads N       threads that run queries (default: one per processor)\n"
    "      --memory-limit S  memory that queries may take, such as 512MB or 80%\n"
    "      --runtime MODE    embedded (default), single_node or distributed\n"
    "      --coordinator URL the cluster's coordinator, grpc://HOST:PORT (implies distributed)\n"
    "      --workers N       worker processes of a single node (default: 2)\n"
    "      --plugin FILE     load functions and operators from a shared library; may be repeated\n"
    "      --timer           print how long each statement took\n"
    "      --version         print the version and exit\n"
    "  -h, --help            print this and exit\n"
    "\n"
    "Without -c and -f, trivet reads statements from the terminal, or from standard input.\n"
    "\n"
    "trivet serve runs a coordinator with workers on this host, trivet worker one more worker;\n"
    "both take --help.\n";

namespace {

Result<size_t> CountOf(const std::string& name, const std::string& text) {
  const bool digits =
      !text.empty() && text.size() < 5 &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  if (!digits || std::stoul(text) == 0 || std::stoul(text) > 1024) {
    return Status::InvalidInput(StrCat(name, " wants a number from 1 to 1024, not \"", text, "\""));
  }
  return std::stoul(text);
}

}  // namespace

Result<ShellArguments> ParseArguments(const std::vector<std::string>& arguments) {
  ShellArguments parsed;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    std::optional<std::string> attached;
    if (name.starts_with("--") && name.find('=') != std::string::npos) {
      attached = name.substr(name.find('=') + 1);
      name.resize(name.find('='));
    }
    const auto value = [&]() -> Result<std::string> {
      if (attached) return *attached;
      if (i + 1 >= arguments.size()) return Status::InvalidInput(name + " wants a value");
      return arguments[++i];
    };
    if (name == "-c" || name == "--command" || name == "-f" || name == "--file") {
      TRIVET_ASSIGN_OR_RETURN(std::string text, value());
      parsed.inputs.push_back({name == "-f" || name == "--file", std::move(text)});
    } else if (name == "--format") {
      TRIVET_ASSIGN_OR_RETURN(parsed.format, value());
    } else if (name == "--threads") {
      TRIVET_ASSIGN_OR_RETURN(const std::string text, value());
      TRIVET_ASSIGN_OR_RETURN(parsed.threads, CountOf(name, text));
    } else if (name == "--memory-limit") {
      TRIVET_ASSIGN_OR_RETURN(parsed.memory_limit, value());
    } else if (name == "--runtime") {
      TRIVET_ASSIGN_OR_RETURN(parsed.runtime, value());
    } else if (name == "--coordinator") {
      TRIVET_ASSIGN_OR_RETURN(parsed.coordinator, value());
    } else if (name == "--workers") {
      TRIVET_ASSIGN_OR_RETURN(const std::string text, value());
      TRIVET_ASSIGN_OR_RETURN(parsed.workers, CountOf(name, text));
    } else if (name == "--plugin") {
      TRIVET_ASSIGN_OR_RETURN(std::string file, value());
      parsed.plugins.push_back(std::move(file));
    } else if (name == "--timer") {
      parsed.timer = true;
    } else if (name == "-h" || name == "--help") {
      parsed.help = true;
    } else if (name == "--version") {
      parsed.version = true;
    } else {
      Status status = Status::InvalidInput(StrCat("unknown argument \"", arguments[i], "\""));
      if (!name.starts_with('-')) {
        return std::move(status).WithHint(StrCat("to run SQL, write: trivet -c \"", name, "\""));
      }
      static const std::vector<std::string> kNames = {
          "--command", "--file",        "--format",  "--threads",      "--timer",  "--version",
          "--runtime", "--coordinator", "--workers", "--memory-limit", "--plugin", "--help"};
      const std::string nearest = NearestName(name, kNames);
      return std::move(status).WithHint(
          nearest.empty() ? "trivet --help lists them" : StrCat("did you mean \"", nearest, "\"?"));
    }
  }
  return parsed;
}

}  // namespace trivet
