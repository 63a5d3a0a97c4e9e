#include "execution/operators/sort_source.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "execution/operators/sort_limit.h"
#include "execution/operators/sort_numbering.h"

namespace trivet {

namespace {

Vector GatherRows(const RowLayout& layout, size_t column, const uint8_t* const* rows,
                  size_t count) {
  Vector values = Vector::MakeFlat(layout.types()[column], count);
  GatherColumn(layout, column, rows, count, values);
  return values;
}

// Strings of rows whose memory is about to be used again.
Status CopyStrings(Vector& values, size_t count) {
  const size_t bytes = values.StringBytes(count);
  if (bytes == 0) return Status::OK();
  char* next = values.AllocateString(bytes);
  TRIVET_RETURN_IF_ERROR(values.string_status());
  auto* const texts = values.mutable_data<StringView>();
  for (size_t i = 0; i < count; ++i) {
    if (texts[i].is_inline()) continue;
    const uint32_t size = texts[i].size();
    std::memcpy(next, texts[i].data(), size);
    texts[i] = StringView(next, size);
    next += size;
  }
  return Status::OK();
}

// Morsel i is the i-th run of batch_size rows.
class MemorySource final : public LocalSource {
 public:
  MemorySource(SortSource& source, std::unique_ptr<MorselTaker> taker)
      : source_(source), taker_(std::move(taker)), numbering_(source.sink().shape()) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    const size_t batch_size = call.execution.batch_size();
    uint64_t chunk = 0;
    const auto take = [&]() -> Result<std::optional<uint64_t>> {
      chunk = source_.Take();
      if (chunk * batch_size >= source_.sink().rows().size()) return std::optional<uint64_t>();
      return std::optional<uint64_t>(chunk);
    };
    TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
    if (!taken) return Outcome::kBlocked;
    if (taker_->exhausted()) return Outcome::kFinished;
    out = Gather(chunk, batch_size);
    return Outcome::kHaveOutput;
  }

 private:
  Batch Gather(uint64_t chunk, size_t batch_size) {
    const SortSink& sink = source_.sink();
    const size_t begin = chunk * batch_size;
    const size_t count = std::min(batch_size, sink.rows().size() - begin);
    const SortShape& shape = sink.shape();
    // They lie where they came in.
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(sink.rows()[begin + i]);
    std::vector<Vector> columns;
    for (size_t column = 0; column < shape.column_count; ++column) {
      Vector values = GatherRows(*shape.layout, column, sink.rows().data() + begin, count);
      if (values.type().physical() == PhysicalType::kString) sink.OwnAll(values);
      columns.push_back(std::move(values));
    }
    AddNumbers(begin, count, columns);
    Batch batch(std::move(columns), count);
    batch.set_order({chunk, 0});
    return batch;
  }

  void AddNumbers(size_t begin, size_t count, std::vector<Vector>& columns) {
    const SortSink& sink = source_.sink();
    if (sink.shape().functions.empty()) return;
    if (sink.source_threads() == 1) {
      numbering_.Number(sink.rows().data() + begin, count);
    } else {
      numbering_.NumberAt(sink.rows(), begin, count);
    }
    std::ranges::move(numbering_.columns(), std::back_inserter(columns));
  }

  SortSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  SortNumbering numbering_;
};

// Morsel i is the i-th range. With a limit, one thread has all ranges, in order.
class DiskSource final : public LocalSource {
 public:
  DiskSource(SortSource& source, std::unique_ptr<MorselTaker> taker)
      : source_(source),
        taker_(std::move(taker)),
        limit_(source.sink().shape(), source.sink().limit(), source.sink().offset()),
        numbering_(source.sink().shape()) {}

  Result<Outcome> Next(Batch& out, const CallContext& call) override {
    if (next_ == range_.entries.size()) {
      const auto take = [&]() -> Result<std::optional<uint64_t>> {
        number_ = source_.Take();
        const bool ended = number_ >= source_.sink().spilled().range_count();
        if (ended || limit_.is_reached()) return std::optional<uint64_t>();
        return std::optional<uint64_t>(number_);
      };
      TRIVET_ASSIGN_OR_RETURN(const bool taken, taker_->Next(call, take));
      if (!taken) return Outcome::kBlocked;
      if (taker_->exhausted()) return Outcome::kFinished;
      numbering_.Keep();
      TRIVET_RETURN_IF_ERROR(source_.sink().spilled().Load(number_, range_));
      limit_.Cut(range_.entries);
      next_ = 0;
      sequence_ = 0;
    }
    TRIVET_ASSIGN_OR_RETURN(out, Gather(call.execution.batch_size()));
    return Outcome::kHaveOutput;
  }

 private:
  Result<Batch> Gather(size_t batch_size) {
    const size_t count = std::min(batch_size, range_.entries.size() - next_);
    const uint8_t* rows[kVectorSize];
    for (size_t i = 0; i < count; ++i) rows[i] = range_.entries[next_ + i].row;
    next_ += count;
    const SortShape& shape = source_.sink().shape();
    std::vector<Vector> columns;
    for (size_t column = 0; column < shape.column_count; ++column) {
      Vector values = GatherRows(*shape.layout, column, rows, count);
      TRIVET_RETURN_IF_ERROR(CopyStrings(values, count));
      columns.push_back(std::move(values));
    }
    if (!shape.functions.empty()) {
      numbering_.Number(rows, count);
      std::ranges::move(numbering_.columns(), std::back_inserter(columns));
    }
    Batch batch(std::move(columns), count);
    batch.set_order({number_, sequence_++});
    return batch;
  }

  SortSource& source_;
  std::unique_ptr<MorselTaker> taker_;
  SortLimit limit_;
  SortNumbering numbering_;
  SortRange range_;
  uint64_t number_ = 0;
  uint64_t sequence_ = 0;
  size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<LocalSource>> SortSource::MakeLocal(const ExecutionContext&) {
  if (sink_->is_on_disk()) {
    return std::unique_ptr<LocalSource>(std::make_unique<DiskSource>(*this, takers_()));
  }
  return std::unique_ptr<LocalSource>(std::make_unique<MemorySource>(*this, takers_()));
}

}  // namespace trivet
