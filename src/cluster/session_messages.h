#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "session/query_result.h"
#include "sql/binder/binder.h"

namespace trivet {

// What a client and a coordinator say to each other about a session. Actions: open (answers the
// session's id), execute, interrupt, progress, upload, ping, close; the rows of a result are a
// stream.
inline constexpr std::string_view kOpenSessionAction = "session.open";
inline constexpr std::string_view kExecuteAction = "session.execute";
inline constexpr std::string_view kInterruptAction = "session.interrupt";
inline constexpr std::string_view kUploadAction = "session.upload";
// Takes a ResultTicket; answers the share of the sources read so far as text, or nothing.
inline constexpr std::string_view kProgressAction = "session.progress";
inline constexpr std::string_view kPingAction = "session.ping";
inline constexpr std::string_view kCloseSessionAction = "session.close";
inline constexpr std::string_view kResultTicketKind = "result";

struct ExecuteRequest {
  std::string session;
  std::string sql;
  ParameterValues parameters;
};
struct ExecuteAnswer {
  uint64_t result = 0;  // the stream's number within the session
  ResultKind kind = ResultKind::kNothing;
  std::vector<ResultColumn> columns;
};
// Rows for a table that the client registers. The first part makes the table, `replace`d or new,
// once the last part has come.
struct UploadRequest {
  std::string session;
  std::string table;
  std::vector<ResultColumn> columns;
  bool last = false;
  std::string chunk;  // wire_batch.h; empty: no rows
};
struct ResultTicket {
  std::string session;
  uint64_t result = 0;
};

// Decoding gives Corruption for bytes that are no such message.
std::string Encode(const ExecuteRequest& request);
Result<ExecuteRequest> DecodeExecuteRequest(std::string_view bytes);
std::string Encode(const ExecuteAnswer& answer);
Result<ExecuteAnswer> DecodeExecuteAnswer(std::string_view bytes);
std::string Encode(const UploadRequest& request);
Result<UploadRequest> DecodeUploadRequest(std::string_view bytes);
std::string Encode(const ResultTicket& ticket);
Result<ResultTicket> DecodeResultTicket(std::string_view bytes);

}  // namespace trivet
