#include "formats/adapters/file_batches_arrow.h"

#include <arrow/c/bridge.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "expression/function_registry.h"
#include "expression/functions/utf8.h"
#include "formats/adapters/memory_pool_arrow.h"
#include "formats/adapters/status_arrow.h"
#include "formats/hive_partition.h"
#include "vector/arrow_import.h"

namespace trivet {

namespace {

// One record batch with all that its vectors need to live.
struct ImportedBatch {
  // Declared first, so that it goes last: the arrays give their memory back to it.
  std::shared_ptr<ReservedMemoryPool> pool;
  std::shared_ptr<arrow::RecordBatch> batch;
  ArrowHolder<ArrowSchema> schema;
  ArrowHolder<ArrowArray> array;
};

struct ScanState {
  std::shared_ptr<const FileTableParts> parts;
  std::vector<size_t> wanted;   // table columns
  std::vector<size_t> read;     // the same, then those that are read to tell good rows from bad
  std::vector<size_t> sources;  // file columns that are read, in the batches' order

  size_t PlaceOf(size_t source) const {
    return static_cast<size_t>(std::ranges::find(sources, source) - sources.begin());
  }
};

class FileMorsel final : public MorselReader {
 public:
  FileMorsel(const ScanState& state, size_t file, uint64_t morsel, uint64_t first_line,
             std::shared_ptr<ImportedBatch> batch, const ExecutionContext& context)
      : state_(state),
        file_(file),
        morsel_(morsel),
        first_line_(first_line),
        batch_(std::move(batch)),
        context_(context) {}

  uint64_t morsel() const override { return morsel_; }

  Result<bool> Next(Batch& batch) override {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    const auto total = static_cast<size_t>(batch_->batch->num_rows());
    while (next_ < total) {
      const size_t count = std::min(context_.batch_size(), total - next_);
      std::vector<Vector> vectors;
      for (const size_t column : state_.read) {
        TRIVET_ASSIGN_OR_RETURN(Vector vector, ReadColumn(column, count));
        vectors.push_back(std::move(vector));
      }
      batch = Batch(std::move(vectors), count);
      next_ += count;
      if (state_.parts->ignore_errors) TRIVET_RETURN_IF_ERROR(LeaveOutBadRows(batch));
      if (batch.row_count() == 0) continue;
      batch.mutable_columns().resize(state_.wanted.size());
      batch.set_order({morsel_, sequence_++});
      return true;
    }
    return false;
  }

 private:
  const std::string& path() const { return state_.parts->files[file_].path; }

  // The text of a column whose errors are ignored, the value otherwise.
  Result<Vector> ReadColumn(size_t index, size_t count) {
    const FileColumn& column = state_.parts->columns[index];
    if (!column.source) return Vector::MakeConstant(column.constants[file_]);
    const size_t place = state_.PlaceOf(*column.source);
    const ArrowArray& array = *batch_->array.get();
    Result<Vector> imported = ImportArrowColumn(
        *batch_->schema.get()->children[place], *array.children[place], column.source_type,
        static_cast<size_t>(array.offset) + next_, count, batch_, &dictionaries_);
    if (!imported.ok()) {
      return std::move(imported)
          .status()
          .WithContext(StrCat("column \"", column.definition.name, "\""))
          .WithFile(path());
    }
    if (column.source_type == column.definition.type || state_.parts->ignore_errors) {
      return imported;
    }
    return CastColumn(column, std::move(imported).value(), count);
  }

  Result<Vector> CastColumn(const FileColumn& column, Vector values, size_t count) {
    std::vector<Vector> inputs;
    inputs.push_back(std::move(values));
    const Batch input(std::move(inputs), count);
    Vector cast;
    Status status = Evaluate(column, input, false, cast);
    if (status.ok()) return cast;
    if (status.code() != StatusCode::kInvalidInput) return status;
    // Which row it was is known to a cast that gives NULL instead.
    Vector tried;
    TRIVET_RETURN_IF_ERROR(Evaluate(column, input, true, tried));
    size_t row = 0;
    while (row < count && (tried.IsValid(row) || !input.column(0).IsValid(row))) ++row;
    std::string where = StrCat("column \"", column.definition.name, "\"");
    if (first_line_ > 0) where += StrCat(", line ", first_line_ + LinesBefore(next_ + row));
    return std::move(status).WithContext(where).WithFile(path()).WithHint(
        StrCat("types = {'", column.definition.name, "': 'VARCHAR'} reads the column as text"));
  }

  // Casts the texts of all columns, and keeps the rows in which every one of them is a value.
  Status LeaveOutBadRows(Batch& batch) {
    std::vector<bool> bad(batch.row_count(), false);
    for (size_t c = 0; c < state_.read.size(); ++c) {
      const FileColumn& column = state_.parts->columns[state_.read[c]];
      if (!column.source) continue;
      const Vector texts = batch.column(c);
      const VectorView view = texts.View();
      for (size_t row = 0; row < bad.size(); ++row) {
        if (view.IsValid(row) && !IsValidUtf8(view.Get<StringView>(row).view())) bad[row] = true;
      }
      if (column.source_type == column.definition.type) continue;
      const Batch input({texts}, bad.size());
      TRIVET_RETURN_IF_ERROR(Evaluate(column, input, true, batch.mutable_column(c)));
      const VectorView values = batch.column(c).View();
      for (size_t row = 0; row < bad.size(); ++row) {
        if (view.IsValid(row) && !values.IsValid(row)) bad[row] = true;
      }
    }
    const auto kept = MakeIndices(bad.size());
    size_t count = 0;
    for (size_t row = 0; row < bad.size(); ++row) {
      if (!bad[row]) kept[count++] = static_cast<uint32_t>(row);
    }
    if (count < bad.size()) batch.Slice(kept, count);
    return Status::OK();
  }

  Status Evaluate(const FileColumn& column, const Batch& input, bool is_try, Vector& out) {
    ExpressionPtr value = Expression::Input(0, column.source_type);
    if (!column.format.empty()) {
      TRIVET_ASSIGN_OR_RETURN(
          value, FunctionRegistry::Builtin().BindScalar(
                     is_try ? "try_strptime" : "strptime",
                     {value, Expression::Constant(Value::Varchar(column.format))}, &context_));
    }
    Evaluator evaluator({Expression::Cast(std::move(value), column.definition.type, is_try)},
                        context_);
    return evaluator.Evaluate(0, input, out);
  }

  // Lines that the rows before `row` of this batch take: one each, and one for every line break in
  // a value (of the columns that are read).
  uint64_t LinesBefore(size_t row) const {
    uint64_t lines = row;
    const ArrowArray& array = *batch_->array.get();
    for (int64_t c = 0; c < array.n_children; ++c) {
      const Result<Vector> texts =
          ImportArrowColumn(*batch_->schema.get()->children[c], *array.children[c],
                            TypeId::kVarchar, static_cast<size_t>(array.offset), row, batch_);
      if (!texts.ok()) continue;
      const VectorView view = texts->View();
      for (size_t i = 0; i < row; ++i) {
        if (!view.IsValid(i)) continue;
        const std::string_view text = view.Get<StringView>(i).view();
        lines += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
      }
    }
    return lines;
  }

  const ScanState& state_;
  size_t file_;
  uint64_t morsel_;
  uint64_t first_line_;
  std::shared_ptr<ImportedBatch> batch_;
  const ExecutionContext& context_;
  size_t next_ = 0;
  ArrowDictionaryCache dictionaries_;
  uint64_t sequence_ = 0;
};

class FileScan final : public TableScan {
 public:
  FileScan(std::shared_ptr<const FileTableParts> parts, const ScanRequest& request,
           const ExecutionContext& context)
      : context_(context),
        metrics_(request.metrics),
        pool_(ReservedMemoryPool::Make(context.memory(), parts->kind)) {
    file_ = request.part.begin(parts->files.size());
    file_end_ = request.part.end(parts->files.size());
    state_.parts = std::move(parts);
    state_.wanted = request.columns;
    state_.read = request.columns;
    if (state_.parts->ignore_errors) {
      for (size_t column = 0; column < state_.parts->columns.size(); ++column) {
        if (!std::ranges::count(state_.wanted, column)) state_.read.push_back(column);
      }
    }
    for (const size_t column : state_.read) AddSource(state_.parts->columns[column]);
    // Something must be read to count rows.
    for (const FileColumn& column : state_.parts->columns) {
      if (state_.sources.empty()) AddSource(column);
    }
  }

  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    std::lock_guard lock(mutex_);
    while (file_ < file_end_) {
      if (source_ == nullptr) TRIVET_RETURN_IF_ERROR(OpenFile());
      Result<std::shared_ptr<arrow::RecordBatch>> next = source_->Next();
      if (!next.ok()) return std::move(next).status().WithFile(state_.parts->files[file_].path);
      if (*next == nullptr) {
        source_.reset();
        ++file_;
        continue;
      }
      auto imported = std::make_shared<ImportedBatch>();
      imported->pool = pool_;
      imported->batch = std::move(next).value();
      TRIVET_RETURN_IF_ERROR(FromArrow(arrow::ExportRecordBatch(
          *imported->batch, imported->array.get(), imported->schema.get())));
      return std::unique_ptr<MorselReader>(std::make_unique<FileMorsel>(
          state_, file_, next_morsel_++, source_->first_line(), std::move(imported), context_));
    }
    return std::unique_ptr<MorselReader>();
  }

  uint64_t total_rows() const override { return 0; }

 private:
  void AddSource(const FileColumn& column) {
    if (!column.source || std::ranges::count(state_.sources, *column.source)) return;
    state_.sources.push_back(*column.source);
  }

  Status OpenFile() {
    const FileInfo& info = state_.parts->files[file_];
    TRIVET_ASSIGN_OR_RETURN(std::unique_ptr<RandomAccessFile> file,
                            context_.files().OpenForRead(info.path));
    Result<std::unique_ptr<BatchSource>> opened =
        state_.parts->open({std::move(file), state_.sources, pool_.get(), metrics_});
    if (!opened.ok()) return std::move(opened).status().WithFile(info.path);
    source_ = std::move(opened).value();
    return Status::OK();
  }

  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::shared_ptr<ReservedMemoryPool> pool_;
  ScanState state_;
  std::mutex mutex_;
  size_t file_ = 0;
  size_t file_end_ = 0;
  std::unique_ptr<BatchSource> source_;
  uint64_t next_morsel_ = 0;
};

class FileTable final : public Table {
 public:
  explicit FileTable(FileTableParts parts)
      : parts_(std::make_shared<const FileTableParts>(std::move(parts))) {
    for (const FileColumn& column : parts_->columns) columns_.push_back(column.definition);
  }

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override { return {}; }
  ScanCapabilities capabilities() const override { return {}; }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    return std::unique_ptr<TableScan>(std::make_unique<FileScan>(parts_, request, context));
  }
  size_t split_count() const override { return parts_->files.size(); }
  Result<TableReference> Reference() const override {
    return TableReference{parts_->format, parts_->files, parts_->options};
  }
  std::string kind() const override { return parts_->kind; }
  std::string description() const override {
    const std::string& first = parts_->files.front().path;
    return parts_->files.size() == 1 ? first : StrCat(first, ", ", parts_->files.size(), " files");
  }

 private:
  std::shared_ptr<const FileTableParts> parts_;
  std::vector<ColumnDefinition> columns_;
};

}  // namespace

TablePtr MakeFileTable(FileTableParts parts) {
  return std::make_shared<FileTable>(std::move(parts));
}

Status AddPathColumns(const std::string& filename_column, std::optional<bool> hive_partitioning,
                      FileTableParts& parts) {
  const auto find = [&](const std::string& name) {
    return std::ranges::find_if(
        parts.columns, [&](const FileColumn& column) { return column.definition.name == name; });
  };
  if (!filename_column.empty()) {
    if (find(filename_column) != parts.columns.end()) {
      return Status::InvalidInput(
          StrCat("option filename: the files already have a column \"", filename_column, "\""));
    }
    FileColumn column;
    column.definition = {filename_column, TypeId::kVarchar, true};
    for (const FileInfo& file : parts.files) column.constants.push_back(Value::Varchar(file.path));
    parts.columns.push_back(std::move(column));
  }
  TRIVET_ASSIGN_OR_RETURN(const HivePartitions partitions,
                          FindHivePartitions(parts.files, hive_partitioning, true));
  for (size_t i = 0; i < partitions.columns.size(); ++i) {
    FileColumn column;
    column.definition = partitions.columns[i];
    for (const std::vector<Value>& values : partitions.values)
      column.constants.push_back(values[i]);
    const auto known = find(column.definition.name);
    if (known == parts.columns.end()) {
      parts.columns.push_back(std::move(column));
    } else {
      *known = std::move(column);
    }
  }
  return Status::OK();
}

}  // namespace trivet
