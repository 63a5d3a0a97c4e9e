#include "report.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "base/string_concat.h"

namespace trivet::bench {

namespace {

constexpr int kLeastRounds = 5;
constexpr int kMostRounds = 60;
constexpr double kEnoughSeconds = 0.6;  // for all of a row's rounds
constexpr double kLongSeconds = 4;      // after which three rounds will do

// Of this thread's processor: what other programs take does not count.
double ProcessorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double Seconds(const Work& work) {
  const double start = ProcessorSeconds();
  const uint64_t result = work(false);
  const double taken = ProcessorSeconds() - start;
  Use(result);
  return taken;
}

// Runs all in turn, over and over; gives the least seconds of each.
std::vector<double> LeastSeconds(const std::vector<std::function<double()>>& timed) {
  std::vector<double> least(timed.size(), std::numeric_limits<double>::infinity());
  double total = 0;
  for (int round = 0; round < kMostRounds; ++round) {
    for (size_t i = 0; i < timed.size(); ++i) {
      const double seconds = timed[i]();
      least[i] = std::min(least[i], seconds);
      total += seconds;
    }
    const bool enough = round + 1 >= kLeastRounds && total > kEnoughSeconds;
    if (enough || (round + 1 >= 3 && total > kLongSeconds)) break;
  }
  return least;
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), value < 0.995 ? "%.2f" : value < 99.5 ? "%.1f" : "%.0f", value);
  return text;
}

using Cells = std::vector<std::string>;

std::string Markdown(const std::vector<Cells>& rows, size_t left_aligned) {
  std::vector<size_t> widths(rows.front().size(), 3);
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string padding(widths[i] - rows[r][i].size(), ' ');
      text += "| " + (i < left_aligned ? rows[r][i] + padding : padding + rows[r][i]) + " ";
    }
    text += "|\n";
    if (r != 0) continue;
    for (size_t i = 0; i < widths.size(); ++i) {
      text += "|" + std::string(widths[i] + 1, '-') + (i < left_aligned ? "-" : ":");
    }
    text += "|\n";
  }
  return text;
}

}  // namespace

void Fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::exit(1);
}

void Must(const Status& status) {
  if (!status.ok()) Fail(status.ToString());
}

bool Report::Wants(const std::string& section, const std::string& name) const {
  return (section + " " + name).find(filter_) != std::string::npos;
}

void Report::Compare(const std::string& section, const std::string& name, const std::string& unit,
                     size_t units, const Work& naive, const Work& ours, bool has_levels,
                     const std::string& naive_is) {
  if (!Wants(section, name)) return;
  std::vector<SimdLevel> levels;
  if (has_levels) levels = SimdLevelsOfMachine();
  const uint64_t expected = naive(true);
  std::vector<std::function<double()>> timed = {[&] { return Seconds(naive); },
                                                [&] { return Seconds(ours); }};
  const std::string title = StrCat(section, ": ", name);
  if (ours(true) != expected) Fail(StrCat(title, ": the answers differ"));
  for (const SimdLevel level : levels) {
    const ScopedSimdLevel scope(level);
    if (ours(true) != expected) {
      Fail(StrCat(title, ": the answers differ at ", SimdLevelName(level)));
    }
    timed.emplace_back([&ours, level] {
      const ScopedSimdLevel forced(level);
      return Seconds(ours);
    });
  }
  const std::vector<double> least = LeastSeconds(timed);
  const double ns = 1e9 / static_cast<double>(units);
  Measurement row{section, name, unit, naive_is, least[0] * ns, least[1] * ns, {}};
  for (size_t i = 0; i < levels.size(); ++i)
    row.by_level.emplace_back(levels[i], least[2 + i] * ns);
  std::cerr << title << " " << Number(row.naive_ns) << " " << Number(row.ours_ns) << std::endl;
  rows_.push_back(std::move(row));
}

void Report::Limit(const std::string& section, const std::string& name, const std::string& unit,
                   size_t units, const Work& work) {
  if (!Wants(section, name)) return;
  const double least = LeastSeconds({[&] { return Seconds(work); }})[0];
  rows_.push_back({section, name, unit, "", least * 1e9 / static_cast<double>(units), 0, {}});
}

std::string Report::Table() const {
  std::vector<Cells> rows = {{"", "", "beside", "naive ns", "ours ns", "ours / naive"}};
  std::string section;
  for (const Measurement& row : rows_) {
    const bool compared = row.ours_ns > 0;
    rows.push_back({row.section == section ? "" : row.section, row.name + ", a " + row.unit,
                    compared ? row.naive : "the machine", Number(row.naive_ns),
                    compared ? Number(row.ours_ns) : "",
                    compared ? Number(row.ours_ns / row.naive_ns) : ""});
    section = row.section;
  }
  return Markdown(rows, 3);
}

std::string Report::LevelTable() const {
  std::vector<Cells> rows = {{"ns", ""}};
  for (const SimdLevel level : SimdLevelsOfMachine()) rows[0].emplace_back(SimdLevelName(level));
  for (const Measurement& row : rows_) {
    if (row.by_level.empty()) continue;
    Cells cells = {row.section, row.name + ", a " + row.unit};
    for (const auto& [level, ns] : row.by_level) cells.push_back(Number(ns));
    rows.push_back(std::move(cells));
  }
  return rows.size() == 1 ? "" : Markdown(rows, 2);
}

std::string Report::Json() const {
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  std::string text = "[";
  for (const Measurement& row : rows_) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += " {\"section\": " + quoted(row.section) + ", \"name\": " + quoted(row.name) +
            ", \"unit\": " + quoted(row.unit) + ", \"naive\": " + quoted(row.naive) +
            ", \"naive_ns\": " + std::to_string(row.naive_ns);
    if (row.ours_ns > 0) text += ", \"ours_ns\": " + std::to_string(row.ours_ns);
    if (!row.by_level.empty()) {
      text += ", \"by_level\": {";
      for (const auto& [level, ns] : row.by_level) {
        if (text.back() != '{') text += ", ";
        text += quoted(std::string(SimdLevelName(level))) + ": " + std::to_string(ns);
      }
      text += '}';
    }
    text += '}';
  }
  return text + "\n]\n";
}

}  // namespace trivet::bench
