#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace trivet {

// The closed, numbered list of error kinds. Numbers are part of the wire protocol: never renumber.
enum class StatusCode : uint8_t {
  kOk = 0,
  kInvalidInput = 1,
  kNotFound = 2,
  kAlreadyExists = 3,
  kNotImplemented = 4,
  kOutOfMemory = 5,
  kOutOfDisk = 6,
  kIO = 7,
  kCorruption = 8,
  kCancelled = 9,
  kTimeout = 10,
  kUnavailable = 11,
  kFetchFailed = 12,
  kResourceExhausted = 13,
  kProtocolMismatch = 14,
  kPermissionDenied = 15,
  kInternal = 16,
};

// The name users see, e.g. "Invalid Input".
std::string_view StatusCodeName(StatusCode code);

// True where the same request may succeed later without a change by the user.
bool IsRetriable(StatusCode code);

// Outcome of an operation that may fail: a code, a message in the user's terms and, where known,
// the position in the SQL text, the file and offset of bad data, and a hint. An OK status is one
// null pointer, so it is cheap to return. Value semantics; not synchronised.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;

  static Status OK() { return Status(); }
  static Status InvalidInput(std::string message);
  static Status NotFound(std::string message);
  static Status AlreadyExists(std::string message);
  static Status NotImplemented(std::string message);
  static Status OutOfMemory(std::string message);
  static Status OutOfDisk(std::string message);
  static Status IO(std::string message);
  static Status Corruption(std::string message);
  static Status Cancelled(std::string message);
  static Status Timeout(std::string message);
  static Status ResourceExhausted(std::string message);
  static Status Internal(std::string message);

  bool ok() const { return detail_ == nullptr; }
  StatusCode code() const { return ok() ? StatusCode::kOk : detail_->code; }
  const std::string& message() const;

  // Byte offset into the SQL text at which the error was found.
  std::optional<size_t> position() const;
  // Path of the data file at fault, empty when none; byte offset or line where known.
  const std::string& file() const;
  std::optional<uint64_t> file_offset() const;
  // What the user may try instead; empty when there is nothing useful to say.
  const std::string& hint() const;

  // Each returns the status with the detail added; the first position or file given wins, because
  // the innermost caller knows best. No effect on OK.
  Status WithPosition(size_t position) &&;
  Status WithFile(std::string file, std::optional<uint64_t> offset = std::nullopt) &&;
  Status WithHint(std::string hint) &&;
  // Prepends "context: " to the message.
  Status WithContext(std::string_view context) &&;

  // "Invalid Input Error: message" with file and hint on lines of their own.
  std::string ToString() const;
  // As ToString, and where there is a position also "LINE n:" with the source line and a caret
  // below.
  std::string Render(std::string_view sql) const;

 private:
  struct Detail {
    StatusCode code = StatusCode::kInternal;
    std::string message;
    std::optional<size_t> position;
    std::string file;
    std::optional<uint64_t> file_offset;
    std::string hint;
  };
  std::unique_ptr<Detail> detail_;
};

// Either a value or a Status that is not OK.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : state_(std::move(status)) {}  // NOLINT(google-explicit-constructor)
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::decay_t<U>, T> &&
             !std::is_same_v<std::decay_t<U>, Status> &&
             !std::is_same_v<std::decay_t<U>, Result<T>>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  Status status() const& { return ok() ? Status::OK() : std::get<1>(state_); }
  Status status() && { return ok() ? Status::OK() : std::move(std::get<1>(state_)); }

  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  T&& value() && { return std::move(std::get<0>(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Status> state_;
};

#define TRIVET_CONCAT_INNER(a, b) a##b
#define TRIVET_CONCAT(a, b) TRIVET_CONCAT_INNER(a, b)

#define TRIVET_RETURN_IF_ERROR(expression)           \
  do {                                               \
    ::trivet::Status trivet_status_ = (expression);  \
    if (!trivet_status_.ok()) return trivet_status_; \
  } while (false)

#define TRIVET_ASSIGN_OR_RETURN_INNER(name, target, expression) \
  auto name = (expression);                                     \
  if (!name.ok()) return std::move(name).status();              \
  target = std::move(name).value()

// TRIVET_ASSIGN_OR_RETURN(auto x, MakeX()); assigns on success, returns the status otherwise.
#define TRIVET_ASSIGN_OR_RETURN(target, expression) \
  TRIVET_ASSIGN_OR_RETURN_INNER(TRIVET_CONCAT(trivet_result_, __COUNTER__), target, expression)

}  // namespace trivet
