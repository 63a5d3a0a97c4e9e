#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>

#include "distributed/distributed_runtime.h"
#include "distributed/in_process_cluster.h"
#include "execution/operators/custom.h"
#include "execution/operators/values.h"
#include "extension/testing.h"
#include "session/connection.h"

namespace trivet {
namespace {

using testing::BigintFunction;
using testing::NumberRows;

// A function that counts its calls, and operators of every distribution.
ExtensionSetPtr Custom(std::atomic<int>* calls = nullptr) {
  Extensions extensions;
  const auto count = [calls](const std::vector<Value>& values) -> Result<int64_t> {
    if (calls != nullptr) ++*calls;
    return static_cast<int64_t>(values[0].integer()) * 3;
  };
  EXPECT_TRUE(extensions.AddFunction(BigintFunction("triple", 1, count)).ok());
  EXPECT_TRUE(extensions.AddOperator(NumberRows("one", Distribution::kSingle)).ok());
  EXPECT_TRUE(extensions.AddOperator(NumberRows("shared", Distribution::kAny)).ok());
  EXPECT_TRUE(extensions.AddOperator(NumberRows("by_k", Distribution::kHash, {"k"})).ok());
  return extensions.Get();
}

class CustomCodeTest : public ::testing::Test {
 protected:
  void Start(std::vector<ExtensionSetPtr> workers, ExtensionSetPtr session = Custom()) {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ("trivet_custom_" + std::to_string(::getpid()));
    InProcessClusterOptions options;
    options.workers = static_cast<uint32_t>(workers.size());
    options.directory = directory_.string();
    options.extensions = std::move(workers);
    auto cluster = InProcessCluster::Start(std::move(options), FileSystem::Local());
    ASSERT_TRUE(cluster.ok()) << cluster.status().ToString();
    cluster_ = std::move(*cluster);
    DistributedPlannerOptions planning;
    planning.partitions = 4;
    planning.single_task_bytes = 0;
    planning.forced_scan_tasks = 3;
    QuerySettings settings;
    settings.adaptation.coalesce = false;
    DatabaseOptions database;
    database.runtime = std::make_shared<DistributedRuntime>(cluster_->driver(), cluster_->fetcher(),
                                                            cluster_->tables(), planning, settings);
    database.extensions = std::move(session);
    connection_ = Database::Open(std::move(database))->Connect();
    const auto made = Run("create table t as select range as i, range % 7 as k from range(20000)");
    ASSERT_TRUE(made.ok()) << made.status().ToString();
  }
  void TearDown() override {
    connection_.reset();
    cluster_.reset();
    std::filesystem::remove_all(directory_);
  }

  Result<std::vector<std::string>> Run(const std::string& sql) {
    TRIVET_ASSIGN_OR_RETURN(auto result, connection_->Execute(sql));
    std::vector<std::string> rows;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, result->Next(batch));
      if (!more) return rows;
      for (size_t row = 0; row < batch.row_count(); ++row) {
        std::string text;
        for (const Vector& column : batch.columns()) {
          text += (text.empty() ? "" : "|") + column.GetValue(row).ToString();
        }
        rows.push_back(std::move(text));
      }
    }
  }
  std::string Only(const std::string& sql) {
    auto rows = Run(sql);
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status().ToString();
    return rows.ok() && rows->size() == 1 ? rows->front() : "";
  }
  std::string Explain(const std::string& sql) {
    auto rows = Run("explain " + sql);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    std::string text;
    for (const std::string& row : *rows) text += row + "\n";
    return text;
  }

  std::filesystem::path directory_;
  std::unique_ptr<InProcessCluster> cluster_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(CustomCodeTest, StagesWithCustomCodeAnswerAsEmbedded) {
  Start({Custom(), Custom()});
  EXPECT_EQ(Only("select sum(triple(i)) from t"), "599970000");
  EXPECT_EQ(Only("select count(*), sum((i = number)::int) from one((from t))"), "20000|20000");
  // Within a key rows are numbered in the input's order, whatever else its run sees.
  EXPECT_EQ(Only("select count(*) from (select k, count(distinct number) as d, count(*) as c "
                 "from by_k((from t)) group by k) where c = d"),
            "7");
  EXPECT_EQ(Only("select count(*), sum(i) from shared((from t))"), "20000|199990000");
  EXPECT_EQ(Only("select i from shared((from t)) limit 1 offset 15000"), "15000");
}

TEST_F(CustomCodeTest, ExchangesStandWhereTheDistributionIsNotSatisfied) {
  Start({Custom()});
  const auto count = [](const std::string& text, const std::string& part) {
    size_t found = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  };
  const std::string hashed = Explain("select * from by_k((from t))");
  EXPECT_EQ(count(hashed, "(HASH)"), 1u) << hashed;
  EXPECT_NE(hashed.find("needs operator 'by_k@1'"), std::string::npos) << hashed;
  // What is hashed by k already is not moved again.
  const std::string grouped =
      Explain("select * from by_k((select max(i) as i, k from t group by k))");
  EXPECT_EQ(count(grouped, "(HASH)"), 1u) << grouped;
  const std::string single = Explain("select * from one((from t))");
  EXPECT_EQ(count(single, "(GATHER)"), 1u) << single;
  const std::string any = Explain("select * from shared((from t))");
  EXPECT_EQ(count(any, "Stage "), 1u) << any;
  EXPECT_NE(any.find("3 tasks"), std::string::npos) << any;
}

TEST_F(CustomCodeTest, AWorkerWithoutTheCapabilityIsNeverGivenTheTask) {
  std::atomic<int> calls = 0;
  Start({nullptr, Custom(&calls)});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Only("select sum(triple(i)) from t"), "599970000");
  }
  EXPECT_EQ(calls, 5 * 20000);
  EXPECT_EQ(Only("select count(*) from one((from t))"), "20000");
  for (const TaskSnapshot& task : cluster_->driver().Tasks()) EXPECT_EQ(task.failures, 0u);
}

TEST_F(CustomCodeTest, WithoutACapableWorkerTheQueryFailsAndNamesWhatIsMissing) {
  Start({nullptr, nullptr});
  const auto began = std::chrono::steady_clock::now();
  const Status status = Run("select * from by_k((select triple(i) as i, k from t))").status();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_EQ(status.code(), StatusCode::kNotFound) << status.ToString();
  EXPECT_NE(status.message().find("no live worker has"), std::string::npos) << status.ToString();
  EXPECT_NE(status.message().find("triple@1"), std::string::npos) << status.ToString();
  EXPECT_EQ(Only("select count(*) from t"), "20000");
}

TEST_F(CustomCodeTest, ASessionThatOnlyKnowsDeclarationsPlansForWorkersThatHaveTheCode) {
  const ExtensionSetPtr code = Custom();
  Extensions declared;
  ASSERT_TRUE(
      declared.AddFunction(DeclareFunction(code->functions.FindCustom("triple")->declaration()))
          .ok());
  ASSERT_TRUE(
      declared.AddOperator(DeclareOperator(code->operators.FindCustom("one")->declaration())).ok());
  Start({code}, declared.Get());
  EXPECT_EQ(Only("select sum(triple(i)) from one((from t)) where triple(k) = 6"), "85692858");
}

TEST(CustomCodeInFragments, FunctionsTravelByNameVersionAndTypes) {
  const ExtensionSetPtr code = Custom();
  const std::vector<ExpressionPtr> input{Expression::Input(0, TypeId::kInt64)};
  const auto call = code->functions.BindScalar("triple", input, nullptr);
  ASSERT_TRUE(call.ok());
  const std::string signature = FunctionRegistry::SignatureOf((*call)->function());
  EXPECT_EQ(signature, "triple(BIGINT) -> BIGINT@1");
  EXPECT_TRUE(code->functions.RebindScalar(signature, input, nullptr).ok());
  EXPECT_EQ(FunctionRegistry::Builtin().RebindScalar(signature, input, nullptr).status().message(),
            "function 'triple@1' is not known here");
  EXPECT_EQ(
      code->functions.RebindScalar("triple(BIGINT) -> BIGINT@2", input, nullptr).status().message(),
      "function 'triple@2' is not known here, but 'triple@1'");
  EXPECT_EQ(
      code->functions.RebindScalar("triple(DOUBLE) -> BIGINT@1", input, nullptr).status().code(),
      StatusCode::kNotFound);
}

TEST(CustomCodeInFragments, OperatorsTravelByNameAndVersion) {
  const ExtensionSetPtr code = Custom();
  const std::vector<PhysicalColumn> columns{{"i", TypeId::kInt64}, {"k", TypeId::kInt64}};
  const ExpressionPtr one = Expression::Constant(Value::Int64(1));
  auto rows = std::make_shared<PhysicalValues>(std::vector<std::vector<ExpressionPtr>>{{one, one}},
                                               columns);
  std::vector<PhysicalColumn> output = columns;
  output.push_back({"number", TypeId::kInt64});
  const PhysicalCustomOperator plan(code->operators.FindCustom("by_k"), {}, {1}, output, rows);
  const auto bytes = EncodeFragment(plan);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  DecodeFragmentOptions options;
  options.operators = &code->operators;
  const auto back = DecodeFragment(*bytes, options);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_TRUE(PlansEqual(plan, **back));
  const Status unknown = DecodeFragment(*bytes).status();
  EXPECT_EQ(unknown.code(), StatusCode::kProtocolMismatch);
  EXPECT_NE(unknown.message().find("\"custom:by_k\" is not known here"), std::string::npos)
      << unknown.ToString();
  CustomOperatorDeclaration newer = code->operators.FindCustom("by_k")->declaration();
  newer.version = 2;
  Extensions other;
  ASSERT_TRUE(other.AddOperator(DeclareOperator(newer)).ok());
  const ExtensionSetPtr others = other.Get();
  options.operators = &others->operators;
  const Status mismatch = DecodeFragment(*bytes, options).status();
  EXPECT_EQ(mismatch.code(), StatusCode::kProtocolMismatch);
  EXPECT_NE(mismatch.message().find("of version 1, here it is 2"), std::string::npos)
      << mismatch.ToString();
  // Keys that the declaration does not have are damage, not another answer.
  const PhysicalCustomOperator wrong(code->operators.FindCustom("by_k"), {}, {0}, output, rows);
  options.operators = &code->operators;
  EXPECT_EQ(DecodeFragment(*EncodeFragment(wrong), options).status().code(),
            StatusCode::kCorruption);
}

}  // namespace
}  // namespace trivet
