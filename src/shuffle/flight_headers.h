#pragma once

#include <string_view>

namespace trivet {

// What every call carries beside its body.
inline constexpr const char* kProtocolHeader = "trivet-protocol";
inline constexpr const char* kTokenHeader = "authorization";
inline constexpr std::string_view kTokenPrefix = "Bearer ";

// The first byte of a message's header says what it is. Streams end by a message of their own, and
// the server waits for the caller to hang up before it ends the call: a call that ends while its
// caller still speaks takes with it what the caller has not read yet.
enum class MessageKind : char {
  kData = 0,
  kEnd = 1,
  kError = 2,  // the rest of the header is an encoded status (status_codec.h)
};

}  // namespace trivet
