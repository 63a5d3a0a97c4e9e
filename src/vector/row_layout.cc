#include "vector/row_layout.h"

#include <algorithm>
#include <numeric>

#include "base/string_concat.h"

namespace trivet {

namespace {
constexpr size_t AlignUp(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}
}  // namespace

Result<RowLayoutPtr> RowLayout::Make(std::vector<LogicalType> types, Options options) {
  for (const LogicalType& type : types) {
    if (type.IsNested()) {
      return Status::NotImplemented(StrCat("values of type ", type.ToString(),
                                           " as keys or rows of joins, groups and sorts"));
    }
  }
  auto layout = std::shared_ptr<RowLayout>(new RowLayout());
  layout->types_ = std::move(types);
  layout->options_ = options;
  std::vector<size_t> order(layout->types_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return TypeSize(layout->types_[a]) > TypeSize(layout->types_[b]);
  });
  size_t next = options.hash ? sizeof(uint64_t) : 0;
  layout->offsets_.resize(layout->types_.size());
  for (size_t column : order) {
    layout->offsets_[column] = next;
    next += TypeSize(layout->types_[column]);
  }
  for (size_t column = 0; column < layout->types_.size(); ++column) {
    if (layout->types_[column].physical() == PhysicalType::kString) {
      layout->string_columns_.push_back(column);
    }
  }
  layout->flag_offset_ = next;
  if (options.flag) ++next;
  layout->validity_offset_ = next;
  next += layout->validity_bytes();
  const size_t alignment = options.extra_bytes % 16 == 0 ? 16 : 8;
  layout->extra_offset_ = AlignUp(next, alignment);
  layout->row_bytes_ = options.extra_bytes == 0
                           ? std::max<size_t>(AlignUp(next, 8), 8)
                           : AlignUp(layout->extra_offset_ + options.extra_bytes, alignment);
  return RowLayoutPtr(std::move(layout));
}

}  // namespace trivet
