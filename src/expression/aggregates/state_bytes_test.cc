// States as bytes: over every function of the registry, what comes of serialised parts is what
// comes of all rows, bit for bit, and broken bytes are told.
#include "expression/aggregates/state_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "expression/aggregates/aggregate_testing.h"
#include "types/exact_product_sum.h"
#include "types/exact_sum.h"
#include "types/testing/random_values.h"

namespace trivet {
namespace {

// Functions whose states cannot travel. A new function is serialisable or named here.
const std::set<std::string> kNotSerializable = {};

std::vector<LogicalType> TypesOf(const Parameter& parameter) {
  const auto fits = [&](const LogicalType& type) {
    switch (parameter.kind) {
      case Parameter::Kind::kExact: return type == parameter.type;
      case Parameter::Kind::kAny: return true;
      case Parameter::Kind::kAnyDecimal: return type.id() == TypeId::kDecimal;
      case Parameter::Kind::kAnyInteger: return type.IsInteger();
      case Parameter::Kind::kAnyNumeric: return type.IsNumeric();
      case Parameter::Kind::kAnyTimestamp: return type.id() == TypeId::kTimestamp;
    }
    return false;
  };
  std::vector<LogicalType> types;
  std::ranges::copy_if(testing::ScalarTypes(), std::back_inserter(types), fits);
  return types;
}

ValueRows RandomRows(const std::vector<LogicalType>& types, size_t count, uint64_t seed,
                     bool with_specials) {
  std::mt19937_64 random(seed);
  ValueRows rows(count);
  for (std::vector<Value>& row : rows) {
    for (const LogicalType& type : types) {
      row.push_back(testing::RandomValue(type, random, 0.125, with_specials ? 0.05 : 0));
    }
  }
  return rows;
}

struct Case {
  std::string name;
  std::vector<LogicalType> types;
  std::vector<Value> constants;
  std::string ToString() const {
    std::string text = name + "(";
    for (const LogicalType& type : types) text += type.ToString() + ",";
    for (const Value& value : constants) text += value.ToString() + ",";
    return text + ")";
  }
};

// The calls of one overload: every type of the first argument, beside a few of a second one of any
// type; arguments that must be constant are.
std::vector<Case> CasesOf(const AggregateFunction& function) {
  if (function.parameters.empty()) return {{function.name, {}, {}}};
  const std::vector<LogicalType> first = TypesOf(function.parameters[0]);
  std::vector<Case> cases;
  for (size_t i = 0; i < first.size(); ++i) {
    if (function.parameters.size() == 1) {
      cases.push_back({function.name, {first[i]}, {}});
      continue;
    }
    if (function.name.find("quantile") != std::string::npos) {
      for (const double fraction : {0.0, 0.37, -0.8}) {
        cases.push_back({function.name, {first[i]}, {Value::Double(fraction)}});
      }
      continue;
    }
    if (function.parameters[1].kind == Parameter::Kind::kExact &&
        function.parameters[1].type.id() == TypeId::kVarchar) {
      cases.push_back({function.name, {first[i]}, {Value::Varchar("; ")}});
      continue;
    }
    const std::vector<LogicalType> second = TypesOf(function.parameters[1]);
    for (const size_t step : {size_t{0}, size_t{7}, size_t{16}}) {
      cases.push_back({function.name, {first[i], second[(i + step) % second.size()]}, {}});
    }
  }
  return cases;
}

// Types of the arguments that vary, after the casts that the call implies.
std::vector<LogicalType> ColumnTypes(const Case& test, const BoundTestAggregate& aggregate) {
  const std::vector<LogicalType>& bound = aggregate.bound().argument_types;
  return {bound.begin(), bound.begin() + static_cast<std::ptrdiff_t>(test.types.size())};
}

// Calls `check` with every call of every function that binds and is not on the list.
void ForEachCase(const std::function<void(const Case&, const BoundTestAggregate&)>& check) {
  std::set<std::string> covered;
  std::set<std::string> all;
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& function) {
    all.insert(function.name);
    for (const Case& test : CasesOf(function)) {
      const BoundTestAggregate aggregate(test.name, test.types, test.constants);
      if (aggregate.status().code() == StatusCode::kNotImplemented) continue;
      // text[] has no quantile and the like: no such call.
      if (aggregate.status().code() == StatusCode::kInvalidInput) continue;
      ASSERT_TRUE(aggregate.status().ok()) << test.ToString() << aggregate.status().ToString();
      covered.insert(test.name);
      const AggregateFunction& bound = *aggregate.bound().function;
      EXPECT_EQ(bound.serialize == nullptr, bound.deserialize_combine == nullptr);
      EXPECT_EQ(bound.serialize == nullptr, kNotSerializable.contains(test.name))
          << test.ToString();
      if (bound.serialize != nullptr) check(test, aggregate);
    }
  });
  EXPECT_EQ(covered, all);
  for (const std::string& name : kNotSerializable) EXPECT_TRUE(all.contains(name)) << name;
}

TEST(StateBytesTest, PartsGiveWhatTheWholeGives) {
  ForEachCase([](const Case& test, const BoundTestAggregate& aggregate) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
      const size_t counts[] = {0, 1, 5, 400};
      const ValueRows rows =
          RandomRows(ColumnTypes(test, aggregate), counts[seed % 4], seed, seed % 2 == 0);
      const Result<Value> whole = aggregate.Compute(rows);
      std::vector<std::string> states = aggregate.Serialize(rows, 1 + seed % 5, seed);
      std::mt19937_64 random(seed);
      std::shuffle(states.begin(), states.end(), random);
      if (states.size() > 2) {
        // Two go through a stop between.
        const Result<std::string> pair = aggregate.Merge({states[0], states[1]});
        ASSERT_TRUE(pair.ok()) << test.ToString() << pair.status().ToString();
        states.erase(states.begin(), states.begin() + 1);
        states[0] = *pair;
      }
      const Result<Value> shipped = aggregate.ComputeFrom(states);
      ASSERT_EQ(whole.status().ToString(), shipped.status().ToString()) << test.ToString();
      if (!whole.ok()) continue;
      ASSERT_TRUE(Identical(*whole, *shipped)) << test.ToString() << ": " << whole->ToString()
                                               << " differs from " << shipped->ToString();
    }
  });
}

TEST(StateBytesTest, CutBytesAreCorrupt) {
  ForEachCase([](const Case& test, const BoundTestAggregate& aggregate) {
    const ValueRows rows = RandomRows(ColumnTypes(test, aggregate), 30, 1, false);
    const std::string bytes = aggregate.Serialize(rows, 1, 1).front();
    const size_t step = std::max<size_t>(1, bytes.size() / 40);
    for (size_t size = 0; size < bytes.size(); size += step) {
      const Result<Value> result = aggregate.ComputeFrom({bytes.substr(0, size)});
      ASSERT_EQ(result.status().code(), StatusCode::kCorruption) << test.ToString() << size;
    }
    const Result<Value> longer = aggregate.ComputeFrom({bytes + '\0'});
    ASSERT_EQ(longer.status().code(), StatusCode::kCorruption) << test.ToString();
    ASSERT_NE(longer.status().message().find(aggregate.bound().function->name), std::string::npos);
  });
}

// Anything may come of them but a crash.
TEST(StateBytesTest, BrokenBytesNeverCrash) {
  size_t told = 0;
  ForEachCase([&](const Case& test, const BoundTestAggregate& aggregate) {
    std::mt19937_64 random(7);
    const ValueRows rows = RandomRows(ColumnTypes(test, aggregate), 12, 2, true);
    const std::string bytes = aggregate.Serialize(rows, 1, 1).front();
    for (int round = 0; round < 40; ++round) {
      std::string broken = bytes;
      if (round % 4 == 0) {
        broken.assign(random() % 50, '\xff');
        for (char& c : broken) c = random() % 3 ? static_cast<char>(random()) : c;
      } else if (!broken.empty()) {
        broken[random() % broken.size()] ^= static_cast<char>(1 << random() % 8);
      }
      const Result<Value> result = aggregate.ComputeFrom({bytes, broken, broken});
      told += result.status().code() == StatusCode::kCorruption;
    }
  });
  EXPECT_GT(told, 1000u);
}

TEST(StateBytesTest, NullIsNoState) {
  const BoundTestAggregate sum("sum", {TypeId::kInt32});
  AggregateArena arena{Reservation()};
  TestEvaluationContext context;
  LaneErrors errors;
  const AggregateCall call{sum.bound(), arena, context, errors, {}};
  ReportBrokenState(call, 3);
  EXPECT_EQ(errors.First().code(), StatusCode::kCorruption);
  LaneErrors null_errors;
  const AggregateCall null_call{sum.bound(), arena, context, null_errors, {}};
  alignas(16) uint8_t state[64] = {};
  ASSERT_LE(sum.bound().function->state_size, sizeof(state));
  sum.bound().function->initialize(sum.bound(), state);
  uint8_t* states[] = {state};
  sum.bound().function->deserialize_combine(null_call, Vector::MakeNull(TypeId::kBlob), 1, states);
  EXPECT_EQ(null_errors.First().code(), StatusCode::kCorruption);
}

TEST(StateBytesTest, NumbersOfAllSizes) {
  std::mt19937_64 random(3);
  for (int bits = 0; bits <= 127; ++bits) {
    for (const int step : {-1, 0, 1}) {
      const auto value =
          static_cast<int128_t>((uint128_t{1} << bits) + static_cast<uint128_t>(step));
      for (const int128_t number :
           {value, static_cast<int128_t>(0 - static_cast<uint128_t>(value))}) {
        std::string bytes;
        StateWriter writer(bytes);
        writer.PutSigned(number);
        writer.PutUnsigned(static_cast<uint128_t>(number));
        StateReader reader(bytes);
        int128_t read = 0;
        uint128_t read_unsigned = 0;
        ASSERT_TRUE(reader.GetSigned(read) && reader.GetUnsigned(read_unsigned));
        EXPECT_TRUE(read == number && read_unsigned == static_cast<uint128_t>(number));
        EXPECT_EQ(reader.left(), 0u);
      }
    }
  }
  // More bits than there are.
  StateReader wide(
      std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                       "\xff\xff\x04",
                       19));
  uint128_t value = 0;
  EXPECT_FALSE(wide.GetUnsigned(value));
  std::string bytes;
  StateWriter(bytes).PutUnsigned(uint128_t{1} << 60);
  uint64_t count = 0;
  EXPECT_FALSE(StateReader(bytes).GetCount(count));
  // Most states are so short that they lie within the value.
  EXPECT_LE(BoundTestAggregate("sum", {TypeId::kInt32})
                .Serialize({{Value::Int32(1000)}, {Value::Int32(-7)}}, 1, 0)
                .front()
                .size(),
            StringView::kInlineSize);
}

}  // namespace
}  // namespace trivet
