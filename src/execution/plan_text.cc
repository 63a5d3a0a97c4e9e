// Physical plans as text and as JSON: EXPLAIN and EXPLAIN ANALYZE.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/string_concat.h"
#include "context/memory_budget.h"
#include "context/metrics.h"
#include "execution/dynamic_filters.h"
#include "execution/operators/join.h"
#include "execution/physical_operator.h"

namespace trivet {

namespace {

std::string Milliseconds(uint64_t nanos) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f ms", static_cast<double>(nanos) / 1e6);
  return text;
}

std::string RowsEstimate(double rows) { return StrCat(static_cast<uint64_t>(std::llround(rows))); }

// Rows that a reducer has left out itself, and those that its filter took from the scan. It stands
// lower than other joins, so of filters on the same column its own came last.
uint64_t RowsLeftOut(const PhysicalJoin& join, QueryMetrics& metrics) {
  const PhysicalOperator& input = *join.children()[0];
  const uint64_t rows_in = metrics.ForOperator(input.id()).rows_out.load();
  const uint64_t rows_out = metrics.ForOperator(join.id()).rows_out.load();
  uint64_t rows = rows_in - std::min(rows_in, rows_out);
  const ExpressionPtr& key = join.fields().left_keys.front();
  if (key->kind() != ExpressionKind::kInput) return rows;
  const ScanColumnRef origin = TraceToScan(input, key->input_index());
  if (origin.scan == nullptr) return rows;
  const std::string& column = origin.scan->table().columns()[origin.table_column].name;
  const auto& filters = metrics.ForOperator(origin.scan->id()).filters;
  const auto own = std::find_if(filters.rbegin(), filters.rend(), [&](const FilterMetrics& filter) {
    return filter.columns == column;
  });
  return own == filters.rend() ? rows : rows + own->rows_removed.load();
}

// Name and text of what was measured.
std::vector<std::pair<std::string, std::string>> Measured(const PhysicalOperator& op,
                                                          QueryMetrics& metrics) {
  const OperatorMetrics& counts = metrics.ForOperator(op.id());
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("Rows", StrCat(counts.rows_out.load()));
  out.emplace_back("Time", Milliseconds(counts.busy_nanos.load()));
  if (counts.peak_memory_bytes.load() > 0) {
    out.emplace_back("Peak Memory", FormatBytes(counts.peak_memory_bytes.load()));
  }
  if (counts.bytes_read.load() > 0) {
    out.emplace_back("Read", FormatBytes(counts.bytes_read.load()));
  }
  if (counts.bytes_cached.load() > 0) {
    out.emplace_back("Cached", FormatBytes(counts.bytes_cached.load()));
  }
  if (counts.bytes_ahead.load() > 0) {
    out.emplace_back("Read Ahead", FormatBytes(counts.bytes_ahead.load()));
  }
  if (counts.bytes_skipped.load() > 0) {
    out.emplace_back("Skipped", FormatBytes(counts.bytes_skipped.load()));
  }
  if (counts.rows_skipped.load() > 0) {
    out.emplace_back("Rows Skipped", StrCat(counts.rows_skipped.load()));
  }
  if (const char* const deviation = counts.deviation.load()) {
    out.emplace_back("Run", deviation);
  }
  if (const auto* join = dynamic_cast<const PhysicalJoin*>(&op);
      join != nullptr && join->fields().reducer) {
    out.emplace_back("Left Out", StrCat(RowsLeftOut(*join, metrics), " rows"));
  }
  for (const FilterMetrics& filter : counts.filters) {
    const char* const content = filter.content.load();
    if (content == nullptr) continue;  // it came to nothing
    std::string removed =
        StrCat(filter.columns, " (", content, ") removed ", filter.rows_removed.load(), " rows");
    if (const uint64_t groups = filter.groups_removed.load(); groups > 0) {
      removed += StrCat(" with ", groups, groups == 1 ? " group" : " groups");
    }
    out.emplace_back("Filter", std::move(removed));
  }
  if (counts.bytes_spilled.load() > 0) {
    out.emplace_back("Spilled", FormatBytes(counts.bytes_spilled.load()));
  }
  return out;
}

void AppendTree(const PhysicalOperator& op, QueryMetrics* metrics, const std::string& indent,
                const std::string& child_indent, std::string& out) {
  out += indent + std::string(op.name());
  if (metrics) {
    out += "  [";
    bool first = true;
    for (const auto& [name, text] : Measured(op, *metrics)) {
      if (!first) out += ", ";
      out += StrCat(name, ": ", text);
      first = false;
    }
    if (op.estimated_rows()) out += StrCat(", Estimated: ", RowsEstimate(*op.estimated_rows()));
    out += ']';
  } else if (op.estimated_rows()) {
    out += StrCat("  [~", RowsEstimate(*op.estimated_rows()), " rows]");
  }
  out += '\n';
  const bool leaf = op.children().empty();
  for (const auto& [name, text] : DescribeFields(op)) {
    out += StrCat(child_indent, leaf ? "    " : "│   ", name, ": ", text, "\n");
  }
  for (size_t i = 0; i < op.children().size(); ++i) {
    const bool last = i + 1 == op.children().size();
    AppendTree(*op.children()[i], metrics, child_indent + (last ? "└─ " : "├─ "),
               child_indent + (last ? "   " : "│  "), out);
  }
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void AppendFilters(const OperatorMetrics& counts, std::string& out) {
  if (counts.filters.empty()) return;
  out += ", \"filters\": [";
  for (const FilterMetrics& filter : counts.filters) {
    const char* const content = filter.content.load();
    if (&filter != &counts.filters.front()) out += ", ";
    out += StrCat("{\"columns\": ", JsonString(filter.columns),
                  ", \"content\": ", content == nullptr ? "null" : JsonString(content),
                  ", \"rows_removed\": ", filter.rows_removed.load(),
                  ", \"groups_removed\": ", filter.groups_removed.load(), '}');
  }
  out += ']';
}

void AppendJson(const PhysicalOperator& op, QueryMetrics* metrics, std::string& out) {
  out += "{\"name\": " + JsonString(op.name());
  if (op.estimated_rows()) {
    out += ", \"estimated_rows\": " + RowsEstimate(*op.estimated_rows());
  }
  if (metrics) {
    const OperatorMetrics& counts = metrics->ForOperator(op.id());
    out += StrCat(", \"rows\": ", counts.rows_out.load(), ", \"rows_in\": ", counts.rows_in.load(),
                  ", \"busy_nanos\": ", counts.busy_nanos.load(),
                  ", \"peak_memory_bytes\": ", counts.peak_memory_bytes.load(),
                  ", \"bytes_read\": ", counts.bytes_read.load(),
                  ", \"bytes_cached\": ", counts.bytes_cached.load(),
                  ", \"bytes_ahead\": ", counts.bytes_ahead.load(),
                  ", \"bytes_skipped\": ", counts.bytes_skipped.load(),
                  ", \"rows_skipped\": ", counts.rows_skipped.load(),
                  ", \"bytes_spilled\": ", counts.bytes_spilled.load());
    if (const char* const deviation = counts.deviation.load()) {
      out += ", \"deviation\": " + JsonString(deviation);
    }
    if (const auto* join = dynamic_cast<const PhysicalJoin*>(&op);
        join != nullptr && join->fields().reducer) {
      out += StrCat(", \"rows_left_out\": ", RowsLeftOut(*join, *metrics));
    }
    AppendFilters(counts, out);
  }
  out += ", \"fields\": {";
  bool first = true;
  for (const auto& [name, text] : DescribeFields(op)) {
    if (!first) out += ", ";
    out += JsonString(name) + ": " + JsonString(text);
    first = false;
  }
  out += "}, \"children\": [";
  for (size_t i = 0; i < op.children().size(); ++i) {
    if (i > 0) out += ", ";
    AppendJson(*op.children()[i], metrics, out);
  }
  out += "]}";
}

}  // namespace

std::string PlanToString(const PhysicalOperator& plan, QueryMetrics* metrics) {
  std::string out;
  AppendTree(plan, metrics, "", "", out);
  return out;
}

std::string PlanToJson(const PhysicalOperator& plan, QueryMetrics* metrics) {
  std::string out;
  AppendJson(plan, metrics, out);
  return out;
}

}  // namespace trivet
