// Whatever the bytes of a plan are, the decoder gives a plan from which pipelines can be built, and
// whose own bytes give it again, or a typed error.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "context/query_context.h"
#include "execution/pipeline_builder.h"
#include "fragment/envelope.h"
#include "fragment/fragment.h"
#include "storage/memory_table.h"
#include "storage/range_table.h"

namespace trivet {
namespace {

// Has an empty table of the wanted columns for every id.
class EmptyTables final : public TableResolver, public TableUploads {
 public:
  Result<TablePtr> Resolve(const std::string& /*id*/,
                           const std::vector<ColumnDefinition>& columns) override {
    return TablePtr(std::make_shared<MemoryTable>(columns, MemoryChunks()));
  }
  Result<std::string> IdOf(const TablePtr& /*table*/) override { return std::string("id"); }
};

// Takes rows that never come.
class NoSink final : public Sink {
 public:
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& /*context*/) override {
    return Status::Internal("not to be run");
  }
};

}  // namespace
}  // namespace trivet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trivet;
  static const TableOpeners* const openers = [] {
    auto* made = new TableOpeners();
    RegisterRangeTable(*made);
    return made;
  }();
  QueryContext context({.memory_limit_bytes = size_t{64} << 20}, FileSystem::Local(), nullptr);
  EmptyTables tables;
  DecodeFragmentOptions options;
  options.tables = openers;
  options.resolver = &tables;
  options.context = &context;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto plan = DecodeFragment(SealEnvelope(body, options.build_id), options);
  if (!plan.ok()) return 0;
  PipelineBuilder builder(context);
  (void)builder.BuildRoot(**plan, std::make_shared<NoSink>());
  const auto bytes = EncodeFragment(**plan, {.uploads = &tables});
  if (!bytes.ok()) std::abort();
  const auto again = DecodeFragment(*bytes, options);
  if (!again.ok() || *EncodeFragment(**again, {.uploads = &tables}) != *bytes) std::abort();
  return 0;
}
