#include "cluster/command_options.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "context/memory_budget.h"

namespace trivet {

Result<CommandOptions> CommandOptions::Parse(const std::vector<std::string>& arguments,
                                             const std::set<std::string>& names,
                                             const std::set<std::string>& flags) {
  CommandOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    std::string value;
    const size_t equals = name.find('=');
    const bool joined = equals != std::string::npos;
    if (joined) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    if (name.rfind("--", 0) == 0) name.erase(0, 2);
    if (flags.count(name) > 0 && !joined) {
      options.values_[name] = "true";
      continue;
    }
    if (names.count(name) == 0) {
      std::vector<std::string> known(names.begin(), names.end());
      known.insert(known.end(), flags.begin(), flags.end());
      return Status::InvalidInput(StrCat("unknown option ", arguments[i]))
          .WithHint(StrCat("did you mean --", NearestName(name, known), "?"));
    }
    if (!joined) {
      if (i + 1 == arguments.size()) {
        return Status::InvalidInput(StrCat("--", name, " needs a value"));
      }
      value = arguments[++i];
    }
    options.all_.emplace(name, value);
    options.values_[name] = std::move(value);
  }
  return options;
}

std::string CommandOptions::Text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : otherwise;
}

std::vector<std::string> CommandOptions::All(const std::string& name) const {
  std::vector<std::string> texts;
  const auto [first, last] = all_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) texts.push_back(entry->second);
  return texts;
}

Result<uint64_t> CommandOptions::Count(const std::string& name, uint64_t otherwise, uint64_t least,
                                       uint64_t most) const {
  if (!Has(name)) return otherwise;
  const std::string text = Text(name);
  const bool digits =
      !text.empty() && text.size() < 19 &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  const uint64_t value = digits ? std::stoull(text) : 0;
  if (!digits || value < least || value > most) {
    return Status::InvalidInput(StrCat("--", name, " must be a whole number from ", least, " to ",
                                       most, ", not \"", text, "\""));
  }
  return value;
}

Result<uint64_t> CommandOptions::Bytes(const std::string& name, uint64_t otherwise) const {
  if (!Has(name)) return otherwise;
  TRIVET_ASSIGN_OR_RETURN(const size_t bytes, ParseBytes(Text(name)));
  return uint64_t{bytes};
}

TlsOptions CommandOptions::Tls() const {
  TlsOptions tls;
  tls.certificate_file = Text("tls-certificate");
  tls.key_file = Text("tls-key");
  tls.authority_file = Text("tls-authority");
  return tls;
}

}  // namespace trivet
