#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/hash.h"
#include "shuffle/block_stream.h"
#include "shuffle/wire_batch.h"

namespace trivet::testing {

// Map outputs in memory, with the faults that a test asks for. One block a message. Thread-safe.
class MemoryFetcher final : public PartitionFetcher {
 public:
  struct Block {
    uint32_t partition = 0;
    uint32_t row_count = 0;
    SharedBytes bytes;
  };

  void Add(const AttemptId& attempt, uint32_t partition, uint32_t row_count, SharedBytes bytes) {
    outputs_[attempt].push_back({partition, row_count, std::move(bytes)});
  }
  void AddEmpty(const AttemptId& attempt) { outputs_[attempt]; }

  // From here on no stream of this worker brings anything until Open.
  void Shut(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    shut_.insert({worker, true});
  }
  void Unshut(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    shut_.erase(worker);
    changed_.notify_all();
  }
  // The stream fails where this output would come.
  void FailAt(const AttemptId& attempt, Status status, bool name_it) {
    const std::lock_guard lock(mutex_);
    failures_[attempt] = {std::move(status), name_it};
  }
  // Streams of this worker end early, without a word.
  void CutAt(const AttemptId& attempt) { cut_ = attempt; }
  void FailOpen(Status status) { open_status_ = std::move(status); }

  size_t bytes_given(const std::string& worker) {
    const std::lock_guard lock(mutex_);
    return given_[worker];
  }
  size_t open_streams() {
    const std::lock_guard lock(mutex_);
    return open_streams_;
  }
  size_t most_open_streams() {
    const std::lock_guard lock(mutex_);
    return most_open_streams_;
  }

  Result<std::unique_ptr<BlockStream>> Open(const FetchRequest& request,
                                            const CancellationToken&) override {
    TRIVET_RETURN_IF_ERROR(open_status_);
    return std::make_unique<Stream>(*this, request);
  }

 private:
  class Stream final : public BlockStream {
   public:
    Stream(MemoryFetcher& fetcher, FetchRequest request)
        : fetcher_(fetcher), request_(std::move(request)) {
      const std::lock_guard lock(fetcher_.mutex_);
      ++fetcher_.open_streams_;
      fetcher_.most_open_streams_ = std::max(fetcher_.most_open_streams_, fetcher_.open_streams_);
    }
    ~Stream() override {
      const std::lock_guard lock(fetcher_.mutex_);
      --fetcher_.open_streams_;
    }

    Result<bool> Next(BlockGroup& out) override {
      out = BlockGroup();
      std::unique_lock lock(fetcher_.mutex_);
      fetcher_.changed_.wait(
          lock, [&] { return cancelled_ || !fetcher_.shut_.contains(request_.peer.worker.name); });
      if (cancelled_) return Status::Cancelled("cancelled");
      if (source_ == request_.attempts.size()) return false;
      const AttemptId& attempt = request_.attempts[source_];
      if (fetcher_.cut_ == attempt) return false;
      if (const auto failure = fetcher_.failures_.find(attempt);
          failure != fetcher_.failures_.end()) {
        if (failure->second.second) out.failed_source = source_;
        return failure->second.first;
      }
      const std::vector<Block> blocks = Wanted(attempt);
      if (blocks.empty()) {
        out.headers.push_back({source_++, 0, 0, 0, 0, true});
        return true;
      }
      const Block& block = blocks[block_++];
      const bool is_last = block_ == blocks.size();
      out.headers.push_back({source_, block.partition, block.row_count,
                             static_cast<uint32_t>(block.bytes.size), 0, is_last});
      out.bytes = block.bytes;
      fetcher_.given_[request_.peer.worker.name] += block.bytes.size;
      if (is_last) {
        ++source_;
        block_ = 0;
      }
      return true;
    }

    void Cancel() override {
      const std::lock_guard lock(fetcher_.mutex_);
      cancelled_ = true;
      fetcher_.changed_.notify_all();
    }

   private:
    std::vector<Block> Wanted(const AttemptId& attempt) const {
      std::vector<Block> blocks;
      for (const Block& block : fetcher_.outputs_.at(attempt)) {
        if (block.partition >= request_.partition_begin &&
            block.partition < request_.partition_end) {
          blocks.push_back(block);
        }
      }
      return blocks;
    }

    MemoryFetcher& fetcher_;
    const FetchRequest request_;
    uint32_t source_ = 0;
    size_t block_ = 0;
    bool cancelled_ = false;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<AttemptId, std::vector<Block>> outputs_;
  std::map<std::string, bool> shut_;
  std::map<AttemptId, std::pair<Status, bool>> failures_;
  std::map<std::string, size_t> given_;
  AttemptId cut_{{~QueryId{0}, 0, 0}, 0};
  Status open_status_;
  size_t open_streams_ = 0;
  size_t most_open_streams_ = 0;
};

}  // namespace trivet::testing
