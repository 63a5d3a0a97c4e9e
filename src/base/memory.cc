#include "base/memory.h"

#include <algorithm>

namespace trivet {

Result<Reservation> MemoryManager::TryReserve(size_t bytes, std::string_view consumer) {
  Reservation reservation(this, std::string(consumer));
  TRIVET_RETURN_IF_ERROR(reservation.Grow(bytes));
  return reservation;
}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    Release();
    manager_ = std::exchange(other.manager_, nullptr);
    consumer_ = std::move(other.consumer_);
    yields_ = other.yields_;
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

Status Reservation::Grow(size_t bytes) {
  if (bytes == 0 || manager_ == nullptr) return Status::OK();
  TRIVET_RETURN_IF_ERROR(yields_ ? manager_->GrowYielding(bytes, consumer_)
                                 : manager_->Grow(bytes, consumer_));
  bytes_ += bytes;
  return Status::OK();
}

void Reservation::Shrink(size_t bytes) noexcept {
  bytes = std::min(bytes, bytes_);
  if (bytes == 0 || manager_ == nullptr) return;
  manager_->Shrink(bytes);
  bytes_ -= bytes;
}

Status Reservation::Resize(size_t bytes) {
  if (bytes > bytes_) return Grow(bytes - bytes_);
  Shrink(bytes_ - bytes);
  return Status::OK();
}

}  // namespace trivet
