#include "sql/syntax/print.h"
#include "sql/syntax/printer.h"
#include "sql/syntax/visit.h"

namespace trivet::syntax {

namespace {

// Bytes up to which a CASE with an operand is named in its searched form, which repeats the
// operand.
constexpr size_t kMaxRepeatedOperand = 64 * 1024;

bool IsNegativeNumber(const Expression& expression) {
  const auto* literal = expression.TryAs<LiteralExpression>();
  return literal != nullptr && literal->literal != LiteralKind::kString &&
         literal->value.starts_with('-');
}

}  // namespace

void Printer::Print(const Expression& expression) {
  VisitExpression(expression, [&](const auto& node) { PrintNode(node); });
}

void Printer::PrintNode(const LiteralExpression& node) {
  switch (node.literal) {
    case LiteralKind::kNull: out_ += "NULL"; return;
    case LiteralKind::kString: out_ += QuoteString(node.value); return;
    case LiteralKind::kBlob: out_ += "X'" + node.value + '\''; return;
    case LiteralKind::kBitString: out_ += "B'" + node.value + '\''; return;
    default: out_ += node.text.empty() ? node.value : node.text;
  }
}

void Printer::PrintNode(const ColumnExpression& node) { Print(node.names); }

void Printer::PrintNode(const StarExpression& node) {
  if (!node.relation.empty()) {
    Print(node.relation);
    out_ += '.';
  }
  out_ += '*';
  if (!node.exclude.empty()) {
    out_ += " EXCLUDE ";
    PrintParenthesized(node.exclude);
  }
  if (!node.replace.empty()) {
    out_ += " REPLACE (";
    for (size_t i = 0; i < node.replace.size(); ++i) {
      if (i > 0) out_ += ", ";
      Print(*node.replace[i].expression);
      out_ += " AS ";
      Print(node.replace[i].column);
    }
    out_ += ')';
  }
  if (!node.rename.empty()) {
    out_ += " RENAME (";
    for (size_t i = 0; i < node.rename.size(); ++i) {
      if (i > 0) out_ += ", ";
      Print(node.rename[i].column);
      out_ += " AS ";
      Print(node.rename[i].name);
    }
    out_ += ')';
  }
}

void Printer::PrintNode(const ColumnsExpression& node) {
  if (node.unpacked) out_ += '*';
  out_ += "COLUMNS(";
  Print(*node.argument);
  out_ += ')';
}

void Printer::PrintNode(const PositionalExpression& node) {
  out_ += '#' + std::to_string(node.index);
}

void Printer::PrintNode(const ParameterExpression& node) { out_ += '$' + node.name.text; }

void Printer::PrintNode(const DefaultExpression&) { out_ += "DEFAULT"; }

void Printer::PrintNode(const LambdaExpression& node) {
  out_ += "(lambda ";
  PrintList(node.parameters);
  out_ += ": ";
  Print(*node.body);
  out_ += ')';
}

void Printer::PrintNode(const ComparisonExpression& node) {
  out_ += '(';
  Print(*node.left);
  out_ += ' ';
  out_ += ToString(node.comparison);
  out_ += ' ';
  Print(*node.right);
  out_ += ')';
}

void Printer::PrintNode(const ConjunctionExpression& node) {
  out_ += '(';
  for (size_t i = 0; i < node.operands.size(); ++i) {
    if (i > 0) out_ += node.conjunction == ConjunctionKind::kAnd ? " AND " : " OR ";
    Print(*node.operands[i]);
  }
  out_ += ')';
}

void Printer::PrintNode(const NotExpression& node) {
  out_ += "(NOT ";
  Print(*node.operand);
  out_ += ')';
}

void Printer::PrintNode(const IsNullExpression& node) {
  out_ += '(';
  Print(*node.operand);
  out_ += node.negated ? " IS NOT NULL)" : " IS NULL)";
}

void Printer::PrintNode(const BetweenExpression& node) {
  out_ += '(';
  Print(*node.value);
  out_ += node.symmetric ? " BETWEEN SYMMETRIC " : " BETWEEN ";
  Print(*node.lower);
  out_ += " AND ";
  Print(*node.upper);
  out_ += ')';
}

void Printer::PrintNode(const InExpression& node) {
  out_ += '(';
  Print(*node.value);
  out_ += " IN ";
  PrintParenthesized(node.candidates);
  out_ += ')';
}

void Printer::PrintNode(const CaseExpression& node) {
  if (node.operand != nullptr && style_ == Style::kName) {
    PrintDesugaredCase(node);
    return;
  }
  out_ += "CASE ";
  if (node.operand != nullptr) Print(*node.operand);
  for (const CaseBranch& branch : node.branches) {
    out_ += " WHEN (";
    Print(*branch.condition);
    out_ += ") THEN (";
    Print(*branch.result);
    out_ += ')';
  }
  PrintClause("ELSE", node.otherwise);
  out_ += " END";
}

void Printer::PrintDesugaredCase(const CaseExpression& node) {
  Printer operand(style_);
  operand.Print(*node.operand);
  const std::string text = operand.Take();
  const bool repeat = text.size() * node.branches.size() <= kMaxRepeatedOperand;
  out_ += "CASE ";
  if (!repeat) out_ += text;
  for (const CaseBranch& branch : node.branches) {
    out_ += " WHEN (";
    if (repeat) out_ += '(' + text + " = ";
    Print(*branch.condition);
    out_ += repeat ? ")) THEN (" : ") THEN (";
    Print(*branch.result);
    out_ += ')';
  }
  PrintClause("ELSE", node.otherwise);
  out_ += " END";
}

void Printer::PrintNode(const CastExpression& node) {
  out_ += node.try_cast ? "TRY_CAST(" : "CAST(";
  Print(*node.operand);
  out_ += " AS ";
  Print(node.type);
  out_ += ')';
}

// A base that does not bind as tightly as the brackets or the dot behind it goes into parentheses.
void Printer::PrintPostfixBase(const Expression& base) {
  const bool parenthesize =
      style_ == Style::kSql && (base.kind == ExpressionKind::kCollate ||
                                base.kind == ExpressionKind::kStar || IsNegativeNumber(base));
  if (parenthesize) out_ += '(';
  Print(base);
  if (parenthesize) out_ += ')';
}

void Printer::PrintNode(const CollateExpression& node) {
  Print(*node.operand);
  out_ += " COLLATE ";
  Print(node.collation);
}

void Printer::PrintNode(const SubscriptExpression& node) {
  PrintPostfixBase(*node.base);
  out_ += '[';
  Print(*node.index);
  out_ += ']';
}

void Printer::PrintNode(const SliceExpression& node) {
  PrintPostfixBase(*node.base);
  out_ += '[';
  if (node.lower != nullptr) Print(*node.lower);
  out_ += ':';
  if (node.upper != nullptr) Print(*node.upper);
  if (node.step != nullptr) {
    if (node.upper == nullptr) out_ += '-';
    out_ += ':';
    Print(*node.step);
  }
  out_ += ']';
}

void Printer::PrintNode(const FieldExpression& node) {
  out_ += '(';
  Print(*node.base);
  out_ += ").";
  Print(node.field);
}

void Printer::PrintNode(const SubqueryExpression& node) {
  switch (node.subquery) {
    case SubqueryKind::kScalar: out_ += '('; break;
    case SubqueryKind::kExists: out_ += "EXISTS("; break;
    case SubqueryKind::kArray: out_ += "ARRAY("; break;
    case SubqueryKind::kAny:
      out_ += '(';
      Print(*node.operand);
      out_ += ' ';
      out_ += ToString(node.comparison);
      out_ += " ANY(";
      break;
  }
  Print(*node.query);
  out_ += node.subquery == SubqueryKind::kAny ? "))" : ")";
}

}  // namespace trivet::syntax
