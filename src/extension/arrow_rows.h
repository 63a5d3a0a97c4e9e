#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "plan/custom_operator.h"
#include "vector/arrow_import.h"

namespace trivet {

// Columns as code outside of the engine sees them: an Arrow struct type. Immutable once made.
class ArrowColumns {
 public:
  // NotImplemented, naming the column, where a type has no Arrow counterpart that keeps its values.
  static Result<std::shared_ptr<const ArrowColumns>> Make(std::vector<ColumnDefinition> columns);

  const std::vector<ColumnDefinition>& columns() const { return columns_; }
  const std::vector<LogicalType>& types() const { return types_; }
  const ArrowSchema& schema() const { return *schema_.get(); }
  // A copy, which is the receiver's to release.
  Status ExportSchema(ArrowSchema* out) const;
  // A struct array of the rows, which is the receiver's to release.
  Status Export(const Batch& rows, ArrowArray* out) const;
  // Rows [begin, begin + count) of a struct array of exactly these columns.
  Result<Batch> Import(const std::shared_ptr<ArrowHolder<ArrowArray>>& array, size_t begin,
                       size_t count) const;

 private:
  ArrowColumns() = default;
  std::vector<ColumnDefinition> columns_;
  std::vector<std::string> names_;
  std::vector<LogicalType> types_;
  ArrowHolder<ArrowSchema> schema_;
};
using ArrowColumnsPtr = std::shared_ptr<const ArrowColumns>;

// Struct arrays cut into batches of at most `batch_size` rows.
class ArrowBatches {
 public:
  ArrowBatches(ArrowColumnsPtr columns, size_t batch_size)
      : columns_(std::move(columns)), batch_size_(batch_size) {}
  // Only when the one before has been given to its end.
  void Add(std::shared_ptr<ArrowHolder<ArrowArray>> array) {
    array_ = std::move(array);
    next_ = 0;
  }
  // False where another array is needed.
  Result<bool> Next(Batch& batch);

 private:
  ArrowColumnsPtr columns_;
  const size_t batch_size_;
  std::shared_ptr<ArrowHolder<ArrowArray>> array_;
  size_t next_ = 0;
};

// A stream that others may hold on to for longer than the run lasts: after Close it only fails. One
// thread at a time reads it; any thread may close it.
class SharedInput final : public BatchStream {
 public:
  explicit SharedInput(BatchStream& stream) : stream_(&stream) {}
  Result<bool> Next(Batch& batch) override;
  void Close();
  // The first error that reading met.
  Status failure();

 private:
  std::mutex mutex_;
  BatchStream* stream_;
  Status failure_;
};

// The input in the C stream interface.
void ExportInput(std::shared_ptr<SharedInput> input, ArrowColumnsPtr columns,
                 ArrowArrayStream* out);

}  // namespace trivet
