#include "cluster/remote_table.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include "base/string_concat.h"
#include "context/query_context.h"
#include "expression/evaluator.h"
#include "expression/rewrite.h"
#include "shuffle/byte_codec.h"
#include "shuffle/wire_batch.h"

namespace trivet {

namespace {

// Which rows and columns of which table.
struct TableTicket {
  std::string id;
  ScanPart part;
  std::vector<size_t> columns;
};

std::string Encode(const TableTicket& ticket) {
  ByteWriter writer;
  writer.PutString(ticket.id);
  writer.Put(ticket.part.index);
  writer.Put(ticket.part.count);
  writer.Put(static_cast<uint32_t>(ticket.columns.size()));
  for (const size_t column : ticket.columns) writer.Put(static_cast<uint32_t>(column));
  return writer.Take();
}

Result<TableTicket> Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  TableTicket ticket;
  ticket.id = std::string(reader.GetString());
  ticket.part.index = reader.Get<uint32_t>();
  ticket.part.count = reader.Get<uint32_t>();
  ticket.columns.resize(reader.GetCount(sizeof(uint32_t)));
  for (size_t& column : ticket.columns) column = reader.Get<uint32_t>();
  if (!reader.at_end() || ticket.part.count == 0 || ticket.part.index >= ticket.part.count) {
    return Status::Corruption("a damaged ticket for a table's rows");
  }
  return ticket;
}

std::vector<LogicalType> TypesOf(const std::vector<ColumnDefinition>& all,
                                 const std::vector<size_t>& columns) {
  std::vector<LogicalType> types;
  for (const size_t column : columns) types.push_back(all[column].type);
  return types;
}

// Scans a part of a table of this process into chunks. A chunk without columns says its rows in the
// message's header.
class TableRows final : public FlightMessageSource {
 public:
  TableRows(TablePtr table, const TableTicket& ticket)
      : table_(std::move(table)),
        ticket_(ticket),
        context_({}, FileSystem::Local(), nullptr),
        builder_(TypesOf(table_->columns(), ticket.columns)) {}

  Result<bool> Next(FlightMessage& out) override {
    constexpr size_t kChunkBytes = size_t{1} << 20;
    constexpr uint64_t kChunkRows = 1 << 16;
    if (scan_ == nullptr) {
      ScanRequest request;
      request.columns = ticket_.columns;
      request.part = ticket_.part;
      TRIVET_ASSIGN_OR_RETURN(scan_, table_->Scan(request, context_));
    }
    uint64_t rows = 0;
    while (!finished_ && builder_.memory_bytes() < kChunkBytes && rows < kChunkRows) {
      if (morsel_ == nullptr) {
        TRIVET_ASSIGN_OR_RETURN(morsel_, scan_->NextMorsel());
        finished_ = morsel_ == nullptr;
        continue;
      }
      Batch batch;
      TRIVET_ASSIGN_OR_RETURN(const bool more, morsel_->Next(batch));
      if (!more) {
        morsel_.reset();
        continue;
      }
      rows += batch.row_count();
      if (!ticket_.columns.empty()) {
        builder_.Append(batch.columns(), nullptr, batch.row_count());
      }
    }
    if (rows == 0) return false;
    out.header = StrCat(rows);
    if (ticket_.columns.empty()) {
      out.body = {};
    } else {
      TRIVET_ASSIGN_OR_RETURN(out.body, builder_.Finish(WireCompression::kLz4));
    }
    return true;
  }

 private:
  const TablePtr table_;
  const TableTicket ticket_;
  const QueryContext context_;
  ChunkBuilder builder_;
  std::unique_ptr<TableScan> scan_;
  std::unique_ptr<MorselReader> morsel_;
  bool finished_ = false;
};

// The one morsel of a part: of the columns that come, the first `output_count` pass on, the others
// are there for the filter alone.
class RemoteRows final : public MorselReader {
 public:
  RemoteRows(std::shared_ptr<FlightPeer> peer, std::unique_ptr<FlightMessageStream> stream,
             std::vector<LogicalType> types, size_t output_count, ExpressionPtr filter,
             const ExecutionContext& context)
      : peer_(std::move(peer)),
        stream_(std::move(stream)),
        types_(std::move(types)),
        output_count_(output_count),
        context_(context) {
    if (filter) filter_.emplace(std::vector<ExpressionPtr>{std::move(filter)}, context);
  }

  uint64_t morsel() const override { return 0; }

  Result<bool> Next(Batch& batch) override {
    TRIVET_ASSIGN_OR_RETURN(const bool more, NextUnfiltered(batch));
    if (!more) return false;
    if (filter_) {
      std::shared_ptr<uint32_t[]> rows = MakeIndices();
      size_t count = 0;
      TRIVET_RETURN_IF_ERROR(filter_->Select(0, batch, rows.get(), count));
      if (count < batch.row_count()) batch.Slice(rows, count);
    }
    batch.mutable_columns().resize(output_count_);
    return true;
  }

 private:
  Result<bool> NextUnfiltered(Batch& batch) {
    while (true) {
      if (types_.empty() && bare_rows_ > 0) {
        const auto count = std::min<uint64_t>(bare_rows_, context_.batch_size());
        batch = Batch({}, count);
        batch.set_order({0, sequence_++});
        bare_rows_ -= count;
        return true;
      }
      if (chunk_.rows_left() > 0 && chunk_.Next(batch, context_.batch_size())) {
        batch.set_order({0, sequence_++});
        return true;
      }
      FlightMessage message;
      TRIVET_ASSIGN_OR_RETURN(const bool more, stream_->Next(message));
      if (!more) return false;
      if (types_.empty()) {
        bare_rows_ = std::strtoull(message.header.c_str(), nullptr, 10);
      } else {
        TRIVET_ASSIGN_OR_RETURN(
            chunk_, ChunkReader::Open(std::move(message.body), types_, &context_.memory()));
      }
    }
  }

  std::shared_ptr<FlightPeer> peer_;
  std::unique_ptr<FlightMessageStream> stream_;
  const std::vector<LogicalType> types_;
  const size_t output_count_;
  const ExecutionContext& context_;
  std::optional<Evaluator> filter_;
  ChunkReader chunk_;
  uint64_t bare_rows_ = 0;
  uint64_t sequence_ = 0;
};

class RemoteScan final : public TableScan {
 public:
  explicit RemoteScan(std::unique_ptr<MorselReader> rows) : rows_(std::move(rows)) {}
  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    std::lock_guard lock(mutex_);
    return std::move(rows_);
  }
  uint64_t total_rows() const override { return 0; }

 private:
  std::mutex mutex_;
  std::unique_ptr<MorselReader> rows_;
};

// The filter's column, as one of those that come; it is asked for, too, where it is not yet.
ExpressionPtr AmongTicket(TableTicket& ticket, const Expression& column) {
  auto found = std::find(ticket.columns.begin(), ticket.columns.end(), column.input_index());
  if (found == ticket.columns.end()) {
    ticket.columns.push_back(column.input_index());
    found = ticket.columns.end() - 1;
  }
  return Expression::Input(static_cast<uint32_t>(found - ticket.columns.begin()), column.type(),
                           column.name());
}

class RemoteTable final : public Table {
 public:
  RemoteTable(std::string id, std::vector<ColumnDefinition> columns, FlightPeers& peers,
              std::string coordinator)
      : id_(std::move(id)),
        columns_(std::move(columns)),
        peers_(peers),
        coordinator_(std::move(coordinator)) {}

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override { return {}; }
  ScanCapabilities capabilities() const override { return {.filters = true}; }
  // The parts are the coordinator's to cut.
  size_t split_count() const override { return ~size_t{0}; }
  std::string kind() const override { return "UPLOADED_SCAN"; }
  std::string description() const override { return id_; }
  Result<TableReference> Reference() const override {
    return TableReference{std::string(kUploadedRows), {}, {}};
  }

  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    const CancellationToken& cancelled = context.cancellation();
    TRIVET_ASSIGN_OR_RETURN(auto peer, peers_.Get(coordinator_, cancelled));
    TableTicket ticket{id_, request.part, request.columns};
    ExpressionPtr filter;
    if (!request.filters.empty()) {
      filter = RewriteExpression(Expression::And(request.filters), [&](const ExpressionPtr& node) {
        return node->kind() == ExpressionKind::kInput ? AmongTicket(ticket, *node) : node;
      });
    }
    TRIVET_ASSIGN_OR_RETURN(auto stream, peer->Get(kTableTicketKind, Encode(ticket)));
    return std::unique_ptr<TableScan>(std::make_unique<RemoteScan>(std::make_unique<RemoteRows>(
        std::move(peer), std::move(stream), TypesOf(columns_, ticket.columns),
        request.columns.size(), std::move(filter), context)));
  }

 private:
  const std::string id_;
  const std::vector<ColumnDefinition> columns_;
  FlightPeers& peers_;
  const std::string coordinator_;
};

}  // namespace

void RegisterTableRows(FlightService& service, std::shared_ptr<UploadedTables> tables) {
  service.RegisterTicketKind(
      std::string(kTableTicketKind),
      [tables](std::string_view bytes,
               const FlightCall&) -> Result<std::unique_ptr<FlightMessageSource>> {
        TRIVET_ASSIGN_OR_RETURN(const TableTicket ticket, Decode(bytes));
        TRIVET_ASSIGN_OR_RETURN(TablePtr table, tables->Resolve(ticket.id, {}));
        for (const size_t column : ticket.columns) {
          if (column >= table->columns().size()) {
            return Status::InvalidInput(StrCat("the table has no column ", column));
          }
        }
        return std::unique_ptr<FlightMessageSource>(
            std::make_unique<TableRows>(std::move(table), ticket));
      });
}

Result<TablePtr> RemoteTables::Resolve(const std::string& id,
                                       const std::vector<ColumnDefinition>& columns) {
  return TablePtr(std::make_shared<RemoteTable>(id, columns, peers_, coordinator_));
}

}  // namespace trivet
