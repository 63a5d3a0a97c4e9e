#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "expression/evaluator.h"
#include "formats/parquet/morsel_columns.h"
#include "formats/parquet/row_selection.h"
#include "formats/parquet/scan_plan.h"

namespace trivet::parquet {

// Applies a scan's filters to the windows of one morsel, the most telling first: by rows rejected
// for the cost, re-ranked as counts come in. A predicate over one dictionary-coded column is
// evaluated once per entry of the dictionary. Columns are loaded only while rows are left. One
// thread at a time.
class WindowFilter {
 public:
  WindowFilter(const ScanPlan& plan, const ExecutionContext& context);

  // False where a chunk's dictionary proves that no row of the morsel passes; then `by` is the
  // dynamic filter, if any, that none passes. `may_have_nulls` tells of a slot whether its column
  // can be NULL in this morsel.
  Result<bool> MayPassDictionaries(MorselColumns& columns, const std::vector<bool>& may_have_nulls,
                                   const PlannedDynamic*& by);
  // Removes from the selection (all rows of the window) those that do not pass. `rows_left` are the
  // rows of the morsel from here on.
  Status Apply(MorselColumns& columns, uint64_t rows_left, RowSelection& selection);

 private:
  // Answers of a predicate for every entry of a dictionary; where all of a chunk's was asked, the
  // NULL entry comes last.
  struct DictionaryAnswers {
    uint64_t id = 0;
    uint64_t valid_id = 0;  // of the same one without the NULL entry, where known
    std::vector<uint8_t> passes;
    bool any = false;  // some entry passes
    bool null_passes = false;
  };
  struct Step {
    const PlannedConjunct* conjunct = nullptr;  // or
    const PlannedDynamic* dynamic = nullptr;
    FilterCounts* counts = nullptr;
    uint64_t tested = 0;
    uint64_t passed = 0;
    double guess = 0.5;
    double cost = 1;
    double rank = 0;       // rows that it spares for its cost
    bool retired = false;  // a dynamic filter that filters too little
    std::unique_ptr<Evaluator> evaluator;
    DictionaryAnswers answers;
    std::shared_ptr<const DynamicFilter::Content> content;

    const std::vector<size_t>& slots() const {
      return conjunct != nullptr ? conjunct->slots : dynamic->slots;
    }
  };

  void Rank();
  // The content of a filter that gets tighter while the scan runs.
  static void TakeNewest(Step& step);
  Status ApplyStep(Step& step, MorselColumns& columns, uint64_t rows_left, RowSelection& selection);
  Status Evaluate(Step& step, MorselColumns& columns, RowSelection& selection);
  Status AnswerDictionary(Step& step, const std::shared_ptr<const Vector>& values, size_t entries,
                          uint64_t id);
  static bool WorthAnswering(size_t entries, uint64_t rows_left, size_t selected, size_t window);
  static bool IsSureToPassOne(const Step& step, size_t entries);

  std::vector<Step> steps_;    // that cannot fail, in the order of the moment
  std::vector<Step> ordered_;  // in written order
  size_t window_ = 0;
  size_t window_rows_ = 0;
};

}  // namespace trivet::parquet
