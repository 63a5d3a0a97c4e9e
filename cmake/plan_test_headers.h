// What the GoogleTest programs of folders that see plans include, precompiled when TRIVET_PCH is
// on.
#pragma once

#include "plan_headers.h"
#include "standard_test_headers.h"
