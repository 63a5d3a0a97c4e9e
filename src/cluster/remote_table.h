#pragma once

#include <memory>
#include <string>
#include <vector>

#include "distributed/uploaded_tables.h"
#include "shuffle/flight_peer.h"
#include "shuffle/flight_service.h"

namespace trivet {

// The ticket kind under which a coordinator serves the rows of uploaded tables.
inline constexpr std::string_view kTableTicketKind = "table";

// Has `service` serve any part of any table of `tables`, as a stream of chunks.
void RegisterTableRows(FlightService& service, std::shared_ptr<UploadedTables> tables);

// Tables whose rows a worker asks the coordinator for, each time a task scans them, and only those
// of the task's part and columns. Thread-safe.
class RemoteTables final : public TableResolver {
 public:
  // `peers` outlives the tables.
  RemoteTables(FlightPeers& peers, std::string coordinator)
      : peers_(peers), coordinator_(std::move(coordinator)) {}

  Result<TablePtr> Resolve(const std::string& id,
                           const std::vector<ColumnDefinition>& columns) override;

 private:
  FlightPeers& peers_;
  const std::string coordinator_;
};

}  // namespace trivet
