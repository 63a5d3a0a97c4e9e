#include "catalog/range_function.h"

#include <limits>

#include "base/string_concat.h"
#include "storage/range_table.h"

namespace trivet {

namespace {

Result<TablePtr> BindRange(const TableFunctionCall& call, const std::string& name, bool inclusive) {
  if (call.arguments.empty() || call.arguments.size() > 3) {
    return Status::InvalidInput(StrCat("the function ", name, " takes one to three arguments"));
  }
  const auto empty = [&] { return std::make_shared<const RangeTable>(name, 0, 1, 0); };
  int128_t numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const Value& argument = call.arguments[i];
    if (argument.type().id() == TypeId::kTimestamp || argument.type().id() == TypeId::kDate ||
        argument.type().id() == TypeId::kInterval) {
      return Status::NotImplemented(StrCat(name, " over timestamps is not supported yet"));
    }
    if (!argument.type().IsInteger() && !argument.type().IsNull()) {
      return Status::InvalidInput(
          StrCat("the function ", name, " takes integers, not ", argument.type().ToString()));
    }
    if (argument.is_null()) return empty();
    const int128_t number = argument.integer();
    if (number < std::numeric_limits<int64_t>::min() ||
        number > std::numeric_limits<int64_t>::max()) {
      return Status::InvalidInput(StrCat("the arguments of ", name, " must fit in BIGINT"));
    }
    numbers[call.arguments.size() == 1 ? 1 : i] = number;
  }
  const auto [start, stop, step] = numbers;
  if (step == 0) return Status::InvalidInput("interval cannot be 0!");
  const int128_t distance = step > 0 ? stop - start : start - stop;
  const int128_t stride = step > 0 ? step : -step;
  int128_t count = 0;
  if (distance > 0) count = (distance - 1) / stride + 1;
  if (inclusive && distance >= 0) count = distance / stride + 1;
  return std::make_shared<const RangeTable>(
      name, static_cast<int64_t>(start), static_cast<int64_t>(step), static_cast<uint64_t>(count));
}

}  // namespace

void RegisterRangeFunctions(TableFunctionRegistry& registry) {
  for (const bool inclusive : {false, true}) {
    TableFunction function;
    function.name = inclusive ? "generate_series" : "range";
    function.is_reproducible = true;
    function.bind = [name = function.name, inclusive](const TableFunctionCall& call) {
      return BindRange(call, name, inclusive);
    };
    function.description = inclusive ? "Integers from start to stop, stop included"
                                     : "Integers from start to before stop";
    registry.Add(std::move(function));
  }
}

}  // namespace trivet
