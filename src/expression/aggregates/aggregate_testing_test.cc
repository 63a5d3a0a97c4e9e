// What aggregate_testing.h declares; a _test file, so that the library does not hold it.
#include "expression/aggregates/aggregate_testing.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace trivet {

// A set of states with their arena, as a thread of the operator holds them.
class BoundTestAggregate::Run {
 public:
  Run(const BoundAggregateFunction& bound, const TestEvaluationContext& context)
      : bound_(bound),
        context_(context),
        arena_(std::make_unique<AggregateArena>(Reservation(&context.memory(), "TEST"))) {
    const size_t size = (bound.function->state_size + 15) / 16 * 16;
    memory_.resize((size + 16) * 2 / 16 + 2);
    state_ = reinterpret_cast<uint8_t*>(memory_.data());
    other_ = state_ + size;
    bound.function->initialize(bound, state_);
    bound.function->initialize(bound, other_);
  }
  AggregateCall Call(BatchOrder order) { return {bound_, *arena_, context_, errors_, order}; }

  // Rows go to the state; where `random` is given, by `update` with every other row repeated into a
  // second group whose answer nobody reads.
  void Add(const std::vector<Vector>& columns, size_t count, BatchOrder order, bool grouped) {
    if (!grouped) {
      bound_.function->update_single(Call(order), columns, count, state_);
      return;
    }
    std::vector<uint8_t*> states(count, state_);
    if (bound_.function->update_runs != nullptr && order.sequence % 2 == 1) {
      // As two runs of one group, beside an empty one.
      std::vector<uint32_t> selection(count);
      std::iota(selection.begin(), selection.end(), 0u);
      const auto half = static_cast<uint32_t>(count / 2);
      const uint32_t ends[] = {half, half, static_cast<uint32_t>(count)};
      uint8_t* const targets[] = {state_, other_, state_};
      bound_.function->update_runs(Call(order), columns, selection.data(), ends, 3, targets);
    } else {
      bound_.function->update(Call(order), columns, count, states.data());
    }
    std::fill(states.begin(), states.end(), other_);
    bound_.function->update(Call(order), columns, count, states.data());
  }
  void Combine(Run&& other) {
    uint8_t* sources[] = {other.state_, other.other_};
    uint8_t* targets[] = {state_, other_};
    bound_.function->combine(Call({}), sources, targets, 2);
    arena_->Adopt(std::move(*other.arena_));
  }
  std::string Serialize() {
    Vector blobs = Vector::MakeFlat(TypeId::kBlob, 2);
    uint8_t* states[] = {state_, other_};
    bound_.function->serialize(Call({}), states, 2, blobs);
    EXPECT_TRUE(errors_.empty() && arena_->status().ok());
    return blobs.GetValue(0).string();
  }
  Status Absorb(const std::vector<std::string>& states) {
    for (const std::string& bytes : states) {
      Vector blobs = Vector::MakeFlat(TypeId::kBlob, 2);
      blobs.SetString(0, bytes);
      blobs.SetString(1, bytes);
      uint8_t* targets[] = {state_, other_};
      bound_.function->deserialize_combine(Call({}), blobs, 2, targets);
    }
    TRIVET_RETURN_IF_ERROR(errors_.First());
    return arena_->status();
  }
  Result<Value> Finalize() {
    Vector result = Vector::MakeFlat(bound_.return_type, 1);
    bound_.function->finalize(Call({}), &state_, 1, result);
    TRIVET_RETURN_IF_ERROR(arena_->status());
    TRIVET_RETURN_IF_ERROR(errors_.First());
    return result.GetValue(0);
  }

 private:
  struct alignas(16) Unit {
    uint8_t bytes[16];
  };
  const BoundAggregateFunction& bound_;
  const TestEvaluationContext& context_;
  std::unique_ptr<AggregateArena> arena_;
  LaneErrors errors_;
  std::vector<Unit> memory_;
  uint8_t* state_;
  uint8_t* other_;
};

BoundTestAggregate::BoundTestAggregate(const std::string& name, std::vector<LogicalType> types,
                                       std::vector<Value> constants)
    : varying_(types.size()), constants_(std::move(constants)) {
  std::vector<ExpressionPtr> arguments;
  for (size_t i = 0; i < types.size(); ++i) {
    arguments.push_back(Expression::Input(static_cast<uint32_t>(i), types[i]));
  }
  for (const Value& constant : constants_) arguments.push_back(Expression::Constant(constant));
  auto bound = FunctionRegistry::Builtin().BindAggregate(name, arguments);
  status_ = bound.status();
  if (bound.ok()) bound_ = std::move(bound).value();
}

std::vector<Vector> BoundTestAggregate::MakeColumns(const ValueRows& rows, size_t from,
                                                    size_t count, std::mt19937_64* random) const {
  std::vector<Vector> columns;
  for (size_t c = 0; c < varying_; ++c) {
    // Stored in the bound type: integers and decimals keep their number.
    Vector flat = Vector::MakeFlat(bound_.argument_types[c], std::max<size_t>(count, 1));
    for (size_t i = 0; i < count; ++i) flat.SetValue(i, rows[from + i][c]);
    if (random != nullptr && (*random)() % 2 == 0) {
      // Reversed dictionary, read backwards.
      auto dictionary = std::make_shared<Vector>(
          Vector::MakeFlat(bound_.argument_types[c], std::max<size_t>(count, 1)));
      auto codes = MakeIndices(std::max<size_t>(count, 1));
      for (size_t i = 0; i < count; ++i) {
        codes[i] = static_cast<uint32_t>(count - 1 - i);
        dictionary->SetValue(count - 1 - i, rows[from + i][c]);
      }
      flat = Vector::MakeDictionary(std::move(dictionary), codes, count,
                                    (*random)() % 2 ? Vector::NextDictionaryId() : 0);
    } else if (random != nullptr && count == 1) {
      flat = Vector::MakeConstant(flat.GetValue(0));
    }
    columns.push_back(std::move(flat));
  }
  for (const Value& constant : constants_) columns.push_back(Vector::MakeConstant(constant));
  return columns;
}

Result<Value> BoundTestAggregate::Compute(const ValueRows& rows) const {
  TestEvaluationContext context;
  Run run(bound_, context);
  uint64_t sequence = 0;
  for (size_t from = 0; from < rows.size(); from += kVectorSize) {
    const size_t count = std::min(kVectorSize, rows.size() - from);
    run.Add(MakeColumns(rows, from, count, nullptr), count, {0, sequence++}, false);
  }
  return run.Finalize();
}

std::vector<std::unique_ptr<BoundTestAggregate::Run>> BoundTestAggregate::RunParts(
    const ValueRows& rows, size_t parts, std::mt19937_64& random,
    const TestEvaluationContext& context) const {
  std::vector<std::unique_ptr<Run>> runs;
  for (size_t i = 0; i < parts; ++i) runs.push_back(std::make_unique<Run>(bound_, context));
  struct Piece {
    size_t from;
    size_t count;
    BatchOrder order;
  };
  std::vector<Piece> pieces;
  for (size_t from = 0; from < rows.size();) {
    const size_t count = std::min<size_t>(1 + random() % 300, rows.size() - from);
    pieces.push_back({from, count, {from / 1000, from}});
    from += count;
  }
  // Threads take pieces in any order.
  std::shuffle(pieces.begin(), pieces.end(), random);
  for (const Piece& piece : pieces) {
    runs[random() % runs.size()]->Add(MakeColumns(rows, piece.from, piece.count, &random),
                                      piece.count, piece.order, random() % 2 == 0);
  }
  return runs;
}

Result<Value> BoundTestAggregate::ComputeSplit(const ValueRows& rows, uint64_t seed) const {
  std::mt19937_64 random(seed);
  TestEvaluationContext context;
  std::vector<std::unique_ptr<Run>> runs = RunParts(rows, 1 + random() % 4, random, context);
  while (runs.size() > 1) {
    std::shuffle(runs.begin(), runs.end(), random);
    runs[0]->Combine(std::move(*runs.back()));
    runs.pop_back();
  }
  return runs.front()->Finalize();
}

std::vector<std::string> BoundTestAggregate::Serialize(const ValueRows& rows, size_t parts,
                                                       uint64_t seed) const {
  std::mt19937_64 random(seed);
  TestEvaluationContext context;
  std::vector<std::string> states;
  for (const auto& run : RunParts(rows, parts, random, context)) {
    states.push_back(run->Serialize());
  }
  return states;
}

Result<Value> BoundTestAggregate::ComputeFrom(const std::vector<std::string>& states) const {
  TestEvaluationContext context;
  Run run(bound_, context);
  TRIVET_RETURN_IF_ERROR(run.Absorb(states));
  return run.Finalize();
}

Result<std::string> BoundTestAggregate::Merge(const std::vector<std::string>& states) const {
  TestEvaluationContext context;
  Run run(bound_, context);
  TRIVET_RETURN_IF_ERROR(run.Absorb(states));
  return run.Serialize();
}

bool Identical(const Value& a, const Value& b) {
  if (!(a.type() == b.type()) || a.is_null() != b.is_null()) return false;
  if (a.is_null()) return true;
  if (a.type().IsFloating()) {
    return std::bit_cast<uint64_t>(a.floating()) == std::bit_cast<uint64_t>(b.floating());
  }
  if (a.type().id() == TypeId::kInterval) return a.interval() == b.interval();
  return a == b;
}

Value Aggregate(const std::string& name, const std::vector<LogicalType>& types,
                const ValueRows& rows, const std::vector<Value>& constants) {
  const BoundTestAggregate aggregate(name, types, constants);
  EXPECT_TRUE(aggregate.status().ok()) << aggregate.status().ToString();
  if (!aggregate.status().ok()) return Value();
  const Result<Value> whole = aggregate.Compute(rows);
  EXPECT_TRUE(whole.ok()) << name << ": " << whole.status().ToString();
  if (!whole.ok()) return Value();
  EXPECT_EQ(whole->type(), aggregate.bound().return_type);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Result<Value> split = aggregate.ComputeSplit(rows, seed);
    EXPECT_TRUE(split.ok()) << name << ": " << split.status().ToString();
    if (!split.ok()) return Value();
    EXPECT_TRUE(Identical(*whole, *split))
        << name << ": " << whole->ToString() << " differs from " << split->ToString();
  }
  return *whole;
}

Value AggregateOf(const std::string& name, const LogicalType& type,
                  const std::vector<Value>& values, const std::vector<Value>& constants) {
  ValueRows rows;
  for (const Value& value : values) rows.push_back({value});
  return Aggregate(name, {type}, rows, constants);
}

std::vector<Value> Doubles(const std::vector<double>& values) {
  std::vector<Value> result;
  for (double value : values) result.push_back(Value::Double(value));
  return result;
}

std::vector<Value> Integers(const LogicalType& type, const std::vector<int64_t>& values) {
  std::vector<Value> result;
  for (int64_t value : values) result.push_back(Value::Integer(type, value));
  return result;
}

std::vector<Value> Strings(const std::vector<std::string>& values) {
  std::vector<Value> result;
  for (const std::string& value : values) result.push_back(Value::Varchar(value));
  return result;
}

}  // namespace trivet
