#include "shuffle/sha256.h"

namespace trivet {

namespace {

constexpr size_t kBlockBytes = 64;

std::string_view View(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Sha256Digest HmacSha256(std::string_view key, std::string_view bytes) {
  std::string padded(kBlockBytes, '\0');
  if (key.size() > kBlockBytes) {
    const Sha256Digest digest = Sha256(key);
    padded.replace(0, digest.size(), View(digest));
  } else {
    padded.replace(0, key.size(), key);
  }
  std::string inner = padded;
  std::string outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  inner.append(bytes);
  outer.append(View(Sha256(inner)));
  return Sha256(outer);
}

bool ConstantTimeEqual(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    difference = static_cast<uint8_t>(difference | (left[i] ^ right[i]));
  }
  return difference == 0;
}

}  // namespace trivet
