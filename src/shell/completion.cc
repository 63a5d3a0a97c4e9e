#include "shell/completion.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "expression/function_registry.h"
#include "shell/dot_commands.h"
#include "sql/keywords.h"

namespace trivet {

namespace {

bool StartsWith(std::string_view text, std::string_view prefix) {
  if (prefix.size() > text.size()) return false;
  return std::equal(
      prefix.begin(), prefix.end(), text.begin(),
      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

std::vector<std::string> Complete(Connection& connection, std::string_view word) {
  std::set<std::string> found;
  const auto add = [&](std::string_view candidate) {
    if (StartsWith(candidate, word)) found.emplace(candidate);
  };
  if (word.starts_with('.')) {
    for (const std::string& name : DotCommandNames()) add(name);
    return {found.begin(), found.end()};
  }
  for (const KeywordEntry* k = KeywordsBegin(); k != KeywordsEnd(); ++k) add(k->text);
  FunctionRegistry::Builtin().ForEachScalar([&](const ScalarFunction& f) {
    // Operators are functions too; nobody completes them.
    if (std::isalpha(static_cast<unsigned char>(f.name[0]))) add(f.name);
  });
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& f) { add(f.name); });
  for (const std::string& name : connection.database().table_functions().Names()) add(name);
  for (const CatalogEntryPtr& entry : connection.database().catalog().List()) {
    add(entry->name);
    if (entry->table == nullptr) continue;
    for (const ColumnDefinition& column : entry->table->columns()) add(column.name);
  }
  for (const SettingsView::Setting& setting : connection.settings().List()) add(setting.name);
  return {found.begin(), found.end()};
}

std::string CommonPrefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "";
  std::string prefix = candidates.front();
  for (const std::string& candidate : candidates) {
    size_t length = 0;
    while (length < std::min(prefix.size(), candidate.size()) &&
           prefix[length] == candidate[length]) {
      ++length;
    }
    prefix.resize(length);
  }
  return prefix;
}

}  // namespace trivet
