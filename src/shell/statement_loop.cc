#include "shell/statement_loop.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>

#include "session/database.h"
#include "shell/interrupt.h"
#include "shell/progress_bar.h"

namespace trivet {

namespace {
constexpr size_t kMaxRowsOnTerminal = 40;
}  // namespace

StatementLoop::StatementLoop(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

Status StatementLoop::SetFormat(std::string_view format) {
  TRIVET_ASSIGN_OR_RETURN(printer_, ResultPrinter::Make(format));
  format_ = format;
  return Status::OK();
}

void StatementLoop::FitTerminal() {
  winsize size{};
  const bool terminal =
      isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  printer_->set_width(terminal ? size.ws_col : 0);
  printer_->set_max_rows(terminal ? kMaxRowsOnTerminal : 0);
}

bool StatementLoop::Run(const std::string& sql) {
  FitTerminal();
  InterruptScope interrupts(*connection_);
  const TemporaryFiles& temporary_files = connection_->database().temporary_files();
  auto start = std::chrono::steady_clock::now();
  uint64_t written = temporary_files.written_bytes();
  const Status status = connection_->ExecuteEach(sql, {}, [&](QueryResult& result) -> Status {
    TRIVET_ASSIGN_OR_RETURN(const TimeZone* zone,
                            TimeZone::Find(connection_->settings().Get().time_zone));
    printer_->set_time_zone(*zone);
    ProgressBar progress(result);
    printer_->set_before_output([&] { progress.Stop(); });
    TRIVET_RETURN_IF_ERROR(printer_->Print(result, std::cout));
    std::cout.flush();
    if (timer_) {
      const auto end = std::chrono::steady_clock::now();
      const double seconds = std::chrono::duration<double>(end - start).count();
      const uint64_t spilled = temporary_files.written_bytes() - written;
      const std::string told = spilled > 0 ? ", spilled " + FormatBytes(spilled) : "";
      std::printf("Run Time: %.3f s%s\n", seconds, told.c_str());
      std::fflush(stdout);
      start = std::chrono::steady_clock::now();
      written = temporary_files.written_bytes();
    }
    return std::cout ? Status::OK() : Status::IO("the output was closed");
  });
  if (status.ok()) return true;
  if (!std::cout) return false;  // nobody is left to tell
  std::cerr << status.Render(sql) << std::endl;
  return false;
}

}  // namespace trivet
