// Times the engine's kernels beside naive loops over the same data, on one thread, and prints the
// table; with --results it is also written there, as Markdown and JSON.
//   kernels [--only TEXT] [--results FOLDER]
#include <ctime>
#include <fstream>
#include <iostream>

#include "report.h"

namespace trivet::bench {
namespace {

void WriteResults(const Report& report, const std::string& folder) {
  char time[32];
  const std::time_t now = std::time(nullptr);
  std::strftime(time, sizeof(time), "%Y-%m-%d-%H%M%S", std::localtime(&now));
  const std::string stem = folder + "/kernels-" + time;
  std::ofstream(stem + ".md") << report.Table() << "\n" << report.LevelTable();
  std::ofstream json(stem + ".json");
  json << report.Json();
  if (!json) Fail("cannot write " + stem + ".json");
  std::cout << "written to " << stem << ".md and .json\n";
}

int Main(int argc, char** argv) {
  std::string only;
  std::string results;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (i + 1 < argc && argument == "--only") {
      only = argv[++i];
    } else if (i + 1 < argc && argument == "--results") {
      results = argv[++i];
    } else {
      Fail("usage: kernels [--only TEXT] [--results FOLDER]");
    }
  }
  Report report(only);
  MeasureMemory(report);
  MeasureScan(report);
  MeasureFilters(report);
  MeasureText(report);
  MeasureJoins(report);
  MeasureGroups(report);
  std::cout << report.Table() << "\n" << report.LevelTable();
  if (!results.empty()) WriteResults(report, results);
  return 0;
}

}  // namespace
}  // namespace trivet::bench

int main(int argc, char** argv) { return trivet::bench::Main(argc, argv); }
