#include "formats/adapters/status_arrow.h"

#include <memory>
#include <string_view>

namespace trivet {

namespace {

class CarriedStatus final : public arrow::StatusDetail {
 public:
  explicit CarriedStatus(Status status) : status_(std::move(status)) {}
  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return status_.ToString(); }
  const Status& status() const { return status_; }
  static constexpr const char* kTypeId = "trivet::Status";

 private:
  Status status_;
};

}  // namespace

Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return Status::OK();
  if (status.detail() && std::string_view(status.detail()->type_id()) == CarriedStatus::kTypeId) {
    return static_cast<const CarriedStatus&>(*status.detail()).status();
  }
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory: return Status::OutOfMemory(status.message());
    case arrow::StatusCode::IOError: return Status::IO(status.message());
    case arrow::StatusCode::NotImplemented: return Status::NotImplemented(status.message());
    case arrow::StatusCode::Cancelled: return Status::Cancelled(status.message());
    case arrow::StatusCode::UnknownError: return Status::Internal(status.message());
    default: return Status::InvalidInput(status.message());
  }
}

arrow::Status ToArrow(Status status) {
  if (status.ok()) return arrow::Status::OK();
  const std::string message = status.message();
  return arrow::Status(status.code() == StatusCode::kOutOfMemory ? arrow::StatusCode::OutOfMemory
                                                                 : arrow::StatusCode::IOError,
                       message, std::make_shared<CarriedStatus>(std::move(status)));
}

}  // namespace trivet
