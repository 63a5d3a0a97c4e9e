#pragma once

#include <functional>

#include "expression/expression.h"
#include "formats/parquet/bounds.h"
#include "storage/dynamic_filter.h"

namespace trivet::parquet {

// Bounds of a table column over the rows in question; null where nothing is known.
using BoundsSource = std::function<const ColumnBounds*(size_t column)>;

// False where no row within the bounds can make the conjunct TRUE; true whenever in doubt. Only
// looks at shapes that cannot fail, so that nothing is evaluated that the query would not.
bool MayPass(const Expression& conjunct, const BoundsSource& bounds);

// The same for a dynamic filter on a column.
bool MayPass(const DynamicFilter::Content& filter, const ColumnBounds& bounds);

// The constants to which a conjunct ties a column by = or IN, for Bloom filters; empty where it is
// of another shape. NULLs are left out.
struct EqualityTest {
  size_t column = 0;
  std::vector<Value> values;
  bool found = false;
};
EqualityTest FindEqualityTest(const Expression& conjunct);

}  // namespace trivet::parquet
