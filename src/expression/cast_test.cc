#include "expression/cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/string_concat.h"
#include "expression/testing.h"
#include "types/time_zone.h"

namespace trivet {
namespace {

// source type, target type, value, answer or !message; one cast a line.
const char* const kCasts[] = {
#include "expression/testdata/reference_casts.inc"
};

std::vector<std::vector<std::string>> AllCasts() {
  std::vector<std::vector<std::string>> all;
  for (const char* piece : kCasts) {
    std::vector<std::string> fields(1);
    for (const char* c = piece; *c != '\0'; ++c) {
      if (*c == '\n') {
        all.push_back(std::move(fields));
        fields = std::vector<std::string>(1);
      } else if (*c == '\t') {
        fields.emplace_back();
      } else if (*c == '\\') {
        ++c;
        fields.back().push_back(*c == 'n' ? '\n' : *c == 't' ? '\t' : *c);
      } else {
        fields.back().push_back(*c);
      }
    }
  }
  return all;
}

LogicalType TypeNamed(const std::string& name) {
  for (uint8_t id = 0; id <= static_cast<uint8_t>(TypeId::kUuid); ++id) {
    if (static_cast<TypeId>(id) == TypeId::kDecimal) continue;
    if (LogicalType(static_cast<TypeId>(id)).ToString() == name) return static_cast<TypeId>(id);
  }
  for (const TimeUnit unit : {TimeUnit::kSecond, TimeUnit::kMilli, TimeUnit::kNano}) {
    if (LogicalType::Timestamp(unit).ToString() == name) return LogicalType::Timestamp(unit);
  }
  if (name == "TIMESTAMP WITH TIME ZONE") return LogicalType::Timestamp(TimeUnit::kMicro, true);
  int precision = 0;
  int scale = 0;
  // NOLINTNEXTLINE(bugprone-unchecked-string-to-number-conversion): small numbers, written by us
  EXPECT_EQ(std::sscanf(name.c_str(), "DECIMAL(%d,%d)", &precision, &scale), 2) << name;
  return LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
}

class CastTest : public ::testing::Test {
 protected:
  // Runs one kernel over the vector; the errors land in errors_.
  Vector Run(const Vector& input, size_t count, const LogicalType& to) {
    Vector result = Vector::MakeFlat(to);
    const Vector arguments[] = {input};
    errors_.Clear();
    const CastKernel kernel = FindCast(input.type(), to);
    EXPECT_NE(kernel, nullptr) << input.type().ToString() << " to " << to.ToString();
    if (kernel != nullptr)
      kernel(KernelCall{arguments, count, to, nullptr, context_, errors_}, result);
    return result;
  }

  // The value of text in a type, text itself for VARCHAR.
  Value Read(const LogicalType& type, const std::string& text) {
    const Value value = Value::Varchar(text);
    if (type == TypeId::kVarchar) return value;
    const Vector result = Run(testing::FlatOf(TypeId::kVarchar, {value}), 1, type);
    EXPECT_TRUE(errors_.empty()) << errors_.First().message();
    return result.GetValue(0);
  }

  std::string Answer(const LogicalType& from, const LogicalType& to, const std::string& text) {
    if (from == to) return text;
    const Vector result = Run(testing::FlatOf(from, {Read(from, text)}), 1, to);
    if (!errors_.empty()) {
      EXPECT_FALSE(result.IsValid(0));
      EXPECT_TRUE(CastCanFail(from, to)) << from.ToString() << " to " << to.ToString();
      return "!" + errors_.First().message();
    }
    const TimeZone& zone = *TimeZone::Find(context_.time_zone()).value();
    return result.GetValue(0).ToString(zone);
  }

  testing::TestContext context_;
  LaneErrors errors_;
};

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

// Where the reference is wrong, or words its message by an accident of its implementation.
bool DiffersOnPurpose(const std::vector<std::string>& cast, const std::string& answer) {
  const std::string& from = cast[0];
  const std::string& to = cast[1];
  const std::string& expected = cast[3];
  // A NaN's sign depends on the processor and is not shown.
  if (expected == "-nan" && answer == "nan") return true;
  // true is not .01.
  if (from == "BOOLEAN" && to == "DECIMAL(2,2)") return true;
  // Floats of decimals are the nearest ones, not quotients of rounded operands.
  if (StartsWith(from, "DECIMAL") && (to == "FLOAT" || to == "DOUBLE")) {
    return std::fabs(std::stod(expected) / std::stod(answer) - 1) < 1e-6;
  }
  if (from == "HUGEINT" && to == "FLOAT")
    return std::fabs(std::stod(expected) / std::stod(answer) - 1) < 1e-6;
  // Text out of range for a timestamp, and text that is none, get the message of TIMESTAMP in all
  // units.
  const bool both_fail = expected[0] == '!' && answer[0] == '!';
  if (both_fail && from == "VARCHAR" && (StartsWith(to, "TIMESTAMP_") || to == "INTERVAL"))
    return true;
  if (both_fail && ((from == "BLOB" && to == "UUID") || to == "TIMESTAMP WITH TIME ZONE"))
    return true;
  // The smallest 128-bit integer is one.
  if (from == "DOUBLE" && to == "HUGEINT" && answer == "-170141183460469231731687303715884105728")
    return true;
  // Text leaves out the odd seconds of local mean time, so that the value read from it is another.
  return cast[2].size() > 6 && cast[2].compare(cast[2].size() - 6, 6, "-04:56") == 0;
}

TEST_F(CastTest, EveryAnswerIsTheReferences) {
  context_.set_time_zone("America/New_York");
  int failures = 0;
  int checked = 0;
  for (const auto& cast : AllCasts()) {
    ASSERT_EQ(cast.size(), 4U);
    const LogicalType from = TypeNamed(cast[0]);
    const LogicalType to = TypeNamed(cast[1]);
    ++checked;
    if (cast[3].find("Unimplemented type for cast") != std::string::npos) {
      // Two more casts exist here.
      const bool more =
          to == TypeId::kTime || (from.unit() == TimeUnit::kNano && to.unit() == TimeUnit::kSecond);
      if (from.id() == TypeId::kTimestamp && more) continue;
      EXPECT_EQ(FindCast(from, to), nullptr) << cast[0] << " to " << cast[1];
      continue;
    }
    const std::string answer = Answer(from, to, cast[2]);
    if (answer == cast[3] || DiffersOnPurpose(cast, answer)) continue;
    if (++failures > 60) continue;
    ADD_FAILURE() << cast[0] << " to " << cast[1] << ": " << cast[2] << " -> " << cast[3]
                  << " but got " << answer;
  }
  EXPECT_EQ(failures, 0);
  EXPECT_GT(checked, 4000);
}

TEST_F(CastTest, ErrorsBelongToTheirRows) {
  std::vector<Value> values;
  for (int i = 0; i < 200; ++i)
    values.push_back(i % 3 == 0 ? Value::Null(TypeId::kInt32) : Value::Int32(i));
  const Vector result = Run(testing::FlatOf(TypeId::kInt32, values), 200, TypeId::kInt8);
  for (int i = 0; i < 200; ++i) {
    const bool fits = i <= 127;
    EXPECT_EQ(errors_.Has(static_cast<size_t>(i)), i % 3 != 0 && !fits) << i;
    EXPECT_EQ(result.IsValid(static_cast<size_t>(i)), i % 3 != 0 && fits) << i;
    if (i % 3 != 0 && fits) {
      EXPECT_EQ(result.GetValue(static_cast<size_t>(i)).integer(), i);
    }
  }
}

TEST_F(CastTest, EncodingsDoNotMatter) {
  const std::vector<Value> entries = {Value::Varchar("1"), Value::Null(TypeId::kVarchar),
                                      Value::Varchar("x"),
                                      Value::Varchar("a text of more than twelve bytes")};
  auto dictionary = std::make_shared<const Vector>(testing::FlatOf(TypeId::kVarchar, entries));
  auto codes = MakeIndices(8);
  for (uint32_t i = 0; i < 8; ++i) codes[i] = (i * 5) % 4;
  const Vector input = Vector::MakeDictionary(dictionary, codes, 4, 0);
  const Vector result = Run(input, 8, TypeId::kInt32);
  for (uint32_t i = 0; i < 8; ++i) {
    EXPECT_EQ(result.IsValid(i), codes[i] == 0);
    EXPECT_EQ(errors_.Has(i), codes[i] >= 2);
  }
}

TEST_F(CastTest, ListsAndStructsCastTheirParts) {
  const LogicalType texts = LogicalType::List(TypeId::kVarchar);
  const auto list = [&](const std::vector<const char*>& parts) {
    std::vector<Value> elements;
    for (const char* part : parts) elements.push_back(Value::Varchar(part));
    return Value::List(texts, elements);
  };
  const std::vector<Value> lists = {list({"1", "2"}), Value::Null(texts), list({}), list({"x"}),
                                    list({"3"})};
  const Vector numbers = Run(testing::FlatOf(texts, lists), 5, LogicalType::List(TypeId::kInt32));
  EXPECT_EQ(numbers.GetValue(0).ToString(), "[1, 2]");
  EXPECT_TRUE(numbers.GetValue(1).is_null());
  EXPECT_EQ(numbers.GetValue(2).ToString(), "[]");
  EXPECT_TRUE(errors_.Has(3));
  EXPECT_FALSE(numbers.IsValid(3));
  EXPECT_EQ(numbers.GetValue(4).ToString(), "[3]");
  const LogicalType pair = LogicalType::Struct({{"a", TypeId::kInt32}, {"b", TypeId::kVarchar}});
  const LogicalType swapped = LogicalType::Struct({{"b", TypeId::kInt64}, {"a", TypeId::kVarchar}});
  const Vector structs =
      Run(testing::FlatOf(pair, {Value::Struct(pair, {Value::Int32(1), Value::Varchar("2")})}), 1,
          swapped);
  EXPECT_EQ(structs.GetValue(0).ToString(), "{'b': 2, 'a': 1}");
  EXPECT_EQ(FindCast(pair, texts), nullptr);
  const Vector text = Run(testing::FlatOf(texts, lists), 1, TypeId::kVarchar);
  EXPECT_EQ(text.GetValue(0).ToString(), "[1, 2]");
}

TEST_F(CastTest, TextOfEveryValueReadsBack) {
  const LogicalType types[] = {TypeId::kInt8,   TypeId::kUInt64,
                               TypeId::kInt128, TypeId::kFloat,
                               TypeId::kDouble, LogicalType::Decimal(38, 20),
                               TypeId::kDate,   LogicalType::Timestamp(TimeUnit::kNano)};
  for (const LogicalType& type : types) {
    Vector input = Vector::MakeFlat(type);
    auto* const bytes = reinterpret_cast<uint8_t*>(input.mutable_data<int8_t>());
    const size_t size = TypeSize(type);
    uint64_t state = 1;
    for (size_t i = 0; i < size * kVectorSize; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      bytes[i] = static_cast<uint8_t>(state >> 56);
    }
    if (type.id() == TypeId::kDecimal) {
      for (size_t row = 0; row < kVectorSize; ++row) input.mutable_data<int128_t>()[row] /= 1000;
    }
    const Vector text = Run(input, kVectorSize, TypeId::kVarchar);
    const Vector back = Run(text, kVectorSize, type);
    EXPECT_TRUE(errors_.empty()) << type.ToString() << errors_.First().message();
    for (size_t row = 0; row < kVectorSize; ++row) {
      ASSERT_EQ(input.GetValue(row), back.GetValue(row)) << text.GetValue(row).ToString();
    }
  }
}

}  // namespace
}  // namespace trivet
