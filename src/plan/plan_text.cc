#include <algorithm>
#include <cmath>

#include "base/string_concat.h"
#include "plan/logical_operator.h"

namespace trivet {

namespace {

void Print(const LogicalOperator& node, size_t depth, std::string& out) {
  out.append(depth * 2, ' ');
  out += node.name();
  std::string separator = "  ";
  for (const auto& [name, value] : node.Details()) {
    out += StrCat(separator, name, ": ", value);
    separator = "; ";
  }
  if (node.estimated_rows) {
    // Doubles beyond the range of integers stay readable and never overflow a conversion.
    const double rows = std::min(std::max(std::round(*node.estimated_rows), 0.0), 1e18);
    out += StrCat("  ~", static_cast<uint64_t>(rows), " rows");
  }
  out += '\n';
  for (const PlanPtr& child : node.children()) Print(*child, depth + 1, out);
}

}  // namespace

std::string PlanToString(const LogicalOperator& plan) {
  std::string out;
  Print(plan, 0, out);
  return out;
}

}  // namespace trivet
