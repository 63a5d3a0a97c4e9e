#include "formats/parquet/morsel_columns.h"

#include <utility>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "formats/parquet/nested_reader.h"

namespace trivet::parquet {

namespace {

// Gives another reader's column as the table's type, where the files of a table differ.
class CastColumnReader final : public ColumnReader {
 public:
  CastColumnReader(std::unique_ptr<ColumnReader> reader, const LogicalType& from,
                   const LogicalType& to, const ExecutionContext& context)
      : reader_(std::move(reader)),
        evaluator_({Expression::Cast(Expression::Input(0, from), to)}, context) {}

  Status Read(size_t count, Vector& out) override {
    std::vector<Vector> columns(1);
    TRIVET_RETURN_IF_ERROR(reader_->Read(count, columns.front()));
    return evaluator_.Evaluate(0, Batch(std::move(columns), count), out);
  }
  void Skip(size_t count) override { reader_->Skip(count); }

 private:
  std::unique_ptr<ColumnReader> reader_;
  Evaluator evaluator_;
};

}  // namespace

MorselColumns::MorselColumns(const ScanPlan& plan, const TableFile& file, size_t group,
                             const ReaderResources& resources, const ExecutionContext& context)
    : plan_(plan), file_(file), group_(group), resources_(resources), context_(context) {}

Status MorselColumns::Start() {
  slots_.resize(plan_.columns.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].source = &file_.sources[plan_.columns[i]];
    if (slots_[i].source->kind == ColumnSource::Kind::kNode) {
      TRIVET_RETURN_IF_ERROR(MakeReader(slots_[i], plan_.columns[i]));
    }
  }
  return Status::OK();
}

Status MorselColumns::CheckReadable(const Node& node, const Node& column) const {
  for (const Node& child : node.children) {
    TRIVET_RETURN_IF_ERROR(CheckReadable(child, column));
  }
  if (node.kind != Node::Kind::kLeaf) return Status::OK();
  const Leaf& leaf = file_.schema->leaves[node.leaf];
  const ColumnChunk& chunk = file_.metadata->row_groups[group_].columns[leaf.chunk];
  if (!chunk.encrypted && !chunk.elsewhere) return Status::OK();
  return Status::NotImplemented(StrCat("column \"", column.name, "\" is ",
                                       chunk.encrypted ? "encrypted" : "in another file"))
      .WithFile(file_.info.path);
}

Status MorselColumns::MakeReader(Slot& slot, size_t column) {
  const Node& node = file_.schema->columns[slot.source->node];
  TRIVET_RETURN_IF_ERROR(CheckReadable(node, node));
  const RowGroup& group = file_.metadata->row_groups[group_];
  const auto index = static_cast<size_t>(&slot - slots_.data());
  const bool is_kept = plan_.page_scope == nullptr || plan_.is_shared[index];
  const ReaderResources resources = is_kept ? resources_ : resources_.Unshared();
  if (node.kind != Node::Kind::kLeaf) {
    slot.reader = std::make_unique<NestedColumnReader>(node, *file_.schema, group, resources);
    return Status::OK();
  }
  const Leaf& leaf = file_.schema->leaves[node.leaf];
  slot.chunk = &group.columns[leaf.chunk];
  auto flat = std::make_unique<FlatColumnReader>(leaf, *slot.chunk, resources);
  if (slot.source->cast) {
    slot.reader = std::make_unique<CastColumnReader>(std::move(flat), leaf.type,
                                                     plan_.table->columns[column].type, context_);
  } else {
    slot.flat = flat.get();
    slot.reader = std::move(flat);
  }
  return Status::OK();
}

void MorselColumns::BeginWindow(uint64_t first, size_t count) {
  first_ = first;
  count_ = count;
  for (Slot& slot : slots_) {
    slot.loaded = false;
    slot.vector = Vector();
  }
}

Vector MorselColumns::RowNumbers() const {
  auto next = static_cast<int64_t>(first_);
  for (size_t i = 0; i < group_; ++i) next += file_.metadata->row_groups[i].row_count;
  Vector numbers = Vector::MakeFlat(TypeId::kInt64, count_);
  auto* out = numbers.mutable_data<int64_t>();
  for (size_t i = 0; i < count_; ++i) out[i] = next++;
  return numbers;
}

Result<const Vector*> MorselColumns::Load(size_t index) {
  Slot& slot = slots_[index];
  if (slot.loaded) return static_cast<const Vector*>(&slot.vector);
  switch (slot.source->kind) {
    case ColumnSource::Kind::kConstant:
      slot.vector = Vector::MakeConstant(slot.source->constant);
      break;
    case ColumnSource::Kind::kRowNumber: slot.vector = RowNumbers(); break;
    case ColumnSource::Kind::kNode:
      slot.reader->Skip(static_cast<size_t>(first_ - slot.position));
      TRIVET_RETURN_IF_ERROR(slot.reader->Read(count_, slot.vector));
      slot.position = first_ + count_;
      if (std::atomic<bool>& wanted = plan_.is_wanted[index];
          !wanted.load(std::memory_order_relaxed)) {
        wanted.store(true, std::memory_order_relaxed);
      }
      break;
  }
  slot.loaded = true;
  return static_cast<const Vector*>(&slot.vector);
}

Result<std::shared_ptr<const Dictionary>> MorselColumns::LoadFullDictionary(size_t index) {
  Slot& slot = slots_[index];
  if (slot.flat == nullptr || !slot.chunk->dictionary_only) {
    return std::shared_ptr<const Dictionary>();
  }
  return slot.flat->LoadDictionary();
}

}  // namespace trivet::parquet
