#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/status.h"

namespace trivet {

class Reservation;

// Somebody who holds memory of a budget that others may have as soon as they want it.
class MemoryReclaimer {
 public:
  virtual ~MemoryReclaimer() = default;
  // Gives back at least `bytes` where it can; tells how many it has let go. Thread-safe.
  virtual size_t Reclaim(size_t bytes) = 0;
  virtual size_t reclaimable_bytes() const = 0;
};

// A budget of bytes. Operators, buffers and queues reserve before they allocate; a refused request
// is a typed OutOfMemory naming the consumer, which an operator that can spill answers by spilling.
// Thread-safe.
class MemoryManager {
 public:
  virtual ~MemoryManager() = default;

  // Reserves `bytes` for `consumer` (an operator or buffer name shown in errors). All or nothing.
  Result<Reservation> TryReserve(size_t bytes, std::string_view consumer);

  virtual size_t reserved_bytes() const = 0;
  virtual size_t peak_bytes() const = 0;
  virtual size_t limit_bytes() const = 0;

  // Asked before anybody is refused; null: nobody. Set while nobody reserves. It outlives that.
  virtual void SetReclaimer(MemoryReclaimer* reclaimer) { (void)reclaimer; }
  // What of the reserved bytes would be given back at once.
  virtual size_t reclaimable_bytes() const { return 0; }

 protected:
  friend class Reservation;
  // Takes or refuses `bytes` more; returns OutOfMemory in the user's terms when refused.
  virtual Status Grow(size_t bytes, std::string_view consumer) = 0;
  // The same for somebody who has another way: also refused where others would be left with little.
  virtual Status GrowYielding(size_t bytes, std::string_view consumer) {
    return Grow(bytes, consumer);
  }
  virtual void Shrink(size_t bytes) noexcept = 0;
};

// A share of a memory budget, given back when destroyed. Movable, owned by one consumer; calls on
// one reservation must not run concurrently.
class Reservation {
 public:
  Reservation() = default;
  Reservation(MemoryManager* manager, std::string consumer)
      : manager_(manager), consumer_(std::move(consumer)) {}
  Reservation(Reservation&& other) noexcept
      : manager_(std::exchange(other.manager_, nullptr)),
        consumer_(std::move(other.consumer_)),
        yields_(other.yields_),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { Release(); }

  // Grows by `bytes`; on OutOfMemory nothing has changed.
  Status Grow(size_t bytes);
  // Gives back `bytes` (at most what is held).
  void Shrink(size_t bytes) noexcept;
  // Grows or shrinks to exactly `bytes`.
  Status Resize(size_t bytes);
  void Release() noexcept { Shrink(bytes_); }

  // Of somebody who spills when refused: leaves an eighth of the budget to those who cannot.
  void set_yields(bool yields) { yields_ = yields; }
  size_t bytes() const { return bytes_; }
  // Of the budget it draws on.
  size_t limit_bytes() const { return manager_ == nullptr ? ~size_t{0} : manager_->limit_bytes(); }

 private:
  MemoryManager* manager_ = nullptr;
  std::string consumer_;
  bool yields_ = false;
  size_t bytes_ = 0;
};

}  // namespace trivet
