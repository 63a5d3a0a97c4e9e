#pragma once

#include <memory>
#include <string>

#include "session/connection.h"
#include "shell/result_printer.h"

namespace trivet {

inline constexpr const char* kTrivetVersion = TRIVET_VERSION;

// Runs SQL texts on one connection and prints results and errors as the user has asked for. Ctrl-C
// cancels the statement that runs, and not the program.
class StatementLoop {
 public:
  explicit StatementLoop(std::unique_ptr<Connection> connection);

  // Runs every statement; false where one failed (its error is on stderr) or the output is closed.
  bool Run(const std::string& sql);

  Status SetFormat(std::string_view format);
  void set_timer(bool timer) { timer_ = timer; }
  bool timer() const { return timer_; }
  const std::string& format() const { return format_; }
  Connection& connection() { return *connection_; }

 private:
  void FitTerminal();

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<ResultPrinter> printer_;
  std::string format_;
  bool timer_ = false;
};

}  // namespace trivet
