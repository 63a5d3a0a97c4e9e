// EXPLAIN: the plans of a query, and of statements around one.
#include <optional>
#include <string>
#include <utility>

#include "base/string_concat.h"
#include "formats/json/json_text.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"

namespace trivet {

namespace {

// What a statement other than a query does, with the query whose rows it takes (null: none).
struct Action {
  std::string name;  // empty: the statement is the query
  std::string object;
  BoundQuery* query = nullptr;
};

std::string NameOf(const CatalogName& name) {
  return name.schema.empty() ? name.name : StrCat(name.schema, ".", name.name);
}

Action ActionOf(BoundStatement& statement) {
  if (auto* query = std::get_if<BoundQuery>(&statement.body)) return {"", "", query};
  if (auto* create = std::get_if<BoundCreateTable>(&statement.body)) {
    BoundQuery* query = create->query ? &*create->query : nullptr;
    return {query ? "CREATE_TABLE_AS" : "CREATE_TABLE", NameOf(create->table), query};
  }
  if (auto* view = std::get_if<BoundCreateView>(&statement.body)) {
    return {"CREATE_VIEW", NameOf(view->view), nullptr};
  }
  if (auto* drop = std::get_if<BoundDrop>(&statement.body)) {
    std::string names;
    for (const CatalogName& name : drop->names) {
      names += StrCat(names.empty() ? "" : ", ", NameOf(name));
    }
    return {"DROP", names, nullptr};
  }
  if (auto* insert = std::get_if<BoundInsert>(&statement.body)) {
    return {"INSERT", NameOf(insert->table), &insert->query};
  }
  if (auto* copy = std::get_if<BoundCopyTo>(&statement.body)) {
    return {"COPY_TO", StrCat(copy->path, " (", copy->format, ")"), &copy->query};
  }
  if (auto* set = std::get_if<BoundSet>(&statement.body)) {
    return {set->value ? "SET" : "RESET", set->name, nullptr};
  }
  return {"EXPLAIN", "", nullptr};
}

// The action above the tree of its query.
std::string WithAction(const Action& action, const std::string& tree) {
  if (action.name.empty()) return tree;
  const bool leaf = tree.empty();
  std::string text =
      StrCat(action.name, "\n", leaf ? "    " : "│   ", "Object: ", action.object, "\n");
  for (size_t at = 0; at < tree.size();) {
    const size_t end = tree.find('\n', at) + 1;
    text += StrCat(at == 0 ? "└─ " : "   ", tree.substr(at, end - at));
    at = end;
  }
  return text;
}

std::string WithActionJson(const Action& action, const std::string& plan) {
  if (action.name.empty()) return plan;
  std::string text = "{\"name\": ";
  AppendJsonString(action.name, text);
  text += ", \"fields\": {\"Object\": ";
  AppendJsonString(action.object, text);
  return text + "}, \"children\": [" + plan + "]}";
}

}  // namespace

Result<std::unique_ptr<QueryResult>> StatementRunner::RunExplain(BoundExplain explain) {
  const Action action = ActionOf(*explain.statement);
  if (explain.analyze && action.name.empty()) {
    return AnalyzeQuery(std::move(*action.query), explain.json);
  }
  if (explain.analyze) {
    TRIVET_ASSIGN_OR_RETURN(const std::string plan,
                            Analyze(std::move(*explain.statement), explain.json));
    return TextResult({{"analyzed_plan",
                        explain.json ? WithActionJson(action, plan) : WithAction(action, plan)}});
  }
  if (action.query == nullptr) {
    return TextResult(
        {{"physical_plan", explain.json ? WithActionJson(action, "") : WithAction(action, "")}});
  }
  TRIVET_ASSIGN_OR_RETURN(PlannedQuery planned, Plan(std::move(*action.query), true));
  TRIVET_ASSIGN_OR_RETURN(
      const std::string physical,
      database_.runtime().Explain(planned.plan, *planning_context_, explain.json));
  if (explain.json) return TextResult({{"physical_plan", WithActionJson(action, physical)}});
  return TextResult({{"logical_plan", planned.logical},
                     {"optimized_plan", planned.optimized},
                     {"optimizer_rules", planned.trace},
                     {"physical_plan", WithAction(action, physical)}});
}

Result<std::unique_ptr<QueryResult>> StatementRunner::AnalyzeQuery(BoundQuery query, bool json) {
  TRIVET_ASSIGN_OR_RETURN(PlannedQuery planned, Plan(std::move(query), false));
  TRIVET_ASSIGN_OR_RETURN(auto stream, Start(std::move(planned.plan)));
  QueryResult result(database_.shared_from_this(), {}, std::move(stream));
  {
    CurrentResult current(connection_, result);
    TRIVET_RETURN_IF_ERROR(ReadAll(result, [](const Batch&) { return Status::OK(); }));
  }
  return TextResult({{"analyzed_plan", result.stream()->Analysis(json)}});
}

// Carries the statement out; returns the plan of the query whose rows it took, if it took any.
Result<std::string> StatementRunner::Analyze(BoundStatement statement, bool json) {
  analysis_ = Analysis{.json = json, .plan = {}};
  TRIVET_RETURN_IF_ERROR(RunBound(std::move(statement)).status());
  std::string plan = std::move(analysis_->plan);
  analysis_.reset();
  return plan;
}

}  // namespace trivet
