#include "distributed/task_envelope.h"

#include <bit>
#include <utility>

#include "base/simd_level.h"
#include "base/string_concat.h"
#include "formats/registry.h"
#include "shuffle/byte_codec.h"
#include "storage/range_table.h"

namespace trivet {

namespace {

constexpr uint32_t kEnvelopeVersion = 4;
// Pieces of code that one task may bring along.
constexpr uint32_t kMaxCode = 1024;

void PutOptions(ByteWriter& writer, const QueryContext::Options& options) {
  writer.Put(options.query_time_micros);
  writer.Put(options.random_seed);
  writer.PutString(options.time_zone);
  writer.Put(static_cast<uint64_t>(options.batch_size));
  writer.Put(static_cast<uint8_t>(options.preserve_insertion_order));
  writer.Put(static_cast<uint64_t>(options.memory_limit_bytes));
  writer.Put(static_cast<uint8_t>(options.always_spill));
}

QueryContext::Options GetOptions(ByteReader& reader) {
  QueryContext::Options options;
  options.query_time_micros = reader.Get<int64_t>();
  options.random_seed = reader.Get<uint64_t>();
  options.time_zone = std::string(reader.GetString());
  options.batch_size = reader.Get<uint64_t>();
  if (options.batch_size == 0 || options.batch_size > kVectorSize) reader.Reject();
  options.preserve_insertion_order = reader.Get<uint8_t>() != 0;
  options.memory_limit_bytes = reader.Get<uint64_t>();
  options.always_spill = reader.Get<uint8_t>() != 0;
  return options;
}

// 0 for none, else the level's number and one.
void PutForcedLevel(ByteWriter& writer) {
  const std::optional<SimdLevel> level = ForcedSimdLevel();
  writer.Put(static_cast<uint8_t>(level ? static_cast<int>(*level) + 1 : 0));
}

Status ForceLevelOf(uint8_t number) {
  if (number > kSimdLevelCount) return Status::Corruption("a damaged task");
  std::optional<SimdLevel> level;
  if (number > 0) level = static_cast<SimdLevel>(number - 1);
  if (level == ForcedSimdLevel() || ForceSimdLevel(level)) return Status::OK();
  return Status::InvalidInput(
             StrCat("simd_level is ", SimdLevelName(*level), ", which a worker's machine lacks"))
      .WithHint(StrCat("it has ", SimdLevelNamesOfMachine()));
}

}  // namespace

const TableOpeners& DistributedTables() {
  static const TableOpeners openers = [] {
    TableOpeners tables;
    RegisterFileTables(tables);
    RegisterRangeTable(tables);
    return tables;
  }();
  return openers;
}

Result<std::string> EncodeTaskEnvelope(const TaskEnvelope& envelope, TableUploads* uploads) {
  ByteWriter writer;
  writer.Put(kEnvelopeVersion);
  PutOptions(writer, envelope.options);
  PutForcedLevel(writer);
  writer.Put(envelope.task_count);
  writer.Put(static_cast<uint32_t>(envelope.code.size()));
  for (const std::string& id : envelope.code) writer.PutString(id);
  EncodeFragmentOptions options;
  options.uploads = uploads;
  TRIVET_ASSIGN_OR_RETURN(const std::string plan, EncodeFragment(*envelope.plan, options));
  writer.PutString(plan);
  return writer.Take();
}

Result<TaskEnvelope> DecodeTaskEnvelope(std::string_view bytes, FileSystem& files,
                                        TableResolver* resolver, WorkerExtensions& extensions) {
  ByteReader reader(bytes);
  TaskEnvelope envelope;
  if (reader.Get<uint32_t>() != kEnvelopeVersion) {
    return Status(StatusCode::kProtocolMismatch, "a task of another protocol version");
  }
  envelope.options = GetOptions(reader);
  const auto forced_level = reader.Get<uint8_t>();
  envelope.task_count = reader.Get<uint32_t>();
  const auto code_count = reader.Get<uint32_t>();
  if (code_count > kMaxCode) return Status::Corruption("a damaged task");
  for (uint32_t i = 0; i < code_count; ++i) envelope.code.emplace_back(reader.GetString());
  const std::string_view plan = reader.GetString();
  if (!reader.at_end() || envelope.task_count == 0) {
    return Status::Corruption("a damaged task");
  }
  TRIVET_RETURN_IF_ERROR(ForceLevelOf(forced_level));
  TRIVET_ASSIGN_OR_RETURN(const auto registries, extensions.With(envelope.code));
  const QueryContext context(envelope.options, files, nullptr);
  DecodeFragmentOptions options;
  options.operators = &registries->operators;
  options.functions = &registries->functions;
  options.tables = &DistributedTables();
  options.resolver = resolver;
  options.files = &files;
  options.context = &context;
  TRIVET_ASSIGN_OR_RETURN(envelope.plan, DecodeFragment(plan, options));
  return envelope;
}

}  // namespace trivet
