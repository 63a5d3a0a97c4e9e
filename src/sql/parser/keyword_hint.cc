#include "sql/parser/keyword_hint.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sql/syntax/node.h"

namespace trivet {

namespace {

constexpr std::array<std::string_view, 44> kClauseKeywords = {
    "SELECT",  "FROM",     "WHERE",     "GROUP",     "ORDER",   "HAVING",   "LIMIT",  "OFFSET",
    "QUALIFY", "WINDOW",   "UNION",     "INTERSECT", "EXCEPT",  "DISTINCT", "JOIN",   "INNER",
    "LEFT",    "RIGHT",    "FULL",      "CROSS",     "NATURAL", "USING",    "VALUES", "INSERT",
    "INTO",    "CREATE",   "TABLE",     "VIEW",      "DROP",    "DELETE",   "UPDATE", "EXPLAIN",
    "ANALYZE", "DESCRIBE", "SUMMARIZE", "BETWEEN",   "LIKE",    "CASE",     "WHEN",   "THEN",
    "ELSE",    "REPLACE",  "EXCLUDE",   "WITH"};

constexpr size_t kLongestKeyword = 9;

// Optimal string alignment distance, after Damerau (1964), over the rows of the usual table.
size_t EditDistance(std::string_view left, std::string_view right) {
  constexpr size_t kRows = kLongestKeyword + 3;
  std::array<std::array<size_t, kRows>, kRows> distance{};
  for (size_t i = 0; i <= left.size(); ++i) distance[i][0] = i;
  for (size_t j = 0; j <= right.size(); ++j) distance[0][j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t replaced = distance[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      distance[i][j] = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
    }
  }
  return distance[left.size()][right.size()];
}

}  // namespace

std::string_view NearestClauseKeyword(std::string_view word) {
  if (word.size() < 3 || word.size() > kLongestKeyword + 2) return {};
  const std::string upper = syntax::UpperCase(word);
  std::string_view nearest;
  size_t nearest_distance = 3;
  for (const std::string_view keyword : kClauseKeywords) {
    const size_t allowed = keyword.size() >= 6 ? 2 : 1;
    const size_t distance = EditDistance(upper, keyword);
    if (distance > 0 && distance <= allowed && distance < nearest_distance) {
      nearest = keyword;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace trivet
