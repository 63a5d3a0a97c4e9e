#include "optimizer/table_sampler.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/string_concat.h"
#include "context/buffer_cache.h"
#include "expression/custom_function.h"
#include "expression/evaluator.h"
#include "storage/table.h"

namespace trivet {

namespace {

// A column whose values take more is not kept: whoever stores such texts has few rows a page.
constexpr size_t kMostColumnBytes = size_t{4} << 20;
// Equalities that fewer rows pass are not looked at together: the sample has too few of these.
constexpr double kLeastEqualityShare = 0.01;
// Rows passing what statistics tell, from which on the rest is measured among them alone.
constexpr size_t kEnoughRows = 64;

bool CallsCustomFunction(const ExpressionPtr& node) {
  return (node->kind() == ExpressionKind::kCall && CustomFunctionOf(node->function()) != nullptr) ||
         std::ranges::any_of(node->children(), CallsCustomFunction);
}

// Equal to one of some constants.
bool IsEquality(const ExpressionPtr& node) {
  if (node->kind() == ExpressionKind::kIn) return true;
  return node->kind() == ExpressionKind::kComparison && node->comparison() == Comparison::kEqual;
}

bool ComparesColumnWithConstants(const ExpressionPtr& node) {
  return node->child(0)->IsColumn() &&
         std::all_of(node->children().begin() + 1, node->children().end(),
                     [](const ExpressionPtr& other) { return other->IsConstant(); });
}

bool StatisticsTell(const ExpressionPtr& node, const RowEstimate& input) {
  switch (node->kind()) {
    case ExpressionKind::kConstant: return true;
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: return node->child(0)->IsColumn();
    case ExpressionKind::kAnd:
      return std::ranges::all_of(
          node->children(), [&](const ExpressionPtr& part) { return StatisticsTell(part, input); });
    case ExpressionKind::kIn:
      return ComparesColumnWithConstants(node) && node->child(0)->type().id() != TypeId::kVarchar;
    case ExpressionKind::kComparison: {
      if (!ComparesColumnWithConstants(node)) return false;
      if (IsEquality(node) || node->comparison() == Comparison::kNotEqual) return true;
      const ColumnEstimate* column = input.Find(node->child(0)->column());
      return column != nullptr && column->min && column->max;
    }
    default: return false;
  }
}

// The filters of a scan by who says what passes them.
struct Filters {
  std::vector<ExpressionPtr> told;     // by statistics
  std::vector<ExpressionPtr> sampled;  // by the sample
  std::vector<ExpressionPtr> unknown;  // must not run here: statistics guess

  Filters(const LogicalScan& scan, const RowEstimate& input) {
    for (const ExpressionPtr& filter : scan.filters) {
      if (filter->is_volatile() || CallsCustomFunction(filter)) {
        unknown.push_back(filter);
      } else {
        (StatisticsTell(filter, input) ? told : sampled).push_back(filter);
      }
    }
    SampleEqualities(input);
  }

 private:
  // Equal values of several columns may go together.
  void SampleEqualities(const RowEstimate& input) {
    const auto may_depend = [&](const ExpressionPtr& filter) {
      return IsEquality(filter) && SelectivityOf({filter}, input) >= kLeastEqualityShare;
    };
    std::set<ColumnId> columns;
    for (const ExpressionPtr& filter : told) {
      if (may_depend(filter)) columns.insert(filter->child(0)->column());
    }
    if (columns.size() < 2) return;
    const auto rest = std::ranges::stable_partition(told, std::not_fn(may_depend));
    sampled.insert(sampled.end(), rest.begin(), rest.end());
    told.erase(rest.begin(), rest.end());
  }
};

// The share of rows passing `sampled` among those passing `told`, as the counts of rows show it.
double MeasuredShare(size_t rows, size_t told, size_t sampled, size_t both, double guess) {
  const auto share = [](size_t passing, size_t all) {
    return std::max(static_cast<double>(passing), 0.5) / static_cast<double>(all);
  };
  if (both > 0 && told >= kEnoughRows) return share(both, told);
  // None is less than the sample can show, and no more than was guessed.
  if (sampled == 0) return std::min(guess, share(0, rows));
  if (told >= kEnoughRows) return std::min(share(0, told), share(sampled, rows));
  return share(sampled, rows);
}

}  // namespace

std::optional<double> TableSampler::ShareOf(const LogicalScan& scan, const RowEstimate& input) {
  if (scan.filters.empty() || input.rows < kLeastTableRows) return std::nullopt;
  const ScanCapabilities capabilities = scan.table->capabilities();
  if (!capabilities.samples || !capabilities.filters) return std::nullopt;
  const auto [known, is_new] = shares_.try_emplace({scan.table.get(), scan.filters});
  if (is_new) known->second = Evaluate(scan, input);
  return known->second;
}

std::optional<double> TableSampler::Evaluate(const LogicalScan& scan, const RowEstimate& input) {
  const Filters filters(scan, input);
  if (filters.sampled.empty()) return std::nullopt;
  ++evaluations_;
  std::vector<ExpressionPtr> predicates{Expression::And(filters.sampled)};
  if (!filters.told.empty()) predicates.push_back(Expression::And(filters.told));
  const Result<Batch> rows = Rows(scan, predicates);
  if (!rows.ok() || rows->row_count() == 0) return std::nullopt;
  Evaluator evaluator(predicates, context_);
  std::vector<std::vector<bool>> passes;
  for (size_t i = 0; i < predicates.size(); ++i) {
    auto selected = MakeIndices(kVectorSize);
    size_t count = 0;
    if (!evaluator.Select(i, *rows, selected.get(), count).ok()) return std::nullopt;
    passes.emplace_back(rows->row_count(), false);
    for (size_t row = 0; row < count; ++row) passes.back()[selected[row]] = true;
  }
  size_t sampled = 0, told = 0, both = 0;
  for (size_t row = 0; row < rows->row_count(); ++row) {
    const bool is_told = filters.told.empty() || passes[1][row];
    sampled += passes[0][row];
    told += is_told;
    both += is_told && passes[0][row];
  }
  const double guess = SelectivityOf(filters.sampled, input);
  std::vector<ExpressionPtr> others = filters.told;
  others.insert(others.end(), filters.unknown.begin(), filters.unknown.end());
  return MeasuredShare(rows->row_count(), told, sampled, both, guess) *
         SelectivityOf(others, input);
}

Result<Batch> TableSampler::Rows(const LogicalScan& scan, std::vector<ExpressionPtr>& expressions) {
  std::set<ColumnId> used;
  for (const ExpressionPtr& expression : expressions) CollectColumns(expression, used);
  std::vector<ColumnId> layout;
  std::vector<size_t> ordinals;
  for (const auto& column : scan.columns) {
    if (!used.contains(column.id)) continue;
    if (scan.table->columns()[column.ordinal].type.IsNested()) {
      return Status::NotImplemented("samples of nested columns are not taken");
    }
    layout.push_back(column.id);
    ordinals.push_back(column.ordinal);
  }
  for (ExpressionPtr& expression : expressions) {
    TRIVET_ASSIGN_OR_RETURN(expression, ResolveInputs(expression, layout));
  }
  std::map<size_t, ColumnPtr> columns;
  TRIVET_RETURN_IF_ERROR(ReadColumns(*scan.table, ordinals, columns));
  std::vector<Vector> vectors;
  size_t row_count = columns.empty() ? 0 : columns.begin()->second->row_count;
  for (const size_t ordinal : ordinals) {
    const Column& column = *columns.at(ordinal);
    if (!column.is_usable || column.row_count != row_count) {
      return Status::NotImplemented("the column has no sample");
    }
    vectors.push_back(column.values);
    vectors.back().AddOwner(columns.at(ordinal));
  }
  return Batch(std::move(vectors), row_count);
}

uint64_t TableSampler::NumberOf(const Table& table) const {
  BufferCache* const cache = context_.buffer_cache();
  if (cache == nullptr) return 0;
  const Result<TableReference> reference = table.Reference();
  if (!reference.ok() || reference->files.empty()) return 0;
  // All files of the table as one.
  FileInfo all = reference->files.front();
  uint64_t others = 0;
  for (const FileInfo& file : reference->files) {
    others = HashInt64(others ^ HashBytes(file.path.data(), file.path.size()));
    others = HashInt64(others ^ file.size_bytes);
    others = HashInt64(others ^ static_cast<uint64_t>(file.modified_nanos));
  }
  all.path += StrCat("\n", reference->opener, " ", others);
  for (const auto& [name, value] : reference->options) {
    all.path += StrCat(" ", name, "=", value.ToString());
  }
  return cache->FileNumber(context_.files().Lasting(), all, BufferCache::kSamples);
}

Status TableSampler::ReadColumns(const Table& table, const std::vector<size_t>& ordinals,
                                 std::map<size_t, ColumnPtr>& columns) {
  BufferCache* const cache = context_.buffer_cache();
  const uint64_t number = NumberOf(table);
  ScanRequest request;
  request.sample_rows = kRows;
  for (const size_t ordinal : ordinals) {
    if (number != 0) {
      columns[ordinal] = std::static_pointer_cast<const Column>(cache->Find({number, ordinal}));
    }
    if (columns[ordinal] == nullptr) request.columns.push_back(ordinal);
  }
  if (request.columns.empty()) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(const std::unique_ptr<TableScan> scan, table.Scan(request, context_));
  std::vector<Batch> batches;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const std::unique_ptr<MorselReader> reader, scan->NextMorsel());
    if (reader == nullptr) break;
    while (true) {
      TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      Batch batch;
      TRIVET_ASSIGN_OR_RETURN(const bool more, reader->Next(batch));
      if (!more) break;
      if (batch.row_count() > 0) batches.push_back(std::move(batch));
    }
  }
  for (size_t i = 0; i < request.columns.size(); ++i) {
    const size_t ordinal = request.columns[i];
    TRIVET_ASSIGN_OR_RETURN(columns[ordinal],
                            Keep(table.columns()[ordinal].type, batches, i, number));
    if (!columns[ordinal]->is_kept) continue;
    cache->Insert({number, ordinal}, columns[ordinal], columns[ordinal]->reservation.bytes());
  }
  return Status::OK();
}

Result<TableSampler::ColumnPtr> TableSampler::Keep(const LogicalType& type,
                                                   const std::vector<Batch>& batches, size_t place,
                                                   uint64_t file_number) {
  auto column = std::make_shared<Column>();
  size_t bytes = sizeof(Column) + kRows * TypeSize(type) + kRows / 8;
  for (const Batch& batch : batches) {
    column->row_count += batch.row_count();
    bytes += batch.column(place).StringBytes(batch.row_count());
  }
  column->is_usable = bytes <= kMostColumnBytes && column->row_count <= kRows;
  if (!column->is_usable) bytes = sizeof(Column);
  if (file_number != 0) column->reservation = context_.buffer_cache()->Admit(file_number, bytes);
  column->is_kept = column->reservation.bytes() > 0;
  if (!column->is_kept) {
    column->reservation = Reservation(&context_.memory(), "table sample");
    TRIVET_RETURN_IF_ERROR(column->reservation.Grow(bytes));
  }
  if (!column->is_usable) return ColumnPtr(column);
  column->values = Vector::MakeFlat(type, kRows);
  size_t row = 0;
  for (const Batch& batch : batches) {
    const Vector& values = batch.column(place);
    if (type.physical() == PhysicalType::kString) {
      const VectorView view = values.View();
      for (size_t i = 0; i < batch.row_count(); ++i) {
        if (view.IsValid(i)) {
          column->values.SetString(row + i, view.Get<StringView>(i).view());
        } else {
          column->values.SetNull(row + i);
        }
      }
    } else {
      CopyRows(values, nullptr, batch.row_count(), column->values, row);
    }
    row += batch.row_count();
  }
  return ColumnPtr(column);
}

}  // namespace trivet
