#include "execution/operators/join_runtime.h"

#include <algorithm>
#include <set>
#include <utility>

#include "execution/spill/nested_texts.h"
#include "expression/inputs.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

ExpressionPtr Renumber(const ExpressionPtr& expression, const std::vector<uint64_t>& columns) {
  if (!expression) return nullptr;
  return RewriteExpression(expression, [&](const ExpressionPtr& node) -> ExpressionPtr {
    if (node->kind() != ExpressionKind::kInput) return node;
    const auto found = std::lower_bound(columns.begin(), columns.end(), node->input_index());
    return Expression::Input(static_cast<uint32_t>(found - columns.begin()), node->type(),
                             node->name());
  });
}

}  // namespace

std::vector<uint64_t> JoinRuntime::build_pair_columns() const {
  std::vector<uint64_t> columns;
  const size_t left_count = left_types.size();
  for (const uint64_t column : pair_columns) {
    const bool is_left = column < left_count;
    if (is_left == build_left()) columns.push_back(is_left ? column : column - left_count);
  }
  return columns;
}

Result<std::shared_ptr<JoinRuntime>> MakeJoinRuntime(const PhysicalJoin::Fields& fields,
                                                     std::vector<LogicalType> left_types,
                                                     std::vector<LogicalType> right_types,
                                                     const ExecutionContext& context) {
  auto runtime = std::make_shared<JoinRuntime>();
  runtime->fields = &fields;
  runtime->left_types = std::move(left_types);
  runtime->right_types = std::move(right_types);
  runtime->probe_keys = fields.build_left ? fields.right_keys : fields.left_keys;

  std::set<uint64_t> inputs;
  CollectInputs(fields.residual, inputs);
  // A comparison that is the keys is still looked at for rows with NULLs in keys of several
  // columns.
  CollectInputs(fields.comparison, inputs);
  runtime->pair_columns.assign(inputs.begin(), inputs.end());
  runtime->residual = Renumber(fields.residual, runtime->pair_columns);
  runtime->comparison = Renumber(fields.comparison, runtime->pair_columns);

  JoinTableShape shape;
  shape.keys = fields.build_left ? fields.left_keys : fields.right_keys;
  shape.null_safe.assign(shape.keys.size(), false);
  for (const uint64_t key : fields.null_safe_keys) shape.null_safe[key] = true;
  shape.keep_null_keys = NotesMatches(fields) || fields.comparison_is_key;
  std::set<uint64_t> stored(runtime->build_output().begin(), runtime->build_output().end());
  const std::vector<uint64_t> compared = runtime->build_pair_columns();
  stored.insert(compared.begin(), compared.end());
  for (const uint64_t column : stored) {
    const bool is_key = std::any_of(shape.keys.begin(), shape.keys.end(), [&](const auto& key) {
      return key->kind() == ExpressionKind::kInput && key->input_index() == column;
    });
    if (!is_key) shape.columns.push_back(column);
  }
  std::vector<LogicalType> types;
  for (const ExpressionPtr& key : shape.keys) types.push_back(key->type());
  for (const uint64_t column : shape.columns) types.push_back(runtime->build_types()[column]);
  TRIVET_ASSIGN_OR_RETURN(
      shape.layout,
      RowLayout::Make(std::move(types), {.hash = true, .flag = NotesMatches(fields)}));
  runtime->table = std::make_shared<JoinTable>(std::move(shape), context);
  if (context.temporary_files() != nullptr) {
    const auto& probe_types = fields.build_left ? runtime->right_types : runtime->left_types;
    TRIVET_ASSIGN_OR_RETURN(runtime->probe_layout,
                            RowLayout::Make(TypesOnDisk(probe_types), {.hash = true}));
  }
  return runtime;
}

}  // namespace trivet
