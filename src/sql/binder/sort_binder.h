#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/binder/expression_binder.h"

namespace trivet::binder {

// A key of ORDER BY or DISTINCT ON: a column of the output by number, or an expression of its own.
struct OutputSortKey {
  std::optional<size_t> entry;
  ExpressionPtr expression;  // where `entry` is empty
  bool descending = false;
  bool nulls_first = false;
};

// The output column, from 0, that an integer literal names; nothing for any other expression.
// InvalidInput when it is out of range; `clause` is "ORDER" or "GROUP BY".
Result<std::optional<size_t>> OrdinalOf(const syntax::Expression& expression, size_t count,
                                        std::string_view clause);

// A key over the columns of a set operation or VALUES: an ordinal, a name (of any operand), ALL, or
// an expression over the columns.
Status BindOutputSortKey(const syntax::OrderItem& item, const std::vector<OutputColumn>& columns,
                         const std::vector<std::vector<std::string>>& operand_names,
                         ExpressionBinder& binder, std::vector<SortKey>& keys);

}  // namespace trivet::binder
