// SUM of an int64 by one int64 key: the engine's whole operator on one thread, from batches in
// memory to the last group given out, beside an array and a linear-probing table.
#include <bit>
#include <memory>
#include <random>
#include <vector>

#include "base/hash.h"
#include "execution/operators/aggregate.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "expression/function_registry.h"
#include "report.h"

namespace trivet::bench {

namespace {

// Adds up what tells the groups apart, whatever their order.
uint64_t GroupChecksum(uint64_t key, uint64_t sum) { return HashInt64(key) * (sum + 1); }

class ChecksumSink final : public Sink {
 public:
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext&) override {
    return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
  }
  uint64_t checksum = 0;

 private:
  class Local final : public LocalSink {
   public:
    explicit Local(ChecksumSink& sink) : sink_(sink) {}
    Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
      const VectorView keys = batch.column(0).View();
      const VectorView sums = batch.column(1).View();
      for (size_t i = 0; i < batch.row_count(); ++i) {
        sink_.checksum +=
            GroupChecksum(keys.Get<uint64_t>(i), static_cast<uint64_t>(sums.Get<int128_t>(i)));
      }
      return Outcome::kNeedInput;
    }
    Status Combine(const CallContext&) override { return Status::OK(); }

   private:
    ChecksumSink& sink_;
  };
};

// The engine's aggregation of these columns.
class EngineGroups {
 public:
  EngineGroups(const std::vector<int64_t>& keys, const std::vector<int64_t>& values) {
    RowsOperator::Morsels morsels;
    constexpr size_t kMorselRows = 64 * kVectorSize;
    for (size_t at = 0; at < keys.size(); at += kVectorSize) {
      const size_t count = std::min(kVectorSize, keys.size() - at);
      if (at % kMorselRows == 0) morsels.emplace_back();
      const auto wrap = [&](const std::vector<int64_t>& column) {
        return Vector::Wrap(TypeId::kInt64, column.data() + at, nullptr, nullptr, count);
      };
      morsels.back().emplace_back(std::vector<Vector>{wrap(keys), wrap(values)}, count);
    }
    const std::vector<PhysicalColumn> schema = {{"k", TypeId::kInt64}, {"v", TypeId::kInt64}};
    auto source = std::make_shared<RowsOperator>(schema, std::move(morsels));
    std::vector<ExpressionPtr> arguments = {Expression::Input(1, TypeId::kInt64, "v")};
    PhysicalHashAggregate::Aggregate call;
    call.function = Must(FunctionRegistry::Builtin().BindAggregate("sum", arguments));
    call.arguments = std::move(arguments);
    call.column = {0, "s", call.function.return_type};
    plan_ = std::make_shared<PhysicalHashAggregate>(
        std::vector<ExpressionPtr>{Expression::Input(0, TypeId::kInt64, "k")},
        std::vector<PhysicalHashAggregate::Aggregate>{call},
        std::vector<PhysicalColumn>{{"k", TypeId::kInt64}, {"s", call.function.return_type}},
        source);
  }

  uint64_t Run() const {
    QueryContext context = TestContext();
    auto sink = std::make_shared<ChecksumSink>();
    PipelineBuilder builder(context);
    Must(builder.BuildRoot(*plan_, sink));
    TestScheduler scheduler;
    std::atomic<bool> done{false};
    Status status;
    auto executor = std::make_shared<PipelineExecutor>(std::move(builder.pipelines()), context,
                                                       scheduler, [&](Status result) {
                                                         status = std::move(result);
                                                         done.store(true);
                                                       });
    executor->Start();
    scheduler.RunUntil(done);
    Must(status);
    return sink->checksum;
  }

 private:
  PhysicalPlan plan_;
};

uint64_t SumInArray(const std::vector<int64_t>& keys, const std::vector<int64_t>& values,
                    size_t groups) {
  std::vector<uint64_t> sums(groups);
  std::vector<uint8_t> seen(groups);
  for (size_t i = 0; i < keys.size(); ++i) {
    sums[static_cast<size_t>(keys[i])] += static_cast<uint64_t>(values[i]);
    seen[static_cast<size_t>(keys[i])] = 1;
  }
  uint64_t checksum = 0;
  for (size_t key = 0; key < groups; ++key) {
    if (seen[key] != 0) checksum += GroupChecksum(key, sums[key]);
  }
  return checksum;
}

// The table has its final size from the start; no key is 0.
uint64_t SumInTable(const std::vector<int64_t>& keys, const std::vector<int64_t>& values,
                    size_t groups) {
  struct Slot {
    uint64_t key;
    uint64_t sum;
  };
  const size_t mask = std::bit_ceil(2 * groups) - 1;
  const int shift = 64 - std::popcount(mask);
  std::vector<Slot> slots(mask + 1);
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto key = static_cast<uint64_t>(keys[i]);
    size_t at = HashInt64(key) >> shift;
    while (slots[at].key != key && slots[at].key != 0) at = (at + 1) & mask;
    slots[at].key = key;
    slots[at].sum += static_cast<uint64_t>(values[i]);
  }
  uint64_t checksum = 0;
  for (const Slot& slot : slots) {
    if (slot.key != 0) checksum += GroupChecksum(slot.key, slot.sum);
  }
  return checksum;
}

void Measure(Report& report, size_t groups, bool sparse) {
  const std::string size = groups >= 1'000'000 ? std::to_string(groups / 1'000'000) + " M"
                                               : std::to_string(groups / 1'000) + " K";
  const std::string name = size + (sparse ? " sparse keys" : " dense keys");
  if (!report.Wants("group", name)) return;
  const size_t rows = std::max<size_t>(size_t{1} << 22, 2 * groups);
  std::mt19937_64 random(1);
  std::vector<int64_t> keys(rows);
  std::vector<int64_t> values(rows);
  for (size_t i = 0; i < rows; ++i) {
    const uint64_t group = random() % groups;
    keys[i] = static_cast<int64_t>(sparse ? HashInt64(group + 1) : group);
    values[i] = static_cast<int64_t>(random() % 1000);
  }
  const EngineGroups engine(keys, values);
  report.Compare(
      "group", name, "row", rows,
      [&](bool) {
        return sparse ? SumInTable(keys, values, groups) : SumInArray(keys, values, groups);
      },
      [&](bool) { return engine.Run(); }, false, sparse ? "linear probing" : "array");
}

}  // namespace

void MeasureGroups(Report& report) {
  for (const bool sparse : {false, true}) {
    for (const size_t groups : {1'000, 100'000, 1'000'000, 10'000'000}) {
      Measure(report, groups, sparse);
    }
  }
}

}  // namespace trivet::bench
