#pragma once

#include "execution/physical_operator.h"
#include "fragment/expression_codec.h"

namespace trivet {

// Puts an operator's fields into its message, in the order of their declaration.
Status EncodeFields(const PhysicalOperator& op, TableUploads* uploads, wire::Operator& out);

// Fills the fields of an empty operator from its message. OK where every field of the message was
// asked for and understood; errors as DecodeFragment's.
Status DecodeFields(const wire::Operator& message, const DecodeFragmentOptions& options,
                    PhysicalOperator& op);

}  // namespace trivet
