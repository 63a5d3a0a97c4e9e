#pragma once

#include "sql/binder/query_binder.h"
#include "sql/syntax/table.h"

namespace trivet::binder {

// The rows of DESCRIBE, SUMMARIZE and SHOW.
Result<BoundQuery> BindShow(const syntax::ShowTable& show, StatementState& state,
                            QueryBinder& queries, CteFrame* ctes);

// SUMMARIZE: one row of aggregates for each column of the query.
Result<BoundQuery> BindSummarize(const syntax::Query& query, StatementState& state,
                                 QueryBinder& queries, CteFrame* ctes);

}  // namespace trivet::binder
