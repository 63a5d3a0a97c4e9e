#pragma once

#include "expression/function.h"

namespace trivet {

// The state of a call that may take hundreds of nanoseconds for a row, so that its answers are
// worth remembering where texts repeat: that is tried for texts made of one text and constants, by
// calls that cannot fail.
class CostlyState : public FunctionState {
 public:
  virtual bool is_costly() const = 0;
};

}  // namespace trivet
