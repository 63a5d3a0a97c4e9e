#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "session/query_result.h"

namespace trivet {

// Results that are at hand when the statement has run.
std::unique_ptr<QueryResult> NothingResult();
std::unique_ptr<QueryResult> CountResult(uint64_t rows);
// Two text columns, explain_key and explain_value.
std::unique_ptr<QueryResult> TextResult(
    const std::vector<std::pair<std::string, std::string>>& rows);

// Makes a result the one that Connection::Interrupt cancels, as long as this lives. An interrupt
// that came before cancels it at once.
class CurrentResult {
 public:
  CurrentResult(Connection& connection, QueryResult& result);
  ~CurrentResult();
  CurrentResult(const CurrentResult&) = delete;
  CurrentResult& operator=(const CurrentResult&) = delete;

 private:
  Connection& connection_;
};

}  // namespace trivet
