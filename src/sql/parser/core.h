#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sql/parser.h"
#include "sql/parser/token_cursor.h"
#include "sql/syntax/visit.h"

namespace trivet {

using ExpressionResult = Result<syntax::ExpressionPtr>;
using QueryResult = Result<syntax::QueryPtr>;

// Returns from a parsing function when the tree or the recursion is at its limit.
#define TRIVET_ENTER_NESTING()         \
  const Nesting trivet_nesting(*this); \
  if (nesting_ > max_depth_) return TooDeep(cursor_.Position())

// What every part of the parser stands on: the tokens, the limits, and the names and lists that
// occur in all of them. The parser is recursive descent, with operator precedence after Pratt (POPL
// 1973) for expressions. One or two tokens of lookahead decide, nothing is parsed twice, and the
// work is linear in the text. Each production is a function that consumes what it recognises and
// fails at the first token that does not fit. A parser is used for one text, by one thread.
class ParserCore {
 protected:
  using Identifiers = std::vector<syntax::Identifier>;
  using ExpressionPtr = syntax::ExpressionPtr;
  using QueryPtr = syntax::QueryPtr;

  ParserCore(TokenCursor cursor, const ParserOptions& options)
      : cursor_(std::move(cursor)), max_depth_(options.max_depth) {}

  // Counts one level of recursion while it lives.
  class Nesting {
   public:
    explicit Nesting(ParserCore& parser) : parser_(parser) { ++parser_.nesting_; }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ParserCore& parser_;
  };

  Status TooDeep(size_t position) const;

  // Sets the node's depth from its children; fails where the tree has become too deep. To be called
  // once a node, when its children are in place.
  template <typename T>
  Status Measure(T& node) const {
    uint32_t depth = 0;
    syntax::ForEachChild(node, [&](const auto& child) { depth = std::max(depth, child.depth); });
    node.depth = depth + 1;
    return node.depth > max_depth_ ? TooDeep(node.position) : Status::OK();
  }

  template <typename T>
  ExpressionResult Finish(std::unique_ptr<T> node) const {
    TRIVET_RETURN_IF_ERROR(Measure(*node));
    return ExpressionPtr(std::move(node));
  }

  template <typename T>
  std::unique_ptr<T> Make(size_t position) const {
    auto node = std::make_unique<T>();
    node->position = position;
    return node;
  }
  template <typename T>
  std::unique_ptr<T> Make() const {
    return Make<T>(cursor_.Position());
  }

  // The first part a column name, each behind a dot any word.
  Result<syntax::QualifiedName> ParseQualifiedName();
  // (a, b)
  Result<Identifiers> ParseParenthesizedNames();
  // Between list entries: true where a comma was consumed and another entry follows. A trailing
  // comma is allowed and consumed.
  bool AcceptComma();

  TokenCursor cursor_;
  const size_t max_depth_;
  size_t nesting_ = 0;
};

}  // namespace trivet
