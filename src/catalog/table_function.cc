#include "catalog/table_function.h"

namespace trivet {

namespace {

std::string LowerAscii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

void TableFunctionRegistry::Add(TableFunction function) {
  std::string name = LowerAscii(function.name);
  functions_.insert_or_assign(std::move(name), std::move(function));
}

const TableFunction* TableFunctionRegistry::Find(const std::string& name) const {
  const auto found = functions_.find(LowerAscii(name));
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<std::string> TableFunctionRegistry::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, function] : functions_) names.push_back(name);
  return names;
}

}  // namespace trivet
