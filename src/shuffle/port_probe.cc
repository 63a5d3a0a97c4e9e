#include "shuffle/port_probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/string_concat.h"

namespace trivet {

Status CheckPortIsFree(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* addresses = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &addresses);
  if (failed != 0) {
    return Status::InvalidInput(
        StrCat("cannot listen on \"", host, "\": ", ::gai_strerror(failed)));
  }
  int error_number = 0;
  const int descriptor = ::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    error_number = errno;
  } else {
    const int yes = 1;  // connections of an earlier server that linger do not count
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (::bind(descriptor, addresses->ai_addr, addresses->ai_addrlen) != 0 ||
        ::listen(descriptor, 1) != 0) {
      error_number = errno;
    }
    ::close(descriptor);
  }
  ::freeaddrinfo(addresses);
  if (error_number == 0) return Status::OK();
  const std::string text = StrCat("cannot listen on ", host, ":", port, ": ",
                                  std::error_code(error_number, std::generic_category()).message());
  if (error_number == EADDRINUSE) {
    return Status::AlreadyExists(text).WithHint("choose another port, or 0 for any free one");
  }
  if (error_number == EACCES) return Status(StatusCode::kPermissionDenied, text);
  return Status::InvalidInput(text);
}

}  // namespace trivet
