#pragma once

#include <atomic>
#include <memory>

#include "base/status.h"

namespace trivet {

// A one-way flag that a query polls at every batch. Copies share the flag. Thread-safe; Cancel may
// be called from a signal handler.
class CancellationToken {
 public:
  CancellationToken() : cancelled_(std::make_shared<std::atomic<bool>>(false)) {}

  void Cancel() const noexcept { cancelled_->store(true, std::memory_order_release); }
  bool IsCancelled() const noexcept { return cancelled_->load(std::memory_order_acquire); }
  // OK, or Cancelled in the user's terms.
  Status Check() const {
    return IsCancelled() ? Status::Cancelled("the query was cancelled") : Status::OK();
  }

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

}  // namespace trivet
