#include "cluster/journal_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/local_file_system.h"
#include "base/string_concat.h"
#include "cluster/build_id.h"
#include "distributed/append_file.h"

namespace trivet {

Result<std::unique_ptr<JournalDirectory>> JournalDirectory::Open(std::string path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return SystemError(error.value(), "cannot make the journal's directory", path);
  if (::chmod(path.c_str(), 0700) != 0) return SystemError(errno, "cannot protect", path);
  const std::string lock_path = StrCat(path, "/lock");
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return SystemError(errno, "cannot open", lock_path);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Status::AlreadyExists(
               StrCat("a running coordinator keeps its journal in \"", path, "\""))
        .WithHint("give each coordinator a directory of its own");
  }
  std::unique_ptr<JournalDirectory> directory(new JournalDirectory(std::move(path), lock));
  TRIVET_RETURN_IF_ERROR(directory->ReadIdentity());
  return directory;
}

JournalDirectory::~JournalDirectory() { ::close(lock_); }

Status JournalDirectory::ReadIdentity() {
  TRIVET_ASSIGN_OR_RETURN(const auto file, AppendFile::Open(File("identity")));
  TRIVET_ASSIGN_OR_RETURN(const std::string text, file->Read());
  if (text.empty()) return Status::OK();
  std::istringstream lines(text);
  std::string build;
  std::string port;
  std::getline(lines, build);
  std::getline(lines, port);
  std::getline(lines, token_);
  if (build != BuildId()) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("the journal in \"", path_, "\" is of build ", build, ", this is ",
                         BuildId()))
        .WithHint("go on with that build, or remove the directory: its queries end then");
  }
  port_ = static_cast<uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
  return Status::OK();
}

Status JournalDirectory::Remember(uint16_t port, const std::string& token) {
  port_ = port;
  token_ = token;
  TRIVET_ASSIGN_OR_RETURN(const auto file, AppendFile::Open(File("identity")));
  return file->Replace(StrCat(BuildId(), "\n", port, "\n", token, "\n"));
}

}  // namespace trivet
