#include "formats/arrow/stream_table.h"

#include <algorithm>
#include <mutex>

#include "base/string_concat.h"
#include "vector/arrow_import.h"

namespace trivet {

namespace {

Status StreamError(const std::string& name, ArrowArrayStream* stream, int code) {
  const char* message = stream->get_last_error ? stream->get_last_error(stream) : nullptr;
  return Status::IO(StrCat("reading \"", name,
                           "\" failed: ", message ? message : StrCat("error ", code).c_str()));
}

// One stream being read. Threads take its batches in turn.
class StreamScan final : public TableScan {
 public:
  StreamScan(std::string name, std::vector<ColumnDefinition> columns, std::vector<size_t> wanted,
             size_t batch_size)
      : name_(std::move(name)),
        columns_(std::move(columns)),
        wanted_(std::move(wanted)),
        batch_size_(batch_size) {}

  Status Start(const ArrowStreamTable::Open& open) {
    TRIVET_RETURN_IF_ERROR(open(stream_.get()));
    if (const int code = stream_.get()->get_schema(stream_.get(), schema_.get())) {
      return StreamError(name_, stream_.get(), code);
    }
    if (schema_.get()->n_children != static_cast<int64_t>(columns_.size())) {
      return Status::InvalidInput(StrCat("the columns of \"", name_, "\" have changed"));
    }
    return Status::OK();
  }

  Result<std::unique_ptr<MorselReader>> NextMorsel() override;
  uint64_t total_rows() const override { return 0; }

 private:
  friend class StreamMorsel;
  std::string name_;
  std::vector<ColumnDefinition> columns_;
  std::vector<size_t> wanted_;
  size_t batch_size_;
  std::mutex mutex_;
  ArrowHolder<ArrowSchema> schema_;
  ArrowHolder<ArrowArrayStream> stream_;
  uint64_t next_ = 0;
};

// One batch of the stream, given in pieces.
class StreamMorsel final : public MorselReader {
 public:
  StreamMorsel(const StreamScan& scan, uint64_t morsel,
               std::shared_ptr<ArrowHolder<ArrowArray>> array)
      : scan_(scan), morsel_(morsel), array_(std::move(array)) {}

  uint64_t morsel() const override { return morsel_; }
  Result<bool> Next(Batch& batch) override {
    const ArrowArray& rows = *array_->get();
    const size_t total = static_cast<size_t>(rows.length);
    if (next_ >= total) return false;
    const size_t count = std::min(scan_.batch_size_, total - next_);
    std::vector<Vector> columns;
    for (const size_t column : scan_.wanted_) {
      Result<Vector> values =
          ImportArrowColumn(*scan_.schema_.get()->children[column], *rows.children[column],
                            scan_.columns_[column].type, static_cast<size_t>(rows.offset) + next_,
                            count, array_, &dictionaries_);
      if (!values.ok()) {
        return std::move(values).status().WithContext(
            StrCat("column \"", scan_.columns_[column].name, "\""));
      }
      columns.push_back(std::move(values).value());
    }
    batch = Batch(std::move(columns), count);
    batch.set_order({morsel_, next_ / scan_.batch_size_});
    next_ += count;
    return true;
  }

 private:
  const StreamScan& scan_;
  uint64_t morsel_;
  std::shared_ptr<ArrowHolder<ArrowArray>> array_;
  size_t next_ = 0;
  ArrowDictionaryCache dictionaries_;
};

Result<std::unique_ptr<MorselReader>> StreamScan::NextMorsel() {
  std::lock_guard lock(mutex_);
  auto array = std::make_shared<ArrowHolder<ArrowArray>>();
  if (const int code = stream_.get()->get_next(stream_.get(), array->get())) {
    return StreamError(name_, stream_.get(), code);
  }
  if (array->get()->release == nullptr) return std::unique_ptr<MorselReader>();
  return std::unique_ptr<MorselReader>(
      std::make_unique<StreamMorsel>(*this, next_++, std::move(array)));
}

}  // namespace

Result<TablePtr> ArrowStreamTable::Make(std::string name, Open open) {
  ArrowHolder<ArrowArrayStream> stream;
  TRIVET_RETURN_IF_ERROR(open(stream.get()));
  ArrowHolder<ArrowSchema> schema;
  if (const int code = stream.get()->get_schema(stream.get(), schema.get())) {
    return StreamError(name, stream.get(), code);
  }
  if (std::string_view(schema.get()->format) != "+s") {
    return Status::InvalidInput(StrCat("\"", name, "\" is not a stream of tables"));
  }
  std::vector<ColumnDefinition> columns;
  for (int64_t i = 0; i < schema.get()->n_children; ++i) {
    const ArrowSchema& child = *schema.get()->children[i];
    Result<LogicalType> type = ImportArrowType(child);
    if (!type.ok()) {
      return std::move(type).status().WithContext(
          StrCat("column \"", child.name, "\" of \"", name, "\""));
    }
    columns.push_back({child.name ? child.name : "", std::move(type).value()});
  }
  return TablePtr(std::shared_ptr<ArrowStreamTable>(
      new ArrowStreamTable(std::move(name), std::move(open), std::move(columns))));
}

Result<std::unique_ptr<TableScan>> ArrowStreamTable::Scan(const ScanRequest& request,
                                                          const ExecutionContext& context) const {
  auto scan = std::make_unique<StreamScan>(name_, columns_, request.columns, context.batch_size());
  TRIVET_RETURN_IF_ERROR(scan->Start(open_));
  return std::unique_ptr<TableScan>(std::move(scan));
}

}  // namespace trivet
