#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

using testing::Must;

// Random JSON text of a type, with NULLs and empty lists at every level.
std::string RandomJson(const arrow::DataType& type, bool nullable, std::mt19937_64& random) {
  if (nullable && random() % 5 == 0) return "null";
  switch (type.id()) {
    case arrow::Type::LIST: {
      const auto& field = *static_cast<const arrow::ListType&>(type).value_field();
      std::string text = "[";
      for (uint64_t i = random() % 4; i-- > 0;) {
        text += RandomJson(*field.type(), field.nullable(), random) + (i > 0 ? "," : "");
      }
      return text + "]";
    }
    case arrow::Type::STRUCT: {
      std::string text = "{";
      for (const auto& field : type.fields()) {
        text += (text.size() > 1 ? ",\"" : "\"") + field->name() +
                "\":" + RandomJson(*field->type(), field->nullable(), random);
      }
      return text + "}";
    }
    case arrow::Type::STRING: return "\"text number " + std::to_string(random() % 30) + "\"";
    default: return std::to_string(random() % 100);
  }
}

std::shared_ptr<arrow::Array> RandomArray(const std::shared_ptr<arrow::DataType>& type, size_t rows,
                                          std::mt19937_64& random) {
  std::string text = "[";
  for (size_t i = 0; i < rows; ++i) text += (i > 0 ? "," : "") + RandomJson(*type, true, random);
  return Must(arrow::json::ArrayFromJSONString(type, text + "]"));
}

TEST(ParquetNestedTest, ListsAndStructsOfAnyDepthReadAsArrowReadsThem) {
  using arrow::field;
  const auto pair = arrow::struct_({field("x", arrow::int32()), field("y", arrow::utf8(), false)});
  const std::vector<std::shared_ptr<arrow::DataType>> types = {
      arrow::list(arrow::int64()),
      arrow::list(field("element", arrow::utf8(), false)),
      arrow::list(arrow::list(arrow::int32())),
      pair,
      arrow::list(pair),
      arrow::struct_(
          {field("l", arrow::list(arrow::utf8())), field("p", pair), field("n", arrow::int32())}),
      arrow::list(arrow::struct_({field("a", arrow::list(arrow::list(arrow::int64()))),
                                  field("b", arrow::struct_({field("c", arrow::list(pair))}))}))};
  std::mt19937_64 random(17);
  constexpr size_t kRows = 3000;
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < types.size(); ++i) {
    fields.push_back(field("c" + std::to_string(i), types[i]));
    arrays.push_back(RandomArray(types[i], kRows, random));
  }
  fields.push_back(field("row", arrow::int32()));
  arrays.push_back(RandomArray(arrow::int32(), kRows, random));
  const auto content = arrow::Table::Make(arrow::schema(fields), arrays);
  testing::TemporaryDirectory directory;
  for (const bool v2 : {false, true}) {
    for (const bool dictionary : {false, true}) {
      ::parquet::WriterProperties::Builder builder;
      builder.data_pagesize(500)->write_batch_size(50)->max_row_group_length(1100);
      builder.enable_write_page_index();
      if (!dictionary) builder.disable_dictionary();
      builder.data_page_version(v2 ? ::parquet::ParquetDataPageVersion::V2
                                   : ::parquet::ParquetDataPageVersion::V1);
      const std::string path = directory / "t.parquet";
      testing::WriteParquet(*content, path, builder.build());
      auto table = OpenParquet({path}, {}, FileSystem::Local());
      ASSERT_TRUE(table.ok()) << table.status().ToString();
      for (const size_t batch_size : {size_t{2048}, size_t{13}}) {
        auto context = testing::MakeContext(batch_size);
        // All rows, then those of a few row ranges, so that readers skip within and over pages.
        ScanRequest request = testing::AllColumns(**table);
        const auto all = testing::ScanAll(**table, request, context);
        ASSERT_TRUE(all.status.ok()) << all.status.ToString();
        request.filters = {Expression::Compare(
            Comparison::kEqual,
            Expression::Input(static_cast<uint32_t>(types.size()), TypeId::kInt32),
            Expression::Constant(Value::Int32(42)))};
        const auto some = testing::ScanAll(**table, request, context);
        ASSERT_TRUE(some.status.ok()) << some.status.ToString();
        for (size_t c = 0; c < types.size(); ++c) {
          size_t next = 0;
          for (size_t row = 0; row < kRows; ++row) {
            const Value want = testing::ValueOf(*arrays[c], static_cast<int64_t>(row),
                                                (*table)->columns()[c].type);
            ASSERT_EQ(all.columns[c][row], want)
                << c << " row " << row << ": " << all.columns[c][row].ToString() << " instead of "
                << want.ToString();
            if (all.columns.back()[row] == Value::Int32(42)) {
              ASSERT_LT(next, some.rows);
              ASSERT_EQ(some.columns[c][next++], want) << c << " row " << row;
            }
          }
          ASSERT_EQ(next, some.rows);
        }
      }
    }
  }
}

TEST(ParquetNestedTest, TypesAndMaps) {
  testing::TemporaryDirectory directory;
  const auto map = Must(arrow::json::ArrayFromJSONString(arrow::map(arrow::utf8(), arrow::int32()),
                                                         R"([[["a", 1], ["b", null]], null, []])"));
  const auto content = arrow::Table::Make(arrow::schema({arrow::field("m", map->type())}), {map});
  testing::WriteParquet(*content, directory / "t.parquet", ::parquet::default_writer_properties());
  auto table = OpenParquet({directory / "t.parquet"}, {}, FileSystem::Local());
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->columns()[0].type.ToString(), "STRUCT(key VARCHAR, value INTEGER)[]");
  auto context = testing::MakeContext();
  const auto read = testing::ScanAll(**table, testing::AllColumns(**table), context);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.columns[0][0].ToString(), "[{'key': a, 'value': 1}, {'key': b, 'value': NULL}]");
  EXPECT_TRUE(read.columns[0][1].is_null());
  EXPECT_EQ(read.columns[0][2].ToString(), "[]");
}

}  // namespace
}  // namespace trivet
