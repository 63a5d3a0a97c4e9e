// string_agg: texts in the input's order, joined by a constant separator.
#include <algorithm>

#include "base/interruptible_sort.h"
#include "expression/aggregates/kept_value.h"
#include "expression/aggregates/register.h"
#include "expression/aggregates/state_loops.h"
#include "expression/aggregates/value_list.h"
#include "expression/aggregates/variants.h"

namespace trivet {

namespace {

struct Separator final : FunctionState {
  bool is_null = false;
  std::string text = ",";
};

struct StringAggregate {
  struct Piece {
    RowPosition position;
    StringView text;
  };
  struct State {
    ValueList<Piece> pieces;
    uint64_t bytes;
  };
  static void Initialize(const BoundAggregateFunction&, State& state) { state = State{}; }
  static constexpr bool kIsRefusable = true;
  static bool Add(const AggregateCall& call, State& state, const StringView& value, size_t row) {
    Piece piece{RowPosition::Of(call.order, row), {}};
    if (!CopyToArena(call.arena, value, piece.text)) return false;
    if (!state.pieces.Add(call.arena, piece)) return false;
    state.bytes += value.size();
    return true;
  }
  static void Combine(const AggregateCall&, const State& source, State& target) {
    target.pieces.Append(source.pieces);
    target.bytes += source.bytes;
  }
  static void Write(const AggregateCall&, const State& state, StateWriter& out) {
    out.PutUnsigned(state.pieces.count());
    state.pieces.ForEach([&](const Piece& piece) {
      out.PutPosition(piece.position);
      out.PutValue(piece.text);
    });
  }
  static bool Absorb(const AggregateCall& call, StateReader& in, State& target) {
    uint64_t count = 0;
    if (!in.GetCount(count)) return false;
    const State before = target;
    for (uint64_t i = 0; i < count; ++i) {
      Piece piece{};
      StringView text;
      if (!in.GetPosition(piece.position) || !in.GetValue(LogicalType(TypeId::kVarchar), text)) {
        return false;
      }
      if (!CopyToArena(call.arena, text, piece.text) || !target.pieces.Add(call.arena, piece)) {
        target = before;
        break;
      }
      target.bytes += text.size();
    }
    return true;
  }
  static void Finalize(const AggregateCall& call, uint8_t* const* states, size_t count,
                       Vector& result) {
    const auto& separator = static_cast<const Separator&>(*call.bound.state);
    for (size_t row = 0; row < count && !call.context.cancellation().IsCancelled(); ++row) {
      const State& state = *reinterpret_cast<const State*>(states[row]);
      if (state.pieces.empty() || separator.is_null) {
        result.SetNull(row);
      } else {
        Join(call, state, separator.text, row, result);
      }
    }
  }

 private:
  // False after an error, which the call knows.
  static bool PutInOrder(const AggregateCall& call, Piece* pieces, uint64_t count) {
    const auto earlier = [](const Piece& a, const Piece& b) { return a.position < b.position; };
    if (std::is_sorted(pieces, pieces + count, earlier)) return true;
    auto* scratch = static_cast<Piece*>(call.arena.Allocate(count * sizeof(Piece)));
    if (scratch == nullptr) return false;
    // A batch whose rows went in several times may repeat positions: their order stays.
    const Status status = SortInterruptibly<Piece>({pieces, count}, {scratch, count}, earlier,
                                                   call.context.cancellation());
    if (!status.ok()) call.errors.Add(0, status);
    return status.ok();
  }

  static void Join(const AggregateCall& call, const State& state, const std::string& separator,
                   size_t row, Vector& result) {
    const uint64_t count = state.pieces.count();
    Piece* pieces = state.pieces.Gather(call);
    if (pieces == nullptr) return result.SetNull(row);
    if (!PutInOrder(call, pieces, count)) return result.SetNull(row);
    const uint64_t size = state.bytes + (count - 1) * separator.size();
    if (size > ~uint32_t{0}) {
      call.errors.Add(row, Status::InvalidInput("string_agg: the text is longer than 4 GiB"));
      return result.SetNull(row);
    }
    char inline_bytes[StringView::kInlineSize];
    char* out = size <= StringView::kInlineSize ? inline_bytes : result.AllocateString(size);
    if (out == nullptr) return result.SetNull(row);
    char* next = out;
    for (uint64_t i = 0; i < count; ++i) {
      if (i % kSortPiece == 0 && call.context.cancellation().IsCancelled()) break;
      if (i != 0) next = std::copy(separator.begin(), separator.end(), next);
      next = std::copy_n(pieces[i].text.data(), pieces[i].text.size(), next);
    }
    result.mutable_data<StringView>()[row] = StringView(out, static_cast<uint32_t>(size));
  }
};

}  // namespace

void RegisterStringAggregate(FunctionRegistry& registry) {
  AggregateFunction function;
  function.name = "string_agg";
  function.description = "Texts that are not NULL, joined by a separator (a comma)";
  function.return_type = TypeId::kVarchar;
  function.state_size = sizeof(StringAggregate::State);
  function.initialize = InitializeState<StringAggregate>;
  function.update = UpdateUnary<StringAggregate, StringView>;
  function.update_single = UpdateUnarySingle<StringAggregate, StringView>;
  function.combine = CombineStates<StringAggregate>;
  function.finalize = StringAggregate::Finalize;
  FillSerialization<StringAggregate>(function);
  function.order_dependent = true;
  function.bind = [](std::span<const ExpressionPtr> arguments,
                     BoundAggregateFunction& bound) -> Status {
    auto separator = std::make_shared<Separator>();
    bound.argument_types[0] = TypeId::kVarchar;
    if (arguments.size() == 2) {
      TRIVET_ASSIGN_OR_RETURN(const Value value,
                              ConstantArgument(*arguments[1], "string_agg", "separator"));
      separator->is_null = value.is_null();
      if (!value.is_null()) separator->text = value.string();
    }
    bound.state = std::move(separator);
    return Status::OK();
  };
  function.parameters = {Parameter::Kind::kAny};
  registry.AddAggregate(function);
  function.parameters = {Parameter::Kind::kAny, TypeId::kVarchar};
  registry.AddAggregate(std::move(function));
  registry.AddAlias("group_concat", "string_agg");
  registry.AddAlias("listagg", "string_agg");
}

}  // namespace trivet
