// What the GoogleTest programs include, precompiled when TRIVET_PCH is on.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "standard_headers.h"
