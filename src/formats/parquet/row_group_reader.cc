#include "formats/parquet/row_group_reader.h"

#include <algorithm>
#include <utility>

#include "formats/parquet/bloom_filter.h"
#include "formats/parquet/pruning.h"

namespace trivet::parquet {

RowGroupReader::RowGroupReader(std::shared_ptr<const ScanPlan> plan, const RowGroupPiece& piece,
                               uint64_t morsel, std::shared_ptr<PagePool> pool,
                               const ExecutionContext& context, OperatorMetrics* metrics)
    : plan_(std::move(plan)),
      file_(plan_->table->files[piece.file]),
      group_(piece.group),
      rows_(piece.rows),
      morsel_(morsel),
      row_group_(file_.metadata->row_groups[piece.group]),
      pool_(std::move(pool)),
      context_(context),
      metrics_(metrics),
      bounds_(plan_->table->columns.size()),
      compactor_(context.batch_size()) {
  for (const PlannedDynamic& dynamic : plan_->dynamic) {
    dynamic_.push_back(dynamic.filter->Get());
    if (dynamic_.back() != nullptr && dynamic.metrics != nullptr) {
      dynamic.metrics->content.store(dynamic_.back()->name(), std::memory_order_relaxed);
    }
  }
}

const Leaf* RowGroupReader::LeafOf(size_t column) const {
  const ColumnSource& source = file_.sources[column];
  if (source.kind != ColumnSource::Kind::kNode || source.cast) return nullptr;
  const Node& node = file_.schema->columns[source.node];
  return node.kind == Node::Kind::kLeaf ? &file_.schema->leaves[node.leaf] : nullptr;
}

const ColumnBounds* RowGroupReader::Bounds(size_t column) {
  std::optional<ColumnBounds>& known = bounds_[column];
  if (known) return &*known;
  const auto rows = static_cast<uint64_t>(row_group_.row_count);
  const ColumnSource& source = file_.sources[column];
  if (source.kind == ColumnSource::Kind::kConstant) {
    known.emplace();
    known->row_count = rows;
    known->null_count = source.constant.is_null() ? rows : 0;
    if (!source.constant.is_null()) known->min = known->max = source.constant;
    return &*known;
  }
  const Leaf* leaf = LeafOf(column);
  if (leaf == nullptr) return nullptr;
  known = BoundsOfChunk(*file_.metadata, *leaf, row_group_.columns[leaf->chunk], rows);
  return &*known;
}

bool RowGroupReader::MayPassStatistics(const PlannedDynamic*& by) {
  const BoundsSource source = [this](size_t column) { return Bounds(column); };
  for (const PlannedConjunct& conjunct : plan_->free) {
    if (!MayPass(*conjunct.expression, source)) return false;
  }
  for (size_t i = 0; i < dynamic_.size(); ++i) {
    if (dynamic_[i] == nullptr) continue;
    by = &plan_->dynamic[i];
    if (dynamic_[i]->empty) return false;
    for (const size_t column : plan_->dynamic[i].columns) {
      const ColumnBounds* bounds = Bounds(column);
      if (bounds != nullptr && !MayPass(*dynamic_[i], *bounds)) return false;
    }
  }
  by = nullptr;
  return true;
}

Result<bool> RowGroupReader::BloomAllows(const RandomAccessFile& file, size_t column,
                                         const std::vector<Value>& values) {
  const Leaf* leaf = LeafOf(column);
  if (leaf == nullptr) return true;
  const ColumnChunk& chunk = row_group_.columns[leaf->chunk];
  if (chunk.bloom_filter_offset == 0) return true;
  return BloomMayContain(file, *leaf, chunk, values, metrics_);
}

Result<bool> RowGroupReader::MayPassBloomFilters(const RandomAccessFile& file,
                                                 const PlannedDynamic*& by) {
  for (const PlannedConjunct& conjunct : plan_->free) {
    const EqualityTest test = FindEqualityTest(*conjunct.expression);
    if (!test.found) continue;
    TRIVET_ASSIGN_OR_RETURN(const bool found, BloomAllows(file, test.column, test.values));
    if (!found) return false;
  }
  for (size_t i = 0; i < dynamic_.size(); ++i) {
    if (dynamic_[i] == nullptr || dynamic_[i]->list.is_none()) continue;
    by = &plan_->dynamic[i];
    TRIVET_ASSIGN_OR_RETURN(const bool found,
                            BloomAllows(file, by->columns.front(), dynamic_[i]->list.keys()));
    if (!found) return false;
  }
  by = nullptr;
  return true;
}

Status RowGroupReader::PrunePagesOf(const RandomAccessFile& file, size_t column) {
  const Leaf* leaf = LeafOf(column);
  if (leaf == nullptr) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(
      const std::vector<PageBounds> pages,
      ReadPageBounds(file, *file_.metadata, *leaf, row_group_.columns[leaf->chunk],
                     static_cast<uint64_t>(row_group_.row_count), metrics_));
  if (pages.empty()) return Status::OK();
  RowRanges kept;
  for (const PageBounds& page : pages) {
    const BoundsSource source = [&](size_t other) {
      return other == column ? &page.bounds : Bounds(other);
    };
    bool passes = std::ranges::all_of(plan_->free, [&](const PlannedConjunct& conjunct) {
      return MayPass(*conjunct.expression, source);
    });
    for (size_t i = 0; passes && i < dynamic_.size(); ++i) {
      if (dynamic_[i] == nullptr) continue;
      if (std::ranges::count(plan_->dynamic[i].columns, column) == 0) continue;
      passes = MayPass(*dynamic_[i], page.bounds);
      if (!passes) NoteRemoved(&plan_->dynamic[i], CountRows(Intersect(ranges_, {page.rows})));
    }
    if (!passes || page.rows.begin == page.rows.end) continue;
    if (!kept.empty() && kept.back().end == page.rows.begin) {
      kept.back().end = page.rows.end;
    } else {
      kept.push_back(page.rows);
    }
  }
  ranges_ = Intersect(ranges_, kept);
  return Status::OK();
}

Status RowGroupReader::PrunePages(const RandomAccessFile& file) {
  std::vector<size_t> columns;
  const auto add = [&](size_t column) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const PlannedConjunct& conjunct : plan_->free) {
    for (const size_t slot : conjunct.slots) add(plan_->columns[slot]);
  }
  for (size_t i = 0; i < dynamic_.size(); ++i) {
    const DynamicFilter::Content* content = dynamic_[i].get();
    // Others say nothing of pages.
    if (content == nullptr || (!content->min && !content->max)) continue;
    add(plan_->dynamic[i].columns.front());
  }
  for (const size_t column : columns) {
    if (ranges_.empty()) break;
    TRIVET_RETURN_IF_ERROR(PrunePagesOf(file, column));
  }
  return Status::OK();
}

void RowGroupReader::NoteRemoved(const PlannedDynamic* by, uint64_t rows) const {
  if (by == nullptr) return;
  // A row group in pieces is counted with its first.
  const bool is_group = rows == rows_.end - rows_.begin && rows_.begin == 0;
  by->NoteRemoved(rows, is_group);
}

void RowGroupReader::SkipAll(const PlannedDynamic* by) {
  NoteRemoved(by, CountRows(ranges_));
  ranges_.clear();
  // The bytes of a row group in pieces are counted with its first.
  if (metrics_ == nullptr || rows_.begin != 0) return;
  uint64_t bytes = 0;
  for (const size_t column : plan_->columns) {
    if (const Leaf* leaf = LeafOf(column)) {
      bytes += static_cast<uint64_t>(row_group_.columns[leaf->chunk].compressed_bytes);
    }
  }
  metrics_->bytes_skipped.fetch_add(bytes, std::memory_order_relaxed);
}

uint64_t RowGroupReader::FileNumber() const {
  const FileSystem& files = context_.files().Lasting();
  return plan_->page_scope != nullptr ? plan_->page_scope->FileNumber(files, file_.info)
                                      : context_.buffer_cache()->FileNumber(files, file_.info);
}

std::vector<ByteRange> RowGroupReader::Expected() {
  std::vector<ByteRange> expected;
  const PlannedDynamic* excluding = nullptr;
  if (!MayPassStatistics(excluding)) return expected;
  BufferCache* const cache = context_.buffer_cache();
  const bool may_be_kept =
      cache != nullptr && (cache->is_enabled() || plan_->page_scope != nullptr);
  const uint64_t number = may_be_kept ? FileNumber() : 0;
  for (size_t slot = 0; slot < plan_->columns.size(); ++slot) {
    const Leaf* leaf = LeafOf(plan_->columns[slot]);
    if (leaf == nullptr || !plan_->is_wanted[slot].load(std::memory_order_relaxed)) continue;
    const ColumnChunk& chunk = row_group_.columns[leaf->chunk];
    const auto begin = static_cast<uint64_t>(chunk.start());
    const auto bytes = static_cast<uint64_t>(chunk.compressed_bytes);
    // A footer may claim anything.
    if (begin > file_.info.size_bytes || bytes > file_.info.size_bytes - begin) continue;
    if (may_be_kept && cache->Contains({number, begin})) continue;
    expected.push_back({begin, bytes});
  }
  return expected;
}

Status RowGroupReader::Start() {
  started_ = true;
  const uint64_t rows = rows_.end - rows_.begin;
  if (rows > 0) ranges_ = {rows_};
  const bool filters = !plan_->free.empty() || !plan_->ordered.empty() || !plan_->dynamic.empty();
  const PlannedDynamic* by = nullptr;  // what excludes all that is left
  if (!MayPassStatistics(by)) SkipAll(by);
  // Without columns nothing of the file is needed but its footer.
  std::shared_ptr<const RandomAccessFile> file;
  const bool reads = std::ranges::any_of(plan_->columns, [&](size_t column) {
    return file_.sources[column].kind == ColumnSource::Kind::kNode;
  });
  if (!ranges_.empty() && reads) {
    TRIVET_ASSIGN_OR_RETURN(file, context_.files().OpenForRead(file_.info.path));
    if (filters) {
      TRIVET_ASSIGN_OR_RETURN(const bool found, MayPassBloomFilters(*file, by));
      if (!found) SkipAll(by);
      TRIVET_RETURN_IF_ERROR(PrunePages(*file));
    }
  }
  const bool whole = rows == static_cast<uint64_t>(row_group_.row_count);
  ReaderResources resources{file, pool_, &context_.memory(), metrics_, whole};
  BufferCache* const cache = context_.buffer_cache();
  if (cache != nullptr && (cache->is_enabled() || plan_->page_scope != nullptr)) {
    resources.cache = cache;
    resources.file_number = FileNumber();
  }
  columns_.emplace(*plan_, file_, group_, std::move(resources), context_);
  if (!ranges_.empty()) {
    TRIVET_RETURN_IF_ERROR(columns_->Start());
    if (filters) {
      filter_.emplace(*plan_, context_);
      std::vector<bool> may_have_nulls;
      for (const size_t column : plan_->columns) {
        const ColumnBounds* bounds = Bounds(column);
        may_have_nulls.push_back(!bounds || !bounds->null_count || *bounds->null_count > 0);
      }
      TRIVET_ASSIGN_OR_RETURN(const bool found,
                              filter_->MayPassDictionaries(*columns_, may_have_nulls, by));
      if (!found) {
        NoteRemoved(by, CountRows(ranges_));
        ranges_.clear();
      }
    }
  }
  if (metrics_) {
    metrics_->rows_skipped.fetch_add(rows - CountRows(ranges_), std::memory_order_relaxed);
  }
  return Status::OK();
}

bool RowGroupReader::NextWindow(size_t& count) {
  while (range_ < ranges_.size() && position_ >= ranges_[range_].end) ++range_;
  if (range_ == ranges_.size()) return false;
  window_first_ = std::max(position_, ranges_[range_].begin);
  count = static_cast<size_t>(
      std::min<uint64_t>(context_.batch_size(), ranges_[range_].end - window_first_));
  position_ = window_first_ + count;
  return true;
}

void RowGroupReader::Emit(Batch made, Batch& batch) {
  batch = std::move(made);
  batch.set_order({morsel(), sequence_++});
}

Status RowGroupReader::ReadOutput(const RowSelection& selection, size_t window, Batch& batch,
                                  bool& emitted) {
  std::vector<const Vector*> vectors;
  for (const size_t slot : plan_->output) {
    TRIVET_ASSIGN_OR_RETURN(const Vector* vector, columns_->Load(slot));
    vectors.push_back(vector);
  }
  // A good part of a window goes on as it is, its columns cut by one selection.
  if (selection.count * 4 >= window) {
    std::vector<Vector> columns;
    for (const Vector* vector : vectors) columns.push_back(*vector);
    Batch whole(std::move(columns), window);
    if (selection.count < window) whole.Slice(selection.rows, selection.count);
    emitted = true;
    if (compactor_.empty()) {
      Emit(std::move(whole), batch);
    } else {
      Emit(compactor_.Take(), batch);
      waiting_ = std::move(whole);
    }
    return Status::OK();
  }
  if (!compactor_.Accepts(vectors, selection.count)) {
    Emit(compactor_.Take(), batch);
    emitted = true;
  }
  compactor_.Append(vectors, selection);
  return Status::OK();
}

Result<bool> RowGroupReader::Next(Batch& batch) {
  TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
  if (!started_) TRIVET_RETURN_IF_ERROR(Start());
  if (waiting_) {
    Emit(std::move(*waiting_), batch);
    waiting_.reset();
    return true;
  }
  size_t window = 0;
  for (size_t empty = 0; NextWindow(window);) {
    columns_->BeginWindow(window_first_, window);
    RowSelection selection{nullptr, window};
    if (filter_) {
      const uint64_t rows_left = rows_.end - window_first_;
      TRIVET_RETURN_IF_ERROR(filter_->Apply(*columns_, rows_left, selection));
    }
    bool emitted = false;
    if (selection.count > 0) {
      TRIVET_RETURN_IF_ERROR(ReadOutput(selection, window, batch, emitted));
    }
    if (emitted) return true;
    if (++empty == kMaxEmptyWindows) {
      if (compactor_.empty()) {
        std::vector<Vector> columns;
        for (const size_t slot : plan_->output) {
          columns.push_back(Vector::MakeFlat(plan_->table->columns[plan_->columns[slot]].type, 1));
        }
        Emit(Batch(std::move(columns), 0), batch);
      } else {
        Emit(compactor_.Take(), batch);
      }
      return true;
    }
  }
  if (compactor_.empty()) return false;
  Emit(compactor_.Take(), batch);
  return true;
}

}  // namespace trivet::parquet
