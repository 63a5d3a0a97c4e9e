#include <algorithm>

#include "base/string_concat.h"
#include "sql/binder/query_binder.h"

namespace trivet::binder {

namespace {

// Calls `visit` with the owner of every scan of the expression below `plan`.
void ForEachScan(PlanPtr& plan, uint32_t id, const std::function<void(PlanPtr&)>& visit) {
  if (plan->kind() == LogicalKind::kCteScan && static_cast<LogicalCteScan&>(*plan).cte_id == id) {
    visit(plan);
    return;
  }
  for (PlanPtr& child : plan->children()) ForEachScan(child, id, visit);
}

bool HasVolatile(LogicalOperator& plan) {
  bool found = false;
  plan.ForEachExpression(
      [&](ExpressionPtr& expression) { found = found || expression->is_volatile(); });
  for (PlanPtr& child : plan.children()) found = found || HasVolatile(*child);
  return found;
}

bool ReadsCorrelated(const LogicalOperator& plan, const CteFrame& innermost) {
  if (plan.kind() == LogicalKind::kCteScan) {
    const uint32_t id = static_cast<const LogicalCteScan&>(plan).cte_id;
    for (const CteFrame* frame = &innermost; frame != nullptr; frame = frame->outer) {
      for (const CteEntry& entry : frame->entries) {
        if (entry.id == id) return entry.correlated;
      }
    }
  }
  return std::ranges::any_of(
      plan.children(), [&](const PlanPtr& child) { return ReadsCorrelated(*child, innermost); });
}

// The definition in place of a scan, giving the scan's column ids.
PlanPtr Inlined(PlanPtr definition, const LogicalCteScan& scan,
                const std::vector<std::pair<ColumnId, ColumnId>>& mapping) {
  std::vector<LogicalProject::Entry> entries;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    OutputColumn source = scan.columns[i];
    source.id = scan.definition_columns[i];
    for (const auto& [old_id, fresh] : mapping) {
      if (old_id == source.id) source.id = fresh;
    }
    entries.push_back({scan.columns[i], source.Reference()});
  }
  return std::make_unique<LogicalProject>(std::move(definition), std::move(entries));
}

}  // namespace

Status QueryBinder::BindCommonTables(const syntax::Query& query, QueryLevel* outer,
                                     CteFrame& frame) {
  // References hold no pointers into the list, but definitions see the frame while it grows.
  frame.entries.reserve(query.with.size());
  for (const syntax::CommonTableExpression& written : query.with) {
    for (const CteEntry& known : frame.entries) {
      if (syntax::EqualIgnoringCase(known.name, written.name.text)) {
        return Status::InvalidInput(StrCat("Duplicate CTE name \"", written.name.text, "\""))
            .WithPosition(written.name.position);
      }
    }
    TRIVET_RETURN_IF_ERROR(BindCommonTable(written, outer, frame));
  }
  return Status::OK();
}

Status QueryBinder::BindCommonTable(const syntax::CommonTableExpression& written, QueryLevel* outer,
                                    CteFrame& frame) {
  if (!written.using_key.empty()) {
    return Unsupported("USING KEY is", written.using_key[0].position);
  }
  CteEntry& entry = frame.entries.emplace_back();
  entry.name = written.name.text;
  entry.id = state_.ids().NextCteId();
  entry.materialization = written.materialization;
  entry.in_definition = true;
  TRIVET_ASSIGN_OR_RETURN(BoundQuery bound, Bind(*written.query, outer, &frame));
  entry.in_definition = false;
  // More names than columns are let pass here, as the reference dialect does.
  const size_t named = std::min(written.columns.size(), bound.columns.size());
  for (size_t i = 0; i < named; ++i) bound.columns[i].name = written.columns[i].text;
  MakeNamesUnique(bound.columns);
  entry.plan = std::move(bound.plan);
  entry.correlated = !FreeColumns(*entry.plan).empty() || ReadsCorrelated(*entry.plan, frame);
  entry.columns = std::move(bound.columns);
  return Status::OK();
}

Result<PlanPtr> QueryBinder::ResolveCommonTables(PlanPtr body, CteFrame& frame) {
  // From the last to the first: a definition may read only those in front of it.
  for (auto entry = frame.entries.rbegin(); entry != frame.entries.rend(); ++entry) {
    TRIVET_ASSIGN_OR_RETURN(body, ResolveCommonTable(std::move(body), *entry));
  }
  return body;
}

Result<PlanPtr> QueryBinder::ResolveCommonTable(PlanPtr body, CteEntry& entry) {
  size_t references = 0;
  ForEachScan(body, entry.id, [&](PlanPtr&) { ++references; });
  if (references == 0) return body;
  const bool written_materialized = entry.materialization == syntax::Materialization::kMaterialized;
  const bool inline_all =
      entry.materialization == syntax::Materialization::kNotMaterialized || entry.correlated;
  if (inline_all || (references == 1 && !written_materialized)) {
    // Copies of copies multiply.
    for (size_t i = 1; i < references; ++i) TRIVET_RETURN_IF_ERROR(state_.CountOperator());
    ForEachScan(body, entry.id, [&](PlanPtr& scan) {
      std::vector<std::pair<ColumnId, ColumnId>> mapping;
      PlanPtr definition = --references == 0
                               ? std::move(entry.plan)
                               : CloneWithFreshColumns(*entry.plan, state_.ids(), mapping);
      scan = Inlined(std::move(definition), static_cast<LogicalCteScan&>(*scan), mapping);
    });
    return body;
  }
  auto cte =
      std::make_unique<LogicalCte>(entry.id, entry.name, std::move(entry.plan), std::move(body));
  // What differs at each evaluation must be evaluated once for all its references.
  if (written_materialized || HasVolatile(*cte->children()[0])) cte->materialized = true;
  return PlanPtr(std::move(cte));
}

}  // namespace trivet::binder
