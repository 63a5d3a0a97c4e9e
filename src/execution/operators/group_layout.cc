#include "execution/operators/group_layout.h"

#include <algorithm>

#include "expression/ordering.h"

namespace trivet {

Result<GroupLayoutPtr> GroupLayout::Make(std::vector<LogicalType> key_types,
                                         std::vector<uint8_t> prototype) {
  auto layout = std::make_shared<GroupLayout>();
  const RowLayout::Options options{.hash = true, .flag = true, .extra_bytes = prototype.size()};
  TRIVET_ASSIGN_OR_RETURN(layout->rows, RowLayout::Make(std::move(key_types), options));
  layout->prototype = std::move(prototype);
  layout->matcher = std::make_unique<RowMatcher>(layout->rows, layout->rows->column_count(),
                                                 NullMatching::kNullsEqual);
  // Columns lie widest first: those of 16 bytes, each compared on its own, then all others.
  layout->bytes_offset = layout->rows->flag_offset();
  for (size_t column = 0; column < layout->rows->column_count(); ++column) {
    switch (layout->rows->types()[column].physical()) {
      case PhysicalType::kString: layout->string_columns.push_back(column); break;
      case PhysicalType::kInterval: layout->interval_columns.push_back(column); break;
      case PhysicalType::kInt128: layout->wide_columns.push_back(column); break;
      default:
        layout->bytes_offset = std::min(layout->bytes_offset, layout->rows->offset(column));
        break;
    }
  }
  layout->bytes_size = layout->rows->flag_offset() - layout->bytes_offset;
  return GroupLayoutPtr(std::move(layout));
}

bool GroupLayout::SameKeys(const uint8_t* left, const uint8_t* right) const {
  // NULLs have zero values, so values and validity may be compared apart.
  if (std::memcmp(left + bytes_offset, right + bytes_offset, bytes_size) != 0) return false;
  const size_t validity = rows->validity_offset();
  if (std::memcmp(left + validity, right + validity, rows->validity_bytes()) != 0) return false;
  for (size_t column : wide_columns) {
    if (rows->Get<int128_t>(left, column) != rows->Get<int128_t>(right, column)) return false;
  }
  for (size_t column : string_columns) {
    if (!(rows->Get<StringView>(left, column) == rows->Get<StringView>(right, column)))
      return false;
  }
  for (size_t column : interval_columns) {
    const Interval a = rows->Get<Interval>(left, column);
    const Interval b = rows->Get<Interval>(right, column);
    if (!Ordering<Interval>::Equal(a, b)) return false;
  }
  return true;
}

void GroupLayout::UnifyInterval(size_t column, uint8_t* row, const Interval& other) const {
  const Interval own = rows->Get<Interval>(row, column);
  const bool other_first =
      own.months != other.months ? other.months < own.months : other.days < own.days;
  if (other_first) StoreAs(row + rows->offset(column), other);
}

void GroupLayout::UnifyKeys(uint8_t* row, const uint8_t* other) const {
  for (size_t column : interval_columns) {
    if (rows->IsValid(other, column)) {
      UnifyInterval(column, row, rows->Get<Interval>(other, column));
    }
  }
}

}  // namespace trivet
