#include "sql/binder/sort_binder.h"

#include <charconv>

#include "base/string_concat.h"

namespace trivet::binder {

Result<std::optional<size_t>> OrdinalOf(const syntax::Expression& expression, size_t count,
                                        std::string_view clause) {
  const auto* literal = expression.TryAs<syntax::LiteralExpression>();
  if (literal == nullptr) return std::optional<size_t>();
  if (literal->literal != syntax::LiteralKind::kInteger) {
    if (clause != "ORDER") return std::optional<size_t>();
    return Status::InvalidInput("ORDER BY non-integer literal has no effect.")
        .WithPosition(expression.position);
  }
  size_t number = 0;
  const std::string& text = literal->value;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || number < 1 || number > count) {
    return Status::InvalidInput(
               StrCat(clause, " term out of range - should be between 1 and ", count))
        .WithPosition(expression.position);
  }
  return std::optional(number - 1);
}

Status BindOutputSortKey(const syntax::OrderItem& item, const std::vector<OutputColumn>& columns,
                         const std::vector<std::vector<std::string>>& operand_names,
                         ExpressionBinder& binder, std::vector<SortKey>& keys) {
  const bool descending = binder.IsDescending(item);
  const bool nulls_first = binder.NullsFirst(item);
  if (item.all) {
    for (const OutputColumn& column : columns) {
      keys.push_back({column.Reference(), descending, nulls_first});
    }
    return Status::OK();
  }
  TRIVET_ASSIGN_OR_RETURN(std::optional<size_t> place,
                          OrdinalOf(*item.expression, columns.size(), "ORDER"));
  const auto* column = item.expression->TryAs<syntax::ColumnExpression>();
  if (column != nullptr && column->names.size() == 1) {
    for (const auto& names : operand_names) {
      for (size_t i = 0; i < names.size() && !place; ++i) {
        if (syntax::EqualIgnoringCase(names[i], column->names[0].text)) place = i;
      }
    }
  }
  if (place) {
    keys.push_back({columns[*place].Reference(), descending, nulls_first});
    return Status::OK();
  }
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, binder.Bind(*item.expression));
  keys.push_back({std::move(bound), descending, nulls_first});
  return Status::OK();
}

}  // namespace trivet::binder
