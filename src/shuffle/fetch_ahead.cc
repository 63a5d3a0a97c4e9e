#include "shuffle/fetch_ahead.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/string_concat.h"

namespace trivet {

namespace {

// Credit asked for before a stream has brought its first message, and the least ever.
constexpr size_t kFirstCredit = size_t{1} << 20;
constexpr size_t kLeastCredit = size_t{64} << 10;
// Memory that others give back is not announced, so it is looked for so often.
constexpr auto kCreditRetry = std::chrono::milliseconds(50);

// What running the producers again cannot heal stays what it is.
bool IsLostOutput(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
    case StatusCode::kCorruption:
    case StatusCode::kIO:
    case StatusCode::kUnavailable:
    case StatusCode::kTimeout:
    case StatusCode::kCancelled:  // by the peer
    case StatusCode::kFetchFailed: return true;
    default: return false;
  }
}

size_t FootprintOf(const BlockGroup& group) {
  return group.bytes.size + group.headers.size() * sizeof(BlockHeader);
}

}  // namespace

FetchAhead::FetchAhead(std::vector<FetchRequest> requests, const ExchangeLimits& limits,
                       PartitionFetcher& fetcher, CreditPool& credits)
    : limits_(limits), fetcher_(fetcher), credits_(credits), streams_(requests.size()) {
  for (size_t i = 0; i < requests.size(); ++i) {
    streams_[i].request = std::move(requests[i]);
    streams_[i].expected = kFirstCredit;
  }
  waiter_ = credits_.AddWaiter([this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
}

FetchAhead::~FetchAhead() {
  Cancel();
  for (Stream& stream : streams_) {
    if (stream.thread.joinable()) stream.thread.join();
  }
  credits_.RemoveWaiter(waiter_);
  credits_.Release(held_);
}

void FetchAhead::Cancel() {
  std::unique_lock lock(mutex_);
  cancelled_by_reader_ = true;
  StopStreams(std::move(lock));
}

// Ends all streams and tells the reader.
void FetchAhead::StopStreams(std::unique_lock<std::mutex> lock) {
  cancelled_.Cancel();
  std::vector<std::shared_ptr<BlockStream>> running;
  for (const Stream& stream : streams_) {
    if (stream.blocks != nullptr && !stream.ended) running.push_back(stream.blocks);
  }
  const std::shared_ptr<Waker> waker = std::move(waker_);
  changed_.notify_all();
  lock.unlock();
  for (const auto& blocks : running) blocks->Cancel();
  if (waker != nullptr) waker->Wake();
}

void FetchAhead::StartStreams() {
  size_t active = 0;
  for (const Stream& stream : streams_) active += stream.started && !stream.ended;
  const auto start = [&](size_t index) {
    streams_[index].started = true;
    streams_[index].thread = std::thread([this, index] { Run(index); });
    ++active;
  };
  if (!streams_[head_].started) start(head_);
  for (; next_start_ < streams_.size() && active < limits_.max_streams; ++next_start_) {
    if (!streams_[next_start_].started) start(next_start_);
  }
}

Result<Outcome> FetchAhead::Take(size_t stream, Item& out, const std::shared_ptr<Waker>& waker) {
  const std::lock_guard lock(mutex_);
  if (cancelled_by_reader_) return Status::Cancelled("the exchange was cancelled");
  TRIVET_RETURN_IF_ERROR(status_);
  head_ = stream;
  try {
    StartStreams();
  } catch (const std::system_error& error) {
    return Status::ResourceExhausted(
        StrCat("cannot start a thread that fetches rows: ", error.what()));
  }
  Stream& wanted = streams_[stream];
  if (!wanted.queue.empty()) {
    out = std::move(wanted.queue.front());
    wanted.queue.pop_front();
    return Outcome::kHaveOutput;
  }
  if (wanted.ended) return Outcome::kFinished;
  waker_ = waker;
  changed_.notify_all();  // as the head it may bring a message beyond its credit
  return Outcome::kBlocked;
}

void FetchAhead::Release(size_t stream, size_t credit) {
  {
    const std::lock_guard lock(mutex_);
    streams_[stream].held -= credit;
    held_ -= credit;
    changed_.notify_all();
  }
  credits_.Release(credit);
}

void FetchAhead::Run(size_t index) {
  Stream& stream = streams_[index];
  std::optional<uint32_t> failed_source;
  const Status status = Fetch(stream, failed_source);
  std::shared_ptr<Waker> waker;
  std::unique_lock lock(mutex_);
  stream.ended = true;
  const std::shared_ptr<BlockStream> blocks = std::move(stream.blocks);  // goes after the lock
  if (!status.ok() && !stopped()) {
    status_ = Conclude(stream, failed_source, status);
    StopStreams(std::move(lock));
    return;
  }
  if (&stream == &streams_[head_]) waker = std::move(waker_);
  lock.unlock();
  if (waker != nullptr) waker->Wake();
}

Status FetchAhead::Fetch(Stream& stream, std::optional<uint32_t>& failed_source) {
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<BlockStream> blocks,
                          fetcher_.Open(stream.request, cancelled_));
  {
    const std::lock_guard lock(mutex_);
    if (stopped()) return Status::OK();
    stream.blocks = blocks;
  }
  while (stream.complete < stream.request.attempts.size()) {
    TRIVET_ASSIGN_OR_RETURN(const size_t credit, AwaitCredit(stream));
    if (credit == 0) return Status::OK();
    BlockGroup group;
    const Result<bool> more = blocks->Next(group);
    if (!more.ok() || !*more) {
      Release(static_cast<size_t>(&stream - streams_.data()), credit);
      failed_source = group.failed_source;
      return more.status();
    }
    TRIVET_RETURN_IF_ERROR(Deliver(stream, std::move(group), credit));
  }
  // All is there; what is left is to hear that the stream ends here as well.
  BlockGroup nothing;
  TRIVET_ASSIGN_OR_RETURN(const bool more, blocks->Next(nothing));
  return more ? Status::Corruption("a peer sends more than it was asked for") : Status::OK();
}

// The stream whose rows come next goes on although there is no credit, once nothing of it is left.
bool FetchAhead::MayOverdraw(const Stream& stream) const {
  return &stream == &streams_[head_] && stream.held == 0;
}

Result<size_t> FetchAhead::AwaitCredit(Stream& stream) {
  std::unique_lock lock(mutex_);
  while (!stopped()) {
    const size_t wanted = stream.expected;
    const bool fits_peer = stream.held == 0 || stream.held + wanted <= limits_.peer_bytes;
    const bool fits = fits_peer && held_ + wanted <= limits_.reader_bytes;
    bool granted = fits && credits_.TryAcquire(wanted);
    if (!granted && MayOverdraw(stream)) {
      TRIVET_RETURN_IF_ERROR(credits_.Overdraw(wanted));
      granted = true;
    }
    if (granted) {
      stream.held += wanted;
      held_ += wanted;
      peak_held_ = std::max(peak_held_, held_);
      return wanted;
    }
    changed_.wait_for(lock, kCreditRetry);
  }
  return size_t{0};
}

Status FetchAhead::Deliver(Stream& stream, BlockGroup group, size_t credit) {
  const size_t footprint = FootprintOf(group);
  const Status paid = footprint > credit ? credits_.Overdraw(footprint - credit) : Status::OK();
  std::shared_ptr<Waker> waker;
  {
    const std::lock_guard lock(mutex_);
    // Credit that could not be had is none: the group is dropped, and with it what it held.
    const size_t kept = paid.ok() ? footprint : 0;
    stream.held = stream.held - credit + kept;
    held_ = held_ - credit + kept;
    peak_held_ = std::max(peak_held_, held_);
    if (paid.ok()) {
      bytes_fetched_ += group.bytes.size;
      for (const BlockHeader& header : group.headers) stream.complete += header.is_last;
      stream.expected = std::max(footprint, kLeastCredit);
      stream.queue.push_back({std::move(group), footprint});
      if (&stream == &streams_[head_]) waker = std::move(waker_);
    }
    changed_.notify_all();
  }
  if (!paid.ok()) {
    credits_.Release(credit);
    return paid;
  }
  if (footprint < credit) credits_.Release(credit - footprint);
  if (waker != nullptr) waker->Wake();
  return Status::OK();
}

Status FetchAhead::Conclude(const Stream& stream, std::optional<uint32_t> failed_source,
                            const Status& cause) {
  if (!IsLostOutput(cause.code())) return cause;
  const std::vector<AttemptId>& attempts = stream.request.attempts;
  FetchFailure failure{stream.request.peer.worker, {}};
  if (failed_source && *failed_source < attempts.size()) {
    failure.attempts = {attempts[*failed_source]};
  } else {
    const size_t complete = std::min<size_t>(stream.complete, attempts.size() - 1);
    failure.attempts.assign(attempts.begin() + static_cast<long>(complete), attempts.end());
  }
  failure_ = failure;
  return MakeFetchFailed(failure, cause);
}

Status FetchAhead::Refuse(size_t stream, uint32_t source, const Status& cause) {
  std::unique_lock lock(mutex_);
  if (cancelled_by_reader_) return Status::Cancelled("the exchange was cancelled");
  if (status_.ok()) status_ = Conclude(streams_[stream], source, cause);
  const Status status = status_;
  StopStreams(std::move(lock));
  return status;
}

std::optional<FetchFailure> FetchAhead::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

uint64_t FetchAhead::bytes_fetched() const {
  const std::lock_guard lock(mutex_);
  return bytes_fetched_;
}

size_t FetchAhead::peak_held_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_held_;
}

}  // namespace trivet
