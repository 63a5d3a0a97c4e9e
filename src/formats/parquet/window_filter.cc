#include "formats/parquet/window_filter.h"

#include <algorithm>
#include <utility>

#include "storage/dynamic_match.h"

namespace trivet::parquet {

namespace {

constexpr size_t kRankEvery = 16;  // windows

bool AllAreValid(const uint64_t* validity, size_t count) {
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    if (~validity[i / 64] != 0) return false;
  }
  return i == count || (~validity[i / 64] & ((uint64_t{1} << (count - i)) - 1)) == 0;
}

// Entries [first, first + count) of a flat vector; first is a multiple of 64. A dictionary's only
// NULL is its last entry: what comes before it is asked the faster way, without validity.
Vector SliceEntries(const std::shared_ptr<const Vector>& values, size_t first, size_t count) {
  const uint64_t* validity = values->validity();
  if (validity != nullptr) validity += first / 64;
  if (validity != nullptr && AllAreValid(validity, count)) validity = nullptr;
  return Vector::Wrap(values->type(), values->data<uint8_t>() + first * TypeSize(values->type()),
                      validity, values, count);
}

}  // namespace

WindowFilter::WindowFilter(const ScanPlan& plan, const ExecutionContext& context) {
  const auto add = [&](const PlannedConjunct& conjunct, FilterCounts* counts,
                       std::vector<Step>& steps) {
    Step step;
    step.conjunct = &conjunct;
    step.counts = counts;
    step.guess = conjunct.guess;
    step.cost = conjunct.cost;
    step.evaluator =
        std::make_unique<Evaluator>(std::vector<ExpressionPtr>{conjunct.local}, context);
    steps.push_back(std::move(step));
  };
  for (size_t i = 0; i < plan.free.size(); ++i) add(plan.free[i], &plan.free_counts[i], steps_);
  for (const PlannedConjunct& conjunct : plan.ordered) add(conjunct, nullptr, ordered_);
  for (size_t i = 0; i < plan.dynamic.size(); ++i) {
    Step step;
    step.dynamic = &plan.dynamic[i];
    step.counts = &plan.dynamic_counts[i];
    step.content = plan.dynamic[i].filter->Get();
    step.guess = 0.5;
    step.cost = plan.dynamic[i].cost;
    const uint64_t tested = step.counts->tested.load(std::memory_order_relaxed);
    const uint64_t passed = step.counts->passed.load(std::memory_order_relaxed);
    step.retired = LetsNearlyAllPass(tested, passed);
    const bool tightens = plan.dynamic[i].filter->tightens();
    if (tightens) step.retired = false;  // it was looser then
    if (step.content != nullptr || tightens) steps_.push_back(std::move(step));
  }
  Rank();
}

void WindowFilter::Rank() {
  const auto rank = [](const Step& step) {
    const auto tested = static_cast<double>(step.counts->tested.load(std::memory_order_relaxed));
    const auto passed = static_cast<double>(step.counts->passed.load(std::memory_order_relaxed));
    // The guess weighs as much as one window.
    constexpr double kWeight = 2048;
    const double share = (passed + step.guess * kWeight) / (tested + kWeight);
    return (1 - share) / step.cost;
  };
  // Other threads count on meanwhile: what is compared must stand still, or there is no order.
  for (Step& step : steps_) step.rank = rank(step);
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](const Step& a, const Step& b) { return a.rank > b.rank; });
  for (Step& step : steps_) {
    if (step.dynamic == nullptr || step.tested < kDynamicFilterTrial) continue;
    step.retired = LetsNearlyAllPass(step.tested, step.passed);
  }
}

bool WindowFilter::WorthAnswering(size_t entries, uint64_t rows_left, size_t selected,
                                  size_t window) {
  // Rows that will be tested, if the rest of the morsel is like this window.
  const uint64_t expected = rows_left * selected / std::max<size_t>(window, 1);
  return entries <= kVectorSize || entries <= expected;
}

Status WindowFilter::AnswerDictionary(Step& step, const std::shared_ptr<const Vector>& values,
                                      size_t entries, uint64_t id) {
  DictionaryAnswers& answers = step.answers;
  answers.id = id;
  answers.valid_id = 0;
  answers.any = false;
  answers.passes.assign(entries, 0);
  uint32_t rows[kVectorSize];
  for (size_t first = 0; first < entries; first += kVectorSize) {
    const size_t count = std::min(kVectorSize, entries - first);
    Vector slice = SliceEntries(values, first, count);
    uint8_t* passes = answers.passes.data() + first;
    size_t selected = 0;
    if (step.dynamic != nullptr) {
      selected = SelectDynamicFilter(*step.content, {&slice, 1}, nullptr, count, rows);
    } else {
      const Batch batch({std::move(slice)}, count);
      TRIVET_RETURN_IF_ERROR(step.evaluator->Select(0, batch, rows, selected));
    }
    for (size_t i = 0; i < selected; ++i) passes[rows[i]] = 1;
  }
  answers.null_passes = answers.passes.back() != 0;
  answers.any =
      std::find(answers.passes.begin(), answers.passes.end() - 1, 1) != answers.passes.end() - 1;
  return Status::OK();
}

// Of so many entries hardly ever none passes, as rows did so far: to ask each of them rules no
// chunk out.
bool WindowFilter::IsSureToPassOne(const Step& step, size_t entries) {
  constexpr double kSurelySome = 40;  // expected; what rows hold are not independent draws
  const uint64_t tested = step.counts->tested.load(std::memory_order_relaxed);
  const uint64_t passed = step.counts->passed.load(std::memory_order_relaxed);
  return step.dynamic != nullptr && tested > kDynamicFilterTrial &&
         static_cast<double>(passed) * static_cast<double>(entries) >
             kSurelySome * static_cast<double>(tested);
}

Result<bool> WindowFilter::MayPassDictionaries(MorselColumns& columns,
                                               const std::vector<bool>& may_have_nulls,
                                               const PlannedDynamic*& by) {
  for (Step& step : steps_) {
    if (step.dynamic != nullptr && step.content == nullptr) continue;
    // One that lets rows through anywhere hardly rules out a chunk, and hashing entries costs.
    if (step.retired && !(step.content->bloom.is_none() && step.content->list.is_none())) continue;
    if (step.slots().size() != 1) continue;
    const size_t slot = step.slots().front();
    TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const Dictionary> dictionary,
                            columns.LoadFullDictionary(slot));
    if (dictionary == nullptr || IsSureToPassOne(step, dictionary->size)) continue;
    TRIVET_RETURN_IF_ERROR(
        AnswerDictionary(step, dictionary->values, dictionary->size + 1, dictionary->id));
    step.answers.valid_id = dictionary->valid_id;
    if (!step.answers.any && !(step.answers.null_passes && may_have_nulls[slot])) {
      by = step.dynamic;
      return false;
    }
  }
  return true;
}

Status WindowFilter::Evaluate(Step& step, MorselColumns& columns, RowSelection& selection) {
  std::vector<Vector> vectors;
  for (const size_t slot : step.conjunct->slots) {
    TRIVET_ASSIGN_OR_RETURN(const Vector* vector, columns.Load(slot));
    vectors.push_back(*vector);
  }
  Batch batch(std::move(vectors), selection.count);
  if (selection.rows) batch.Slice(selection.rows, selection.count);
  auto kept = MakeIndices(kVectorSize);
  size_t count = 0;
  TRIVET_RETURN_IF_ERROR(step.evaluator->Select(0, batch, kept.get(), count));
  if (count == selection.count) return Status::OK();
  if (selection.rows) {
    for (size_t i = 0; i < count; ++i) kept[i] = selection.rows[kept[i]];
  }
  selection.rows = std::move(kept);
  selection.count = count;
  return Status::OK();
}

Status WindowFilter::ApplyStep(Step& step, MorselColumns& columns, uint64_t rows_left,
                               RowSelection& selection) {
  if (step.slots().size() == 1) {
    TRIVET_ASSIGN_OR_RETURN(const Vector* vector, columns.Load(step.slots().front()));
    const bool coded = vector->is_dictionary() && vector->dictionary_id() != 0;
    const bool known = coded && (step.answers.id == vector->dictionary_id() ||
                                 step.answers.valid_id == vector->dictionary_id());
    if (coded && (known || WorthAnswering(vector->dictionary_size(), rows_left, selection.count,
                                          window_rows_))) {
      if (!known) {
        TRIVET_RETURN_IF_ERROR(AnswerDictionary(
            step, vector->dictionary(), vector->dictionary_size(), vector->dictionary_id()));
      }
      const uint8_t* passes = step.answers.passes.data();
      const uint32_t* codes = vector->codes().get();
      selection.Filter([&](uint32_t row) { return passes[codes[row]] != 0; });
      return Status::OK();
    }
  }
  if (step.dynamic == nullptr) return Evaluate(step, columns, selection);
  std::vector<Vector> vectors;
  for (const size_t slot : step.slots()) {
    TRIVET_ASSIGN_OR_RETURN(const Vector* vector, columns.Load(slot));
    vectors.push_back(*vector);
  }
  selection.Narrow([&](const uint32_t* rows, size_t count, uint32_t* out) {
    return SelectDynamicFilter(*step.content, vectors, rows, count, out);
  });
  return Status::OK();
}

void WindowFilter::TakeNewest(Step& step) {
  std::shared_ptr<const DynamicFilter::Content> newest = step.dynamic->filter->Get();
  if (newest == step.content) return;
  step.content = std::move(newest);
  step.answers.id = step.answers.valid_id = 0;
  // What passed before says little of what passes now.
  step.retired = false;
  step.tested = step.passed = 0;
}

Status WindowFilter::Apply(MorselColumns& columns, uint64_t rows_left, RowSelection& selection) {
  window_rows_ = selection.count;
  if (++window_ % kRankEvery == 0) Rank();
  for (Step& step : steps_) {
    if (selection.count == 0) return Status::OK();
    if (step.dynamic != nullptr && step.dynamic->filter->tightens()) TakeNewest(step);
    if (step.retired || (step.dynamic != nullptr && step.content == nullptr)) continue;
    const size_t before = selection.count;
    TRIVET_RETURN_IF_ERROR(ApplyStep(step, columns, rows_left, selection));
    step.tested += before;
    step.passed += selection.count;
    step.counts->tested.fetch_add(before, std::memory_order_relaxed);
    step.counts->passed.fetch_add(selection.count, std::memory_order_relaxed);
    if (step.dynamic != nullptr) step.dynamic->NoteRemoved(before - selection.count, false);
  }
  for (Step& step : ordered_) {
    if (selection.count == 0) return Status::OK();
    TRIVET_RETURN_IF_ERROR(Evaluate(step, columns, selection));
  }
  return Status::OK();
}

}  // namespace trivet::parquet
