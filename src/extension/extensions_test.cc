#include "extension/extensions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "extension/testing.h"
#include "session/connection.h"

namespace trivet {
namespace {

using testing::BigintFunction;
using testing::NumberRows;

class ExtensionsTest : public ::testing::Test {
 protected:
  ExtensionsTest() : database_(Database::Open()), connection_(database_->Connect()) {}

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
  std::vector<std::string> Rows(const std::string& sql) {
    auto rows = Run(sql);
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status().ToString();
    return rows.ok() ? *rows : std::vector<std::string>();
  }
  Status Error(const std::string& sql) { return Run(sql).status(); }

  std::shared_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

CustomFunctionPtr Half(std::atomic<int>* calls = nullptr) {
  return BigintFunction("half", 1, [calls](const std::vector<Value>& values) -> Result<int64_t> {
    if (calls != nullptr) ++*calls;
    EXPECT_FALSE(values[0].is_null());
    const auto value = static_cast<int64_t>(values[0].integer());
    if (value % 2 != 0) return Status::InvalidInput("half of " + std::to_string(value));
    return value / 2;
  });
}

TEST_F(ExtensionsTest, FunctionsAnswerAndNeverSeeNulls) {
  ASSERT_TRUE(connection_->RegisterFunction(Half(), OnRegistered::kError).ok());
  EXPECT_EQ(Rows("select half(x) from (values (4), (null), (10)) t(x)"),
            (std::vector<std::string>{"2", "NULL", "5"}));
  EXPECT_EQ(Rows("select HALF(4), half(null)"), (std::vector<std::string>{"2|NULL"}));
  EXPECT_EQ(Rows("select sum(half(range * 2)) from range(10000)"),
            (std::vector<std::string>{"49995000"}));
}

TEST_F(ExtensionsTest, AnErrorIsRaisedForALiveRowAlone) {
  ASSERT_TRUE(connection_->RegisterFunction(Half(), OnRegistered::kError).ok());
  const Status status = Error("select half(range) from range(10)");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.message().find("half of 1"), std::string::npos) << status.ToString();
  EXPECT_EQ(Rows("select sum(case when range % 2 = 0 then half(range) else 0 end) from range(10)"),
            (std::vector<std::string>{"10"}));
}

TEST_F(ExtensionsTest, PlanningNeverRunsUserCode) {
  std::atomic<int> calls = 0;
  ASSERT_TRUE(connection_->RegisterFunction(Half(&calls), OnRegistered::kError).ok());
  Rows("explain select half(8) from range(3) where half(4) = 2");
  EXPECT_EQ(calls, 0);
}

TEST_F(ExtensionsTest, NamesAreCheckedAndTakenOnce) {
  EXPECT_EQ(connection_->RegisterFunction(BigintFunction("abs", 1, nullptr), OnRegistered::kReplace)
                .code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(
      connection_->RegisterFunction(BigintFunction("two words", 1, nullptr), OnRegistered::kError)
          .code(),
      StatusCode::kInvalidInput);
  ASSERT_TRUE(connection_->RegisterFunction(Half(), OnRegistered::kError).ok());
  EXPECT_EQ(connection_->RegisterFunction(Half(), OnRegistered::kError).code(),
            StatusCode::kAlreadyExists);
  const auto zero = BigintFunction("half", 1, [](const auto&) -> Result<int64_t> { return 0; });
  ASSERT_TRUE(connection_->RegisterFunction(zero, OnRegistered::kReplace).ok());
  EXPECT_EQ(Rows("select half(8)"), (std::vector<std::string>{"0"}));
  EXPECT_EQ(connection_->RegisterFunction(BigintFunction("case", 1, nullptr), OnRegistered::kError)
                .code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(
      connection_->RegisterFunction(BigintFunction("ifnull", 1, nullptr), OnRegistered::kReplace)
          .code(),
      StatusCode::kAlreadyExists);
  EXPECT_EQ(
      connection_
          ->RegisterOperator(NumberRows("range", Distribution::kSingle), OnRegistered::kReplace)
          .code(),
      StatusCode::kAlreadyExists);
  EXPECT_EQ(connection_
                ->RegisterOperator(NumberRows("keyless", Distribution::kHash), OnRegistered::kError)
                .code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(Error("select hallf(8)").hint(), "Did you mean \"half\"?");
}

TEST_F(ExtensionsTest, ASingleRunSeesAllRowsInOrderAtAnyNumberOfThreads) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("numbered", Distribution::kSingle), OnRegistered::kError)
          .ok());
  Rows("create table t as select range as i, range % 7 as k from range(100000)");
  for (const int threads : {1, 4}) {
    Rows("set threads = " + std::to_string(threads));
    EXPECT_EQ(Rows("select count(*), sum((i = number)::int) from numbered((from t))"),
              (std::vector<std::string>{"100000|100000"}));
    EXPECT_EQ(Rows("select i, number from numbered((select i, k from t where k = 3)) limit 2 "
                   "offset 9000"),
              (std::vector<std::string>{"63003|9000", "63010|9001"}));
  }
}

TEST_F(ExtensionsTest, BatchesOfWhichNothingComesLoseNoneBehindThem) {
  CustomOperatorDeclaration declaration;
  declaration.name = "every_third";
  declaration.distribution = Distribution::kAny;
  const auto open = [](const CustomOperatorCall&, BatchStream& input) {
    return std::make_unique<testing::LambdaStream>([&input](Batch& batch) -> Result<bool> {
      while (true) {
        TRIVET_ASSIGN_OR_RETURN(const bool more, input.Next(batch));
        if (!more || batch.column(0).GetValue(0).integer() % 3 == 0) return more;
      }
    });
  };
  ASSERT_TRUE(connection_
                  ->RegisterOperator(std::make_shared<testing::LambdaOperator>(declaration, open),
                                     OnRegistered::kError)
                  .ok());
  Rows("create table t as select range as i from range(30000)");
  Rows("set batch_size = 1");
  for (const int threads : {1, 4}) {
    Rows("set threads = " + std::to_string(threads));
    EXPECT_EQ(Rows("select count(*), sum(i) from every_third((from t))"),
              (std::vector<std::string>{"10000|149985000"}));
  }
}

TEST_F(ExtensionsTest, RunsOverAnyShareKeepTheInputsOrder) {
  ASSERT_TRUE(
      connection_->RegisterOperator(NumberRows("shared", Distribution::kAny), OnRegistered::kError)
          .ok());
  Rows("create table t as select range as i, range % 7 as k from range(100000)");
  Rows("set threads = 4");
  const auto rows = Rows("select i from shared((from t))");
  ASSERT_EQ(rows.size(), 100000u);
  EXPECT_EQ(rows[99999], "99999");
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, [](const auto& row) { return std::stoll(row); }));
}

TEST_F(ExtensionsTest, OperatorsStandAnywhereInAQuery) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("numbered", Distribution::kSingle), OnRegistered::kError)
          .ok());
  Rows("create table t as select range as i, range % 7 as k from range(50)");
  EXPECT_EQ(Rows("select a.number from numbered((from t)) a join numbered((select i, k from t "
                 "where i > 40)) b using (i) order by 1 desc limit 1"),
            (std::vector<std::string>{"49"}));
  EXPECT_EQ(Rows("with c as (select i, k from t) select max(n) from numbered((from c)) x(a, b, n)"),
            (std::vector<std::string>{"49"}));
  EXPECT_EQ(Rows("select number from numbered((select i, k from t)) where i = 13"),
            (std::vector<std::string>{"13"}));
  EXPECT_EQ(Rows("select count(*) from numbered((select i, k from numbered((from t)) "
                 "where number % 2 = 0)) where number = 24"),
            (std::vector<std::string>{"1"}));
  EXPECT_EQ(Rows("select (select max(number) from numbered((from t)) where numbered.k = t.k) "
                 "from t limit 2"),
            (std::vector<std::string>{"49", "43"}));
  EXPECT_EQ(
      Error("select (select max(number) from numbered((select i, t.k from t as u))) from t").code(),
      StatusCode::kInvalidInput)
      << "the relation sees nothing of the query around it";
}

TEST_F(ExtensionsTest, WrongCallsSayHowToCall) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("numbered", Distribution::kSingle), OnRegistered::kError)
          .ok());
  for (const char* sql : {"select * from numbered()", "select * from numbered(1)",
                          "select * from numbered((select 1::bigint i, 2::bigint k), 3)"}) {
    const Status status = Error(sql);
    EXPECT_EQ(status.code(), StatusCode::kInvalidInput) << sql;
    EXPECT_EQ(status.hint(), "call it as numbered((SELECT ...))") << sql;
  }
}

TEST_F(ExtensionsTest, OutputOfOtherTypesIsAnError) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("numbered", Distribution::kSingle), OnRegistered::kError)
          .ok());
  const Status status = Error("select * from numbered((select 'a' as i, 2::bigint as k))");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.message().find("operator 'numbered@1' gave column \"i\" as VARCHAR"),
            std::string::npos)
      << status.ToString();
}

TEST_F(ExtensionsTest, ExplainShowsTheOperatorAndWhatItNeeds) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("hashed", Distribution::kHash, {"K"}), OnRegistered::kError)
          .ok());
  std::string plan;
  for (const std::string& row :
       Rows("explain select * from hashed((select 1::bigint i, 2::bigint k))")) {
    plan += row;
  }
  EXPECT_NE(plan.find("CUSTOM_OPERATOR"), std::string::npos) << plan;
  EXPECT_NE(plan.find("hashed@1"), std::string::npos) << plan;
  EXPECT_NE(plan.find("hash by K"), std::string::npos) << plan;
  EXPECT_EQ(Error("select * from hashed((select 1::bigint i))").code(), StatusCode::kInvalidInput)
      << "no column to be spread by";
}

// Gives rows until it is told to stop.
CustomOperatorPtr Endless(std::atomic<bool>* stopped) {
  CustomOperatorDeclaration declaration;
  declaration.name = "endless";
  declaration.output = {{"i", TypeId::kInt64}};
  const auto open = [stopped](const CustomOperatorCall& call, BatchStream&) {
    return std::make_unique<testing::LambdaStream>([&call, stopped](Batch& batch) -> Result<bool> {
      if (call.cancellation.IsCancelled()) *stopped = true;
      TRIVET_RETURN_IF_ERROR(call.cancellation.Check());
      batch = Batch::MakeFlat({TypeId::kInt64}, 10);
      std::fill_n(batch.mutable_column(0).mutable_data<int64_t>(), 10, 1);
      batch.set_row_count(10);
      return true;
    });
  };
  return std::make_shared<testing::LambdaOperator>(std::move(declaration), open);
}

TEST_F(ExtensionsTest, AnOperatorEndsWithItsReader) {
  std::atomic<bool> stopped = false;
  ASSERT_TRUE(connection_->RegisterOperator(Endless(&stopped), OnRegistered::kError).ok());
  EXPECT_EQ(Rows("select sum(i) from (select i from endless((select 1)) limit 25)"),
            (std::vector<std::string>{"25"}));
  std::thread canceller([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    connection_->Interrupt();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Error("create table sums as select sum(i) from endless((select 1))").code(),
            StatusCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  canceller.join();
}

TEST_F(ExtensionsTest, AnOperatorMayLeaveItsInput) {
  CustomOperatorDeclaration declaration;
  declaration.name = "first_batch";
  const auto open = [](const CustomOperatorCall&, BatchStream& input) {
    auto done = std::make_shared<bool>(false);
    return std::make_unique<testing::LambdaStream>([&input, done](Batch& batch) -> Result<bool> {
      return std::exchange(*done, true) ? Result<bool>(false) : input.Next(batch);
    });
  };
  ASSERT_TRUE(connection_
                  ->RegisterOperator(
                      std::make_shared<testing::LambdaOperator>(std::move(declaration), open),
                      OnRegistered::kError)
                  .ok());
  EXPECT_EQ(Rows("select min(range) from first_batch((from range(10000000)))"),
            (std::vector<std::string>{"0"}));
}

TEST_F(ExtensionsTest, ErrorsOfTheInputAreTheQuerys) {
  ASSERT_TRUE(
      connection_
          ->RegisterOperator(NumberRows("numbered", Distribution::kSingle), OnRegistered::kError)
          .ok());
  const Status status = Error(
      "select * from numbered((select ('x' || range)::bigint as i, range as k "
      "from range(5)))");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.message().find("x0"), std::string::npos) << status.ToString();
}

}  // namespace
}  // namespace trivet
