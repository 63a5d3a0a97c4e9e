#include "shuffle/shuffle_server.h"

#include <atomic>
#include <chrono>

#include "base/string_concat.h"
#include "shuffle/byte_codec.h"

namespace trivet {

namespace {

constexpr size_t kBlockHeaderBytes = 25;
constexpr uint32_t kNoSource = ~uint32_t{0};
// A group has no more headers than about so many, however small its blocks.
constexpr size_t kGroupHeaders = 16 * 1024;

int64_t UnixNowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Reads the outputs of a request one after the other, several small blocks at a time.
class LocalStream final : public BlockStream {
 public:
  LocalStream(ShuffleStore& store, FetchRequest request)
      : store_(store), request_(std::move(request)) {}

  Result<bool> Next(BlockGroup& out) override {
    out = BlockGroup();
    if (cancelled_.load(std::memory_order_acquire)) {
      return Status::Cancelled("the stream was cancelled");
    }
    std::vector<Piece> pieces;
    size_t bytes = 0;
    bool full = false;
    while (source_ < request_.attempts.size() && !full) {
      const Result<bool> added = AddPiece(out, pieces, bytes);
      if (added.ok()) {
        full = !*added;
        continue;
      }
      // What could be read before comes first; the failure comes with the next call.
      if (!pieces.empty()) break;
      out.failed_source = source_;
      return added.status();
    }
    if (out.headers.empty()) return false;
    TRIVET_RETURN_IF_ERROR(ReadPieces(pieces, bytes, out));
    return true;
  }

  void Cancel() override { cancelled_.store(true, std::memory_order_release); }

 private:
  struct Piece {
    std::shared_ptr<const ShuffleFile> file;
    std::span<const ShuffleBlock> blocks;
    uint32_t source = 0;
  };

  // Adds the next blocks of the present output that fit, and goes to the next one after its last;
  // false where the group is full.
  Result<bool> AddPiece(BlockGroup& out, std::vector<Piece>& pieces, size_t& bytes) {
    if (file_ == nullptr) {
      TRIVET_ASSIGN_OR_RETURN(file_, store_.Find(request_.attempts[source_]));
      TRIVET_ASSIGN_OR_RETURN(blocks_,
                              file_->Blocks(request_.partition_begin, request_.partition_end));
    }
    size_t taken = 0;
    while (taken < blocks_.size() &&
           (bytes == 0 || bytes + blocks_[taken].bytes <= kBlockGroupBytes)) {
      const ShuffleBlock& block = blocks_[taken++];
      bytes += block.bytes;
      out.headers.push_back({source_, block.partition, block.row_count,
                             static_cast<uint32_t>(block.bytes), block.checksum,
                             taken == blocks_.size()});
    }
    if (blocks_.empty()) out.headers.push_back({source_, 0, 0, 0, 0, true});
    pieces.push_back({file_, blocks_.first(taken), source_});
    blocks_ = blocks_.subspan(taken);
    if (!blocks_.empty()) return false;
    file_.reset();
    ++source_;
    return out.headers.size() < kGroupHeaders;
  }

  static Status ReadPieces(const std::vector<Piece>& pieces, size_t bytes, BlockGroup& out) {
    auto buffer = std::make_shared<Buffer>(bytes);
    size_t at = 0;
    for (const Piece& piece : pieces) {
      const Status status = piece.file->Read(piece.blocks, buffer->data() + at);
      if (!status.ok()) {
        out.failed_source = piece.source;
        return status;
      }
      for (const ShuffleBlock& block : piece.blocks) at += block.bytes;
    }
    out.bytes = SharedBytes{buffer, buffer->data(), at};
    return Status::OK();
  }

  ShuffleStore& store_;
  const FetchRequest request_;
  std::atomic<bool> cancelled_{false};
  uint32_t source_ = 0;
  std::shared_ptr<const ShuffleFile> file_;
  std::span<const ShuffleBlock> blocks_;  // of the file, not sent yet
};

// The same as a server sends it. A failure's source goes ahead of the failure, in a message of its
// own.
class ShuffleMessages final : public FlightMessageSource {
 public:
  explicit ShuffleMessages(std::unique_ptr<BlockStream> blocks) : blocks_(std::move(blocks)) {}

  Result<bool> Next(FlightMessage& out) override {
    TRIVET_RETURN_IF_ERROR(failure_);
    BlockGroup group;
    const Result<bool> more = blocks_->Next(group);
    if (!more.ok()) {
      failure_ = more.status();
      if (!group.failed_source) return failure_;
      group.headers.clear();
      group.bytes = {};
    } else if (!*more) {
      return false;
    }
    out.header = EncodeGroupHeader(group);
    out.body = std::move(group.bytes);
    return true;
  }

 private:
  const std::unique_ptr<BlockStream> blocks_;
  Status failure_;
};

}  // namespace

std::string EncodeGroupHeader(const BlockGroup& group) {
  ByteWriter writer;
  writer.Put(group.failed_source.value_or(kNoSource));
  writer.Put(static_cast<uint32_t>(group.headers.size()));
  for (const BlockHeader& header : group.headers) {
    writer.Put(header.source);
    writer.Put(header.partition);
    writer.Put(header.row_count);
    writer.Put(header.bytes);
    writer.Put(header.checksum);
    writer.Put(static_cast<uint8_t>(header.is_last));
  }
  return writer.Take();
}

Status DecodeGroupHeader(std::string_view bytes, BlockGroup& group) {
  ByteReader reader(bytes);
  const auto failed = reader.Get<uint32_t>();
  if (failed != kNoSource) group.failed_source = failed;
  group.headers.resize(reader.GetCount(kBlockHeaderBytes));
  for (BlockHeader& header : group.headers) {
    header.source = reader.Get<uint32_t>();
    header.partition = reader.Get<uint32_t>();
    header.row_count = reader.Get<uint32_t>();
    header.bytes = reader.Get<uint32_t>();
    header.checksum = reader.Get<uint64_t>();
    header.is_last = reader.Get<uint8_t>() != 0;
  }
  if (reader.at_end()) return Status::OK();
  return Status::Corruption("the header of shuffled rows cannot be read");
}

std::unique_ptr<BlockStream> OpenLocalStream(ShuffleStore& store, FetchRequest request) {
  return std::make_unique<LocalStream>(store, std::move(request));
}

void RegisterShuffle(FlightService& service, ShuffleStore& store, TicketSigner signer,
                     WorkerIncarnation self) {
  service.SetIdentity(ToString(self));
  service.RegisterTicketKind(
      std::string(kShuffleTicketKind),
      [&store, signer = std::move(signer), self = std::move(self)](
          std::string_view bytes,
          const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
        TRIVET_ASSIGN_OR_RETURN(ShuffleTicket ticket, signer.Verify(bytes, UnixNowMs()));
        if (ticket.request.peer.worker != self) {
          return Status(StatusCode::kUnavailable,
                        StrCat("worker ", ToString(ticket.request.peer.worker),
                               " has gone; here is ", ToString(self)));
        }
        return std::make_unique<ShuffleMessages>(OpenLocalStream(store, std::move(ticket.request)));
      });
}

}  // namespace trivet
