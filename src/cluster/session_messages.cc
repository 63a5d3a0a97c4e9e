#include "cluster/session_messages.h"

#include "cluster/value_codec.h"

namespace trivet {

namespace {

void Put(ByteWriter& writer, const std::vector<ResultColumn>& columns) {
  writer.Put(static_cast<uint32_t>(columns.size()));
  for (const ResultColumn& column : columns) {
    writer.PutString(column.name);
    PutType(writer, column.type);
  }
}

std::vector<ResultColumn> GetColumns(ByteReader& reader) {
  std::vector<ResultColumn> columns(reader.GetCount(sizeof(uint32_t) + 3));
  for (ResultColumn& column : columns) {
    column.name = std::string(reader.GetString());
    column.type = GetType(reader);
  }
  return columns;
}

template <typename T>
Result<T> Checked(T message, const ByteReader& reader) {
  if (!reader.at_end()) return Status::Corruption("a damaged session message");
  return message;
}

// A share travels in millionths.
constexpr double kShareUnits = 1e6;

}  // namespace

std::string Encode(const OpenAnswer& answer) {
  ByteWriter writer;
  writer.PutString(answer.session);
  writer.Put(static_cast<uint8_t>(answer.durable));
  return writer.Take();
}

Result<OpenAnswer> DecodeOpenAnswer(std::string_view bytes) {
  ByteReader reader(bytes);
  OpenAnswer answer;
  answer.session = std::string(reader.GetString());
  answer.durable = reader.Get<uint8_t>() != 0;
  return Checked(std::move(answer), reader);
}

std::string Encode(const ExecuteRequest& request) {
  ByteWriter writer;
  writer.PutString(request.session);
  writer.PutString(request.sql);
  writer.Put(static_cast<uint32_t>(request.parameters.positional.size()));
  for (const Value& value : request.parameters.positional) PutValue(writer, value);
  writer.Put(static_cast<uint32_t>(request.parameters.named.size()));
  for (const auto& [name, value] : request.parameters.named) {
    writer.PutString(name);
    PutValue(writer, value);
  }
  return writer.Take();
}

Result<ExecuteRequest> DecodeExecuteRequest(std::string_view bytes) {
  ByteReader reader(bytes);
  ExecuteRequest request;
  request.session = std::string(reader.GetString());
  request.sql = std::string(reader.GetString());
  request.parameters.positional.resize(reader.GetCount(4));
  for (Value& value : request.parameters.positional) value = GetValue(reader);
  const uint32_t named = reader.GetCount(8);
  for (uint32_t i = 0; i < named; ++i) {
    std::string name(reader.GetString());
    request.parameters.named[std::move(name)] = GetValue(reader);
  }
  return Checked(std::move(request), reader);
}

std::string Encode(const ExecuteAnswer& answer) {
  ByteWriter writer;
  writer.Put(answer.result);
  writer.Put(static_cast<uint8_t>(answer.resumable));
  writer.Put(static_cast<uint8_t>(answer.kind));
  Put(writer, answer.columns);
  return writer.Take();
}

Result<ExecuteAnswer> DecodeExecuteAnswer(std::string_view bytes) {
  ByteReader reader(bytes);
  ExecuteAnswer answer;
  answer.result = reader.Get<uint64_t>();
  answer.resumable = reader.Get<uint8_t>() != 0;
  const auto kind = reader.Get<uint8_t>();
  if (kind > static_cast<uint8_t>(ResultKind::kNothing)) reader.Reject();
  answer.kind = static_cast<ResultKind>(kind);
  answer.columns = GetColumns(reader);
  return Checked(std::move(answer), reader);
}

std::string Encode(const UploadRequest& request) {
  ByteWriter writer;
  writer.PutString(request.session);
  writer.PutString(request.table);
  Put(writer, request.columns);
  writer.Put(static_cast<uint8_t>(request.last));
  writer.PutString(request.chunk);
  return writer.Take();
}

Result<UploadRequest> DecodeUploadRequest(std::string_view bytes) {
  ByteReader reader(bytes);
  UploadRequest request;
  request.session = std::string(reader.GetString());
  request.table = std::string(reader.GetString());
  request.columns = GetColumns(reader);
  request.last = reader.Get<uint8_t>() != 0;
  request.chunk = std::string(reader.GetString());
  return Checked(std::move(request), reader);
}

std::string Encode(const ProgressAnswer& answer) {
  ByteWriter writer;
  writer.Put(static_cast<uint8_t>(answer.share.has_value()));
  writer.Put(static_cast<uint32_t>(answer.share.value_or(0) * kShareUnits));
  writer.Put(static_cast<uint32_t>(answer.stages.size()));
  for (const StageProgress& stage : answer.stages) {
    writer.Put(stage.stage);
    writer.PutString(stage.description);
    writer.Put(stage.tasks);
    writer.Put(stage.finished_tasks);
    writer.Put(stage.running_tasks);
    writer.Put(stage.rows);
  }
  return writer.Take();
}

Result<ProgressAnswer> DecodeProgressAnswer(std::string_view bytes) {
  ByteReader reader(bytes);
  ProgressAnswer answer;
  const bool known = reader.Get<uint8_t>() != 0;
  const auto share = reader.Get<uint32_t>();
  if (known) answer.share = share / kShareUnits;
  constexpr size_t kStageBytes = 28;
  answer.stages.resize(reader.GetCount(kStageBytes));
  for (StageProgress& stage : answer.stages) {
    stage.stage = reader.Get<uint32_t>();
    stage.description = std::string(reader.GetString());
    stage.tasks = reader.Get<uint32_t>();
    stage.finished_tasks = reader.Get<uint32_t>();
    stage.running_tasks = reader.Get<uint32_t>();
    stage.rows = reader.Get<uint64_t>();
  }
  return Checked(std::move(answer), reader);
}

namespace {

void PutDeclaration(ByteWriter& writer, const CustomFunctionDeclaration& function) {
  writer.PutString(function.name);
  writer.Put(function.version);
  writer.Put(static_cast<uint32_t>(function.parameters.size()));
  for (const LogicalType& type : function.parameters) PutType(writer, type);
  PutType(writer, function.return_type);
  writer.Put(static_cast<uint8_t>(function.nulls == NullBehaviour::kSpecial));
  writer.Put(static_cast<uint8_t>(function.deterministic));
  writer.PutString(function.runtime);
}

std::vector<LogicalType> GetTypes(ByteReader& reader) {
  std::vector<LogicalType> types(reader.GetCount(3));
  for (LogicalType& type : types) type = GetType(reader);
  return types;
}

CustomFunctionDeclaration GetFunction(ByteReader& reader) {
  CustomFunctionDeclaration function;
  function.name = std::string(reader.GetString());
  function.version = reader.Get<uint32_t>();
  function.parameters = GetTypes(reader);
  function.return_type = GetType(reader);
  function.nulls = reader.Get<uint8_t>() != 0 ? NullBehaviour::kSpecial : NullBehaviour::kPropagate;
  function.deterministic = reader.Get<uint8_t>() != 0;
  function.runtime = std::string(reader.GetString());
  return function;
}

void PutDeclaration(ByteWriter& writer, const CustomOperatorDeclaration& op) {
  writer.PutString(op.name);
  writer.Put(op.version);
  writer.Put(static_cast<uint32_t>(op.parameters.size()));
  for (const LogicalType& type : op.parameters) PutType(writer, type);
  writer.Put(static_cast<uint32_t>(op.output.size()));
  for (const ColumnDefinition& column : op.output) {
    writer.PutString(column.name);
    PutType(writer, column.type);
  }
  writer.Put(static_cast<uint8_t>(op.distribution));
  writer.Put(static_cast<uint32_t>(op.hash_columns.size()));
  for (const std::string& column : op.hash_columns) writer.PutString(column);
  writer.Put(static_cast<uint8_t>(op.deterministic));
  writer.PutString(op.runtime);
}

CustomOperatorDeclaration GetOperator(ByteReader& reader) {
  CustomOperatorDeclaration op;
  op.name = std::string(reader.GetString());
  op.version = reader.Get<uint32_t>();
  op.parameters = GetTypes(reader);
  for (ResultColumn& column : GetColumns(reader)) {
    op.output.push_back({std::move(column.name), std::move(column.type)});
  }
  const auto distribution = reader.Get<uint8_t>();
  if (distribution > static_cast<uint8_t>(Distribution::kHash)) reader.Reject();
  op.distribution = static_cast<Distribution>(distribution);
  op.hash_columns.resize(reader.GetCount(sizeof(uint32_t)));
  for (std::string& column : op.hash_columns) column = std::string(reader.GetString());
  op.deterministic = reader.Get<uint8_t>() != 0;
  op.runtime = std::string(reader.GetString());
  return op;
}

}  // namespace

std::string Encode(const RegisterCodeRequest& request) {
  const CodeRegistration& registration = request.registration;
  ByteWriter writer;
  writer.PutString(request.session);
  writer.Put(static_cast<uint8_t>(registration.function.has_value()));
  if (registration.function) {
    PutDeclaration(writer, *registration.function);
  } else {
    PutDeclaration(writer, *registration.op);
  }
  writer.PutString(registration.code);
  writer.Put(static_cast<uint8_t>(registration.replace));
  return writer.Take();
}

Result<RegisterCodeRequest> DecodeRegisterCodeRequest(std::string_view bytes) {
  ByteReader reader(bytes);
  RegisterCodeRequest request;
  request.session = std::string(reader.GetString());
  if (reader.Get<uint8_t>() != 0) {
    request.registration.function = GetFunction(reader);
  } else {
    request.registration.op = GetOperator(reader);
  }
  request.registration.code = std::string(reader.GetString());
  request.registration.replace = reader.Get<uint8_t>() != 0;
  return Checked(std::move(request), reader);
}

std::string Encode(const ResultTicket& ticket) {
  ByteWriter writer;
  writer.PutString(ticket.session);
  writer.Put(ticket.result);
  writer.Put(ticket.rows_taken);
  return writer.Take();
}

Result<ResultTicket> DecodeResultTicket(std::string_view bytes) {
  ByteReader reader(bytes);
  ResultTicket ticket;
  ticket.session = std::string(reader.GetString());
  ticket.result = reader.Get<uint64_t>();
  ticket.rows_taken = reader.Get<uint64_t>();
  return Checked(std::move(ticket), reader);
}

}  // namespace trivet
