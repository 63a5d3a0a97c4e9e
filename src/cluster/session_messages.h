#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "session/query_result.h"
#include "session/remote_session.h"
#include "sql/binder/binder.h"

namespace trivet {

// What a client and a coordinator say to each other about a session. Actions: open (takes another
// session whose database it is to share, or nothing; answers an OpenAnswer), execute, interrupt,
// progress, upload, ping, release, close; the rows of a result are a stream.
inline constexpr std::string_view kOpenSessionAction = "session.open";
inline constexpr std::string_view kExecuteAction = "session.execute";
inline constexpr std::string_view kInterruptAction = "session.interrupt";
inline constexpr std::string_view kUploadAction = "session.upload";
// Takes a ResultTicket; answers a ProgressAnswer.
inline constexpr std::string_view kProgressAction = "session.progress";
// Takes a RegisterCodeRequest; answers with nothing.
inline constexpr std::string_view kRegisterCodeAction = "session.register_code";
inline constexpr std::string_view kPingAction = "session.ping";
// Takes a ResultTicket: the client has all that it wants of a resumable result.
inline constexpr std::string_view kReleaseAction = "session.release";
inline constexpr std::string_view kCloseSessionAction = "session.close";
inline constexpr std::string_view kResultTicketKind = "result";

struct OpenAnswer {
  std::string session;
  // The coordinator keeps a journal: where it is gone, another one may go on in its place.
  bool durable = false;
};
struct ExecuteRequest {
  std::string session;
  std::string sql;
  ParameterValues parameters;
};
struct ExecuteAnswer {
  uint64_t result = 0;  // the stream's number within the session
  // The stream may be asked for again from any row on, until it is released.
  bool resumable = false;
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
struct ProgressAnswer {
  std::optional<double> share;
  std::vector<StageProgress> stages;
};
struct ResultTicket {
  std::string session;
  uint64_t result = 0;
  uint64_t rows_taken = 0;  // the stream starts behind so many rows
};

struct RegisterCodeRequest {
  std::string session;
  CodeRegistration registration;
};

// Decoding gives Corruption for bytes that are no such message.
std::string Encode(const OpenAnswer& answer);
Result<OpenAnswer> DecodeOpenAnswer(std::string_view bytes);
std::string Encode(const ExecuteRequest& request);
Result<ExecuteRequest> DecodeExecuteRequest(std::string_view bytes);
std::string Encode(const ExecuteAnswer& answer);
Result<ExecuteAnswer> DecodeExecuteAnswer(std::string_view bytes);
std::string Encode(const UploadRequest& request);
Result<UploadRequest> DecodeUploadRequest(std::string_view bytes);
std::string Encode(const ProgressAnswer& answer);
Result<ProgressAnswer> DecodeProgressAnswer(std::string_view bytes);
std::string Encode(const RegisterCodeRequest& request);
Result<RegisterCodeRequest> DecodeRegisterCodeRequest(std::string_view bytes);
std::string Encode(const ResultTicket& ticket);
Result<ResultTicket> DecodeResultTicket(std::string_view bytes);

}  // namespace trivet
