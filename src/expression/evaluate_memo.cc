// Calls that take long for a text, over texts that come again without a dictionary that says so.
#include <time.h>

#include <algorithm>

#include "expression/costly_state.h"
#include "expression/evaluation_node.h"
#include "expression/memo_use.h"
#include "expression/text_memo.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

// Of this thread: others do not count.
uint64_t ProcessorNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

class MemoNode : public EvaluationNode {
 public:
  MemoNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression),
        context_(context),
        text_(CompileExpression(expression->children().front(), context)),
        memo_(context.memory()) {
    std::vector<ExpressionPtr> arguments = expression->children();
    arguments.front() = Expression::Input(0, arguments.front()->type());
    call_ = CompileCall(Expression::Call(expression->function(), std::move(arguments)), context);
  }

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(text_->Evaluate(input, errors, texts_));
    const size_t count = input.row_count();
    const Status status = texts_.is_constant()
                              ? call_->Evaluate(Batch({texts_}, count), errors, result)
                              : EvaluateTexts(count, errors, result);
    texts_.Recycle();
    return status;
  }

 private:
  static constexpr uint64_t kAsked = uint64_t{1} << 63;  // an offset that is the number of a row

  Status EvaluateTexts(size_t count, LaneErrors& errors, Vector& result) {
    if (use_.asks() && !memo_.is_open() && !memo_.Open()) use_.Rest();
    const bool measures = use_.measures();
    const uint64_t start = measures ? ProcessorNanoseconds() : 0;
    size_t known = 0;
    if (use_.asks()) {
      TRIVET_RETURN_IF_ERROR(Look(count, errors, result, known));
    } else {
      TRIVET_RETURN_IF_ERROR(call_->Evaluate(Batch({texts_}, count), errors, result));
    }
    use_.Learn(count, known, measures ? ProcessorNanoseconds() - start : 0);
    if (use_.phase() == MemoUse::Phase::kRests && memo_.is_open()) memo_.Close();
    return Status::OK();
  }

  Status Look(size_t count, LaneErrors& errors, Vector& result, size_t& known) {
    result.Reset(type(), std::max<size_t>(count, kVectorSize));
    result.ReserveStrings(context_.memory(), context_.cancellation());
    asked_.clear();
    asked_hashes_.clear();
    repeated_.clear();
    const size_t nulls = FindKnown(count, result);
    const size_t asked = asked_.size();
    if (asked > 0) {
      Status status = Ask(errors);
      if (!status.ok()) {
        // Places name rows that have no answer.
        memo_.Close();
        return status;
      }
      ScatterRows(answers_, asked, asked_.data(), result);
      auto* answers = result.mutable_data<StringView>();
      for (const Repeated& row : repeated_) answers[row.row] = answers[asked_[row.asked]];
      RememberAsked(result);
      answers_.Recycle();
    }
    known = count - nulls - asked;
    return result.string_status();
  }

  // Fills in the answers that are known, and NULL for NULL; gathers the rows that must be asked
  // for, and those whose text another such row has. Gives the number of NULLs.
  size_t FindKnown(size_t count, Vector& result) {
    const VectorView view = texts_.View();
    size_t nulls = 0;
    hashes_.resize(count);
    for (size_t row = 0; row < count; ++row) {
      hashes_[row] = HashOf(view.Get<StringView>(row));
      __builtin_prefetch(&memo_.PlaceOf(hashes_[row]));
    }
    for (size_t row = 0; row < count; ++row) {
      if (!view.IsValid(row)) {
        result.SetNull(row);
        ++nulls;
        continue;
      }
      const uint64_t hash = hashes_[row];
      const StringView& text = view.Get<StringView>(row);
      TextMemo::Place& place = memo_.PlaceOf(hash);
      if (place.hash == hash && (place.offset & kAsked) != 0) {
        const auto asked = static_cast<uint32_t>(place.offset);
        if (view.Get<StringView>(asked_[asked]) == text) {
          repeated_.push_back({static_cast<uint32_t>(row), asked});
          continue;
        }
      } else if (memo_.Holds(place, hash, text.view())) {
        result.SetString(row, memo_.AnswerOf(place));
        continue;
      }
      place = {hash, kAsked | asked_.size(), 0, 0};
      asked_.push_back(static_cast<uint32_t>(row));
      asked_hashes_.push_back(hash);
    }
    return nulls;
  }

  Status Ask(LaneErrors& errors) {
    Vector texts = texts_;
    auto rows = MakeIndices(asked_.size());
    std::ranges::copy(asked_, rows.get());
    texts.Slice(rows, asked_.size());
    return call_->Evaluate(Batch({std::move(texts)}, asked_.size()), errors, answers_);
  }

  void RememberAsked(const Vector& result) {
    const VectorView texts = texts_.View();
    for (size_t i = 0; i < asked_.size(); ++i) {
      TextMemo::Place& place = memo_.PlaceOf(asked_hashes_[i]);
      if (place.offset != (kAsked | i)) continue;  // another text has its place
      const uint32_t row = asked_[i];
      memo_.Remember(place, asked_hashes_[i], texts.Get<StringView>(row).view(),
                     result.data<StringView>()[row].view());
    }
  }

  struct Repeated {
    uint32_t row;
    uint32_t asked;  // the place in asked_ of the row with the same text
  };

  const EvaluationContext& context_;
  EvaluationNodePtr text_;
  EvaluationNodePtr call_;  // of input 0
  MemoUse use_;
  TextMemo memo_;
  Vector texts_;
  Vector answers_;  // to the rows asked
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> asked_;  // rows
  std::vector<uint64_t> asked_hashes_;
  std::vector<Repeated> repeated_;
};

}  // namespace

bool IsWorthRemembering(const Expression& call) {
  const BoundScalarFunction& bound = call.function();
  const auto* state = dynamic_cast<const CostlyState*>(bound.state.get());
  if (state == nullptr || !state->is_costly() || bound.can_fail) return false;
  if (bound.function->volatility != Volatility::kImmutable) return false;
  const std::vector<ExpressionPtr>& arguments = call.children();
  return call.type() == TypeId::kVarchar && arguments.front()->type() == TypeId::kVarchar &&
         !arguments.front()->IsConstant() &&
         std::all_of(arguments.begin() + 1, arguments.end(),
                     [](const ExpressionPtr& argument) { return argument->IsConstant(); });
}

EvaluationNodePtr CompileMemo(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<MemoNode>(expression, context);
}

}  // namespace trivet
