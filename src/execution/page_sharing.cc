#include "execution/page_sharing.h"

#include <map>
#include <memory>
#include <set>

#include "context/buffer_cache.h"

namespace trivet {

namespace {

// Key of the run's state among PipelineBuilder::Shared states; no CTE has it.
constexpr uint64_t kSharingKey = ~uint64_t{1};

struct Sharing {
  std::map<const PhysicalScan*, std::set<size_t>> scans;  // with the table's columns they read
  std::shared_ptr<const PageScope> scope;
};

void CollectScans(const PhysicalOperator& op, Sharing& sharing) {
  if (const auto* scan = dynamic_cast<const PhysicalScan*>(&op)) {
    sharing.scans.emplace(scan, scan->TableColumns());
  }
  for (const PhysicalPlan& child : op.children()) CollectScans(*child, sharing);
}

Sharing& SharingOf(PipelineBuilder& builder) {
  std::shared_ptr<void>& slot = builder.Shared(kSharingKey);
  if (slot == nullptr) {
    auto sharing = std::make_shared<Sharing>();
    if (builder.root() != nullptr) CollectScans(*builder.root(), *sharing);
    slot = std::move(sharing);
  }
  return *static_cast<Sharing*>(slot.get());
}

}  // namespace

void SharePages(PipelineBuilder& builder, const PhysicalScan& scan, ScanRequest& request) {
  BufferCache* const cache = builder.context().buffer_cache();
  if (cache == nullptr || cache->is_enabled()) return;
  Sharing& sharing = SharingOf(builder);
  const std::set<size_t> columns = scan.TableColumns();
  std::set<size_t> shared;
  for (const auto& [other, others] : sharing.scans) {
    if (other == &scan || &other->table() != &scan.table()) continue;
    for (const size_t column : others) {
      if (columns.contains(column)) shared.insert(column);
    }
  }
  if (shared.empty()) return;
  if (sharing.scope == nullptr) sharing.scope = std::make_shared<const PageScope>(*cache);
  request.shared_columns.assign(shared.begin(), shared.end());
  request.page_scope = sharing.scope;
}

}  // namespace trivet
