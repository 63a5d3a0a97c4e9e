#include "coordinator/capabilities.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/demand.h"

namespace trivet {

namespace {

bool HasAll(const std::vector<std::string>& present, const std::vector<std::string>& wanted,
            std::string_view kind, std::string* missing) {
  bool all = true;
  for (const std::string& name : wanted) {
    if (std::find(present.begin(), present.end(), name) != present.end()) continue;
    all = false;
    if (missing != nullptr) {
      missing->append(StrCat(missing->empty() ? "" : ", ", kind, " '", name, "'"));
    }
  }
  return all;
}

std::string DescribeMissing(const CoordinatorState& state, const Requirements& requirements) {
  std::string missing_everywhere;
  std::string fewest;
  WorkerState all;  // what all live workers have together
  for (const auto& [name, worker] : state.workers) {
    if (!worker.live) continue;
    const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(all.capabilities.operators, worker.capabilities.operators);
    append(all.capabilities.functions, worker.capabilities.functions);
    append(all.capabilities.formats, worker.capabilities.formats);
    append(all.capabilities.labels, worker.capabilities.labels);
    std::string missing;
    IsCapable(worker, requirements, &missing);
    if (fewest.empty() || missing.size() < fewest.size()) {
      fewest = StrCat("worker ", name, " lacks ", missing);
    }
  }
  if (!IsCapable(all, requirements, &missing_everywhere)) {
    return StrCat("no live worker has ", missing_everywhere);
  }
  return StrCat("no live worker has all that is needed; ", fewest);
}

// The stage that nobody can run although somebody is there, or null.
const Stage* FindImpossibleStage(const CoordinatorState& state, const QueryState& query) {
  const bool any_live = std::any_of(state.workers.begin(), state.workers.end(),
                                    [](const auto& entry) { return entry.second.live; });
  if (!any_live) return nullptr;
  for (const Stage& stage : query.graph.stages) {
    if (stage.requirements.empty()) continue;
    if (CompleteMaps(stage, query.stages[stage.id])) continue;
    const bool possible =
        std::any_of(state.workers.begin(), state.workers.end(), [&](const auto& entry) {
          return entry.second.live && IsCapable(entry.second, stage.requirements);
        });
    if (!possible) return &stage;
  }
  return nullptr;
}

// Code that a session brings along asks for a label alone.
const char* HintFor(const Requirements& requirements) {
  if (!requirements.labels.empty()) {
    return "what Python sessions register on a connection runs on workers that are Python "
           "processes "
           "of the same version (python -m trivet.worker); other labels are given by --label";
  }
  return "start the workers with the module or plugin that registers it";
}

}  // namespace

bool IsCapable(const WorkerState& worker, const Requirements& requirements, std::string* missing) {
  if (requirements.empty()) return true;
  const WorkerCapabilities& has = worker.capabilities;
  bool capable = HasAll(has.operators, requirements.operators, "operator", missing);
  capable &= HasAll(has.functions, requirements.functions, "function", missing);
  capable &= HasAll(has.formats, requirements.formats, "format", missing);
  capable &= HasAll(has.labels, requirements.labels, "label", missing);
  return capable;
}

void CheckCapabilities(Turn& turn) {
  for (auto& [id, query] : turn.state.queries) {
    if (!query.admitted || query.outcome) continue;
    const Stage* stage = FindImpossibleStage(turn.state, query);
    if (stage == nullptr) {
      query.incapable_since.reset();
      continue;
    }
    if (!query.incapable_since) query.incapable_since = turn.now();
    if (turn.now() - *query.incapable_since < turn.options.capability_grace) continue;
    SetOutcome(turn, query,
               Status::NotFound(StrCat("stage ", stage->id, " cannot run: ",
                                       DescribeMissing(turn.state, stage->requirements)))
                   .WithHint(HintFor(stage->requirements)));
  }
}

}  // namespace trivet
