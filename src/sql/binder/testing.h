#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "catalog/range_function.h"
#include "context/query_context.h"
#include "plan/logical_operators.h"
#include "sql/binder/binder.h"
#include "sql/parser.h"

// For tests alone: a catalog of small tables and short ways to bind a text.
namespace trivet::binder_testing {

class FixedSettings final : public SettingsView {
 public:
  std::vector<Setting> List() const override {
    return {{"threads", Value::Int64(2), "Threads of a query", "UBIGINT", "GLOBAL"}};
  }
};

class BinderTest : public ::testing::Test {
 protected:
  BinderTest()
      : budget_("memory_limit", size_t{1} << 40), context_({}, FileSystem::Local(), &budget_) {
    using T = TypeId;
    RegisterRangeFunctions(table_functions_);
    AddTable("t", {{"a", T::kInt32}, {"b", T::kInt32}, {"s", T::kVarchar}, {"d", T::kDate}});
    AddTable("u", {{"a", T::kInt32}, {"c", T::kInt64}, {"w", T::kDouble}});
    AddTable("v", {{"x", T::kInt32}, {"y", T::kVarchar}});
    AddTable("prices", {{"price", LogicalType::Decimal(15, 2)}, {"size", T::kInt16}});
  }

  void AddTable(const std::string& name, std::vector<ColumnDefinition> columns) {
    CatalogEntry entry;
    entry.schema = Catalog::kMainSchema;
    entry.name = name;
    entry.table = std::make_shared<const MemoryTable>(std::move(columns), MemoryChunks{});
    ASSERT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  }
  void AddView(const std::string& name, const std::string& sql,
               std::vector<std::string> columns = {}) {
    CatalogEntry entry;
    entry.schema = Catalog::kMainSchema;
    entry.name = name;
    entry.view_sql = sql;
    entry.view_columns = std::move(columns);
    ASSERT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  }

  Result<BoundStatement> BindStatement(const std::string& sql) {
    TRIVET_ASSIGN_OR_RETURN(syntax::StatementPtr statement, ParseStatement(sql));
    ids_ = ColumnIdGenerator();
    BinderInput input;
    input.catalog = &catalog_;
    input.functions = &FunctionRegistry::Builtin();
    input.table_functions = &table_functions_;
    input.settings = &settings_;
    input.parameters = &parameters_;
    input.context = &context_;
    input.files = &FileSystem::Local();
    input.ids = &ids_;
    input.sql = sql;
    return Bind(*statement, input);
  }

  // The query's plan, checked; an empty plan and a failed test where it does not bind.
  BoundQuery BindQuery(const std::string& sql) {
    Result<BoundStatement> bound = BindStatement(sql);
    if (!bound.ok()) {
      ADD_FAILURE() << sql << "\n" << bound.status().Render(sql);
      return {std::make_unique<LogicalValues>(), {}};
    }
    BoundQuery query = std::move(std::get<BoundQuery>(bound->body));
    const Status valid = ValidatePlan(*query.plan);
    EXPECT_TRUE(valid.ok()) << sql << "\n" << valid.ToString() << "\n" << PlanToString(*query.plan);
    EXPECT_TRUE(FreeColumns(*query.plan).empty()) << sql;
    const std::vector<OutputColumn> given = query.plan->Columns();
    EXPECT_EQ(given.size(), query.columns.size()) << sql;
    for (size_t i = 0; i < std::min(given.size(), query.columns.size()); ++i) {
      EXPECT_EQ(given[i].id, query.columns[i].id) << sql;
    }
    return query;
  }
  std::string Plan(const std::string& sql) { return PlanToString(*BindQuery(sql).plan); }
  // "name TYPE, name TYPE"
  std::string Columns(const std::string& sql) {
    std::string text;
    for (const OutputColumn& column : BindQuery(sql).columns) {
      text += (text.empty() ? "" : ", ") + column.name + " " + column.type.ToString();
    }
    return text;
  }
  Status Error(const std::string& sql) { return BindStatement(sql).status(); }
  // Expects an error that says `part`, with its caret at the first `at` of the text.
  void ExpectError(const std::string& sql, StatusCode code, const std::string& part,
                   const std::string& at = "") {
    const Status status = Error(sql);
    EXPECT_EQ(status.code(), code) << sql << "\n" << status.ToString();
    EXPECT_NE((status.message() + "\n" + status.hint()).find(part), std::string::npos)
        << sql << "\n"
        << status.ToString();
    if (at.empty()) return;
    ASSERT_TRUE(status.position().has_value()) << sql << "\n" << status.ToString();
    EXPECT_EQ(*status.position(), sql.find(at)) << sql << "\n" << status.Render(sql);
  }
  void ExpectInvalid(const std::string& sql, const std::string& part, const std::string& at = "") {
    ExpectError(sql, StatusCode::kInvalidInput, part, at);
  }
  void ExpectUnsupported(const std::string& sql, const std::string& part) {
    ExpectError(sql, StatusCode::kNotImplemented, part);
  }

  Catalog catalog_;
  TableFunctionRegistry table_functions_;
  FixedSettings settings_;
  ParameterValues parameters_;
  MemoryBudget budget_;
  QueryContext context_;
  ColumnIdGenerator ids_;
};

// How many nodes of a kind the plan text shows.
inline size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace trivet::binder_testing
