#include "catalog/catalog.h"

#include <thread>

#include <gtest/gtest.h>

#include "catalog/range_function.h"
#include "context/memory_budget.h"

namespace trivet {
namespace {

CatalogEntry TableEntry(std::string name, std::string schema = "main") {
  CatalogEntry entry;
  entry.schema = std::move(schema);
  entry.name = std::move(name);
  entry.table = std::make_shared<const MemoryTable>(
      std::vector<ColumnDefinition>{{"a", TypeId::kInt32}}, MemoryChunks{});
  return entry;
}
CatalogEntry ViewEntry(std::string name) {
  CatalogEntry entry;
  entry.schema = "main";
  entry.name = std::move(name);
  entry.view_sql = "SELECT 1";
  return entry;
}

TEST(CatalogTest, FindsNamesInAnyCaseAndKeepsTheirSpelling) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(TableEntry("Flights"), OnConflict::kError).ok());
  ASSERT_NE(catalog.Find({"", "fLIGHTS"}), nullptr);
  EXPECT_EQ(catalog.Find({"MAIN", "flights"})->name, "Flights");
  EXPECT_EQ(catalog.Find({"temp", "flights"}), nullptr);
  EXPECT_EQ(catalog.Find({"other", "flights"}), nullptr);
  const Result<CatalogEntryPtr> missing = catalog.Lookup({"", "fligths"});
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(missing.status().hint(), "Did you mean \"Flights\"?");
}

TEST(CatalogTest, TemporaryTablesHideOthers) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(TableEntry("t"), OnConflict::kError).ok());
  ASSERT_TRUE(catalog.Create(TableEntry("t", "temp"), OnConflict::kError).ok());
  EXPECT_EQ(catalog.Find({"", "t"})->schema, "temp");
  EXPECT_EQ(catalog.Find({"main", "t"})->schema, "main");
  ASSERT_TRUE(catalog.Drop({"", "t"}, false, false).ok());
  EXPECT_EQ(catalog.Find({"", "t"})->schema, "main");
}

TEST(CatalogTest, ConflictsFollowTheMode) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(TableEntry("t"), OnConflict::kError).ok());
  const CatalogEntryPtr first = catalog.Find({"", "t"});
  EXPECT_EQ(catalog.Create(TableEntry("T"), OnConflict::kError).code(), StatusCode::kAlreadyExists);
  EXPECT_TRUE(catalog.Create(TableEntry("t"), OnConflict::kIgnore).ok());
  EXPECT_EQ(catalog.Find({"", "t"}), first);
  EXPECT_TRUE(catalog.Create(TableEntry("t"), OnConflict::kReplace).ok());
  EXPECT_NE(catalog.Find({"", "t"}), first);
  // A view never takes a table's place.
  EXPECT_EQ(catalog.Create(ViewEntry("t"), OnConflict::kReplace).code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(catalog.Create(TableEntry("t", "nowhere"), OnConflict::kError).code(),
            StatusCode::kNotFound);
  EXPECT_EQ(catalog.List().size(), 1u);
}

TEST(CatalogTest, DropNamesWhatItDrops) {
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(ViewEntry("w"), OnConflict::kError).ok());
  EXPECT_EQ(catalog.Drop({"", "w"}, false, false).code(), StatusCode::kInvalidInput);
  EXPECT_EQ(catalog.Drop({"", "x"}, true, false).code(), StatusCode::kNotFound);
  EXPECT_TRUE(catalog.Drop({"", "x"}, true, true).ok());
  EXPECT_TRUE(catalog.Drop({"", "W"}, true, false).ok());
  EXPECT_TRUE(catalog.List().empty());
}

TEST(CatalogTest, ConcurrentAppendsAllLandAndSnapshotsStay) {
  const auto budget = std::make_shared<MemoryBudget>("memory_limit", size_t{1} << 30);
  Catalog catalog;
  ASSERT_TRUE(catalog.Create(TableEntry("t"), OnConflict::kError).ok());
  const CatalogEntryPtr before = catalog.Find({"", "t"});
  const auto append = [&] {
    for (int i = 0; i < 50; ++i) {
      MemoryTableBuilder builder("t", {{"a", TypeId::kInt32}}, budget);
      Vector column = Vector::MakeFlat(TypeId::kInt32, 1);
      column.mutable_data<int32_t>()[0] = i;
      ASSERT_TRUE(builder.Append(Batch({column}, 1)).ok());
      Result<MemoryChunks> chunks = builder.Finish();
      ASSERT_TRUE(catalog.Append({"", "t"}, *chunks).ok());
    }
  };
  std::thread other(append);
  append();
  other.join();
  EXPECT_EQ(catalog.Find({"", "t"})->table->statistics().row_count, 100u);
  EXPECT_EQ(before->table->statistics().row_count, 0u);
  EXPECT_EQ(catalog.Append({"", "nope"}, {}).code(), StatusCode::kNotFound);
}

TEST(TableFunctionRegistryTest, FindsNamesInAnyCase) {
  TableFunctionRegistry registry;
  RegisterRangeFunctions(registry);
  EXPECT_NE(registry.Find("RANGE"), nullptr);
  EXPECT_EQ(registry.Find("rang"), nullptr);
  EXPECT_EQ(registry.Names(), (std::vector<std::string>{"generate_series", "range"}));
}

uint64_t RangeRows(const std::string& name, std::vector<Value> arguments) {
  TableFunctionRegistry registry;
  RegisterRangeFunctions(registry);
  TableFunctionCall call;
  call.arguments = std::move(arguments);
  const Result<TablePtr> table = registry.Find(name)->bind(call);
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return table.ok() ? *(*table)->statistics().row_count : 0;
}

TEST(RangeFunctionTest, CountsRowsWithAndWithoutTheStop) {
  const auto i = [](int64_t value) { return Value::Int64(value); };
  EXPECT_EQ(RangeRows("range", {i(3)}), 3u);
  EXPECT_EQ(RangeRows("range", {i(-3)}), 0u);
  EXPECT_EQ(RangeRows("range", {i(1), i(10), i(3)}), 3u);
  EXPECT_EQ(RangeRows("range", {i(5), i(1), i(-2)}), 2u);
  EXPECT_EQ(RangeRows("generate_series", {i(1), i(10), i(3)}), 4u);
  EXPECT_EQ(RangeRows("generate_series", {i(1), i(1)}), 1u);
  EXPECT_EQ(RangeRows("generate_series", {i(2), i(1)}), 0u);
  EXPECT_EQ(RangeRows("range", {Value::Null(TypeId::kInt64)}), 0u);
  EXPECT_EQ(RangeRows("range", {i(INT64_MIN), i(INT64_MAX)}), UINT64_MAX);
}

}  // namespace
}  // namespace trivet
