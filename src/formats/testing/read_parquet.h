#pragma once

// Reading whatever bytes as Parquet: what the tests of broken files and the fuzzer share.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "context/query_context.h"
#include "formats/parquet/parquet_table.h"
#include "formats/testing/memory_files.h"

namespace trivet::testing {

// Reads all columns (and once more with filters that use statistics, indexes and dictionaries)
// under a budget of `memory_bytes`. Gives the first error; rows go to `rows` as text where it is
// not null. Touches every byte of every string.
inline Status ReadParquetBytes(std::string bytes, size_t memory_bytes,
                               std::vector<std::string>* rows) {
  MemoryFiles files;
  files.Put("broken.parquet", std::move(bytes));
  TRIVET_ASSIGN_OR_RETURN(const TablePtr table, OpenParquet({"broken.parquet"}, {}, files));
  QueryContext::Options options;
  options.memory_limit_bytes = memory_bytes;
  const QueryContext context(options, files, nullptr);
  static_cast<void>(table->statistics());
  uint64_t touched = 0;
  const auto read = [&](const ScanRequest& request, bool keep) -> Status {
    TRIVET_ASSIGN_OR_RETURN(const std::unique_ptr<TableScan> scan, table->Scan(request, context));
    // Row counts of a broken footer may be absurd; no reader needs to go on for ever to show that.
    constexpr size_t kMaxBatches = 2000;
    size_t batches = 0;
    while (batches < kMaxBatches) {
      TRIVET_ASSIGN_OR_RETURN(const std::unique_ptr<MorselReader> morsel, scan->NextMorsel());
      if (morsel == nullptr) break;
      Batch batch;
      for (; batches < kMaxBatches; ++batches) {
        TRIVET_ASSIGN_OR_RETURN(const bool more, morsel->Next(batch));
        if (!more) break;
        for (size_t row = 0; row < batch.row_count(); ++row) {
          std::string text;
          for (const Vector& column : batch.columns())
            text += column.GetValue(row).ToString() + "|";
          for (const char c : text) touched += static_cast<unsigned char>(c);
          if (keep && rows != nullptr) rows->push_back(std::move(text));
        }
      }
    }
    return Status::OK();
  };
  ScanRequest request;
  for (size_t i = 0; i < table->columns().size(); ++i) request.columns.push_back(i);
  TRIVET_RETURN_IF_ERROR(read(request, true));
  for (size_t i = 0; i < table->columns().size(); ++i) {
    const LogicalType& type = table->columns()[i].type;
    if (type.IsNested()) continue;
    ScanRequest filtered;
    filtered.columns = {table->columns().size() - 1 - i};
    const ExpressionPtr column = Expression::Input(static_cast<uint32_t>(i), type);
    if (type.id() == TypeId::kVarchar) {
      filtered.filters = {Expression::Compare(Comparison::kEqual, column,
                                              Expression::Constant(Value::Varchar("wonderof ")))};
    } else if (type.id() == TypeId::kInt64) {
      filtered.filters = {Expression::Compare(Comparison::kLess, column,
                                              Expression::Constant(Value::Int64(12345)))};
    } else {
      filtered.filters = {Expression::IsNull(column)};
    }
    TRIVET_RETURN_IF_ERROR(read(filtered, false));
  }
  return touched == 1 ? Status::Internal("unreachable") : Status::OK();
}

}  // namespace trivet::testing
