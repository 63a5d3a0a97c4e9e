#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace trivet {

// Whether to remember answers or to compute each: what takes less time is measured, now and then
// anew, over phases of some batches. Not synchronised.
class MemoUse {
 public:
  enum class Phase : uint8_t {
    kComputes,  // measures without memo
    kFills,     // puts the first answers into it
    kAsks,      // measures with it
    kUses,      // it is faster
    kRests,     // it is not
  };
  static constexpr size_t kTrialRows = size_t{1} << 15;
  static constexpr size_t kUseRows = size_t{1} << 20;
  static constexpr size_t kFirstRestRows = size_t{1} << 20;
  static constexpr size_t kLastRestRows = size_t{1} << 24;
  // Of the first texts at least one among so many comes again.
  static constexpr size_t kLeastKnown = 16;

  Phase phase() const { return phase_; }
  bool asks() const {
    return phase_ == Phase::kFills || phase_ == Phase::kAsks || phase_ == Phase::kUses;
  }
  bool measures() const { return phase_ == Phase::kComputes || phase_ == Phase::kAsks; }

  // After every batch: its rows, those whose answer was known, and the time, where measures().
  void Learn(size_t rows, size_t known, uint64_t nanoseconds) {
    rows_ += rows;
    known_ += known;
    time_ += nanoseconds;
    if (rows_ >= RowsOf(phase_)) Advance();
  }
  // There is no memory.
  void Rest() { Enter(Phase::kRests); }

 private:
  size_t RowsOf(Phase phase) const {
    return phase == Phase::kUses ? kUseRows : phase == Phase::kRests ? rest_rows_ : kTrialRows;
  }
  void Advance() {
    const double time_per_row = static_cast<double>(time_) / static_cast<double>(rows_);
    switch (phase_) {
      case Phase::kComputes: computing_time_ = time_per_row; return Enter(Phase::kFills);
      case Phase::kFills: return Enter(known_ * kLeastKnown < rows_ ? Phase::kRests : Phase::kAsks);
      case Phase::kAsks:
        // A little less is not worth the memory.
        return Enter(time_per_row < computing_time_ * 0.9 ? Phase::kUses : Phase::kRests);
      case Phase::kUses: return Enter(Phase::kComputes);
      case Phase::kRests:
        rest_rows_ = std::min(2 * rest_rows_, kLastRestRows);
        return Enter(Phase::kComputes);
    }
  }
  void Enter(Phase phase) {
    phase_ = phase;
    rows_ = known_ = 0;
    time_ = 0;
  }

  Phase phase_ = Phase::kComputes;
  size_t rows_ = 0;
  size_t known_ = 0;
  uint64_t time_ = 0;
  double computing_time_ = 0;  // of a row
  size_t rest_rows_ = kFirstRestRows;
};

}  // namespace trivet
