#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/table.h"
#include "vector/arrow_abi.h"

namespace trivet {

// A table over foreign Arrow data that is read through the C stream interface. `open` gives a new
// stream for every scan; a source that can be read only once fails the second time with its own
// error. Batches keep their place in the stream; string and number columns are not copied.
class ArrowStreamTable final : public Table {
 public:
  using Open = std::function<Status(ArrowArrayStream* out)>;

  // Opens one stream to learn the columns. `name` is shown in EXPLAIN and errors.
  static Result<TablePtr> Make(std::string name, Open open);

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override { return {}; }
  ScanCapabilities capabilities() const override { return {}; }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override;
  Result<TableReference> Reference() const override {
    return TableReference{std::string(kUploadedRows), {}, {}};
  }
  std::string kind() const override { return "ARROW_SCAN"; }
  std::string description() const override { return name_; }

 private:
  ArrowStreamTable(std::string name, Open open, std::vector<ColumnDefinition> columns)
      : name_(std::move(name)), open_(std::move(open)), columns_(std::move(columns)) {}

  std::string name_;
  Open open_;
  std::vector<ColumnDefinition> columns_;
};

}  // namespace trivet
