#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "execution/morsel_tracker.h"
#include "execution/physical_operator.h"
#include "execution/pipeline_builder.h"

namespace trivet {

// Gives prepared morsels of batches, which threads take in order. For tests of operators.
class RowsOperator final : public PhysicalOperator {
 public:
  using Morsels = std::vector<std::vector<Batch>>;

  RowsOperator(std::vector<PhysicalColumn> schema, Morsels morsels)
      : PhysicalOperator(std::move(schema), {}),
        morsels_(std::make_shared<const Morsels>(std::move(morsels))) {}

  std::string_view name() const override { return "TEST_ROWS"; }
  OperatorCapabilities capabilities() const override { return {.streaming = true}; }
  void VisitFields(FieldVisitor&) override {}
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<RowsOperator>(*this);
  }
  Status BuildPipelines(PipelineBuilder& builder) const override {
    auto takers = builder.MorselTakers();
    builder.SetSource(*this, std::make_shared<RowsSource>(morsels_, std::move(takers)));
    return Status::OK();
  }

 private:
  class RowsSource final : public Source {
   public:
    RowsSource(std::shared_ptr<const Morsels> morsels,
               std::function<std::unique_ptr<MorselTaker>()> takers)
        : morsels_(std::move(morsels)), takers_(std::move(takers)) {}
    Result<std::unique_ptr<LocalSource>> MakeLocal(const ExecutionContext&) override {
      return std::unique_ptr<LocalSource>(std::make_unique<Local>(*this, takers_()));
    }

   private:
    class Local final : public LocalSource {
     public:
      Local(RowsSource& source, std::unique_ptr<MorselTaker> taker)
          : source_(source), taker_(std::move(taker)) {}
      Result<Outcome> Next(Batch& out, const CallContext& call) override {
        const Morsels& morsels = *source_.morsels_;
        while (morsel_ == ~uint64_t{0} || sequence_ == morsels[morsel_].size()) {
          // So that every thread gets its share of a few rows.
          std::this_thread::yield();
          const auto take = [&]() -> Result<std::optional<uint64_t>> {
            const uint64_t next = source_.next_.fetch_add(1);
            if (next >= morsels.size()) return std::optional<uint64_t>();
            morsel_ = next;
            return std::optional<uint64_t>(next);
          };
          TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
          if (!taken) return Outcome::kBlocked;
          if (taker_->exhausted()) return Outcome::kFinished;
          sequence_ = 0;
        }
        out = morsels[morsel_][sequence_];
        out.set_order({morsel_, sequence_++});
        return Outcome::kHaveOutput;
      }

     private:
      RowsSource& source_;
      std::unique_ptr<MorselTaker> taker_;
      uint64_t morsel_ = ~uint64_t{0};
      uint64_t sequence_ = 0;
    };

    std::shared_ptr<const Morsels> morsels_;
    std::function<std::unique_ptr<MorselTaker>()> takers_;
    std::atomic<uint64_t> next_{0};
  };

  std::shared_ptr<const Morsels> morsels_;
};

// Cuts rows into morsels and batches of random sizes, columns in random encodings.
inline RowsOperator::Morsels CutRows(const std::vector<PhysicalColumn>& schema,
                                     const std::vector<std::vector<Value>>& rows, uint64_t seed,
                                     size_t max_batch) {
  std::mt19937_64 random(seed);
  RowsOperator::Morsels morsels;
  for (size_t from = 0; from < rows.size();) {
    if (morsels.empty() || random() % 4 == 0) morsels.emplace_back();
    const size_t count = std::min<size_t>(1 + random() % max_batch, rows.size() - from);
    std::vector<Vector> columns;
    for (size_t c = 0; c < schema.size(); ++c) {
      Vector flat = Vector::MakeFlat(schema[c].type, count);
      if (random() % 2 == 0) {
        for (size_t i = 0; i < count; ++i) flat.SetValue(i, rows[from + i][c]);
        columns.push_back(std::move(flat));
        continue;
      }
      // A dictionary of the different values, in order of appearance.
      std::vector<Value> values;
      auto codes = MakeIndices(count);
      for (size_t i = 0; i < count; ++i) {
        const Value& value = rows[from + i][c];
        // By text: equal values of different representation stay apart.
        const auto same = [&](const Value& known) {
          return known.is_null() == value.is_null() && known.ToString() == value.ToString();
        };
        auto found = std::find_if(values.begin(), values.end(), same);
        if (found == values.end()) found = values.insert(values.end(), value);
        codes[i] = static_cast<uint32_t>(found - values.begin());
      }
      Vector entries = Vector::MakeFlat(schema[c].type, values.size());
      for (size_t i = 0; i < values.size(); ++i) entries.SetValue(i, values[i]);
      columns.push_back(Vector::MakeDictionary(std::make_shared<const Vector>(std::move(entries)),
                                               codes, values.size(),
                                               random() % 4 ? Vector::NextDictionaryId() : 0));
    }
    morsels.back().emplace_back(std::move(columns), count);
    from += count;
  }
  return morsels;
}

}  // namespace trivet
