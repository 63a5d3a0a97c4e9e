// Hash joins of one int64 key with one int64 payload: the engine's table, built from batches and
// probed by batches that gather the payload, beside a linear-probing table of key and payload.
#include <bit>
#include <memory>
#include <random>
#include <vector>

#include "base/hash.h"
#include "context/query_context.h"
#include "execution/operators/join_pairs.h"
#include "report.h"
#include "vector/hash_vector.h"

namespace trivet::bench {

namespace {

constexpr uint64_t kNoKey = 0;

// Slots of key and payload; a key is never kNoKey. Made with its final size.
class LinearTable {
 public:
  explicit LinearTable(size_t rows)
      : mask_(std::bit_ceil(2 * rows) - 1), slots_(mask_ + 1), shift_(64 - std::popcount(mask_)) {}
  void Insert(uint64_t key, uint64_t payload) {
    size_t at = First(key);
    while (slots_[at].key != kNoKey) at = (at + 1) & mask_;
    slots_[at] = {key, payload};
  }
  const uint64_t* Find(uint64_t key) const {
    for (size_t at = First(key); slots_[at].key != kNoKey; at = (at + 1) & mask_) {
      if (slots_[at].key == key) return &slots_[at].payload;
    }
    return nullptr;
  }

 private:
  struct Slot {
    uint64_t key;
    uint64_t payload;
  };
  size_t First(uint64_t key) const { return HashInt64(key) >> shift_; }

  size_t mask_;
  std::vector<Slot> slots_;
  int shift_;
};

struct Sides {
  std::vector<int64_t> build_keys;
  std::vector<int64_t> payloads;
  std::vector<int64_t> probe_keys;
};

// Keys are 1..rows in random order, or, where sparse, as many numbers from all of 64 bits. Of the
// probe rows one in `one_in` has a partner.
Sides MakeSides(size_t rows, size_t probes, size_t one_in, bool sparse) {
  const auto key = [&](uint64_t number) {
    return static_cast<int64_t>(sparse ? HashInt64(number) : number);
  };
  std::mt19937_64 random(1);
  Sides sides;
  for (size_t i = 1; i <= rows; ++i) {
    sides.build_keys.push_back(key(i));
    sides.payloads.push_back(static_cast<int64_t>(i * 3));
  }
  std::shuffle(sides.build_keys.begin(), sides.build_keys.end(), random);
  const size_t numbers = std::max<size_t>(1, rows * one_in);
  for (size_t i = 0; i < probes; ++i) sides.probe_keys.push_back(key(1 + random() % numbers));
  return sides;
}

std::vector<Batch> Batches(const std::vector<std::vector<int64_t>*>& columns) {
  std::vector<Batch> batches;
  const size_t rows = columns.front()->size();
  for (size_t at = 0; at < rows; at += kVectorSize) {
    const size_t count = std::min(kVectorSize, rows - at);
    std::vector<Vector> vectors;
    for (const std::vector<int64_t>* column : columns) {
      vectors.push_back(Vector::Wrap(TypeId::kInt64, column->data() + at, nullptr, nullptr, count));
    }
    batches.emplace_back(std::move(vectors), count);
  }
  return batches;
}

// The engine's join of these sides, in the parts that run one after the other.
class EngineJoin {
 public:
  EngineJoin() : context_({}, FileSystem::Local(), nullptr) {
    runtime_.fields = &fields_;
    runtime_.probe_keys = {Expression::Input(0, TypeId::kInt64)};
  }

  void Build(const std::vector<Batch>& batches) {
    JoinTableShape shape;
    shape.keys = {Expression::Input(0, TypeId::kInt64)};
    shape.null_safe = {false};
    shape.columns = {1};
    shape.layout = Must(RowLayout::Make({TypeId::kInt64, TypeId::kInt64},
                                        {.hash = true, .extra_bytes = sizeof(void*)}));
    RowStore store(shape.layout,
                   std::make_shared<RowMemory>(Reservation(&context_.memory(), "bench")));
    uint64_t hashes[kVectorSize];
    uint8_t* rows[kVectorSize];
    for (const Batch& batch : batches) {
      HashColumns(std::span(batch.columns().data(), 1), batch.row_count(), hashes);
      Must(store.Append(batch.columns(), hashes, nullptr, batch.row_count(), rows));
    }
    runtime_.table = std::make_shared<JoinTable>(std::move(shape), context_);
    Must(runtime_.table->Build(std::move(store)));
  }

  // The sum of the partners' payloads.
  uint64_t Probe(const std::vector<Batch>& batches) const {
    JoinPairs pairs(runtime_, context_);
    Vector payload;
    uint64_t sum = 0;
    for (const Batch& batch : batches) {
      Must(pairs.Start(batch));
      while (pairs.Next()) {
        payload.Reset(TypeId::kInt64);
        GatherColumn(runtime_.table->layout(), 1, pairs.build_rows(), pairs.count(), payload);
        const auto* values = payload.data<uint64_t>();
        for (size_t i = 0; i < pairs.count(); ++i) sum += values[i];
      }
    }
    return sum;
  }

  size_t row_count() const { return runtime_.table->row_count(); }

 private:
  QueryContext context_;
  PhysicalJoin::Fields fields_;
  JoinRuntime runtime_;
};

std::string SizeName(size_t rows) {
  return rows >= 1'000'000 ? std::to_string(rows / 1'000'000) + " M"
                           : std::to_string(rows / 1'000) + " K";
}

void Measure(Report& report, size_t rows, bool sparse) {
  const std::string kind = sparse ? " sparse keys" : " dense keys";
  const std::string build_name = SizeName(rows) + kind;
  const std::string all_name = SizeName(rows) + kind + ", all match";
  const std::string few_name = SizeName(rows) + kind + ", 5 % match";
  if (report.Wants("join build", build_name)) {
    Sides sides = MakeSides(rows, 0, 1, sparse);
    const std::vector<Batch> batches = Batches({&sides.build_keys, &sides.payloads});
    // Small tables are built many times, for the clock.
    const size_t repeats = std::max<size_t>(1, 200'000 / rows);
    report.Compare(
        "join build", build_name, "row", rows * repeats,
        [&](bool) {
          uint64_t sum = 0;
          for (size_t repeat = 0; repeat < repeats; ++repeat) {
            LinearTable table(rows);
            for (size_t i = 0; i < rows; ++i) {
              table.Insert(static_cast<uint64_t>(sides.build_keys[i]),
                           static_cast<uint64_t>(sides.payloads[i]));
            }
            sum += table.Find(static_cast<uint64_t>(sides.build_keys[0])) != nullptr ? rows : 0;
          }
          return sum;
        },
        [&](bool) {
          uint64_t sum = 0;
          for (size_t repeat = 0; repeat < repeats; ++repeat) {
            EngineJoin join;
            join.Build(batches);
            sum += join.row_count();
          }
          return sum;
        },
        false, "linear probing");
  }
  for (const bool all : {true, false}) {
    const std::string& name = all ? all_name : few_name;
    if (!report.Wants("join probe", name)) continue;
    constexpr size_t kProbes = size_t{1} << 22;
    Sides sides = MakeSides(rows, kProbes, all ? 1 : 20, sparse);
    EngineJoin join;
    join.Build(Batches({&sides.build_keys, &sides.payloads}));
    LinearTable table(rows);
    for (size_t i = 0; i < rows; ++i) {
      table.Insert(static_cast<uint64_t>(sides.build_keys[i]),
                   static_cast<uint64_t>(sides.payloads[i]));
    }
    const std::vector<Batch> probes = Batches({&sides.probe_keys});
    report.Compare(
        "join probe", name, "row", kProbes,
        [&](bool) {
          uint64_t sum = 0;
          for (const int64_t key : sides.probe_keys) {
            const uint64_t* payload = table.Find(static_cast<uint64_t>(key));
            if (payload != nullptr) sum += *payload;
          }
          return sum;
        },
        [&](bool) { return join.Probe(probes); }, false, "linear probing");
  }
}

}  // namespace

void MeasureJoins(Report& report) {
  for (const bool sparse : {true, false}) {
    for (const size_t rows : {1'000, 100'000, 1'000'000, 10'000'000}) {
      Measure(report, rows, sparse);
    }
  }
}

}  // namespace trivet::bench
