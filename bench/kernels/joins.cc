// Hash joins of one int64 key with one int64 payload: the engine's table, built from batches and
// probed by batches that gather the payload, beside a linear-probing table of key and payload.
// Where keys have several rows, the naive table's slots start chains.
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "base/hash.h"
#include "context/query_context.h"
#include "execution/operators/join_gather.h"
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

// A linear-probing table of keys, each with the chain of its rows, the latest first.
class ChainTable {
 public:
  explicit ChainTable(const std::vector<int64_t>& keys, const std::vector<int64_t>& payloads)
      : heads_(keys.size()), rows_(keys.size() + 1) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto key = static_cast<uint64_t>(keys[i]);
      auto* head = const_cast<uint64_t*>(heads_.Find(key));
      rows_[i + 1] = {static_cast<uint64_t>(payloads[i]), head != nullptr ? *head : 0};
      if (head != nullptr) {
        *head = i + 1;
      } else {
        heads_.Insert(key, i + 1);
      }
    }
  }
  uint64_t SumOf(uint64_t key) const {
    const uint64_t* head = heads_.Find(key);
    uint64_t sum = 0;
    for (uint64_t at = head != nullptr ? *head : 0; at != 0; at = rows_[at].next) {
      sum += rows_[at].payload;
    }
    return sum;
  }

 private:
  struct Row {
    uint64_t payload;
    uint64_t next;
  };
  LinearTable heads_;
  std::vector<Row> rows_;
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

// Build rows of which each key has `rows_per_key`, or, where that is 0, one key in some has very
// many: the number of a key is the cube of what is drawn evenly. Probe rows match each key alike,
// so many that about `pairs` pairs come of them.
Sides MakeDuplicates(size_t rows, size_t rows_per_key, size_t pairs, bool sparse) {
  std::mt19937_64 random(1);
  const auto key = [&](uint64_t number) {
    return static_cast<int64_t>(sparse ? HashInt64(number) : number);
  };
  const bool skewed = rows_per_key == 0;
  const size_t keys = std::max<size_t>(1, skewed ? rows : rows / rows_per_key);
  Sides sides;
  for (size_t i = 0; i < rows; ++i) {
    const double drawn = std::ldexp(static_cast<double>(random() >> 11), -53);
    const auto number =
        static_cast<uint64_t>(static_cast<double>(keys) * (skewed ? drawn * drawn * drawn : drawn));
    sides.build_keys.push_back(key(1 + number));
    sides.payloads.push_back(static_cast<int64_t>(i * 3));
  }
  for (size_t i = 0; i < pairs / std::max<size_t>(1, rows_per_key); ++i) {
    sides.probe_keys.push_back(key(1 + random() % keys));
  }
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
    shape.layout = Must(RowLayout::Make({TypeId::kInt64, TypeId::kInt64}, {.hash = true}));
    runtime_.table = std::make_shared<JoinTable>(std::move(shape), context_);
    JoinRowGatherer gatherer(*runtime_.table, context_, false);
    uint64_t hashes[kVectorSize];
    for (const Batch& batch : batches) {
      HashColumns(std::span(batch.columns().data(), 1), batch.row_count(), hashes);
      Must(gatherer.Append(batch.columns(), hashes, nullptr, batch.row_count(), false));
    }
    std::vector<GatheredRows> gathered;
    gatherer.Take(gathered);
    JoinTableBuilder builder(*runtime_.table, 1);
    Must(builder.Prepare(gathered));
    for (size_t task = 0; task < builder.task_count(); ++task) Must(builder.RunTask(task));
    Must(builder.Finish());
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

void MeasureDuplicates(Report& report, size_t rows, size_t rows_per_key, bool sparse) {
  const std::string name =
      SizeName(rows) + (sparse ? " sparse keys, " : " dense keys, ") +
      (rows_per_key == 0 ? "skewed" : std::to_string(rows_per_key) + " rows a key");
  constexpr size_t kPairs = size_t{1} << 22;
  if (!report.Wants("join build", name) && !report.Wants("join pairs", name)) return;
  Sides sides = MakeDuplicates(rows, rows_per_key, kPairs, sparse);
  const std::vector<Batch> build = Batches({&sides.build_keys, &sides.payloads});
  const std::vector<Batch> probes = Batches({&sides.probe_keys});
  if (report.Wants("join build", name)) {
    report.Compare(
        "join build", name, "row", rows,
        [&](bool) {
          const ChainTable table(sides.build_keys, sides.payloads);
          return table.SumOf(static_cast<uint64_t>(sides.build_keys[0])) != 0 ? rows : 0;
        },
        [&](bool) {
          EngineJoin join;
          join.Build(build);
          return join.row_count();
        },
        false, "chains");
  }
  if (!report.Wants("join pairs", name)) return;
  EngineJoin join;
  join.Build(build);
  const ChainTable table(sides.build_keys, sides.payloads);
  report.Compare(
      "join pairs", name, "pair", kPairs,
      [&](bool) {
        uint64_t sum = 0;
        for (const int64_t key : sides.probe_keys) sum += table.SumOf(static_cast<uint64_t>(key));
        return sum;
      },
      [&](bool) { return join.Probe(probes); }, false, "chains");
}

}  // namespace

void MeasureJoins(Report& report) {
  for (const bool sparse : {true, false}) {
    for (const size_t rows : {1'000, 100'000, 1'000'000, 10'000'000}) {
      Measure(report, rows, sparse);
    }
    for (const size_t rows : {100'000, 1'000'000, 10'000'000}) {
      for (const size_t rows_per_key : {8, 64, 0}) {
        MeasureDuplicates(report, rows, rows_per_key, sparse);
      }
    }
  }
}

}  // namespace trivet::bench
