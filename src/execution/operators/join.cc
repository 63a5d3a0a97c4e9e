#include "execution/operators/join.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "execution/dynamic_filters.h"
#include "execution/operators/join_build.h"
#include "execution/operators/join_runtime.h"
#include "execution/operators/join_spill.h"
#include "execution/operators/join_swap.h"
#include "execution/plan_check.h"
#include "expression/inputs.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

// What a side of so many rows is expected to take; 0 where the number is not known.
size_t ExpectedBytes(const std::optional<double>& rows, size_t bytes_per_row) {
  constexpr double kMostExpected = 1e15;
  if (!rows) return 0;
  const double bytes = *rows * static_cast<double>(bytes_per_row);
  return static_cast<size_t>(std::clamp(bytes, 0.0, kMostExpected));
}

}  // namespace

std::string_view PhysicalJoin::name() const {
  if (fields_.reducer) return "REDUCING_JOIN";
  if (!fields_.left_keys.empty()) return "HASH_JOIN";
  return fields_.residual || fields_.comparison ? "NESTED_LOOP_JOIN" : "CROSS_PRODUCT";
}

// Which spreads of its inputs give right answers. Rows of a preserved side must be seen by one task
// only, with all that may match them; a NULL on the right side of NOT IN concerns every left row.
std::vector<std::vector<Partitioning>> PhysicalJoin::LegalInputs() const {
  const Partitioning any = Partitioning::Any();
  const Partitioning all{PartitioningKind::kBroadcast, 0, {}};
  std::vector<std::vector<Partitioning>> legal;
  const bool null_aware = fields_.comparison != nullptr;
  if (!fields_.left_keys.empty() && !null_aware) {
    legal.push_back(
        {Partitioning::Hash(fields_.left_keys, 0), Partitioning::Hash(fields_.right_keys, 0)});
  }
  const bool preserves_right = fields_.kind == JoinKind::kRight || fields_.kind == JoinKind::kFull;
  if (!preserves_right) legal.push_back({any, all});
  if (fields_.kind == JoinKind::kInner || fields_.kind == JoinKind::kRight) {
    legal.push_back({all, any});
  }
  if (legal.empty()) legal.push_back({Partitioning::Single(), Partitioning::Single()});
  return legal;
}

OperatorCapabilities PhysicalJoin::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.blocking = true;
  capabilities.spillable = true;
  std::vector<std::vector<Partitioning>> legal = LegalInputs();
  capabilities.required_inputs = std::move(legal.front());
  legal.erase(legal.begin());
  capabilities.alternative_inputs = std::move(legal);
  return capabilities;
}

void PhysicalJoin::VisitFields(FieldVisitor& visitor) {
  uint8_t kind = static_cast<uint8_t>(fields_.kind);
  visitor.Enumeration("Kind", kind, JoinKindName(fields_.kind));
  fields_.kind = static_cast<JoinKind>(kind);
  visitor.Field("Build Left", fields_.build_left);
  visitor.Field("Reducer", fields_.reducer);
  visitor.Field("Left Keys", fields_.left_keys);
  visitor.Field("Right Keys", fields_.right_keys);
  visitor.Field("Null-Safe Keys", fields_.null_safe_keys);
  visitor.Field("Residual", fields_.residual);
  visitor.Field("Comparison", fields_.comparison);
  visitor.Field("Comparison Is Key", fields_.comparison_is_key);
  visitor.Field("Left Output", fields_.left_output);
  visitor.Field("Right Output", fields_.right_output);
}

bool PhysicalJoin::DropsUnmatchedProbeRows() const {
  // A residual that can fail must see the pairs that it was written to see; those do not change,
  // for only rows without any partner are left out.
  if (fields_.build_left) return true;
  return fields_.kind == JoinKind::kInner || fields_.kind == JoinKind::kRight ||
         fields_.kind == JoinKind::kSemi;
}

std::optional<PhysicalOperator::Origin> PhysicalJoin::OriginOf(size_t column) const {
  // A row missing on the left takes away the pairs it would have made, except where left rows
  // decide which right rows are unmatched.
  const bool left_is_safe = !NotesMatches(fields_);
  if (column < fields_.left_output.size()) {
    if (!left_is_safe) return std::nullopt;
    return Origin{0, fields_.left_output[column]};
  }
  const size_t right = column - fields_.left_output.size();
  if (right < fields_.right_output.size() && fields_.kind == JoinKind::kInner) {
    return Origin{1, fields_.right_output[right]};
  }
  return std::nullopt;
}

// Per key, the scan's column that it is; without a scan where it is none, or where a NULL may
// match.
std::vector<ScanColumnRef> PhysicalJoin::ProbeKeyOrigins(const JoinRuntime& runtime) const {
  std::vector<ScanColumnRef> origins;
  const PhysicalOperator& probe = *children_[fields_.build_left ? 1 : 0];
  for (size_t i = 0; i < runtime.probe_keys.size(); ++i) {
    const ExpressionPtr& key = runtime.probe_keys[i];
    ScanColumnRef& origin = origins.emplace_back();
    const bool null_safe = runtime.table->shape().null_safe[i];
    if (key->kind() != ExpressionKind::kInput || null_safe) continue;
    if (key->type().IsNested() || key->type().IsNull()) continue;
    const ScanColumnRef found = TraceToScan(probe, key->input_index());
    if (found.scan == nullptr) continue;
    const Table& table = found.scan->table();
    if (!table.capabilities().dynamic_filters) continue;
    if (table.columns()[found.table_column].type == key->type()) origin = found;
  }
  return origins;
}

void PhysicalJoin::PublishKeys(PipelineBuilder& builder, JoinRuntime& runtime) const {
  if (!DropsUnmatchedProbeRows()) return;
  const std::vector<ScanColumnRef> origins = ProbeKeyOrigins(runtime);
  const auto publish = [&](std::vector<size_t> keys, bool is_integer, bool bloom) {
    const PhysicalScan* scan = origins[keys.front()].scan;
    std::vector<size_t> table_columns;
    for (const size_t key : keys) table_columns.push_back(origins[key].table_column);
    KeyPublication publication{.keys = std::move(keys),
                               .scan = scan,
                               .by_row = scan->table().capabilities().dynamic_filters_by_row,
                               .is_integer = is_integer,
                               .bloom = bloom,
                               .filter = std::make_shared<DynamicFilter>()};
    AddDynamicFilter(builder, *scan, std::move(table_columns), publication.filter);
    runtime.publications.push_back(std::move(publication));
  };
  const auto by_row = [](const ScanColumnRef& origin) {
    return origin.scan != nullptr && origin.scan->table().capabilities().dynamic_filters_by_row;
  };
  // Keys of one scan are told together, as pairs that there are say more than their parts.
  const bool together =
      origins.size() > 1 && std::ranges::all_of(origins, [&](const ScanColumnRef& origin) {
        return by_row(origin) && origin.scan == origins.front().scan;
      });
  for (size_t i = 0; i < origins.size(); ++i) {
    if (origins[i].scan == nullptr) continue;
    const bool is_integer = IsDirectKeyType(runtime.probe_keys[i]->type());
    publish({i}, is_integer, by_row(origins[i]) && !together);
  }
  if (!together) return;
  std::vector<size_t> all(origins.size());
  std::iota(all.begin(), all.end(), 0);
  publish(std::move(all), false, true);
}

Status PhysicalJoin::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(2);
  const std::vector<LogicalType> left = check.Child(0);
  const std::vector<LogicalType> right = check.Child(1);
  std::vector<LogicalType> pair = left;
  pair.insert(pair.end(), right.begin(), right.end());
  check.Expressions(fields_.left_keys, left, "Left Keys");
  check.Expressions(fields_.right_keys, right, "Right Keys");
  check.That(TypesOf(fields_.left_keys) == TypesOf(fields_.right_keys), "keys of unlike types");
  for (const uint64_t key : fields_.null_safe_keys) {
    check.That(key < fields_.left_keys.size(), "a null-safe key that is not there");
  }
  if (fields_.residual) check.Predicate(fields_.residual, pair, "Residual");
  if (fields_.comparison) check.Predicate(fields_.comparison, pair, "Comparison");
  check.That(!fields_.comparison_is_key || (fields_.comparison && !fields_.left_keys.empty()),
             "a comparison that is to be the keys is missing");
  const JoinKind kind = fields_.kind;
  check.That(static_cast<uint8_t>(kind) <= static_cast<uint8_t>(JoinKind::kMark), "unknown kind");
  check.That(!fields_.build_left || kind == JoinKind::kSemi || kind == JoinKind::kAnti,
             "only semi and anti joins build the left side");
  check.That(!fields_.reducer || (kind == JoinKind::kSemi && !fields_.build_left &&
                                  !fields_.left_keys.empty() && !fields_.residual),
             "a reducer that is no semi join by keys alone");
  std::vector<LogicalType> output = check.Pick(fields_.left_output, left, "Left Output");
  const std::vector<LogicalType> others = check.Pick(fields_.right_output, right, "Right Output");
  output.insert(output.end(), others.begin(), others.end());
  const bool is_left_only =
      kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark;
  check.That(!is_left_only || others.empty(), "right columns of a join that has none");
  if (kind == JoinKind::kMark) output.push_back(TypeId::kBoolean);
  return check.Schema(output).status();
}

Status PhysicalJoin::BuildPipelines(PipelineBuilder& builder) const {
  TRIVET_ASSIGN_OR_RETURN(
      const std::shared_ptr<JoinRuntime> runtime,
      MakeJoinRuntime(fields_, children_[0]->types(), children_[1]->types(), builder.context()));
  runtime->metrics = &builder.MetricsOf(*this);
  const PhysicalOperator& build = *children_[fields_.build_left ? 0 : 1];
  const PhysicalOperator& probe = *children_[fields_.build_left ? 1 : 0];
  const size_t bytes_per_row =
      runtime->table->layout().row_bytes() + JoinTable::kDirectoryBytesPerRow;
  runtime->share =
      builder.context().JoinMemoryShares(ExpectedBytes(build.estimated_rows(), bytes_per_row));
  // A reducer whose right side turns out the larger is worth no other side's table.
  if (!fields_.reducer) {
    TRIVET_ASSIGN_OR_RETURN(runtime->swap,
                            JoinSwap::Make(*runtime, build, probe, builder.context()));
  }
  TRIVET_RETURN_IF_ERROR(
      builder.BuildInto(*this, build, std::make_shared<JoinBuildSink>(runtime, builder.context())));
  PublishKeys(builder, *runtime);
  const auto probe_pipeline = [&] {
    return builder.AddTransform(*this, MakeJoinProbe(runtime), probe);
  };
  const auto probe_and_rows = [&] {
    if (!NotesMatches(fields_)) return probe_pipeline();
    return builder.BuildThen(probe_pipeline, [&] {
      builder.SetSource(*this, MakeJoinRowsSource(runtime, fields_.kind == JoinKind::kSemi));
      return Status::OK();
    });
  };
  const auto planned = [&] {
    if (runtime->probe_layout == nullptr) return probe_and_rows();
    return builder.BuildThen(probe_and_rows, [&] {
      auto takers = builder.MorselTakers();
      builder.SetSource(*this, MakeJoinSpillSource(runtime, std::move(takers)));
      return Status::OK();
    });
  };
  if (runtime->swap == nullptr) return planned();
  return builder.BuildThen(planned, [&] { return BuildSwapped(builder, runtime->swap); });
}

// What comes of the planned build rows where the sides were swapped.
Status PhysicalJoin::BuildSwapped(PipelineBuilder& builder,
                                  const std::shared_ptr<JoinSwap>& swap) const {
  const auto probe = [&] {
    auto takers = builder.MorselTakers();
    builder.SetSource(*this, swap->MakeProbeSource(swap, std::move(takers)));
    return Status::OK();
  };
  const auto probe_and_rows = [&] {
    if (!swap->gives_rows()) return probe();
    return builder.BuildThen(probe, [&] {
      builder.SetSource(*this, swap->MakeRowsSource(swap));
      return Status::OK();
    });
  };
  if (!swap->can_spill()) return probe_and_rows();
  return builder.BuildThen(probe_and_rows, [&] {
    auto takers = builder.MorselTakers();
    builder.SetSource(*this, swap->MakeSpillSource(swap, std::move(takers)));
    return Status::OK();
  });
}

}  // namespace trivet
