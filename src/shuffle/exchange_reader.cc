#include "shuffle/exchange_reader.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "base/string_concat.h"
#include "shuffle/fetch_ahead.h"

namespace trivet {

namespace {

// Chunks of fewer rows are joined with their neighbours.
constexpr size_t kJoinBelowRows = 512;

}  // namespace

class ExchangeReader::State {
 public:
  State(ExchangeRequest request, const ExchangeLimits& limits, PartitionFetcher& fetcher,
        CreditPool& credits, MemoryManager& memory)
      : types_(std::move(request.types)),
        batch_rows_(std::clamp<size_t>(limits.batch_rows, 1, kVectorSize)),
        memory_(memory),
        joins_(std::none_of(types_.begin(), types_.end(),
                            [](const LogicalType& type) { return type.IsNested(); })),
        fetch_(Requests(request), limits, fetcher, credits) {}

  Result<Outcome> Poll(Batch& out, const std::shared_ptr<Waker>& waker);

  FetchAhead& fetch() { return fetch_; }
  std::optional<FetchFailure> failure() const { return fetch_.failure(); }
  ExchangeMetrics metrics() const {
    return {rows_.load(std::memory_order_relaxed), fetch_.bytes_fetched(),
            fetch_.peak_held_bytes()};
  }

 private:
  // Where an output comes from: its place in the request to its peer.
  struct Place {
    uint32_t stream = 0;
    uint32_t source = 0;
    uint32_t task = 0;  // that made it
  };
  // What was taken of a stream and is not read yet.
  struct Cursor {
    FetchAhead::Item item;
    size_t next_header = 0;
    size_t next_byte = 0;
  };

  std::vector<FetchRequest> Requests(const ExchangeRequest& request);
  Result<Outcome> NextChunk(const std::shared_ptr<Waker>& waker);
  Result<bool> OpenBlock(const Place& place, Cursor& cursor);
  Outcome Emit(Batch batch, Batch& out);
  void Join();

  const std::vector<LogicalType> types_;
  const size_t batch_rows_;
  MemoryManager& memory_;
  const bool joins_;  // nested columns are costly to copy row by row
  std::vector<Place> places_;
  std::vector<Cursor> cursors_;  // per stream
  FetchAhead fetch_;
  size_t next_place_ = 0;
  ChunkReader chunk_;
  uint32_t chunk_task_ = 0;
  Batch joined_;
  uint64_t sequence_ = 0;
  std::atomic<uint64_t> rows_{0};
};

// One request per peer, in the order of their first outputs.
std::vector<FetchRequest> ExchangeReader::State::Requests(const ExchangeRequest& request) {
  std::vector<FetchRequest> requests;
  if (request.partition_begin >= request.partition_end) return requests;
  std::map<PeerAddress, uint32_t> streams;
  for (const ExchangeSource& source : request.sources) {
    const auto [found, is_new] =
        streams.emplace(source.peer, static_cast<uint32_t>(requests.size()));
    if (is_new) {
      requests.push_back({source.peer, {}, request.partition_begin, request.partition_end});
    }
    std::vector<AttemptId>& attempts = requests[found->second].attempts;
    places_.push_back(
        {found->second, static_cast<uint32_t>(attempts.size()), source.attempt.task.partition});
    attempts.push_back(source.attempt);
  }
  cursors_.resize(requests.size());
  return requests;
}

// Goes on to the next block that has rows: kHaveOutput, kBlocked, or kFinished after the last.
Result<Outcome> ExchangeReader::State::NextChunk(const std::shared_ptr<Waker>& waker) {
  while (next_place_ < places_.size()) {
    const Place place = places_[next_place_];
    Cursor& cursor = cursors_[place.stream];
    if (cursor.next_header == cursor.item.group.headers.size()) {
      fetch_.Release(place.stream, cursor.item.credit);
      cursor = Cursor();
      TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, fetch_.Take(place.stream, cursor.item, waker));
      if (outcome == Outcome::kBlocked) return outcome;
      if (outcome == Outcome::kFinished) {
        return fetch_.Refuse(place.stream, place.source,
                             Status::Corruption("the answer ends before its last rows"));
      }
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(const bool has_rows, OpenBlock(place, cursor));
    if (has_rows) return Outcome::kHaveOutput;
  }
  return Outcome::kFinished;
}

Result<bool> ExchangeReader::State::OpenBlock(const Place& place, Cursor& cursor) {
  const BlockHeader& header = cursor.item.group.headers[cursor.next_header];
  if (header.source != place.source) {
    return fetch_.Refuse(place.stream, place.source,
                         Status::Corruption("shuffled rows arrive out of order"));
  }
  const SharedBytes bytes = cursor.item.group.bytes.Part(cursor.next_byte, header.bytes);
  ++cursor.next_header;
  cursor.next_byte += header.bytes;
  if (header.is_last) ++next_place_;
  if (header.row_count == 0) return false;
  auto chunk = ChunkReader::Open(bytes, types_, &memory_);
  if (chunk.ok() && chunk->row_count() != header.row_count) {
    chunk = Status::Corruption(
        StrCat("a block has ", chunk->row_count(), " rows instead of ", header.row_count));
  }
  if (!chunk.ok()) return fetch_.Refuse(place.stream, place.source, chunk.status());
  chunk_ = std::move(*chunk);
  chunk_task_ = place.task;
  return true;
}

// Sequences grow through all tasks, so that batches of one task never share one.
Outcome ExchangeReader::State::Emit(Batch batch, Batch& out) {
  rows_.fetch_add(batch.row_count(), std::memory_order_relaxed);
  out = std::move(batch);
  return Outcome::kHaveOutput;
}

// Appends the rest of the chunk to the joined rows.
void ExchangeReader::State::Join() {
  if (joined_.row_count() == 0) {
    joined_ = Batch::MakeFlat(types_, batch_rows_);
    joined_.set_order({chunk_task_, sequence_++});
  }
  Batch piece;
  chunk_.Next(piece, batch_rows_);
  const size_t at = joined_.row_count();
  for (size_t i = 0; i < types_.size(); ++i) {
    CopyRows(piece.column(i), nullptr, piece.row_count(), joined_.mutable_column(i), at);
  }
  joined_.set_row_count(at + piece.row_count());
}

Result<Outcome> ExchangeReader::State::Poll(Batch& out, const std::shared_ptr<Waker>& waker) {
  while (true) {
    const size_t left = chunk_.rows_left();
    if (left > 0) {
      const bool small = joins_ && left < std::min(kJoinBelowRows, batch_rows_);
      if (joined_.row_count() > 0 && (!small || joined_.row_count() + left > batch_rows_)) {
        return Emit(std::exchange(joined_, Batch()), out);
      }
      if (!small) {
        Batch batch;
        chunk_.Next(batch, batch_rows_);
        batch.set_order({chunk_task_, sequence_++});
        return Emit(std::move(batch), out);
      }
      Join();
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, NextChunk(waker));
    if (outcome == Outcome::kHaveOutput) continue;
    // Joined rows do not wait for what is still to come.
    if (joined_.row_count() > 0) return Emit(std::exchange(joined_, Batch()), out);
    return outcome;
  }
}

ExchangeReader::ExchangeReader(ExchangeRequest request, ExchangeLimits limits,
                               PartitionFetcher& fetcher, CreditPool& credits,
                               MemoryManager& memory)
    : state_(std::make_unique<State>(std::move(request), limits, fetcher, credits, memory)) {}

ExchangeReader::~ExchangeReader() = default;

Result<Outcome> ExchangeReader::Poll(Batch& out, const std::shared_ptr<Waker>& waker) {
  return state_->Poll(out, waker);
}

Result<Outcome> ExchangeReader::Next(Batch& out, const CallContext& call) {
  TRIVET_RETURN_IF_ERROR(call.execution.cancellation().Check());
  return Poll(out, call.waker);
}

void ExchangeReader::Cancel() { state_->fetch().Cancel(); }

std::optional<FetchFailure> ExchangeReader::failure() const { return state_->failure(); }

ExchangeMetrics ExchangeReader::metrics() const { return state_->metrics(); }

}  // namespace trivet
