#pragma once

#include <chrono>
#include <cstdint>

namespace trivet {

// Which of several queries is to have a thread next. The one that has used the least processor time
// goes first, what was used long ago counting less and less (it halves with every kHalfLife that
// all queries together use), so a new small query overtakes what has been running, and two that
// want all they can get come to have the same. One that has been passed over while the others used
// kMostWait goes before them all, so that no stream of small queries holds up a large one for good;
// where all are that late they take turns. Time is processor time used by all of them: nothing
// changes while nobody runs. Not synchronised.
class FairShares {
 public:
  using Time = std::chrono::nanoseconds;
  static constexpr Time kHalfLife = std::chrono::milliseconds(200);
  static constexpr Time kMostWait = std::chrono::milliseconds(100);

  // One query's account. The pool owns it.
  class Account {
   private:
    friend class FairShares;
    double used_ = 0;  // nanoseconds, as of `at_`
    Time at_{0};
    Time served_{0};     // when it last began, or began to wait
    uint64_t turn_ = 0;  // the same, to tell those of one time apart
  };

  // It has something to run, and had not.
  void Wait(Account& account);
  // Of two that have something to run.
  bool ComesBefore(const Account& a, const Account& b) const;
  // A thread begins to run for it; until it ends it counts as using `expected`, so that another
  // thread knows of it.
  void Begin(Account& account, Time expected);
  void End(Account& account, Time expected, Time used);
  // Processor time used so far by all.
  Time now() const { return now_; }
  // What it is held to have used, as of now.
  Time Used(const Account& account) const { return Time(static_cast<int64_t>(UsedNow(account))); }

 private:
  double UsedNow(const Account& account) const;
  void Charge(Account& account, double nanos);
  void Serve(Account& account);

  Time now_{0};
  uint64_t next_turn_ = 0;
};

}  // namespace trivet
