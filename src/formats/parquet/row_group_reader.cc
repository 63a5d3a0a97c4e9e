#include "formats/parquet/row_group_reader.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"

namespace trivet::parquet {

RowGroupReader::RowGroupReader(const TableFile& file, size_t group, std::vector<size_t> columns,
                               size_t batch_size, const std::vector<ColumnDefinition>& definitions,
                               ReaderResources resources, const ExecutionContext& context)
    : file_(file),
      group_(group),
      columns_(std::move(columns)),
      batch_size_(batch_size),
      definitions_(definitions),
      resources_(std::move(resources)),
      context_(context) {}

Status RowGroupReader::Start() {
  const RowGroup& group = file_.metadata->row_groups[group_];
  for (const size_t column : columns_) {
    const ColumnSource& source = file_.sources[column];
    readers_.push_back(nullptr);
    if (source.kind != ColumnSource::Kind::kNode) continue;
    const Node& node = file_.schema->columns[source.node];
    if (source.cast) {
      return Status::NotImplemented(
          StrCat("column \"", node.name, "\": union_by_name over differing types is not supported"));
    }
    if (node.kind != Node::Kind::kLeaf) {
      return Status::NotImplemented(StrCat("column \"", node.name, "\": reading Parquet columns of type ",
                                           node.type.ToString(), " is not supported"));
    }
    const Leaf& leaf = file_.schema->leaves[node.leaf];
    const ColumnChunk& chunk = group.columns[leaf.chunk];
    if (chunk.encrypted) {
      return Status::NotImplemented(StrCat("column \"", node.name, "\" is encrypted"))
          .WithFile(file_.info.path);
    }
    readers_.back() = std::make_unique<FlatColumnReader>(leaf, chunk, resources_);
  }
  return Status::OK();
}

Vector RowGroupReader::RowNumbers(size_t count) const {
  int64_t first = static_cast<int64_t>(next_row_);
  for (size_t i = 0; i < group_; ++i) first += file_.metadata->row_groups[i].row_count;
  Vector numbers = Vector::MakeFlat(TypeId::kInt64, count);
  for (size_t i = 0; i < count; ++i) {
    numbers.mutable_data<int64_t>()[i] = first + static_cast<int64_t>(i);
  }
  return numbers;
}

Result<bool> RowGroupReader::Next(Batch& batch) {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  if (next_row_ == 0) TRIVET_RETURN_IF_ERROR(Start());
  const auto rows = static_cast<size_t>(file_.metadata->row_groups[group_].row_count);
  if (next_row_ >= rows) return false;
  const size_t count = std::min(batch_size_, rows - next_row_);
  std::vector<Vector> vectors(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const ColumnSource& source = file_.sources[columns_[i]];
    if (readers_[i] != nullptr) {
      TRIVET_RETURN_IF_ERROR(readers_[i]->Read(count, vectors[i]));
    } else if (source.kind == ColumnSource::Kind::kConstant) {
      vectors[i] = Vector::MakeConstant(source.constant);
    } else {
      vectors[i] = RowNumbers(count);
    }
  }
  batch = Batch(std::move(vectors), count);
  batch.set_order({morsel(), sequence_++});
  next_row_ += count;
  return true;
}

}  // namespace trivet::parquet
