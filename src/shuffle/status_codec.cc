#include "shuffle/status_codec.h"

#include "shuffle/byte_codec.h"

namespace trivet {

namespace {

constexpr uint8_t kStatusVersion = 1;
// Presence of the optional numbers; part of the wire format.
constexpr uint8_t kHasPosition = 1;
constexpr uint8_t kHasFileOffset = 2;

}  // namespace

std::string EncodeStatus(const Status& status) {
  ByteWriter writer;
  writer.Put(kStatusVersion);
  writer.Put(static_cast<uint8_t>(status.code()));
  writer.Put(static_cast<uint8_t>((status.position() ? kHasPosition : 0) |
                                  (status.file_offset() ? kHasFileOffset : 0)));
  writer.Put(static_cast<uint64_t>(status.position().value_or(0)));
  writer.Put(status.file_offset().value_or(0));
  writer.PutString(status.message());
  writer.PutString(status.file());
  writer.PutString(status.hint());
  return writer.Take();
}

Status DecodeStatus(std::string_view bytes, Status& out) {
  ByteReader reader(bytes);
  const auto version = reader.Get<uint8_t>();
  const auto code = reader.Get<uint8_t>();
  const auto flags = reader.Get<uint8_t>();
  const auto position = reader.Get<uint64_t>();
  const auto file_offset = reader.Get<uint64_t>();
  const std::string_view message = reader.GetString();
  const std::string_view file = reader.GetString();
  const std::string_view hint = reader.GetString();
  if (!reader.at_end() || version != kStatusVersion ||
      code > static_cast<uint8_t>(StatusCode::kInternal)) {
    return Status::Corruption("a status received from another process cannot be read");
  }
  if (code == 0) {
    out = Status::OK();
    return Status::OK();
  }
  Status status(static_cast<StatusCode>(code), std::string(message));
  if (flags & kHasPosition) status = std::move(status).WithPosition(position);
  if (!file.empty()) {
    status = std::move(status).WithFile(
        std::string(file), flags & kHasFileOffset ? std::optional(file_offset) : std::nullopt);
  }
  if (!hint.empty()) status = std::move(status).WithHint(std::string(hint));
  out = std::move(status);
  return Status::OK();
}

}  // namespace trivet
