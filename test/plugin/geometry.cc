// An example plugin: a function of numbers, one of text, and an operator that numbers rows.
#include <cmath>
#include <map>
#include <stdexcept>

#include "trivet/plugin.hpp"

namespace {

using trivet::plugin::Column;
using trivet::plugin::ColumnBuilder;

double Hypotenuse(double a, double b) {
  if (a < 0 || b < 0) throw std::invalid_argument("a side is negative");
  return std::sqrt(a * a + b * b);
}

std::string Initials(std::string_view text) {
  std::string initials;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && c != ' ') initials += c;
    at_start = c == ' ';
  }
  return initials;
}

// running_total((SELECT k, x ...)): each row's k, x and the sum of x up to it, of the same k.
class RunningTotal final : public trivet::plugin::Run {
 public:
  explicit RunningTotal(ArrowArrayStream* input) : input_(input) {}

  bool Next(ArrowArray* out) override {
    const ArrowArray* batch = input_.Next();
    if (batch == nullptr) return false;
    const Column<int64_t> keys(*batch->children[0]);
    const Column<int64_t> values(*batch->children[1]);
    ColumnBuilder<int64_t> key_column;
    ColumnBuilder<int64_t> value_column;
    ColumnBuilder<int64_t> total_column;
    for (int64_t row = 0; row < batch->length; ++row) {
      if (keys.IsNull(row) || values.IsNull(row)) throw std::invalid_argument("a value is NULL");
      int64_t& total = totals_[keys[row]];
      total += values[row];
      key_column.Append(keys[row]);
      value_column.Append(values[row]);
      total_column.Append(total);
    }
    std::vector<ArrowArray> columns(3);
    key_column.Finish(&columns[0]);
    value_column.Finish(&columns[1]);
    total_column.Finish(&columns[2]);
    trivet::plugin::FinishBatch(std::move(columns), batch->length, out);
    return true;
  }

 private:
  trivet::plugin::Input input_;
  std::map<int64_t, int64_t> totals_;
};

int RunRunningTotal(void*, const trivet_call*, const ArrowArray*, ArrowArrayStream* input,
                    ArrowArrayStream* output) {
  trivet::plugin::ExportRun(std::make_unique<RunningTotal>(input), output);
  return 0;
}

int AddAll(const trivet_registrar* registrar) {
  if (const int code = trivet::plugin::AddFunction(registrar, "hypotenuse", 1, Hypotenuse)) {
    return code;
  }
  if (const int code = trivet::plugin::AddFunction(registrar, "initials", 2, Initials)) return code;
  const char* const names[] = {"k", "x", "total"};
  const char* const types[] = {"BIGINT", "BIGINT", "BIGINT"};
  const char* const keys[] = {"k"};
  trivet_operator total{};
  total.struct_size = sizeof(total);
  total.version = 1;
  total.name = "running_total";
  total.column_names = names;
  total.column_types = types;
  total.column_count = 3;
  total.distribution = TRIVET_DISTRIBUTION_HASH;
  total.hash_columns = keys;
  total.hash_column_count = 1;
  total.run = RunRunningTotal;
  return registrar->add_operator(registrar, &total);
}

}  // namespace

TRIVET_PLUGIN("geometry", AddAll)
