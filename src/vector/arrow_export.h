#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/status.h"
#include "types/type.h"
#include "vector/arrow_abi.h"
#include "vector/batch.h"
#include "vector/string_view.h"

namespace trivet {

// Types and batches as the Arrow C data interface. Fixed-width columns that are flat share their
// memory, which the array then keeps alive; strings, booleans and decimals are laid out anew.
// HUGEINT becomes decimal128(38, 0). Every exported struct is the receiver's to release.

// What a UUID becomes: its text, which every receiver can show, or 16 bytes as the extension type
// arrow.uuid, which keeps its type.
enum class ArrowUuid : uint8_t { kText, kExtension };

// What strings become: offsets into their bytes, which every receiver reads, or views of 16 bytes
// (Arrow columnar format 1.4), which take no second pass over short ones and are what Polars and
// Velox compute on.
enum class ArrowStrings : uint8_t { kOffsets, kViews };

// How values are laid out where Arrow leaves a choice.
struct ArrowForm {
  ArrowUuid uuid = ArrowUuid::kText;
  ArrowStrings strings = ArrowStrings::kOffsets;
};

// A struct type with one field per column.
Status ExportArrowSchema(const std::vector<std::string>& names,
                         const std::vector<LogicalType>& types, ArrowSchema* out,
                         ArrowForm form = {});
// A struct array of the batch's rows; types as in the schema. The array, and each of its children,
// keeps `keep_alive`: whatever must outlive the batch's memory, such as the budget it is reserved
// against.
Status ExportArrowBatch(const Batch& batch, const std::vector<LogicalType>& types, ArrowArray* out,
                        const Owner& keep_alive = nullptr, ArrowForm form = {});

// A string as Arrow's view: its size and, up to 12 bytes, itself, else its first four, the number
// of the buffer and the place in it where it lies.
struct ArrowStringView {
  static ArrowStringView Inline(const StringView& text) {
    ArrowStringView view;
    std::memcpy(static_cast<void*>(&view), &text, sizeof(view));
    return view;
  }
  static ArrowStringView Reference(const StringView& text, int32_t buffer, int32_t offset) {
    ArrowStringView view{static_cast<int32_t>(text.size()), {}, buffer, offset};
    std::memcpy(view.prefix, text.data(), sizeof(view.prefix));
    return view;
  }

  int32_t size = 0;
  char prefix[4] = {};
  int32_t buffer = 0;
  int32_t offset = 0;
};
static_assert(sizeof(ArrowStringView) == sizeof(StringView));

}  // namespace trivet
