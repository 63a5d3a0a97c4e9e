#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string_view>

#include "base/status.h"
#include "base/string_concat.h"

namespace trivet {

// Nesting of messages: types within types, and values of them, two messages a level.
inline constexpr int kMaxMessageDepth = 400;
// Levels of types within types.
inline constexpr size_t kMaxTypeDepth = 64;

inline Status Mismatch(std::string_view what) {
  return Status(StatusCode::kProtocolMismatch, StrCat("fragment: ", what));
}
inline Status Damaged(std::string_view what) {
  return Status::Corruption(StrCat("fragment: ", what));
}

template <typename Message>
Status ParseMessage(std::string_view bytes, std::string_view what, Message& message) {
  google::protobuf::io::ArrayInputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedInputStream stream(&array);
  stream.SetRecursionLimit(kMaxMessageDepth);
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return Damaged(StrCat("the ", what, " is malformed"));
  }
  return Status::OK();
}

}  // namespace trivet
