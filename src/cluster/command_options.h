#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "shuffle/flight_security.h"

namespace trivet {

// Options of a command line, "--name value" or "--name=value", and flags.
class CommandOptions {
 public:
  // InvalidInput names the argument at fault, with the nearest known one as hint.
  static Result<CommandOptions> Parse(const std::vector<std::string>& arguments,
                                      const std::set<std::string>& names,
                                      const std::set<std::string>& flags);

  bool Has(const std::string& name) const { return values_.count(name) > 0; }
  std::string Text(const std::string& name, const std::string& otherwise = {}) const;
  // Of an option that may be given several times.
  std::vector<std::string> All(const std::string& name) const;
  // InvalidInput for what is no whole number within the bounds.
  Result<uint64_t> Count(const std::string& name, uint64_t otherwise, uint64_t least,
                         uint64_t most) const;
  Result<uint64_t> Bytes(const std::string& name, uint64_t otherwise) const;
  // --tls-certificate, --tls-key, --tls-authority.
  TlsOptions Tls() const;

 private:
  std::map<std::string, std::string> values_;  // the last of several
  std::multimap<std::string, std::string> all_;
};

}  // namespace trivet
