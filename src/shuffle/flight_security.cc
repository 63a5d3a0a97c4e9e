#include "shuffle/flight_security.h"

#include <random>

#include "base/file_system.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  TRIVET_ASSIGN_OR_RETURN(const auto file, FileSystem::Local().OpenForRead(path));
  std::string content(file->size(), '\0');
  TRIVET_RETURN_IF_ERROR(file->ReadAt(0, content.size(), content.data()));
  return content;
}

}  // namespace

Result<TlsMaterial> ReadTlsFiles(const TlsOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return Status::InvalidInput("TLS needs a certificate and its key; one of the two is missing");
  }
  TlsMaterial material;
  TRIVET_ASSIGN_OR_RETURN(material.certificate, ReadFile(options.certificate_file));
  TRIVET_ASSIGN_OR_RETURN(material.key, ReadFile(options.key_file));
  TRIVET_ASSIGN_OR_RETURN(material.authority, ReadFile(options.authority_file));
  const auto is_pem = [](const std::string& text) {
    return text.empty() || text.find("-----BEGIN ") != std::string::npos;
  };
  if (!is_pem(material.certificate) || !is_pem(material.key) || !is_pem(material.authority)) {
    return Status::InvalidInput("certificates and keys must be PEM files");
  }
  return material;
}

std::string NewToken() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 8; ++i) {
    const uint32_t word = random();
    for (int shift = 28; shift >= 0; shift -= 4) token += "0123456789abcdef"[(word >> shift) & 15];
  }
  return token;
}

}  // namespace trivet
