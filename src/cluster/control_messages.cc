#include "cluster/control_messages.h"

#include "shuffle/byte_codec.h"
#include "shuffle/status_codec.h"

namespace trivet {

namespace {

void Put(ByteWriter& writer, const AttemptId& attempt) {
  writer.Put(attempt.task.query);
  writer.Put(attempt.task.stage);
  writer.Put(attempt.task.partition);
  writer.Put(attempt.attempt);
}

AttemptId GetAttempt(ByteReader& reader) {
  AttemptId attempt;
  attempt.task.query = reader.Get<QueryId>();
  attempt.task.stage = reader.Get<StageId>();
  attempt.task.partition = reader.Get<uint32_t>();
  attempt.attempt = reader.Get<uint32_t>();
  return attempt;
}

void Put(ByteWriter& writer, const WorkerIncarnation& worker) {
  writer.PutString(worker.name);
  writer.Put(worker.incarnation);
}

WorkerIncarnation GetWorker(ByteReader& reader) {
  WorkerIncarnation worker;
  worker.name = std::string(reader.GetString());
  worker.incarnation = reader.Get<uint64_t>();
  return worker;
}

void Put(ByteWriter& writer, const TaskInput& input) {
  writer.Put(input.producer);
  writer.Put(input.partition_begin);
  writer.Put(input.partition_end);
  writer.Put(static_cast<uint32_t>(input.sources.size()));
  for (const InputSource& source : input.sources) {
    writer.Put(source.map);
    writer.Put(source.attempt);
    writer.Put(source.peer);
  }
}

TaskInput GetInput(ByteReader& reader) {
  TaskInput input;
  input.producer = reader.Get<StageId>();
  input.partition_begin = reader.Get<uint32_t>();
  input.partition_end = reader.Get<uint32_t>();
  constexpr size_t kSourceBytes = 12;
  input.sources.resize(reader.GetCount(kSourceBytes));
  for (InputSource& source : input.sources) {
    source.map = reader.Get<uint32_t>();
    source.attempt = reader.Get<uint32_t>();
    source.peer = reader.Get<uint32_t>();
  }
  return input;
}

template <typename T>
Result<T> Checked(T message, const ByteReader& reader) {
  if (!reader.at_end()) return Status::Corruption("a damaged control message");
  return message;
}

}  // namespace

std::string EncodeLaunch(const LaunchAttempt& launch) {
  ByteWriter writer;
  Put(writer, launch.attempt);
  Put(writer, launch.worker);
  writer.PutString(launch.fragment);
  writer.Put(static_cast<uint32_t>(launch.peers.size()));
  for (const Peer& peer : launch.peers) {
    Put(writer, peer.worker);
    writer.PutString(peer.address);
  }
  writer.Put(static_cast<uint32_t>(launch.inputs.size()));
  for (const TaskInput& input : launch.inputs) Put(writer, input);
  writer.Put(launch.output_partitions);
  writer.Put(static_cast<uint8_t>(launch.samples_keys));
  writer.Put(static_cast<uint32_t>(launch.range_bounds.size()));
  for (const std::string& bound : launch.range_bounds) writer.PutString(bound);
  writer.Put(static_cast<uint8_t>(launch.deadline.has_value()));
  writer.Put(launch.deadline ? int64_t{launch.deadline->time_since_epoch().count()} : int64_t{0});
  return writer.Take();
}

Result<LaunchAttempt> DecodeLaunch(std::string_view bytes) {
  ByteReader reader(bytes);
  LaunchAttempt launch;
  launch.attempt = GetAttempt(reader);
  launch.worker = GetWorker(reader);
  launch.fragment = std::string(reader.GetString());
  constexpr size_t kPeerBytes = 16;
  launch.peers.resize(reader.GetCount(kPeerBytes));
  for (Peer& peer : launch.peers) {
    peer.worker = GetWorker(reader);
    peer.address = std::string(reader.GetString());
  }
  constexpr size_t kInputBytes = 16;
  launch.inputs.resize(reader.GetCount(kInputBytes));
  for (TaskInput& input : launch.inputs) input = GetInput(reader);
  launch.output_partitions = reader.Get<uint32_t>();
  launch.samples_keys = reader.Get<uint8_t>() != 0;
  launch.range_bounds.resize(reader.GetCount(sizeof(uint32_t)));
  for (std::string& bound : launch.range_bounds) bound = std::string(reader.GetString());
  const bool has_deadline = reader.Get<uint8_t>() != 0;
  const TimePoint deadline{Duration(reader.Get<int64_t>())};
  if (has_deadline) launch.deadline = deadline;
  return Checked(std::move(launch), reader);
}

std::string EncodeCancel(const CancelAttempt& cancel) {
  ByteWriter writer;
  Put(writer, cancel.attempt);
  Put(writer, cancel.worker);
  writer.PutString(cancel.reason);
  return writer.Take();
}

Result<CancelAttempt> DecodeCancel(std::string_view bytes) {
  ByteReader reader(bytes);
  CancelAttempt cancel;
  cancel.attempt = GetAttempt(reader);
  cancel.worker = GetWorker(reader);
  cancel.reason = std::string(reader.GetString());
  return Checked(std::move(cancel), reader);
}

std::string EncodeFence(const FenceWorker& fence) {
  ByteWriter writer;
  Put(writer, fence.worker);
  writer.PutString(EncodeStatus(fence.reason));
  return writer.Take();
}

Result<FenceWorker> DecodeFence(std::string_view bytes) {
  ByteReader reader(bytes);
  FenceWorker fence;
  fence.worker = GetWorker(reader);
  const std::string_view reason = reader.GetString();
  if (!reader.at_end()) return Status::Corruption("a damaged control message");
  TRIVET_RETURN_IF_ERROR(DecodeStatus(reason, fence.reason));
  return fence;
}

std::string EncodeDelete(const DeleteShuffleData& data) {
  ByteWriter writer;
  writer.Put(data.query);
  Put(writer, data.worker);
  return writer.Take();
}

Result<DeleteShuffleData> DecodeDelete(std::string_view bytes) {
  ByteReader reader(bytes);
  DeleteShuffleData data;
  data.query = reader.Get<QueryId>();
  data.worker = GetWorker(reader);
  return Checked(std::move(data), reader);
}

}  // namespace trivet
