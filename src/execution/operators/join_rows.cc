// After the probe: the rows of the built side that have, or have not, found a match.
#include <algorithm>
#include <atomic>

#include "execution/operators/join_payload.h"
#include "execution/operators/join_runtime.h"

namespace trivet {

namespace {

class JoinRowsSource;

class LocalJoinRows final : public LocalSource {
 public:
  explicit LocalJoinRows(JoinRowsSource& source) : source_(source) {}
  Result<Outcome> Next(Batch& out, const CallContext& call) override;

 private:
  JoinRowsSource& source_;
  const RowStore::Page* page_ = nullptr;
  uint32_t row_ = 0;
};

class JoinRowsSource final : public Source {
 public:
  JoinRowsSource(std::shared_ptr<JoinRuntime> runtime, bool matched)
      : runtime_(std::move(runtime)), matched_(matched) {}

  Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
    std::lock_guard lock(mutex_);
    if (!listed_) {
      for (const RowStore& store : runtime_->table->stores()) {
        for (const RowStore::Page& page : store.pages()) pages_.push_back(&page);
      }
      listed_ = true;
    }
    return std::unique_ptr<LocalSource>(std::make_unique<LocalJoinRows>(*this));
  }

  const RowStore::Page* NextPage() {
    const size_t index = next_.fetch_add(1);
    return index < pages_.size() ? pages_[index] : nullptr;
  }

  Batch Emit(uint8_t* const* rows, size_t count) const {
    const JoinRuntime& runtime = *runtime_;
    // A built left side is given alone (semi, anti); a right one comes after NULLs for the left.
    std::vector<Vector> columns;
    if (!runtime.build_left()) {
      for (const uint64_t column : runtime.probe_output()) {
        columns.push_back(Vector::MakeNull(runtime.left_types[column]));
      }
    }
    AppendBuildColumns(runtime, runtime.build_output(), rows, count, columns);
    return Batch(std::move(columns), count);
  }

  const JoinTable& table() const { return *runtime_->table; }
  bool matched() const { return matched_; }

 private:
  std::shared_ptr<JoinRuntime> runtime_;
  bool matched_;
  std::mutex mutex_;
  bool listed_ = false;
  std::vector<const RowStore::Page*> pages_;
  std::atomic<size_t> next_{0};
};

Result<Outcome> LocalJoinRows::Next(Batch& out, const CallContext& call) {
  uint8_t* rows[kVectorSize];
  size_t count = 0;
  const JoinTable& table = source_.table();
  const size_t limit = call.execution.batch_size();
  if (page_ == nullptr) {
    page_ = source_.NextPage();
    row_ = 0;
    if (page_ == nullptr) return Outcome::kFinished;
  }
  while (row_ < page_->row_count && count < limit) {
    uint8_t* row = page_->rows + size_t{row_++} * table.layout().row_bytes();
    rows[count] = row;
    count += table.HasMatch(row) == source_.matched();
  }
  if (row_ == page_->row_count) page_ = nullptr;
  // A page without such rows gives a batch without rows: the thread looks up between pages.
  if (count > 0) out = source_.Emit(rows, count);
  return Outcome::kHaveOutput;
}

}  // namespace

std::shared_ptr<Source> MakeJoinRowsSource(std::shared_ptr<JoinRuntime> runtime, bool matched) {
  return std::make_shared<JoinRowsSource>(std::move(runtime), matched);
}

}  // namespace trivet
