#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "execution/morsel_tracker.h"
#include "execution/operators/sort_sink.h"

namespace trivet {

// Gives the rows of a finished sort in their order: from memory a batch a morsel; from disk a range
// a morsel, loaded by whichever thread takes it.
class SortSource final : public Source {
 public:
  SortSource(std::shared_ptr<SortSink> sink, std::function<std::unique_ptr<MorselTaker>()> takers)
      : sink_(std::move(sink)), takers_(std::move(takers)) {}
  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext& context) override;
  size_t max_threads() const override { return sink_->source_threads(); }

  // The next morsel.
  uint64_t Take() { return next_.fetch_add(1); }
  SortSink& sink() { return *sink_; }

 private:
  std::shared_ptr<SortSink> sink_;
  std::function<std::unique_ptr<MorselTaker>()> takers_;
  std::atomic<uint64_t> next_{0};
};

}  // namespace trivet
