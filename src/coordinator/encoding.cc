#include "coordinator/encoding.h"

namespace trivet {

void Encoder::WriteUnsigned(uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<char>(value));
}

void Encoder::Write(const Status& value) {
  Write(value.code());
  if (value.ok()) return;
  Write(value.message());
  Write(value.position());
  Write(value.file());
  Write(value.file_offset());
  Write(value.hint());
}

uint64_t Decoder::ReadUnsigned() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) break;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    value |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  ok_ = false;
  bytes_ = {};
  return 0;
}

uint64_t Decoder::ReadCount() {
  const uint64_t count = ReadUnsigned();
  if (count <= bytes_.size()) return count;
  ok_ = false;
  return 0;
}

void Decoder::Read(std::string& value) {
  const uint64_t size = ReadCount();
  value.assign(bytes_.substr(0, size));
  bytes_.remove_prefix(size);
}

void Decoder::Read(Status& value) {
  auto code = StatusCode::kOk;
  Read(code);
  if (code > StatusCode::kInternal) ok_ = false;
  value = Status::OK();
  if (!ok_ || code == StatusCode::kOk) return;
  std::string message;
  std::optional<size_t> position;
  std::string file;
  std::optional<uint64_t> file_offset;
  std::string hint;
  Read(message);
  Read(position);
  Read(file);
  Read(file_offset);
  Read(hint);
  value = Status(code, std::move(message));
  if (position) value = std::move(value).WithPosition(*position);
  if (!file.empty()) value = std::move(value).WithFile(std::move(file), file_offset);
  if (!hint.empty()) value = std::move(value).WithHint(std::move(hint));
}

}  // namespace trivet
