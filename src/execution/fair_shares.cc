#include "execution/fair_shares.h"

#include <algorithm>
#include <cmath>

namespace trivet {

double FairShares::UsedNow(const Account& account) const {
  const auto age = static_cast<double>((now_ - account.at_).count());
  return account.used_ * std::exp2(-age / static_cast<double>(kHalfLife.count()));
}

void FairShares::Charge(Account& account, double nanos) {
  account.used_ = std::max(0.0, UsedNow(account) + nanos);
  account.at_ = now_;
}

void FairShares::Serve(Account& account) {
  account.served_ = now_;
  account.turn_ = next_turn_++;
}

void FairShares::Wait(Account& account) { Serve(account); }

bool FairShares::ComesBefore(const Account& a, const Account& b) const {
  const bool a_late = now_ - a.served_ >= kMostWait;
  const bool b_late = now_ - b.served_ >= kMostWait;
  if (a_late != b_late) return a_late;
  if (!a_late) {
    const double a_used = UsedNow(a);
    const double b_used = UsedNow(b);
    if (a_used != b_used) return a_used < b_used;
  }
  return a.turn_ < b.turn_;
}

void FairShares::Begin(Account& account, Time expected) {
  Serve(account);
  Charge(account, static_cast<double>(expected.count()));
}

void FairShares::End(Account& account, Time expected, Time used) {
  now_ += used;
  Charge(account, static_cast<double>((used - expected).count()));
}

}  // namespace trivet
