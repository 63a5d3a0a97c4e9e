// What the tests of the formats include, which compare with Arrow, precompiled when TRIVET_PCH is
// on.
#pragma once

#include <arrow/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include "plan_test_headers.h"
