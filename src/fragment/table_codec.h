#pragma once

#include "fragment/fragment.h"
#include "fragment/fragment.pb.h"

namespace trivet {

// Tables by reference: what opens them, their very files and options, and the columns that the plan
// was made for. Rows that are in this process alone go under the id that `uploads` gives them.
Status EncodeTable(const TablePtr& table, TableUploads* uploads, wire::Table& out);
// Opens or resolves it; InvalidInput where its columns have become others.
Result<TablePtr> DecodeTable(const wire::Table& message, const DecodeFragmentOptions& options);

}  // namespace trivet
