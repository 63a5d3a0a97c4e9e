#include "shell/dot_commands.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/lexer.h"

namespace trivet {

namespace {

constexpr int kMaxReadDepth = 16;

struct DotCommand {
  const char* name;
  const char* arguments;
  const char* description;
  DotOutcome (*run)(StatementLoop& loop, const std::string& argument);
};

DotOutcome Help(StatementLoop& loop, const std::string& argument);

// A text as an SQL string literal.
std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// A text as an SQL identifier.
std::string QuotedName(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// Does the text end behind a statement, or hold none yet, so that a command may follow?
bool IsBetweenStatements(const std::string& sql) {
  const Result<std::vector<Token>> tokens = Tokenize(sql);
  if (!tokens.ok()) return false;
  const size_t count = tokens->size();  // the last one is the end
  return count < 2 || (*tokens)[count - 2].symbol == Symbol::kSemicolon;
}

DotOutcome OutcomeOf(bool succeeded) { return succeeded ? DotOutcome::kDone : DotOutcome::kFailed; }

DotOutcome Tables(StatementLoop& loop, const std::string& argument) {
  const std::string filter = argument.empty() ? "" : " WHERE name ILIKE " + Quoted(argument);
  return OutcomeOf(loop.Run("SELECT name FROM (SHOW TABLES)" + filter));
}

DotOutcome Schema(StatementLoop& loop, const std::string& argument) {
  return OutcomeOf(
      loop.Run(argument.empty() ? "SHOW ALL TABLES" : "DESCRIBE " + QuotedName(argument)));
}

DotOutcome Mode(StatementLoop& loop, const std::string& argument) {
  if (argument.empty()) {
    std::cout << loop.format() << "\n";
    return DotOutcome::kDone;
  }
  const Status status = loop.SetFormat(argument);
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return OutcomeOf(status.ok());
}

DotOutcome Timer(StatementLoop& loop, const std::string& argument) {
  if (argument == "on" || argument == "off") {
    loop.set_timer(argument == "on");
  } else if (argument.empty()) {
    loop.set_timer(!loop.timer());
  } else {
    std::cerr << ".timer takes on or off\n";
    return DotOutcome::kFailed;
  }
  std::cout << "timer is " << (loop.timer() ? "on" : "off") << "\n";
  return DotOutcome::kDone;
}

DotOutcome Read(StatementLoop& loop, const std::string& argument) {
  if (argument.empty()) {
    std::cerr << ".read takes a file's path\n";
    return DotOutcome::kFailed;
  }
  const Result<std::string> script = ReadScript(argument);
  if (!script.ok()) {
    std::cerr << script.status().ToString() << "\n";
    return DotOutcome::kFailed;
  }
  // Files may read files, themselves too.
  static int depth = 0;
  if (depth == kMaxReadDepth) {
    std::cerr << ".read is nested more than " << kMaxReadDepth << " deep\n";
    return DotOutcome::kFailed;
  }
  ++depth;
  const DotOutcome outcome = RunScript(loop, *script);
  --depth;
  return outcome;
}

DotOutcome Quit(StatementLoop&, const std::string&) { return DotOutcome::kQuit; }

const DotCommand kCommands[] = {
    {".exit", "", "leave the shell", Quit},
    {".help", "", "show this list", Help},
    {".mode", "[FORMAT]", "show or set the output format: box, csv, json, jsonl, markdown, line",
     Mode},
    {".quit", "", "leave the shell", Quit},
    {".read", "FILE", "run the statements of a file", Read},
    {".schema", "[TABLE]", "show the columns of a table, or of all", Schema},
    {".tables", "[PATTERN]", "list the tables and views whose names match", Tables},
    {".timer", "[on|off]", "print how long each statement takes", Timer},
};

DotOutcome Help(StatementLoop&, const std::string&) {
  for (const DotCommand& command : kCommands) {
    std::string usage = StrCat(command.name, " ", command.arguments);
    usage.resize(20, ' ');
    std::cout << usage << command.description << "\n";
  }
  std::cout
      << "Statements end with a semicolon. Ctrl-C cancels the one that runs; Ctrl-D leaves.\n";
  return DotOutcome::kDone;
}

}  // namespace

const std::vector<std::string>& DotCommandNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const DotCommand& command : kCommands) all.emplace_back(command.name);
    return all;
  }();
  return names;
}

DotOutcome RunDotCommand(StatementLoop& loop, std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string name;
  words >> name;
  std::string argument;
  std::getline(words >> std::ws, argument);
  while (!argument.empty() &&
         (argument.back() == ' ' || argument.back() == ';' || argument.back() == '\r'))
    argument.pop_back();
  if (!name.empty() && name.back() == ';') name.pop_back();
  for (const DotCommand& command : kCommands) {
    if (name == command.name) return command.run(loop, argument);
  }
  std::cerr << "there is no command \"" << name << "\"";
  const std::string nearest = NearestName(name, DotCommandNames());
  std::cerr << (nearest.empty() ? "; .help lists them" : "; did you mean \"" + nearest + "\"?")
            << "\n";
  return DotOutcome::kFailed;
}

Result<std::string> ReadScript(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return Status::InvalidInput("a directory holds no statements").WithFile(path);
  }
  std::ifstream file(path);
  if (!file) return Status::NotFound("cannot open file").WithFile(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

DotOutcome RunScript(StatementLoop& loop, const std::string& text) {
  std::string sql;
  size_t first_line = 0;  // of `sql`
  size_t line_number = 0;
  const auto run = [&] {
    if (sql.find_first_not_of(" \t\r\n") == std::string::npos) return true;
    // Errors name lines of the whole text.
    return loop.Run(std::string(first_line, '\n') + sql);
  };
  for (size_t at = 0; at < text.size(); ++line_number) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, end - at);
    at = end;
    const size_t dot = line.find_first_not_of(" \t");
    const bool command = dot != std::string::npos && dot + 1 < line.size() && line[dot] == '.' &&
                         std::isalpha(static_cast<unsigned char>(line[dot + 1])) &&
                         IsBetweenStatements(sql);
    if (!command) {
      sql += line;
      continue;
    }
    if (!run()) return DotOutcome::kFailed;
    sql.clear();
    first_line = line_number + 1;
    const DotOutcome outcome = RunDotCommand(loop, line);
    if (outcome != DotOutcome::kDone) return outcome;
  }
  return OutcomeOf(run());
}

}  // namespace trivet
