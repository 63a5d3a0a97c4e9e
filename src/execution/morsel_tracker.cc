#include "execution/morsel_tracker.h"

#include <algorithm>

#include "execution/pipeline_builder.h"

namespace trivet {

size_t MorselTracker::OpenBranch() {
  std::lock_guard lock(mutex_);
  branches_.emplace_back();
  return branches_.size() - 1;
}

Result<bool> MorselTracker::Take(size_t branch_number, const std::shared_ptr<Waker>& waker,
                                 const std::function<Result<std::optional<uint64_t>>()>& take) {
  std::lock_guard lock(mutex_);
  Branch& branch = branches_[branch_number];
  branch.tracked = true;
  if (branch.active.size() >= window_ || branch.next - branch.Oldest() >= window_) {
    waiting_.push_back(waker);
    return false;
  }
  TRIVET_ASSIGN_OR_RETURN(std::optional<uint64_t> morsel, take());
  if (morsel) {
    branch.active.insert(*morsel);
    branch.next = *morsel + 1;
  } else {
    branch.next = (uint64_t{1} << kUnionBranchBits) - 1;
  }
  return true;
}

void MorselTracker::FinishMorsel(size_t branch, uint64_t morsel) {
  std::unique_lock lock(mutex_);
  branches_[branch].active.erase(morsel);
  Advanced(std::move(lock));
}

void MorselTracker::FinishBranch(size_t branch) {
  std::unique_lock lock(mutex_);
  branches_[branch].finished = true;
  Advanced(std::move(lock));
}

bool MorselTracker::IsOldest(uint64_t morsel) {
  std::lock_guard lock(mutex_);
  const size_t branch_number = morsel >> kUnionBranchBits;
  const uint64_t within = morsel & ((uint64_t{1} << kUnionBranchBits) - 1);
  for (size_t i = 0; i < branches_.size() && i <= branch_number; ++i) {
    const Branch& branch = branches_[i];
    if (branch.finished) continue;
    if (i < branch_number) return false;
    return !branch.tracked || within <= branch.Oldest();
  }
  return true;
}

void MorselTracker::SetListener(std::function<void()> listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

void MorselTracker::Advanced(std::unique_lock<std::mutex> lock) {
  std::vector<std::shared_ptr<Waker>> waiting = std::move(waiting_);
  waiting_.clear();
  std::function<void()> listener = listener_;
  lock.unlock();
  for (const auto& waker : waiting) waker->Wake();
  if (listener) listener();
}

Result<bool> MorselTaker::Next(const CallContext& call,
                               const std::function<Result<std::optional<uint64_t>>()>& take) {
  Finish();
  const auto remember = [&]() -> Result<std::optional<uint64_t>> {
    TRIVET_ASSIGN_OR_RETURN(std::optional<uint64_t> morsel, take());
    current_ = morsel;
    exhausted_ = !morsel.has_value();
    return morsel;
  };
  if (tracker_) return tracker_->Take(branch_, call.waker, remember);
  TRIVET_RETURN_IF_ERROR(remember().status());
  return true;
}

void MorselTaker::Finish() {
  if (current_ && tracker_) tracker_->FinishMorsel(branch_, *current_);
  current_.reset();
}

}  // namespace trivet
