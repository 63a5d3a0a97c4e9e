// Window functions, the WINDOW clause and QUALIFY.

#include <algorithm>
#include <array>

#include "base/string_concat.h"
#include "expression/rewrite.h"
#include "sql/binder/select_binder.h"

namespace trivet::binder {

namespace {

// Functions of the dialect that are no aggregates and stand before OVER alone.
constexpr std::array<std::string_view, 11> kOtherWindowFunctions = {
    "percent_rank", "cume_dist",  "ntile", "lag",       "lead", "first_value",
    "first",        "last_value", "last",  "nth_value", "fill"};

bool SameExpressions(const LogicalWindow& a, const LogicalWindow& b) {
  const auto same_key = [](const SortKey& x, const SortKey& y) {
    return x.descending == y.descending && x.nulls_first == y.nulls_first &&
           ExpressionsEqual(x.expression, y.expression);
  };
  return std::ranges::equal(a.partition_by, b.partition_by, ExpressionsEqual) &&
         std::ranges::equal(a.order_by, b.order_by, same_key);
}

bool AnyExpression(LogicalWindow& window, const std::function<bool(const ExpressionPtr&)>& test) {
  bool any = false;
  window.ForEachExpression([&](ExpressionPtr& expression) { any |= test(expression); });
  return any;
}

}  // namespace

Result<WindowParts> ResolveWindow(const syntax::WindowSpecification& window,
                                  const Windows& windows) {
  WindowParts parts;
  if (!window.base.empty()) {
    const auto base = std::ranges::find_if(windows.named, [&](const auto& named) {
      return syntax::EqualIgnoringCase(named.first, window.base.text);
    });
    if (base == windows.named.end()) {
      return Status::InvalidInput(StrCat("window \"", window.base.text, "\" does not exist"))
          .WithPosition(window.base.position);
    }
    parts = base->second;
    if (window.is_reference) return parts;
    const auto refused = [&](std::string_view what) {
      return Status::InvalidInput(StrCat(what, " window \"", window.base.text, "\""))
          .WithPosition(window.base.position);
    };
    if (parts.has_frame) {
      return refused("cannot copy, because of its frame clause,");
    }
    if (!parts.partition_by.empty() && !window.partition_by.empty()) {
      return refused("Cannot override PARTITION BY clause of");
    }
    if (!parts.order_by.empty() && !window.order_by.empty()) {
      return refused("Cannot override ORDER BY clause of");
    }
  }
  for (const syntax::ExpressionPtr& key : window.partition_by) {
    parts.partition_by.push_back(key.get());
  }
  for (const syntax::OrderItem& item : window.order_by) {
    if (item.all) {
      return Status::InvalidInput("Cannot ORDER BY ALL in a window expression")
          .WithPosition(item.position);
    }
    parts.order_by.push_back(&item);
  }
  parts.has_frame |= window.has_frame;
  return parts;
}

Status ExpressionBinder::CheckWindowPlace(const syntax::WindowExpression& window) const {
  if (level_.inside_window) {
    return Status::InvalidInput("window functions are not allowed in window definitions");
  }
  if (level_.inside_aggregate) {
    return Status::InvalidInput("aggregate function calls cannot contain window function calls");
  }
  if (level_.windows_allowed && level_.windows != nullptr) return Status::OK();
  if (level_.windows == nullptr && level_.clause == "ORDER BY clause") {
    return Unsupported("a window function in the ORDER BY of a set operation is", window.position);
  }
  return Status::InvalidInput(StrCat(level_.clause, " cannot contain window functions!"));
}

Result<RankingFunction> ExpressionBinder::FindWindowFunction(
    const syntax::FunctionExpression& function) const {
  const std::optional<RankingFunction> ranking = FindRankingFunction(function.name);
  if (!ranking) {
    if (functions().HasAggregate(function.name)) {
      return Unsupported(StrCat("the aggregate ", function.name, " as a window function is"),
                         function.position);
    }
    if (std::ranges::find(kOtherWindowFunctions, function.name) != kOtherWindowFunctions.end()) {
      return Unsupported(StrCat("the window function ", function.name, " is"), function.position);
    }
    if (functions().HasScalar(function.name)) {
      return Status::InvalidInput(StrCat(function.name, " is not an aggregate function"));
    }
    return Status::NotFound(
        StrCat("Aggregate Function with name ", function.name, " does not exist!"));
  }
  if (!function.arguments.empty()) {
    return Status::InvalidInput(
        StrCat("the window function ", function.name, " takes no arguments"));
  }
  if (function.distinct) return Status::InvalidInput("DISTINCT requires at least one argument");
  const auto unsupported = [&](std::string_view what) {
    return Unsupported(StrCat(what, " the window function ", function.name, " is"),
                       function.position);
  };
  if (function.filter != nullptr) return unsupported("FILTER of");
  if (!function.order_by.empty()) return unsupported("ORDER BY in the arguments of");
  if (!function.within_group.empty()) return unsupported("WITHIN GROUP of");
  if (function.nulls != syntax::NullTreatment::kDefault) {
    return unsupported("RESPECT or IGNORE NULLS of");
  }
  return *ranking;
}

// Without input and functions.
Result<std::unique_ptr<LogicalWindow>> ExpressionBinder::BindWindowParts(const WindowParts& parts) {
  level_.inside_window = true;
  const auto bind = [&]() -> Result<std::unique_ptr<LogicalWindow>> {
    auto node =
        std::make_unique<LogicalWindow>(nullptr, std::vector<LogicalWindow::Function>(),
                                        std::vector<ExpressionPtr>(), std::vector<SortKey>());
    for (const syntax::Expression* key : parts.partition_by) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*key));
      node->partition_by.push_back(std::move(bound));
    }
    for (const syntax::OrderItem* item : parts.order_by) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*item->expression));
      node->order_by.push_back({std::move(bound), IsDescending(*item), NullsFirst(*item)});
    }
    return node;
  };
  Result<std::unique_ptr<LogicalWindow>> bound = bind();
  level_.inside_window = false;
  return bound;
}

Result<ExpressionPtr> ExpressionBinder::BindWindow(const syntax::WindowExpression& window) {
  const syntax::FunctionExpression& function = *window.function;
  TRIVET_RETURN_IF_ERROR(CheckWindowPlace(window));
  TRIVET_ASSIGN_OR_RETURN(const RankingFunction ranking, FindWindowFunction(function));
  Windows& windows = *level_.windows;
  TRIVET_ASSIGN_OR_RETURN(const WindowParts parts, ResolveWindow(window.window, windows));
  if (parts.has_frame) {
    return Unsupported(StrCat("a frame of the window function ", function.name, " is"),
                       window.window.position);
  }
  TRIVET_ASSIGN_OR_RETURN(std::unique_ptr<LogicalWindow> node, BindWindowParts(parts));
  // An alias may stand for another window function.
  const auto uses_window = [&](const ExpressionPtr& expression) {
    return std::ranges::any_of(ColumnsOf(expression),
                               [&](ColumnId id) { return windows.columns.contains(id); });
  };
  if (AnyExpression(*node, uses_window)) {
    return Status::InvalidInput("window function calls cannot be nested");
  }
  LogicalWindow* target = nullptr;
  if (!AnyExpression(*node, [](const ExpressionPtr& key) { return key->is_volatile(); })) {
    for (const auto& known : windows.nodes) {
      if (SameExpressions(*known, *node)) target = known.get();
    }
  }
  if (target == nullptr) {
    TRIVET_RETURN_IF_ERROR(state_.CountOperator());
    target = windows.nodes.emplace_back(std::move(node)).get();
  }
  for (const LogicalWindow::Function& known : target->functions) {
    if (known.function == ranking) return known.column.Reference();
  }
  const OutputColumn column = {state_.ids().Next(), std::string(RankingFunctionName(ranking)),
                               TypeId::kInt64};
  target->functions.push_back({column, ranking});
  windows.columns.insert(column.id);
  return column.Reference();
}

Status SelectBinder::BindNamedWindows() {
  for (const syntax::NamedWindow& window : query_.windows) {
    for (const auto& [name, parts] : windows_.named) {
      if (!syntax::EqualIgnoringCase(name, window.name.text)) continue;
      return Status::InvalidInput(StrCat("window \"", window.name.text, "\" is already defined"))
          .WithPosition(window.name.position);
    }
    TRIVET_ASSIGN_OR_RETURN(WindowParts parts, ResolveWindow(window.window, windows_));
    windows_.named.emplace_back(window.name.text, std::move(parts));
  }
  return Status::OK();
}

Status SelectBinder::BindQualify() {
  if (query_.qualify == nullptr) return Status::OK();
  ClauseGuard guard(level_, "QUALIFY clause", AliasRule::kBound, &qualify_joins_, true);
  level_.windows_allowed = true;
  TRIVET_ASSIGN_OR_RETURN(qualify_, Expressions().BindCondition(*query_.qualify));
  if (windows_.nodes.empty()) {
    return Status::InvalidInput(
               "at least one window function must appear in the SELECT column or QUALIFY clause")
        .WithPosition(query_.qualify->position);
  }
  return Status::OK();
}

Status SelectBinder::RewriteWindows(const GroupRewriter& rewriter) {
  for (const auto& window : windows_.nodes) {
    for (ExpressionPtr& key : window->partition_by) {
      TRIVET_ASSIGN_OR_RETURN(key, rewriter.Rewrite(key));
    }
    for (SortKey& key : window->order_by) {
      TRIVET_ASSIGN_OR_RETURN(key.expression, rewriter.Rewrite(key.expression));
    }
  }
  if (qualify_ != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(qualify_, rewriter.Rewrite(qualify_));
  }
  return rewriter.RewriteAll(qualify_joins_);
}

// One operator for each OVER, above grouping, HAVING and the subqueries of the select list; then
// what QUALIFY keeps.
Status SelectBinder::ApplyWindows() {
  for (auto& window : windows_.nodes) {
    window->children().push_back(std::move(plan_));
    plan_ = std::move(window);
  }
  if (qualify_ == nullptr) return Status::OK();
  plan_ = AttachJoins(std::move(plan_), std::move(qualify_joins_));
  plan_ = std::make_unique<LogicalFilter>(std::move(plan_), SplitConjuncts(qualify_));
  return Status::OK();
}

}  // namespace trivet::binder
