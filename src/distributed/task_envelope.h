#pragma once

#include <string>
#include <string_view>

#include "context/query_context.h"
#include "distributed/worker_extensions.h"
#include "execution/operator_registry.h"
#include "execution/physical_operator.h"
#include "fragment/fragment.h"

namespace trivet {

// What all tasks of a stage have in common: the plan and what is fixed for the query (its time,
// seed, time zone, batch size, what SIMD level was forced), so that every task sees the same. The
// coordinator carries it as opaque bytes.
struct TaskEnvelope {
  QueryContext::Options options;
  uint32_t task_count = 1;        // a scan's task reads its part of so many
  PhysicalPlan plan;              // its root is a PhysicalExchange
  std::vector<std::string> code;  // ids of what must be loaded before the plan can be read, sorted
};

// Opens the tables of files and the like that plans refer to.
const TableOpeners& DistributedTables();

// `uploads` names tables whose rows are here alone; null: they are NotImplemented.
Result<std::string> EncodeTaskEnvelope(const TaskEnvelope& envelope, TableUploads* uploads);
// Also forces the SIMD level of this process that was forced where the task comes from:
// InvalidInput where the machine lacks it. ProtocolMismatch for another version, Corruption for
// bytes that are none. `resolver` brings the rows of uploaded tables.
Result<TaskEnvelope> DecodeTaskEnvelope(std::string_view bytes, FileSystem& files,
                                        TableResolver* resolver, WorkerExtensions& extensions);

}  // namespace trivet
