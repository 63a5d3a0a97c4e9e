#include "shuffle/flight_status.h"

#include <arrow/flight/types.h>

#include "base/string_concat.h"
#include "shuffle/status_codec.h"

namespace trivet {

namespace {

using arrow::flight::FlightStatusCode;
using arrow::flight::FlightStatusDetail;

std::string Cut(const std::string& text) {
  if (text.size() <= kMaxStatusText) return text;
  return text.substr(0, kMaxStatusText) + " ...";
}

FlightStatusCode ToFlightCode(StatusCode code) {
  switch (code) {
    case StatusCode::kPermissionDenied: return FlightStatusCode::Unauthorized;
    case StatusCode::kTimeout: return FlightStatusCode::TimedOut;
    case StatusCode::kCancelled: return FlightStatusCode::Cancelled;
    case StatusCode::kUnavailable: return FlightStatusCode::Unavailable;
    default: return FlightStatusCode::Internal;
  }
}

StatusCode FromFlightCode(FlightStatusCode code) {
  switch (code) {
    case FlightStatusCode::Unauthenticated:
    case FlightStatusCode::Unauthorized: return StatusCode::kPermissionDenied;
    case FlightStatusCode::TimedOut: return StatusCode::kTimeout;
    case FlightStatusCode::Cancelled: return StatusCode::kCancelled;
    case FlightStatusCode::Unavailable: return StatusCode::kUnavailable;
    case FlightStatusCode::Internal:
    case FlightStatusCode::Failed: return StatusCode::kIO;
  }
  return StatusCode::kIO;
}

// The transport appends what it knows about its own inside.
std::string WithoutTransportDetail(std::string text) {
  for (const std::string_view mark : {"gRPC client debug context:", "Client context:"}) {
    const size_t at = text.find(mark);
    if (at != std::string::npos) text.resize(at);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text;
}

}  // namespace

arrow::Status ToFlightStatus(const Status& status) {
  if (status.ok()) return arrow::Status::OK();
  Status short_enough(status.code(), Cut(status.message()));
  if (status.position()) short_enough = std::move(short_enough).WithPosition(*status.position());
  if (!status.file().empty()) {
    short_enough = std::move(short_enough).WithFile(Cut(status.file()), status.file_offset());
  }
  if (!status.hint().empty()) short_enough = std::move(short_enough).WithHint(Cut(status.hint()));
  return arrow::flight::MakeFlightError(ToFlightCode(status.code()),
                                        std::string(StatusCodeName(status.code())),
                                        EncodeStatus(short_enough));
}

Status FromFlightStatus(const arrow::Status& status, const std::string& peer) {
  if (status.ok()) return Status::OK();
  const std::shared_ptr<FlightStatusDetail> detail = FlightStatusDetail::UnwrapStatus(status);
  if (detail != nullptr && !detail->extra_info().empty()) {
    Status sent;
    if (DecodeStatus(detail->extra_info(), sent).ok() && !sent.ok()) return sent;
  }
  StatusCode code = status.IsOutOfMemory() ? StatusCode::kOutOfMemory : StatusCode::kIO;
  if (status.IsCancelled()) code = StatusCode::kCancelled;
  if (detail != nullptr) code = FromFlightCode(detail->code());
  return Status(code,
                StrCat("the connection to ", peer, ": ", WithoutTransportDetail(status.message())));
}

}  // namespace trivet
