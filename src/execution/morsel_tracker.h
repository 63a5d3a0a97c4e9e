#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "execution/pipeline.h"

namespace trivet {

// Knows, for one sink, which morsels of its input are still under way, so that the sink can put
// batches back into the input's order while it holds only a bounded number of them. A morsel starts
// only within a window of the oldest unfinished one. Branches (the pipelines of a UNION ALL) follow
// one another. Thread-safe.
class MorselTracker {
 public:
  // Morsels that may be under way or waiting at the same time.
  static constexpr uint64_t kDefaultWindow = 64;

  explicit MorselTracker(uint64_t window = kDefaultWindow) : window_(window) {}

  // ---- builder: branches are opened in the order of their output, before the run starts ----
  // Returns the branch's number; its morsels are numbered from branch << kUnionBranchBits for the
  // sink.
  size_t OpenBranch();

  // ---- sources (morsels as the source numbers them, ascending) ----
  // Calls `take` under the tracker's lock to get the next morsel's number, nothing when there is
  // none. False: the window is full; `waker` is called when it has moved on.
  Result<bool> Take(size_t branch, const std::shared_ptr<Waker>& waker,
                    const std::function<Result<std::optional<uint64_t>>()>& take);
  void FinishMorsel(size_t branch, uint64_t morsel);

  // ---- executor ----
  void FinishBranch(size_t branch);

  // ---- sinks (morsels as batches carry them, with the branch) ----
  // True where no batch of an earlier morsel can still come. In a branch whose source does not take
  // its morsels here, every morsel of the oldest branch counts as oldest.
  bool IsOldest(uint64_t morsel);
  // Called, without the tracker's lock, whenever the oldest unfinished morsel may have moved on.
  void SetListener(std::function<void()> listener);

 private:
  struct Branch {
    bool tracked = false;
    bool finished = false;
    uint64_t next = 0;  // lower bound of the next morsel taken
    std::set<uint64_t> active;
    uint64_t Oldest() const { return active.empty() ? next : *active.begin(); }
  };
  void Advanced(std::unique_lock<std::mutex> lock);

  const uint64_t window_;
  std::mutex mutex_;
  std::vector<Branch> branches_;
  std::vector<std::shared_ptr<Waker>> waiting_;
  std::function<void()> listener_;
};

// Takes the morsels of one thread of a source from a tracker, or directly where the sink wants no
// order. Finishes the morsel before when the next one is asked for. Not synchronised.
class MorselTaker {
 public:
  MorselTaker(std::shared_ptr<MorselTracker> tracker, size_t branch)
      : tracker_(std::move(tracker)), branch_(branch) {}
  ~MorselTaker() { Finish(); }

  // True after `take` gave a morsel or the end (then exhausted() holds); false: blocked.
  Result<bool> Next(const CallContext& call,
                    const std::function<Result<std::optional<uint64_t>>()>& take);
  bool exhausted() const { return exhausted_; }
  // The morsel under way.
  const std::optional<uint64_t>& current() const { return current_; }
  // The morsel under way gives no more batches.
  void Finish();

 private:
  std::shared_ptr<MorselTracker> tracker_;
  size_t branch_;
  std::optional<uint64_t> current_;
  bool exhausted_ = false;
};

}  // namespace trivet
