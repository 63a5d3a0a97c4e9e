#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/coordinator.h"
#include "coordinator/event.h"
#include "coordinator/time_point.h"

// A coordinator's journal as bytes: a header, then one record for each (event, now), or for a whole
// state from which the following records go on. A record is its length, a checksum and its body;
// docs/distributed.md gives the format. Where the bytes are kept is the caller's affair:
//
//   1. append EncodeJournalRecord(event, now); 2. Handle(event, now); 3. make the journal durable,
//   but for heartbeats and ticks that call for nothing; 4. carry out the actions, answer the
//   sender.
//
// To keep a journal short, start a new one with JournalHeader() + EncodeJournalState(coordinator).

namespace trivet {

std::string JournalHeader();
std::string EncodeJournalRecord(const Event& event, TimePoint now);
std::string EncodeJournalState(const Coordinator& coordinator);

// One event without framing; for transports and tests.
std::string EncodeEvent(const Event& event);
Result<Event> DecodeEvent(std::string_view bytes);

struct ReplayedJournal {
  Coordinator coordinator;
  size_t records = 0;
  // Bytes that count: a last record that was not written whole is to be cut off here.
  size_t valid_bytes = 0;
};

// Brings a coordinator to where the journal ends. A last record that is incomplete is ignored;
// anything else that is wrong is Corruption with the offset, another version ProtocolMismatch. The
// actions of replayed events are not carried out again: hand the coordinator a
// CoordinatorRestarted.
Result<ReplayedJournal> ReplayJournal(CoordinatorOptions options, std::string_view journal);

}  // namespace trivet
