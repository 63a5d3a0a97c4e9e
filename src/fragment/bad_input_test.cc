// Whatever comes instead of a fragment, the answer is a typed error that says what is wrong.
#include <random>

#include "execution/operators/filter.h"
#include "execution/operators/limit.h"
#include "execution/operators/scan.h"
#include "execution/operators/values.h"
#include "execution/testing/run_plan.h"
#include "fragment/envelope.h"
#include "fragment/testing/sql_planner.h"

namespace trivet {
namespace {

using testing::SqlPlanner;

void ExpectError(const Status& status, StatusCode code, std::string_view word) {
  SCOPED_TRACE(word);
  EXPECT_EQ(status.code(), code) << status.ToString();
  EXPECT_NE(status.message().find(word), std::string::npos) << status.ToString();
}

PhysicalPlan OneRow(ExpressionPtr value) {
  std::vector<PhysicalColumn> schema = {{"v", value->type()}};
  return std::make_shared<PhysicalValues>(
      std::vector<std::vector<ExpressionPtr>>{{std::move(value)}}, std::move(schema));
}

Status DecodeBody(std::string body, const DecodeFragmentOptions& options = {}) {
  return DecodeFragment(SealEnvelope(std::move(body), kVersion), options).status();
}

std::string BodyOf(const PhysicalOperator& plan, const EncodeFragmentOptions& options = {}) {
  return *OpenEnvelope(*EncodeFragment(plan, options), kVersion, kMaxFragmentBytes);
}

// The body with one text put for another of the same length.
std::string Replaced(std::string body, std::string_view from, std::string_view to) {
  const size_t at = body.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(from.size(), to.size());
  return body.replace(at, to.size(), to);
}

TEST(BadFragment, EnvelopeOfAnotherBuildOrDamaged) {
  const std::string bytes = *EncodeFragment(*OneRow(Expression::Constant(Value::Int64(42))));
  DecodeFragmentOptions other;
  other.build_id = "0.2.0";
  ExpectError(DecodeFragment(bytes, other).status(), StatusCode::kProtocolMismatch, "0.2.0");
  // The version is the first field.
  std::string next_version = bytes;
  ASSERT_EQ(next_version[1], 1);
  next_version[1] = 9;
  ExpectError(DecodeFragment(next_version).status(), StatusCode::kProtocolMismatch, "version 9");
  DecodeFragmentOptions small;
  small.max_bytes = bytes.size() - 1;
  ExpectError(DecodeFragment(bytes, small).status(), StatusCode::kCorruption, "limit");
  ExpectError(DecodeFragment("").status(), StatusCode::kProtocolMismatch, "version 0");
  ExpectError(DecodeFragment("not a fragment").status(), StatusCode::kCorruption, "malformed");
  ExpectError(DecodeBody(""), StatusCode::kCorruption, "root");
}

TEST(BadFragment, EveryFlippedBitIsNoticed) {
  const std::string bytes = *EncodeFragment(*OneRow(Expression::Constant(Value::Int64(42))));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Status status = DecodeFragment(flipped).status();
    EXPECT_TRUE(status.code() == StatusCode::kCorruption ||
                status.code() == StatusCode::kProtocolMismatch)
        << bit << ": " << status.ToString();
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeFragment(bytes.substr(0, size)).ok()) << size;
  }
}

TEST(BadFragment, NamesWhatIsNotKnownHere) {
  SqlPlanner planner(SqlPlanner::Storage::kMemory);
  const PhysicalPlan plan = planner.Plan("SELECT upper(n_name), n_nationkey IN (1, 2) FROM nation");
  const std::string body = BodyOf(*plan, planner.encode());
  ExpectError(DecodeBody(Replaced(body, "PROJECTION", "PROJECTILE"), planner.decode()),
              StatusCode::kProtocolMismatch, "PROJECTILE");
  ExpectError(DecodeBody(Replaced(body, "upper(VARCHAR)", "lofty(VARCHAR)"), planner.decode()),
              StatusCode::kProtocolMismatch, "lofty(");
  ExpectError(DecodeBody(Replaced(body, "uploaded", "engraved"), planner.decode()),
              StatusCode::kProtocolMismatch, "engraved");
  ExpectError(DecodeBody(Replaced(body, "upload 0", "upload 9"), planner.decode()),
              StatusCode::kNotFound, "upload 9");
  // An unknown field of a message, whatever it says, must not be passed over: field 99, varint 1.
  ExpectError(DecodeBody(body + "\x98\x06\x01", planner.decode()), StatusCode::kProtocolMismatch,
              "not known");
  ExpectError(EncodeFragment(*plan).status(), StatusCode::kNotImplemented, "MEMORY_SCAN");
}

// An operator as another build may know it: under the name of one that is known here.
class Stranger final : public PhysicalOperator {
 public:
  Stranger(uint32_t version, std::vector<uint64_t> fields, const PhysicalPlan& child)
      : PhysicalOperator(child->schema(), {child}), version_(version), fields_(std::move(fields)) {}
  std::string_view name() const override { return "LIMIT"; }
  uint32_t wire_version() const override { return version_; }
  OperatorCapabilities capabilities() const override { return {}; }
  void VisitFields(FieldVisitor& visitor) override {
    std::optional<uint64_t> limit;
    std::optional<double> percent;
    visitor.Field("Limit", limit);
    visitor.Field("Percent", percent);
    for (uint64_t& field : fields_) visitor.Field("Number", field);
  }
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<Stranger>(*this);
  }
  Status BuildPipelines(PipelineBuilder&) const override { return Status::OK(); }

 private:
  uint32_t version_;
  std::vector<uint64_t> fields_;
};

TEST(BadFragment, OperatorsWithOtherFields) {
  const PhysicalPlan child = OneRow(Expression::Constant(Value::Int64(1)));
  const auto decode = [](const PhysicalOperator& plan) { return DecodeBody(BodyOf(plan)); };
  ExpectError(decode(Stranger(7, {}, child)), StatusCode::kProtocolMismatch, "version 7");
  ExpectError(decode(Stranger(1, {5}, child)), StatusCode::kProtocolMismatch, "field 4");
  ExpectError(decode(Stranger(1, {5, 1}, child)), StatusCode::kCorruption, "Ordered");
  // A boolean's place in the message is not a number's.
  const std::string body = BodyOf(PhysicalLimit(1, std::nullopt, 5, true, child));
  // Field 4 is boolean: number 4 (08 04), then true (10 01).
  ExpectError(DecodeBody(Replaced(body, std::string_view("\x08\x04\x10\x01", 4),
                                  std::string_view("\x08\x06\x10\x01", 4))),
              StatusCode::kProtocolMismatch, "field 6");
}

TEST(BadFragment, PlansThatDoNotHoldTogether) {
  const PhysicalPlan child = OneRow(Expression::Constant(Value::Int64(1)));
  const auto decode = [](const PhysicalOperator& plan) { return DecodeBody(BodyOf(plan)); };
  const auto input = [](uint32_t index, LogicalType type) {
    return Expression::Input(index, std::move(type));
  };
  ExpectError(decode(PhysicalFilter(input(3, TypeId::kBoolean), child)), StatusCode::kCorruption,
              "Predicate");
  ExpectError(decode(PhysicalFilter(input(0, TypeId::kBoolean), child)), StatusCode::kCorruption,
              "Predicate");
  ExpectError(decode(PhysicalFilter(input(0, TypeId::kInt64), child)), StatusCode::kCorruption,
              "BOOLEAN");
  ExpectError(decode(*OneRow(Expression::Column(5, TypeId::kInt64, "c"))), StatusCode::kCorruption,
              "Rows");
  ExpectError(decode(PhysicalLimit(1, 50.0, 0, true, child)), StatusCode::kCorruption, "LIMIT");
  DecodeFragmentOptions options;
  TableOpeners openers;
  RegisterRangeTable(openers);
  options.tables = &openers;
  const auto range = std::make_shared<RangeTable>("i", 0, 1, 10);
  const std::vector<PhysicalColumn> schema = {{"i", TypeId::kInt64}};
  EXPECT_TRUE(DecodeBody(BodyOf(PhysicalScan(range, {0}, {}, schema)), options).ok());
  ExpectError(DecodeBody(BodyOf(PhysicalScan(range, {1}, {}, schema)), options),
              StatusCode::kCorruption, "Columns");
  ExpectError(DecodeBody(BodyOf(PhysicalScan(range, {0}, {}, {{"i", TypeId::kDate}})), options),
              StatusCode::kCorruption, "schema");
}

TEST(BadFragment, TooLargeToSend) {
  EncodeFragmentOptions options;
  options.max_bytes = 1000;
  const PhysicalPlan plan = OneRow(Expression::Constant(Value::Varchar(std::string(990, 'x'))));
  ExpectError(EncodeFragment(*plan, options).status(), StatusCode::kInvalidInput, "limit is 1000");
}

TEST(BadFragment, FilesThatChangedOrAreMissing) {
  SqlPlanner planner(SqlPlanner::Storage::kParquet);
  const std::string path = planner.directory() + "/t.csv";
  std::ofstream(path) << "a\n1\n";
  const std::string bytes = *EncodeFragment(*planner.Plan("SELECT * FROM '" + path + "'"));
  EXPECT_TRUE(DecodeFragment(bytes, planner.decode()).ok());
  // A new file beside it is not read.
  std::ofstream(path + ".csv") << "a\n2\n";
  EXPECT_TRUE(DecodeFragment(bytes, planner.decode()).ok());
  std::ofstream(path) << "a\n1\n2\n";
  ExpectError(DecodeFragment(bytes, planner.decode()).status(), StatusCode::kInvalidInput,
              "has changed");
  std::filesystem::remove(path);
  const Status missing = DecodeFragment(bytes, planner.decode()).status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound) << missing.ToString();
  EXPECT_EQ(missing.file(), path);
}

// Bytes behind a right checksum, flipped, dropped and doubled: an error or a plan that can be
// built.
TEST(BadFragment, DamagedPlansNeverCrash) {
  SqlPlanner planner(SqlPlanner::Storage::kMemory);
  std::mt19937_64 random(20240229);
  size_t decoded_count = 0;
  for (int query = 1; query <= 22; ++query) {
    const PhysicalPlan plan = planner.Plan(SqlPlanner::TpchQuery(query));
    ASSERT_NE(plan, nullptr);
    const std::string body = BodyOf(*plan, planner.encode());
    if (const char* directory = std::getenv("TRIVET_FRAGMENT_CORPUS")) {
      std::ofstream(std::string(directory) + "/q" + std::to_string(query)) << body;
    }
    for (int i = 0; i < 300; ++i) {
      std::string damaged = body;
      for (uint64_t change = 1 + random() % 4; change-- > 0;) {
        const size_t at = random() % damaged.size();
        switch (random() % 8) {
          case 0: damaged.resize(at + 1); break;
          case 1: damaged.erase(at, 1 + random() % 8); break;
          case 2: damaged.insert(at, damaged.substr(random() % (at + 1), random() % 64)); break;
          default: damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
        }
        if (damaged.empty()) damaged = "x";
      }
      const auto decoded = DecodeFragment(SealEnvelope(damaged, kVersion), planner.decode());
      if (!decoded.ok()) {
        EXPECT_NE(decoded.status().code(), StatusCode::kInternal) << decoded.status().ToString();
        continue;
      }
      ++decoded_count;
      PipelineBuilder builder(planner.context());
      (void)builder.BuildRoot(**decoded, std::make_shared<CollectSink>());
    }
  }
  EXPECT_GT(decoded_count, 100u) << "the damage is so large that nothing behind it is tested";
}

}  // namespace
}  // namespace trivet
