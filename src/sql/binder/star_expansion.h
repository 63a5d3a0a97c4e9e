#pragma once

#include <vector>

#include "sql/binder/statement_state.h"

namespace trivet::binder {

// The entries that one select item stands for: itself, the columns of a star, or copies of an
// expression around COLUMNS, in which #n names the column (kept in `storage`).
Status ExpandSelectItem(const syntax::SelectItem& item, const FromScope& from,
                        StatementState& state, std::vector<syntax::ExpressionPtr>& storage,
                        std::vector<SelectEntry>& entries);

}  // namespace trivet::binder
