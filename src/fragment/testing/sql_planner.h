#pragma once

// SQL made into physical plans, for tests: TPC-H's tables with a few rows, as Parquet files or in
// memory, and tables in memory besides. Test code only.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "catalog/range_function.h"
#include "context/memory_budget.h"
#include "context/query_context.h"
#include "execution/physical_planner.h"
#include "formats/file_writer.h"
#include "formats/registry.h"
#include "fragment/fragment.h"
#include "optimizer/optimizer.h"
#include "sql/binder/binder.h"
#include "sql/parser.h"
#include "storage/range_table.h"

namespace trivet::testing {

// Gives tables in memory ids, and the tables back.
class UploadedTables final : public TableUploads, public TableResolver {
 public:
  Result<std::string> IdOf(const TablePtr& table) override {
    for (const auto& [id, known] : tables_) {
      if (known == table) return id;
    }
    const std::string id = "upload " + std::to_string(tables_.size());
    tables_[id] = table;
    return id;
  }
  Result<TablePtr> Resolve(const std::string& id, const std::vector<ColumnDefinition>&) override {
    const auto found = tables_.find(id);
    if (found == tables_.end()) return Status::NotFound("nothing was uploaded as " + id);
    return found->second;
  }

 private:
  std::map<std::string, TablePtr> tables_;
};

class SqlPlanner {
 public:
  enum class Storage { kParquet, kMemory };

  explicit SqlPlanner(Storage storage) {
    RegisterRangeFunctions(table_functions_);
    RegisterFileFormats(table_functions_);
    RegisterFileTables(openers_);
    RegisterRangeTable(openers_);
    char name[] = "/tmp/trivet_fragment_XXXXXX";
    directory_ = ::mkdtemp(name);
    for (const auto& [table, columns] : TpchTables()) AddTable(storage, table, columns);
  }
  ~SqlPlanner() { std::filesystem::remove_all(directory_); }

  const std::string& directory() const { return directory_; }
  QueryContext& context() { return context_; }
  UploadedTables& uploads() { return uploads_; }
  EncodeFragmentOptions encode() { return {.uploads = &uploads_}; }
  DecodeFragmentOptions decode() {
    return {.tables = &openers_, .resolver = &uploads_, .context = &context_};
  }

  // Null, and the test has failed, where the statement cannot be planned.
  PhysicalPlan Plan(const std::string& sql) {
    Result<PhysicalPlan> plan = TryPlan(sql);
    if (!plan.ok()) ADD_FAILURE() << plan.status().Render(sql);
    return plan.ok() ? *plan : nullptr;
  }

  static std::string TpchQuery(int number) {
    char name[16];
    std::snprintf(name, sizeof(name), "/q%02d.sql", number);
    std::ifstream file(std::string(TRIVET_TPCH_QUERIES) + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

 private:
  using Columns = std::vector<ColumnDefinition>;

  Result<PhysicalPlan> TryPlan(const std::string& sql) {
    TRIVET_ASSIGN_OR_RETURN(const syntax::StatementPtr statement, ParseStatement(sql));
    ColumnIdGenerator ids;
    BinderInput input;
    input.catalog = &catalog_;
    input.functions = &FunctionRegistry::Builtin();
    input.table_functions = &table_functions_;
    input.context = &context_;
    input.files = &FileSystem::Local();
    input.ids = &ids;
    input.sql = sql;
    TRIVET_ASSIGN_OR_RETURN(BoundStatement bound, Bind(*statement, input));
    auto& query = std::get<BoundQuery>(bound.body);
    OptimizerContext optimizer{ids, FunctionRegistry::Builtin(), context_};
    TRIVET_RETURN_IF_ERROR(OptimizeQuery(query, optimizer));
    return PhysicalPlanner().Plan(*query.plan, query.columns);
  }

  static Columns Define(const std::string& prefix, const std::string& text) {
    // "orderkey:b": b BIGINT, i INTEGER, m DECIMAL(15,2), d DATE, t VARCHAR.
    const std::map<char, LogicalType> types = {{'b', TypeId::kInt64},
                                               {'i', TypeId::kInt32},
                                               {'m', LogicalType::Decimal(15, 2)},
                                               {'d', TypeId::kDate},
                                               {'t', TypeId::kVarchar}};
    Columns columns;
    std::stringstream words(text);
    for (std::string word; words >> word;) {
      columns.push_back({prefix + word.substr(0, word.size() - 2), types.at(word.back())});
    }
    return columns;
  }

  static std::map<std::string, Columns> TpchTables() {
    return {{"region", Define("r_", "regionkey:i name:t comment:t")},
            {"nation", Define("n_", "nationkey:i name:t regionkey:i comment:t")},
            {"supplier",
             Define("s_", "suppkey:b name:t address:t nationkey:i phone:t acctbal:m comment:t")},
            {"customer", Define("c_",
                                "custkey:b name:t address:t nationkey:i phone:t acctbal:m "
                                "mktsegment:t comment:t")},
            {"part", Define("p_",
                            "partkey:b name:t mfgr:t brand:t type:t size:i container:t "
                            "retailprice:m comment:t")},
            {"partsupp", Define("ps_", "partkey:b suppkey:b availqty:b supplycost:m comment:t")},
            {"orders", Define("o_",
                              "orderkey:b custkey:b orderstatus:t totalprice:m orderdate:d "
                              "orderpriority:t clerk:t shippriority:i comment:t")},
            {"lineitem", Define("l_",
                                "orderkey:b partkey:b suppkey:b linenumber:b quantity:m "
                                "extendedprice:m discount:m tax:m returnflag:t linestatus:t "
                                "shipdate:d commitdate:d receiptdate:d shipinstruct:t shipmode:t "
                                "comment:t")}};
  }

  static Value MakeValue(const LogicalType& type, size_t row, size_t column) {
    const auto number = static_cast<int64_t>((row * 7 + column * 3) % 11);
    if (type == TypeId::kVarchar) {
      return number == 10 ? Value::Null(type) : Value::Varchar("text " + std::to_string(number));
    }
    if (type == TypeId::kDate) return Value::Integer(type, 8400 + number * 200);
    return Value::Integer(type, number);
  }

  static Batch MakeRows(const Columns& columns, size_t count) {
    std::vector<LogicalType> types;
    for (const ColumnDefinition& column : columns) types.push_back(column.type);
    Batch batch = Batch::MakeFlat(types, count);
    for (size_t c = 0; c < columns.size(); ++c) {
      for (size_t i = 0; i < count; ++i) {
        batch.mutable_column(c).SetValue(i, MakeValue(types[c], i, c));
      }
    }
    batch.set_row_count(count);
    return batch;
  }

  void AddTable(Storage storage, const std::string& name, const Columns& columns) {
    const Batch rows = MakeRows(columns, 40);
    CatalogEntry entry;
    entry.schema = Catalog::kMainSchema;
    entry.name = name;
    if (storage == Storage::kMemory) {
      MemoryTableBuilder builder(name, columns,
                                 std::make_shared<MemoryBudget>("tables", size_t{1} << 30));
      EXPECT_TRUE(builder.Append(rows).ok());
      entry.table = std::make_shared<MemoryTable>(columns, builder.Finish().value());
    } else {
      const std::string path = directory_ + "/" + name + ".parquet";
      auto writer = OpenFileWriter("parquet", {path, columns, {}}, context_);
      EXPECT_TRUE(writer.ok() && (*writer)->Write(rows).ok() && (*writer)->Close().ok());
      entry.table = OpenFile({path}, "parquet", {}, FileSystem::Local()).value();
    }
    EXPECT_TRUE(catalog_.Create(std::move(entry), OnConflict::kError).ok());
  }

  QueryContext context_{{}, FileSystem::Local(), nullptr};
  std::string directory_;
  Catalog catalog_;
  TableFunctionRegistry table_functions_;
  TableOpeners openers_;
  UploadedTables uploads_;
};

}  // namespace trivet::testing
