#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "plan/custom_operator.h"
#include "session/query_result.h"
#include "sql/binder/binder.h"

namespace trivet {

// A function, or an operator, that travels: what is known of it, and its code as some interpreter
// reads it.
struct CodeRegistration {
  std::optional<CustomFunctionDeclaration> function;  // this, or
  std::optional<CustomOperatorDeclaration> op;
  std::string code;
  bool replace = false;
};

// A conversation with a database in another process, which parses, plans and runs what it is sent
// and keeps the session's settings and tables. Used by one thread at a time, except Interrupt.
class RemoteSession {
 public:
  virtual ~RemoteSession() = default;
  // Runs every statement of the text; gives the result of the last one. Positions in errors are
  // within `sql`.
  virtual Result<std::unique_ptr<QueryResult>> Execute(std::string_view sql,
                                                       const ParameterValues& parameters) = 0;
  // Cancels what runs now. Thread-safe.
  virtual void Interrupt() = 0;
  // Another conversation with the same database.
  virtual Result<std::unique_ptr<RemoteSession>> Fork() = 0;
  // Uploads the rows of a foreign table under the name, replacing one of it.
  virtual Status RegisterTable(const std::string& name, const TablePtr& table) = 0;
  // Makes a function or operator known whose code workers get from the session's process.
  virtual Status RegisterCode(const CodeRegistration& registration) = 0;
};

}  // namespace trivet
