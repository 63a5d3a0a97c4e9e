#include "coordinator/adaptation.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace trivet {

uint64_t ProducerStatistics::total_bytes() const {
  return std::accumulate(map_bytes.begin(), map_bytes.end(), uint64_t{0});
}

namespace {

bool IsPartitioned(ExchangeKind kind) {
  return kind == ExchangeKind::kHash || kind == ExchangeKind::kRange ||
         kind == ExchangeKind::kRoundRobin;
}

// Adjacent partitions that one task reads.
struct Group {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// What each input of a task reads where nothing is adapted but the number of maps.
InputSlice PlainSlice(const StageInput& input, const ProducerStatistics& producer, uint32_t task) {
  const uint32_t maps = producer.maps;
  switch (input.kind) {
    case ExchangeKind::kHash:
    case ExchangeKind::kRange:
    case ExchangeKind::kRoundRobin: return {task, task + 1, 0, maps};
    case ExchangeKind::kBroadcast:
    case ExchangeKind::kGather: break;
    case ExchangeKind::kForward: {
      const bool mine = task >= input.task_offset && task - input.task_offset < maps;
      const uint32_t map = mine ? task - input.task_offset : 0;
      return {0, 1, map, mine ? map + 1 : map};
    }
  }
  // All partitions: more than one where the input was cut before it was found small enough.
  return {0, static_cast<uint32_t>(producer.partition_bytes.size()), 0, maps};
}

std::vector<Group> Coalesce(const std::vector<uint64_t>& sizes, uint32_t slots,
                            const AdaptationOptions& options) {
  const auto count = static_cast<uint32_t>(sizes.size());
  const uint32_t minimum = options.coalesce ? std::clamp<uint32_t>(slots, 1, count) : count;
  uint64_t left = std::accumulate(sizes.begin(), sizes.end(), uint64_t{0});
  const uint64_t target = std::max<uint64_t>(options.target_partition_bytes, 1);
  // Never so few that slots are left without work.
  const uint64_t wanted = std::max<uint64_t>(minimum, (left + target - 1) / target);
  std::vector<Group> groups;
  uint64_t bytes = 0;
  uint64_t share = 0;  // of the current group: an even part of what was left when it began
  for (uint32_t i = 0; i < count; ++i) {
    const bool enough_left = groups.size() + (count - i) > minimum;
    if (!groups.empty() && enough_left && bytes < share && bytes + sizes[i] <= target) {
      groups.back().end = i + 1;
      bytes += sizes[i];
    } else {
      share = left / (wanted > groups.size() ? wanted - groups.size() : 1) + 1;
      groups.push_back({i, i + 1});
      bytes = sizes[i];
    }
    left -= sizes[i];
  }
  return groups;
}

uint64_t Median(std::vector<uint64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The ends of up to `pieces` runs of maps of about equal size.
std::vector<uint32_t> CutMaps(const ProducerStatistics& producer, uint64_t pieces) {
  const uint64_t total = producer.total_bytes();
  std::vector<uint32_t> ends;
  uint64_t bytes = 0;
  for (uint32_t map = 0; map < producer.maps; ++map) {
    bytes += producer.map_bytes[map];
    const uint64_t due = total / pieces * (ends.size() + 1);
    if (map + 1 == producer.maps || (bytes >= due && ends.size() + 1 < pieces)) {
      ends.push_back(map + 1);
    }
  }
  return ends;
}

// The input whose share of an oversized partition is dealt out: the largest that may be.
int SplitInput(const Stage& stage, const std::vector<ProducerStatistics>& producers,
               uint32_t partition) {
  int best = -1;
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (!stage.inputs[i].splittable || !IsPartitioned(stage.inputs[i].kind)) continue;
    if (producers[i].maps < 2) continue;
    if (best < 0 ||
        producers[i].partition_bytes[partition] > producers[best].partition_bytes[partition]) {
      best = static_cast<int>(i);
    }
  }
  return best;
}

// The slices of one task that reads a group of partitions.
std::vector<InputSlice> GroupSlices(const Stage& stage,
                                    const std::vector<ProducerStatistics>& producers, Group group) {
  std::vector<InputSlice> slices;
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (IsPartitioned(stage.inputs[i].kind)) {
      slices.push_back({group.begin, group.end, 0, producers[i].maps});
    } else {
      slices.push_back(PlainSlice(stage.inputs[i], producers[i], 0));
    }
  }
  return slices;
}

// Whether the number of tasks is a matter of partitions alone.
bool IsAdaptable(const Stage& stage) {
  bool partitioned = false;
  for (const StageInput& input : stage.inputs) {
    if (IsPartitioned(input.kind)) partitioned = true;
    if (input.kind == ExchangeKind::kForward || input.kind == ExchangeKind::kGather) return false;
  }
  return partitioned;
}

}  // namespace

StageLayout AdaptLayout(const Stage& stage, const std::vector<ProducerStatistics>& producers,
                        uint32_t slots, bool fixed, const AdaptationOptions& options) {
  StageLayout layout;
  if (fixed || !IsAdaptable(stage)) {
    layout.resize(stage.task_count);
    for (uint32_t task = 0; task < stage.task_count; ++task) {
      for (size_t i = 0; i < stage.inputs.size(); ++i) {
        layout[task].push_back(PlainSlice(stage.inputs[i], producers[i], task));
      }
    }
    return layout;
  }
  std::vector<uint64_t> sizes(stage.task_count, 0);
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (!IsPartitioned(stage.inputs[i].kind)) continue;
    for (uint32_t p = 0; p < stage.task_count; ++p) sizes[p] += producers[i].partition_bytes[p];
  }
  const uint64_t median = Median(sizes);
  const uint64_t piece_bytes = std::max<uint64_t>({median, options.target_partition_bytes, 1});
  for (const Group group : Coalesce(sizes, slots, options)) {
    std::vector<InputSlice> slices = GroupSlices(stage, producers, group);
    const bool alone = group.end == group.begin + 1;
    const int dealt = alone && options.split && sizes[group.begin] > options.split_minimum_bytes &&
                              sizes[group.begin] / options.split_median_factor > median
                          ? SplitInput(stage, producers, group.begin)
                          : -1;
    if (dealt < 0) {
      layout.push_back(std::move(slices));
      continue;
    }
    const uint64_t bytes = producers[dealt].partition_bytes[group.begin];
    uint32_t begin = 0;
    for (const uint32_t end : CutMaps(producers[dealt], (bytes - 1) / piece_bytes + 1)) {
      slices[dealt].map_begin = begin;
      slices[dealt].map_end = end;
      layout.push_back(slices);
      begin = end;
    }
  }
  return layout;
}

namespace {

// Whether a stage other than `unless` reads this one, in any way or only by forwarding.
bool IsRead(const StageGraph& graph, StageId id, StageId unless, bool forwarded_only) {
  for (const Stage& reader : graph.stages) {
    if (reader.id == unless) continue;
    for (const StageInput& input : reader.inputs) {
      if (input.producer != id) continue;
      if (!forwarded_only || input.kind == ExchangeKind::kForward) return true;
    }
  }
  return false;
}

}  // namespace

int ChooseBroadcastInput(const StageGraph& graph, const Stage& stage,
                         const std::vector<bool>& complete, const std::vector<bool>& started,
                         const std::vector<uint64_t>& total_bytes,
                         const AdaptationOptions& options) {
  if (!options.broadcast || started[stage.id]) return -1;
  std::vector<int> partitioned;
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    if (IsPartitioned(stage.inputs[i].kind)) partitioned.push_back(static_cast<int>(i));
    if (stage.inputs[i].kind == ExchangeKind::kForward) return -1;
  }
  // The stage's own number of tasks changes, so nobody may count on it.
  if (partitioned.size() != 2 || IsRead(graph, stage.id, stage.id, true)) return -1;
  for (const int small : partitioned) {
    const int other = small == partitioned[0] ? partitioned[1] : partitioned[0];
    const StageId build = stage.inputs[small].producer;
    const StageId probe = stage.inputs[other].producer;
    if (!stage.inputs[small].may_broadcast || build == probe) continue;
    if (!complete[build] || total_bytes[build] > options.broadcast_bytes) continue;
    // Once it writes, or where another stage reads it too, the probe side stays cut.
    if (started[probe] || graph.stages[probe].bounds_from.has_value()) continue;
    // Every task of the probe side reads all of it and builds a table of it, where otherwise both
    // sides are written once and read once.
    constexpr uint64_t kReadAndWrite = 2;
    const uint64_t estimated = graph.stages[probe].estimated_bytes;
    if (estimated > 0 && total_bytes[build] * graph.stages[probe].task_count >
                             kReadAndWrite * (total_bytes[build] + estimated)) {
      continue;
    }
    if (!IsRead(graph, probe, stage.id, false)) return small;
  }
  return -1;
}

std::vector<std::string> RangeBounds(const std::vector<KeySample>& samples, uint32_t partitions) {
  std::map<std::string, double> weights;  // rows that each key stands for
  double total = 0;
  for (const KeySample& sample : samples) {
    const auto rows = static_cast<double>(std::max<uint64_t>(sample.rows, 1));
    for (const std::string& key : sample.keys) {
      weights[key] += rows / static_cast<double>(sample.keys.size());
    }
    if (!sample.keys.empty()) total += rows;
  }
  std::vector<std::string> bounds;
  double left = total;  // behind the last bound
  double before = 0;    // between the last bound and the key
  for (const auto& [key, weight] : weights) {
    if (bounds.size() + 1 >= partitions) break;
    // Shares are of what is left, so that one heavy key does not starve the partitions behind it.
    // The cut comes before or after the key, whichever is nearer to the share.
    const double share = left / static_cast<double>(partitions - bounds.size());
    if (before > 0 && 2 * before + weight >= 2 * share * (1 - 1e-9)) {
      bounds.push_back(key);
      left -= before;
      before = 0;
    }
    before += weight;
  }
  return bounds;
}

}  // namespace trivet
