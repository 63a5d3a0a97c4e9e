// What most folders that see plans include, precompiled when TRIVET_PCH is on. As with the standard
// headers, every file still includes what it uses.
#pragma once

#include "context/query_context.h"
#include "expression/evaluator.h"
#include "expression/function_registry.h"
#include "plan/logical_operators.h"
#include "standard_headers.h"
#include "vector/batch.h"
