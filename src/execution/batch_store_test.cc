#include "execution/batch_store.h"

#include <gtest/gtest.h>

#include "context/query_context.h"
#include "execution/testing/spill_space.h"

namespace trivet {
namespace {

// An operator that makes more rows gives several batches for one of its input.
TEST(BatchStoreTest, BatchesOfEqualOrderStayAsTheyCameWhereverTheyLie) {
  constexpr size_t kBatches = 40;
  SpillSpace space;
  for (const size_t limit : {size_t{1} << 20, size_t{200'000}}) {
    QueryContext context({.thread_count = 1, .memory_limit_bytes = limit}, FileSystem::Local(),
                         nullptr, space.files());
    OperatorMetrics metrics;
    BatchStore store(context, metrics, "rows", 0);
    store.AddReader();
    const std::shared_ptr<Waker> no_waker;
    const CallContext call{context, no_waker};
    auto local = store.MakeLocal(context);
    for (size_t i = 0; i < kBatches; ++i) {
      Batch batch = Batch::MakeFlat({TypeId::kInt64}, 1000);
      for (size_t row = 0; row < 1000; ++row) {
        batch.mutable_column(0).mutable_data<int64_t>()[row] = static_cast<int64_t>(i);
      }
      batch.set_row_count(1000);
      batch.set_order({i < kBatches / 2 ? uint64_t{1} : uint64_t{0}, 0});
      ASSERT_TRUE((*local)->Consume(batch, call).ok());
    }
    ASSERT_TRUE(store.Finish(call).ok());
    EXPECT_EQ(metrics.bytes_spilled.load() != 0, limit == 200'000);
    ASSERT_EQ(store.batch_count(), kBatches);
    for (size_t i = 0; i < kBatches; ++i) {
      const auto batch = store.Read(i, {0});
      ASSERT_TRUE(batch.ok());
      EXPECT_EQ(batch->column(0).GetValue(0),
                Value::Int64(static_cast<int64_t>((i + kBatches / 2) % kBatches)));
      store.EndRead(i);
    }
  }
}

}  // namespace
}  // namespace trivet
