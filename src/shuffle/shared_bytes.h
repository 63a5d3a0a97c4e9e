#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vector/buffer.h"

namespace trivet {

// Bytes that never change, and what keeps them. Copying shares them.
struct SharedBytes {
  Owner owner;
  const uint8_t* data = nullptr;
  size_t size = 0;

  std::string_view view() const { return {reinterpret_cast<const char*>(data), size}; }
  SharedBytes Part(size_t offset, size_t bytes) const { return {owner, data + offset, bytes}; }
  static SharedBytes Of(std::string text) {
    auto kept = std::make_shared<const std::string>(std::move(text));
    return {kept, reinterpret_cast<const uint8_t*>(kept->data()), kept->size()};
  }
};

}  // namespace trivet
