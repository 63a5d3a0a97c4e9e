#include "shell/dot_commands.h"

#include <fstream>
#include <iostream>
#include <sstream>

#include "base/nearest_name.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

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

DotOutcome Tables(StatementLoop& loop, const std::string& argument) {
  const std::string filter = argument.empty() ? "" : " WHERE name ILIKE " + Quoted(argument);
  loop.Run("SELECT name FROM (SHOW TABLES)" + filter);
  return DotOutcome::kDone;
}

DotOutcome Schema(StatementLoop& loop, const std::string& argument) {
  if (argument.empty()) {
    loop.Run("SHOW ALL TABLES");
  } else {
    loop.Run("DESCRIBE \"" + argument + "\"");
  }
  return DotOutcome::kDone;
}

DotOutcome Mode(StatementLoop& loop, const std::string& argument) {
  if (argument.empty()) {
    std::cout << loop.format() << "\n";
    return DotOutcome::kDone;
  }
  const Status status = loop.SetFormat(argument);
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return DotOutcome::kDone;
}

DotOutcome Timer(StatementLoop& loop, const std::string& argument) {
  if (argument == "on" || argument == "off") {
    loop.set_timer(argument == "on");
  } else if (argument.empty()) {
    loop.set_timer(!loop.timer());
  } else {
    std::cerr << ".timer takes on or off\n";
    return DotOutcome::kDone;
  }
  std::cout << "timer is " << (loop.timer() ? "on" : "off") << "\n";
  return DotOutcome::kDone;
}

DotOutcome Read(StatementLoop& loop, const std::string& argument) {
  std::ifstream file(argument);
  if (argument.empty() || !file) {
    std::cerr << (argument.empty() ? ".read takes a file's path"
                                   : StrCat("cannot open file \"", argument, "\""))
              << "\n";
    return DotOutcome::kDone;
  }
  std::stringstream content;
  content << file.rdbuf();
  loop.Run(content.str());
  return DotOutcome::kDone;
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
  while (!argument.empty() && (argument.back() == ' ' || argument.back() == ';'))
    argument.pop_back();
  if (!name.empty() && name.back() == ';') name.pop_back();
  for (const DotCommand& command : kCommands) {
    if (name == command.name) return command.run(loop, argument);
  }
  std::cerr << "there is no command \"" << name << "\"";
  const std::string nearest = NearestName(name, DotCommandNames());
  std::cerr << (nearest.empty() ? "; .help lists them" : "; did you mean \"" + nearest + "\"?")
            << "\n";
  return DotOutcome::kDone;
}

}  // namespace trivet
