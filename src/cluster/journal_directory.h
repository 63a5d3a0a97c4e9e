#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"

namespace trivet {

// Where a coordinator keeps what another process needs to go on in its place: the journal, the
// sessions, and the port and secret by which workers and clients know it. Only its owner may read
// it, and one process at a time holds it.
//
//   DIRECTORY/identity   build, port, secret
//   DIRECTORY/journal    the coordinator's events (coordinator/journal.h)
//   DIRECTORY/sessions   clients' sessions (session_journal.h)
//   DIRECTORY/processes  the workers of the host (node_daemon.h)
class JournalDirectory {
 public:
  // Makes the directory where it is missing. AlreadyExists where a living process holds it;
  // ProtocolMismatch where another build wrote it, whose journal this one may read otherwise.
  static Result<std::unique_ptr<JournalDirectory>> Open(std::string path);
  ~JournalDirectory();
  JournalDirectory(const JournalDirectory&) = delete;
  JournalDirectory& operator=(const JournalDirectory&) = delete;

  // What an earlier process has left; 0 and empty where there was none.
  uint16_t port() const { return port_; }
  const std::string& token() const { return token_; }
  Status Remember(uint16_t port, const std::string& token);

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  JournalDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  Status ReadIdentity();

  const std::string path_;
  const int lock_;
  uint16_t port_ = 0;
  std::string token_;
};

}  // namespace trivet
