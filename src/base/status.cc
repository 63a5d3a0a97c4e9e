#include "base/status.h"

#include <algorithm>

namespace trivet {

namespace {
const std::string& EmptyString() {
  static const std::string empty;
  return empty;
}

// Number of columns that the text takes on a terminal, counting code points.
size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}
}  // namespace

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk: return "OK";
    case StatusCode::kInvalidInput: return "Invalid Input";
    case StatusCode::kNotFound: return "Not Found";
    case StatusCode::kAlreadyExists: return "Already Exists";
    case StatusCode::kNotImplemented: return "Not Implemented";
    case StatusCode::kOutOfMemory: return "Out of Memory";
    case StatusCode::kOutOfDisk: return "Out of Disk";
    case StatusCode::kIO: return "IO";
    case StatusCode::kCorruption: return "Corruption";
    case StatusCode::kCancelled: return "Cancelled";
    case StatusCode::kTimeout: return "Timeout";
    case StatusCode::kUnavailable: return "Unavailable";
    case StatusCode::kFetchFailed: return "Fetch Failed";
    case StatusCode::kResourceExhausted: return "Resource Exhausted";
    case StatusCode::kProtocolMismatch: return "Protocol Mismatch";
    case StatusCode::kPermissionDenied: return "Permission Denied";
    case StatusCode::kInternal: return "Internal";
  }
  return "Unknown";
}

bool IsRetriable(StatusCode code) {
  switch (code) {
    case StatusCode::kTimeout:
    case StatusCode::kUnavailable:
    case StatusCode::kFetchFailed:
    case StatusCode::kResourceExhausted:
    case StatusCode::kOutOfMemory:
    case StatusCode::kOutOfDisk:
    case StatusCode::kIO: return true;
    default: return false;
  }
}

Status::Status(StatusCode code, std::string message) : detail_(std::make_unique<Detail>()) {
  detail_->code = code;
  detail_->message = std::move(message);
}

Status::Status(const Status& other)
    : detail_(other.detail_ ? std::make_unique<Detail>(*other.detail_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) detail_ = other.detail_ ? std::make_unique<Detail>(*other.detail_) : nullptr;
  return *this;
}

#define TRIVET_STATUS_FACTORY(name)                         \
  Status Status::name(std::string message) {                \
    return Status(StatusCode::k##name, std::move(message)); \
  }
TRIVET_STATUS_FACTORY(InvalidInput)
TRIVET_STATUS_FACTORY(NotFound)
TRIVET_STATUS_FACTORY(AlreadyExists)
TRIVET_STATUS_FACTORY(NotImplemented)
TRIVET_STATUS_FACTORY(OutOfMemory)
TRIVET_STATUS_FACTORY(OutOfDisk)
TRIVET_STATUS_FACTORY(IO)
TRIVET_STATUS_FACTORY(Corruption)
TRIVET_STATUS_FACTORY(Cancelled)
TRIVET_STATUS_FACTORY(Timeout)
TRIVET_STATUS_FACTORY(ResourceExhausted)
TRIVET_STATUS_FACTORY(Internal)
#undef TRIVET_STATUS_FACTORY

const std::string& Status::message() const { return ok() ? EmptyString() : detail_->message; }
std::optional<size_t> Status::position() const { return ok() ? std::nullopt : detail_->position; }
const std::string& Status::file() const { return ok() ? EmptyString() : detail_->file; }
std::optional<uint64_t> Status::file_offset() const {
  return ok() ? std::nullopt : detail_->file_offset;
}
const std::string& Status::hint() const { return ok() ? EmptyString() : detail_->hint; }

Status Status::WithPosition(size_t position) && {
  if (detail_ && !detail_->position) detail_->position = position;
  return std::move(*this);
}

Status Status::WithFile(std::string file, std::optional<uint64_t> offset) && {
  if (detail_ && detail_->file.empty()) {
    detail_->file = std::move(file);
    detail_->file_offset = offset;
  }
  return std::move(*this);
}

Status Status::WithHint(std::string hint) && {
  if (detail_ && detail_->hint.empty()) detail_->hint = std::move(hint);
  return std::move(*this);
}

Status Status::WithContext(std::string_view context) && {
  if (detail_) detail_->message.insert(0, std::string(context) + ": ");
  return std::move(*this);
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  std::string text(StatusCodeName(detail_->code));
  text += " Error: " + detail_->message;
  if (!detail_->file.empty()) {
    text += "\nFile: " + detail_->file;
    if (detail_->file_offset) text += " (offset " + std::to_string(*detail_->file_offset) + ")";
  }
  if (!detail_->hint.empty()) text += "\nHint: " + detail_->hint;
  return text;
}

std::string Status::Render(std::string_view sql) const {
  std::string text = ToString();
  if (ok() || !detail_->position || *detail_->position > sql.size()) return text;
  const size_t position = *detail_->position;
  const size_t newline = position == 0 ? std::string_view::npos : sql.rfind('\n', position - 1);
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  const size_t line_end = std::min(sql.find('\n', position), sql.size());
  const auto line_number =
      1 + std::count(sql.begin(), sql.begin() + static_cast<long>(line_start), '\n');

  // A long line is cut to a window around the caret, so that the caret stays in sight.
  constexpr size_t kContextBytes = 60;
  size_t from = position - line_start > kContextBytes ? position - kContextBytes : line_start;
  size_t to = std::min(line_end, position + kContextBytes);
  while (from > line_start && (sql[from] & 0xC0) == 0x80) --from;
  while (to < line_end && (sql[to] & 0xC0) == 0x80) ++to;
  std::string prefix =
      "LINE " + std::to_string(line_number) + ": " + (from > line_start ? "..." : "");
  std::string shown(sql.substr(from, to - from));
  for (char& c : shown) {
    if (c == '\t' || c == '\r') c = ' ';
  }
  const size_t caret = prefix.size() + CodePoints(sql.substr(from, position - from));
  text += "\n\n" + prefix + shown + (to < line_end ? "..." : "");
  text += "\n" + std::string(caret, ' ') + "^";
  return text;
}

}  // namespace trivet
