#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace trivet {

// Of the messages between processes. A peer of another version is refused with ProtocolMismatch.
inline constexpr uint32_t kProtocolVersion = 1;

// PEM files. A server's own certificate and key; with an authority, clients must show a certificate
// that it has signed (mutual TLS). A client's: the authority that it trusts; with certificate and
// key, what it shows.
struct TlsOptions {
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;
  // Client only: the name to look for in the server's certificate instead of the host's.
  std::string server_name;

  bool empty() const { return certificate_file.empty() && authority_file.empty(); }
};

// The content of the files named.
struct TlsMaterial {
  std::string certificate;
  std::string key;
  std::string authority;
};
Result<TlsMaterial> ReadTlsFiles(const TlsOptions& options);

// A secret for a cluster or a session: 32 random bytes in hexadecimal.
std::string NewToken();

}  // namespace trivet
