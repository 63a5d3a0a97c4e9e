// What a coordinator remembers of a shuffle of M tasks to N partitions while it runs, in bytes of
// heap: it must grow with M + N, not with M x N. Prints a table and fails where it does not.
//   coordinator_memory
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>

#include "coordinator/coordinator.h"

namespace trivet {
namespace {

constexpr uint32_t kWorkers = 64;
constexpr uint32_t kSlots = 16;

StageGraph ShuffleGraph(uint32_t maps, uint32_t partitions) {
  StageGraph graph;
  Stage& scan = graph.stages.emplace_back();
  scan.task_count = maps;
  scan.output_partitions = partitions;
  Stage& read = graph.stages.emplace_back();
  read.id = 1;
  read.task_count = partitions;
  read.inputs = {{0, ExchangeKind::kHash}};
  return graph;
}

size_t HeapBytes() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;  // small blocks, and those that are mapped by themselves
}

struct Measured {
  size_t most_bytes = 0;
  size_t events = 0;
  double seconds = 0;
};

// Runs the query to its end, every task at once where there is a slot; results stay unread.
Measured Run(uint32_t maps, uint32_t partitions) {
  Measured measured;
  Coordinator coordinator{CoordinatorOptions{}};
  TimePoint now{Duration{1'000'000}};
  for (uint32_t i = 0; i < kWorkers; ++i) {
    const std::string name = "worker-" + std::to_string(i);
    WorkerJoined joined{{name, 1}, "grpc://" + name, kSlots, {}};
    joined.capabilities.protocol_version = 1;
    coordinator.Handle(joined, now);
  }
  // The workers' part: what they run now. It is reserved before anything is counted.
  std::deque<TaskFinished> running(size_t{kWorkers} * kSlots);
  running.clear();
  QuerySettings settings;
  settings.adaptation.coalesce = false;
  const auto start = std::chrono::steady_clock::now();
  const size_t before = HeapBytes();
  const auto handle = [&](const Event& event) {
    ++measured.events;
    for (const Action& action : coordinator.Handle(event, now)) {
      const auto* launch = std::get_if<LaunchAttempt>(&action);
      if (launch == nullptr) continue;
      running.push_back({launch->attempt, launch->worker, {}, {}});
    }
  };
  handle(QuerySubmitted{coordinator.NextQueryId(), ShuffleGraph(maps, partitions), settings});
  while (!running.empty()) {
    TaskFinished finished = std::move(running.front());
    running.pop_front();
    finished.partitions.assign(finished.attempt.task.stage == 0 ? partitions : 1,
                               PartitionSize{10, 100});
    handle(std::move(finished));
    measured.most_bytes = std::max(measured.most_bytes, HeapBytes() - before);
  }
  measured.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return measured;
}

int Main() {
  std::printf("maps  partitions  bytes of heap  of M + N  events  events/s\n");
  double first = 0;
  double last = 0;
  for (const uint32_t count : {64U, 128U, 256U, 512U, 1024U}) {
    const Measured measured = Run(count, count);
    last = static_cast<double>(measured.most_bytes) / (2.0 * count);
    if (first == 0) first = last;
    std::printf("%4u  %10u  %13zu  %8.0f  %6zu  %8.0f\n", count, count, measured.most_bytes, last,
                measured.events, static_cast<double>(measured.events) / measured.seconds);
  }
  // Sixteen times as many would take sixteen times as much each, were it M x N.
  if (last > 2 * first) {
    std::printf("the bytes of one map or partition grow with their number\n");
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace trivet

int main() { return trivet::Main(); }
