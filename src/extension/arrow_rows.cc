#include "extension/arrow_rows.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/string_concat.h"
#include "vector/arrow_export.h"

namespace trivet {

Result<ArrowColumnsPtr> ArrowColumns::Make(std::vector<ColumnDefinition> columns) {
  std::shared_ptr<ArrowColumns> made(new ArrowColumns());
  for (const ColumnDefinition& column : columns) {
    made->names_.push_back(column.name);
    made->types_.push_back(column.type);
  }
  made->columns_ = std::move(columns);
  TRIVET_RETURN_IF_ERROR(made->ExportSchema(made->schema_.get()));
  for (size_t i = 0; i < made->types_.size(); ++i) {
    const Result<LogicalType> back = ImportArrowType(*made->schema().children[i]);
    if (back.ok() && *back == made->types_[i]) continue;
    return Status::NotImplemented(StrCat("column \"", made->names_[i], "\" of type ",
                                         made->types_[i].ToString(), " in custom code"));
  }
  return ArrowColumnsPtr(std::move(made));
}

Status ArrowColumns::ExportSchema(ArrowSchema* out) const {
  return ExportArrowSchema(names_, types_, out, {.uuid = ArrowUuid::kExtension});
}

Status ArrowColumns::Export(const Batch& rows, ArrowArray* out) const {
  return ExportArrowBatch(rows, types_, out, nullptr, {.uuid = ArrowUuid::kExtension});
}

Result<Batch> ArrowColumns::Import(const std::shared_ptr<ArrowHolder<ArrowArray>>& array,
                                   size_t begin, size_t count) const {
  const ArrowArray& rows = *array->get();
  if (rows.n_children != static_cast<int64_t>(types_.size())) {
    return Status::InvalidInput(StrCat(rows.n_children, " columns instead of ", types_.size()));
  }
  std::vector<Vector> vectors;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (rows.children[i]->length < rows.offset + static_cast<int64_t>(begin + count)) {
      return Status::InvalidInput(StrCat("column \"", names_[i], "\" has too few rows"));
    }
    TRIVET_ASSIGN_OR_RETURN(
        Vector vector, ImportArrowColumn(*schema().children[i], *rows.children[i], types_[i],
                                         static_cast<size_t>(rows.offset) + begin, count, array));
    vectors.push_back(std::move(vector));
  }
  return Batch(std::move(vectors), count);
}

Result<bool> ArrowBatches::Next(Batch& batch) {
  if (array_ == nullptr) return false;
  const auto rows = static_cast<size_t>(std::max<int64_t>(array_->get()->length, 0));
  if (next_ >= rows) {
    array_.reset();
    return false;
  }
  const size_t count = std::min(batch_size_, rows - next_);
  TRIVET_ASSIGN_OR_RETURN(batch, columns_->Import(array_, next_, count));
  next_ += count;
  return true;
}

Result<bool> SharedInput::Next(Batch& batch) {
  std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return Status::InvalidInput("the operator's run is over");
  Result<bool> more = stream_->Next(batch);
  if (!more.ok() && failure_.ok()) failure_ = more.status();
  return more;
}

void SharedInput::Close() {
  std::lock_guard lock(mutex_);
  stream_ = nullptr;
}

Status SharedInput::failure() {
  std::lock_guard lock(mutex_);
  return failure_;
}

namespace {

struct ExportedInput {
  std::shared_ptr<SharedInput> input;
  ArrowColumnsPtr columns;
  std::string error;
  bool ended = false;
};

int Fail(ExportedInput& state, const Status& status) {
  state.error = status.ToString();
  return status.code() == StatusCode::kCancelled ? ECANCELED : EIO;
}

int InputSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& state = *static_cast<ExportedInput*>(stream->private_data);
  const Status status = state.columns->ExportSchema(out);
  return status.ok() ? 0 : Fail(state, status);
}

int InputNext(ArrowArrayStream* stream, ArrowArray* out) {
  auto& state = *static_cast<ExportedInput*>(stream->private_data);
  *out = ArrowArray{};
  Batch batch;
  while (!state.ended) {
    const Result<bool> more = state.input->Next(batch);
    if (!more.ok()) return Fail(state, more.status());
    state.ended = !*more;
    if (state.ended || batch.row_count() == 0) continue;
    const Status status = state.columns->Export(batch, out);
    return status.ok() ? 0 : Fail(state, status);
  }
  return 0;
}

const char* InputError(ArrowArrayStream* stream) {
  return static_cast<ExportedInput*>(stream->private_data)->error.c_str();
}

void InputRelease(ArrowArrayStream* stream) {
  stream->release = nullptr;
  delete static_cast<ExportedInput*>(stream->private_data);
}

}  // namespace

void ExportInput(std::shared_ptr<SharedInput> input, ArrowColumnsPtr columns,
                 ArrowArrayStream* out) {
  *out = {InputSchema, InputNext, InputError, InputRelease,
          new ExportedInput{std::move(input), std::move(columns), {}}};
}

}  // namespace trivet
