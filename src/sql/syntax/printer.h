#pragma once

#include <string>
#include <string_view>

#include "sql/syntax/definition.h"

namespace trivet::syntax {

// Writes syntax trees as SQL text, appending to one string. Used once, by one thread; ToString and
// ColumnName in print.h are the way in.
class Printer {
 public:
  // kSql: text that parses to an equal tree. kName: DuckDB's name of a result column, which spells
  // a few forms differently.
  enum class Style { kSql, kName };

  explicit Printer(Style style) : style_(style) {}
  std::string Take() { return std::move(out_); }

  void Print(const Expression& expression);
  void Print(const Query& query);
  void Print(const TableReference& table);
  void Print(const TypeName& type);
  void Print(const Statement& statement);

 private:
  // Expressions, one function a kind.
  void PrintNode(const LiteralExpression& node);
  void PrintNode(const ColumnExpression& node);
  void PrintNode(const StarExpression& node);
  void PrintNode(const ColumnsExpression& node);
  void PrintNode(const PositionalExpression& node);
  void PrintNode(const ParameterExpression& node);
  void PrintNode(const DefaultExpression& node);
  void PrintNode(const FunctionExpression& node);
  void PrintNode(const WindowExpression& node);
  void PrintNode(const LambdaExpression& node);
  void PrintNode(const ComparisonExpression& node);
  void PrintNode(const ConjunctionExpression& node);
  void PrintNode(const NotExpression& node);
  void PrintNode(const IsNullExpression& node);
  void PrintNode(const BetweenExpression& node);
  void PrintNode(const InExpression& node);
  void PrintNode(const CaseExpression& node);
  void PrintNode(const CastExpression& node);
  void PrintNode(const CollateExpression& node);
  void PrintNode(const SubscriptExpression& node);
  void PrintNode(const SliceExpression& node);
  void PrintNode(const FieldExpression& node);
  void PrintNode(const SubqueryExpression& node);

  void PrintNode(const SelectQuery& node);
  void PrintNode(const SetOperationQuery& node);
  void PrintNode(const ValuesQuery& node);

  void PrintNode(const NamedTable& node);
  void PrintNode(const FunctionTable& node);
  void PrintNode(const SubqueryTable& node);
  void PrintNode(const JoinTable& node);
  void PrintNode(const ShowTable& node);

  void PrintNode(const QueryStatement& node);
  void PrintNode(const CreateTableStatement& node);
  void PrintNode(const CreateViewStatement& node);
  void PrintNode(const DropStatement& node);
  void PrintNode(const InsertStatement& node);
  void PrintNode(const CopyStatement& node);
  void PrintNode(const SetStatement& node);
  void PrintNode(const PragmaStatement& node);
  void PrintNode(const ExplainStatement& node);
  void PrintNode(const UseStatement& node);
  void PrintNode(const PrepareStatement& node);
  void PrintNode(const ExecuteStatement& node);
  void PrintNode(const DeallocateStatement& node);
  void PrintNode(const CallStatement& node);
  void PrintNode(const UnsupportedStatement& node);

  // Parts of functions.
  void PrintFunctionCall(const FunctionExpression& node, std::string_view name);
  void PrintOperator(const FunctionExpression& node);
  void PrintAggregateParts(const FunctionExpression& node);
  void PrintWindow(const WindowSpecification& window);
  void PrintFrame(const WindowSpecification& window);
  void PrintFrameBound(const FrameBound& bound);
  void PrintDesugaredCase(const CaseExpression& node);
  void PrintPostfixBase(const Expression& base);
  // Parts of queries.
  void PrintWith(const Query& query);
  void PrintSelectClauses(const SelectQuery& node);
  void PrintGrouping(const GroupingElement& element);
  void PrintSample(const SampleClause& sample);
  void PrintModifiers(const Query& query);
  void PrintTableAlias(const TableReference& table);
  // Parts of statements.
  void PrintColumn(const ColumnDefinition& column);
  void PrintConstraint(const Constraint& constraint);
  void PrintOnConflict(const OnConflict& on_conflict);
  void PrintAssignments(const std::vector<Assignment>& assignments);
  void PrintSettingValues(const std::vector<ExpressionPtr>& values);
  void PrintOptions(const std::vector<Option>& options);
  // Lists and small parts.
  void Print(const OrderItem& item);
  void Print(const SelectItem& item);
  void Print(const Argument& argument);
  void Print(const Identifier& identifier);
  void Print(const QualifiedName& name);
  void Print(const ExpressionPtr& expression) { Print(*expression); }
  template <typename T>
  void PrintList(const std::vector<T>& list) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      Print(list[i]);
    }
  }
  template <typename T>
  void PrintParenthesized(const std::vector<T>& list) {
    out_ += '(';
    PrintList(list);
    out_ += ')';
  }
  // " CLAUSE expression" where there is one.
  void PrintClause(std::string_view clause, const ExpressionPtr& expression);

  const Style style_;
  std::string out_;
};

}  // namespace trivet::syntax
