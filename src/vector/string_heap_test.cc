#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "vector/batch.h"

namespace trivet {
namespace {

// A budget without a parent, in as few lines as the contract allows.
class TestBudget final : public MemoryManager {
 public:
  explicit TestBudget(size_t limit) : limit_(limit) {}
  size_t reserved_bytes() const override { return reserved_; }
  size_t peak_bytes() const override { return peak_; }
  size_t limit_bytes() const override { return limit_; }
  size_t requests() const { return requests_; }

 private:
  Status Grow(size_t bytes, std::string_view consumer) override {
    ++requests_;
    if (bytes > limit_ - reserved_) return Status::OutOfMemory(std::string(consumer));
    reserved_ += bytes;
    peak_ = std::max(peak_, reserved_);
    return Status::OK();
  }
  void Shrink(size_t bytes) noexcept override { reserved_ -= bytes; }

  size_t limit_;
  size_t reserved_ = 0;
  size_t peak_ = 0;
  size_t requests_ = 0;
};

constexpr size_t kPlenty = size_t{1} << 30;

TEST(StringHeapTest, BytesDoNotOverlapAndStay) {
  TestBudget budget(kPlenty);
  const CancellationToken token;
  StringHeap heap(budget, token);
  std::vector<std::pair<char*, size_t>> strings;
  for (size_t i = 0; i < 2000; ++i) {
    const size_t size = 13 + i * 37 % 900 + (i % 100 == 0 ? 40000 : 0);
    char* bytes = heap.Allocate(size);
    std::memset(bytes, static_cast<int>(i % 251), size);
    strings.emplace_back(bytes, size);
  }
  for (size_t i = 0; i < strings.size(); ++i) {
    for (size_t j = 0; j < strings[i].second; ++j) {
      ASSERT_EQ(static_cast<uint8_t>(strings[i].first[j]), i % 251);
    }
  }
  EXPECT_TRUE(heap.status().ok());
}

TEST(StringHeapTest, ReservesEveryBlockAndAsksSeldom) {
  TestBudget budget(kPlenty);
  const CancellationToken token;
  {
    StringHeap heap(budget, token);
    heap.Allocate(20);
    EXPECT_EQ(budget.reserved_bytes(), heap.bytes());
    EXPECT_GE(heap.bytes(), 20u);
    heap.Allocate(1000000);
    for (int i = 0; i < 100000; ++i) heap.Allocate(20);
    EXPECT_EQ(budget.reserved_bytes(), heap.bytes());
    EXPECT_GE(heap.bytes(), 3000020u);
    // A large string is not rounded up, and ends no block: little is allocated in vain.
    EXPECT_LE(heap.bytes(), 3000020u + (size_t{64} << 10));
    EXPECT_LE(budget.requests(), 3000000u / (32 << 10));
  }
  EXPECT_EQ(budget.reserved_bytes(), 0u);
}

TEST(StringHeapTest, WithoutABudgetNothingIsRefused) {
  StringHeap heap;
  std::memset(heap.Allocate(size_t{1} << 20), 1, size_t{1} << 20);
  EXPECT_TRUE(heap.status().ok());
}

TEST(StringHeapTest, ARefusalIsForEver) {
  TestBudget budget(200000);
  const CancellationToken token;
  StringHeap heap(budget, token);
  EXPECT_NE(heap.Allocate(100000), nullptr);
  EXPECT_EQ(heap.Allocate(500000), nullptr);
  EXPECT_EQ(heap.status().code(), StatusCode::kOutOfMemory);
  EXPECT_EQ(heap.status().message(), "strings");
  // It would fit, but a result with a gap is none.
  EXPECT_EQ(heap.Allocate(50000), nullptr);
  EXPECT_LE(budget.peak_bytes(), 200000u);
}

TEST(StringHeapTest, NothingIsAllocatedOnceTheQueryIsCancelled) {
  TestBudget budget(kPlenty);
  const CancellationToken token;
  StringHeap heap(budget, token);
  EXPECT_NE(heap.Allocate(100000), nullptr);
  token.Cancel();
  EXPECT_EQ(heap.Allocate(100000), nullptr);
  EXPECT_EQ(heap.status().code(), StatusCode::kCancelled);
}

TEST(StringHeapTest, NoBytesAreNoRefusal) {
  TestBudget budget(0);
  const CancellationToken token;
  StringHeap heap(budget, token);
  EXPECT_NE(heap.Allocate(0), nullptr);
  EXPECT_TRUE(heap.status().ok());
  EXPECT_EQ(heap.Allocate(1), nullptr);
  EXPECT_EQ(heap.Allocate(0), nullptr);
}

TEST(StringHeapTest, NoStringIsLongerThanAViewCanTell) {
  StringHeap heap;
  EXPECT_EQ(heap.Allocate(StringHeap::kMaxStringBytes + 1), nullptr);
  EXPECT_EQ(heap.status().code(), StatusCode::kInvalidInput);
}

TEST(VectorStringsTest, AreReservedAsLongAsAnyCopyLives) {
  TestBudget budget(1000000);
  const CancellationToken token;
  Vector vector = Vector::MakeFlat(TypeId::kVarchar, 10);
  vector.ReserveStrings(budget, token);
  vector.SetString(0, "short");
  EXPECT_EQ(budget.reserved_bytes(), 0u);
  vector.SetString(1, std::string(500000, 'x'));
  EXPECT_GE(budget.reserved_bytes(), 500000u);
  EXPECT_TRUE(vector.string_status().ok());
  EXPECT_FALSE(vector.has_lost_strings());
  {
    Vector copy = vector;
    vector = Vector();
    EXPECT_GE(budget.reserved_bytes(), 500000u);
    EXPECT_EQ(copy.data<StringView>()[1].size(), 500000u);
    Vector other = Vector::MakeFlat(TypeId::kVarchar, 10);
    CopyRows(copy, nullptr, 2, other, 0);
    copy = Vector();
    EXPECT_EQ(other.data<StringView>()[1].view(), std::string(500000, 'x'));
  }
  EXPECT_EQ(budget.reserved_bytes(), 0u);
}

TEST(VectorStringsTest, ALostStringIsKnown) {
  TestBudget budget(1000000);
  const CancellationToken token;
  Vector list = Vector::MakeFlat(LogicalType::List(TypeId::kVarchar), 10);
  list.mutable_children()[0].ReserveStrings(budget, token);
  list.mutable_children()[0].SetString(0, std::string(900000, 'x'));
  EXPECT_TRUE(list.string_status().ok());
  list.mutable_children()[0].SetString(1, std::string(900000, 'y'));
  EXPECT_EQ(list.mutable_children()[0].data<StringView>()[1].size(), 0u);
  EXPECT_EQ(list.string_status().code(), StatusCode::kOutOfMemory);
}

TEST(VectorStringsTest, ARecycledVectorForgetsItsBudget) {
  auto budget = std::make_unique<TestBudget>(1000000);
  const CancellationToken token;
  Vector vector = Vector::MakeFlat(TypeId::kVarchar, 10);
  vector.ReserveStrings(*budget, token);
  vector.SetString(0, std::string(100000, 'x'));
  vector.Recycle();
  EXPECT_EQ(budget->reserved_bytes(), 0u);
  budget.reset();
  vector.Reset(TypeId::kVarchar, 10);
  vector.SetString(0, std::string(100000, 'x'));
  EXPECT_TRUE(vector.string_status().ok());
}

TEST(VectorStringsTest, BytesAreThoseOfTheRows) {
  Vector entries = Vector::MakeFlat(TypeId::kVarchar, 3);
  entries.SetString(0, std::string(30000, 'x'));
  entries.SetString(1, "short");
  entries.SetString(2, std::string(100, 'x'));
  entries.SetNull(2);
  EXPECT_EQ(entries.StringBytes(3), 30000u);
  auto codes = MakeIndices(4);
  codes[0] = 1;
  codes[1] = codes[2] = codes[3] = 0;
  Vector vector =
      Vector::MakeDictionary(std::make_shared<const Vector>(std::move(entries)), codes, 3, 0);
  EXPECT_EQ(vector.StringBytes(3), 60000u);
  EXPECT_EQ(Batch({vector, Vector::MakeConstant(Value::Varchar(std::string(50, 'y'))),
                   Vector::MakeFlat(TypeId::kInt64, 4)},
                  4)
                .StringBytes(),
            90050u);
}

TEST(StringViewTest, NothingIsAnEmptyText) {
  const StringView nothing{std::string_view()};
  EXPECT_EQ(nothing.size(), 0u);
  EXPECT_EQ(nothing, StringView("", 0));
  EXPECT_EQ(nothing.view(), "");
}

}  // namespace
}  // namespace trivet
