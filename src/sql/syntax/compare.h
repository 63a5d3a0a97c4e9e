#pragma once

#include <cstddef>

#include "sql/syntax/definition.h"

namespace trivet::syntax {

// Structural equality: same kind, same content; positions, the spelling of numbers and the case of
// identifiers make no difference. Names are not resolved: `a` and `t.a` differ.
bool Equal(const Expression& left, const Expression& right);
bool Equal(const Query& left, const Query& right);
bool Equal(const TableReference& left, const TableReference& right);
bool Equal(const Statement& left, const Statement& right);

// Equal trees have equal hashes; stable within a process only.
size_t Hash(const Expression& expression);

// Deep copies, positions included.
ExpressionPtr Clone(const Expression& expression);
QueryPtr Clone(const Query& query);

// For unordered containers keyed by expressions.
struct ExpressionHash {
  size_t operator()(const Expression* expression) const { return Hash(*expression); }
};
struct ExpressionEqual {
  bool operator()(const Expression* left, const Expression* right) const {
    return Equal(*left, *right);
  }
};

}  // namespace trivet::syntax
