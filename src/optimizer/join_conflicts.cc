// Which reorderings of joins keep the answer: the conflict detector CD-C of G. Moerkotte, P. Fender
// and M. Eich, "On the Correct and Complete Enumeration of the Core Search Space" (SIGMOD 2013).

#include <algorithm>

#include "optimizer/join_graph.h"
#include "optimizer/null_rejection.h"

namespace trivet {

namespace {

// Kinds of joins as the tables of properties know them. Mark joins behave like semi joins (they
// hide their right side and keep left rows once); single joins are kept away from everything on
// their right.
enum Property : size_t { kInner, kSemi, kAnti, kLeft, kFull, kSingle };

Property PropertyOf(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return kInner;
    case JoinKind::kSemi:
    case JoinKind::kMark: return kSemi;
    case JoinKind::kAnti: return kAnti;
    case JoinKind::kLeft:
    case JoinKind::kRight: return kLeft;
    case JoinKind::kFull: return kFull;
    case JoinKind::kSingle: return kSingle;
  }
  return kFull;
}

enum class Holds : uint8_t { kNo, kYes, kIfRejecting };
// Single letters, as the tables below have them.
// NOLINTBEGIN(readability-identifier-naming)
constexpr Holds N = Holds::kNo;
constexpr Holds Y = Holds::kYes;
constexpr Holds R = Holds::kIfRejecting;
// NOLINTEND(readability-identifier-naming)

// (e1 a e2) b e3 = e1 a (e2 b e3); row a, column b.
constexpr Holds kAssociative[6][6] = {
    //           inner semi anti left full single
    /* inner  */ {Y, Y, Y, Y, N, N},
    /* semi   */ {N, N, N, N, N, N},
    /* anti   */ {N, N, N, N, N, N},
    /* left   */ {N, N, N, R, N, N},
    /* full   */ {N, N, N, R, R, N},
    /* single */ {N, N, N, N, N, N},
};
// (e1 a e2) b e3 = (e1 b e3) a e2.
constexpr Holds kLeftAsscom[6][6] = {
    /* inner  */ {Y, Y, Y, Y, N, N},
    /* semi   */ {Y, Y, Y, Y, N, N},
    /* anti   */ {Y, Y, Y, Y, N, N},
    /* left   */ {Y, Y, Y, Y, R, N},
    /* full   */ {N, N, N, R, R, N},
    /* single */ {Y, Y, Y, Y, N, N},
};
// e1 a (e2 b e3) = e2 b (e1 a e3).
constexpr Holds kRightAsscom[6][6] = {
    /* inner  */ {Y, N, N, N, N, N},
    /* semi   */ {N, N, N, N, N, N},
    /* anti   */ {N, N, N, N, N, N},
    /* left   */ {N, N, N, N, N, N},
    /* full   */ {N, N, N, N, R, N},
    /* single */ {N, N, N, N, N, N},
};

void AddRule(JoinEdge& edge, RelationSet first, RelationSet second, RelationSet used) {
  // What the other join needs is enough; where it needs nothing there, all.
  const RelationSet needed = Overlap(second, used) ? second & used : second;
  edge.rules.push_back({first, needed});
}

// Rules that always apply enter the hypernodes; rules within them are void.
void AbsorbRules(JoinEdge& edge) {
  RelationSet total = edge.used;
  bool grew = true;
  while (grew) {
    grew = false;
    for (const JoinEdge::Rule& rule : edge.rules) {
      if (!Overlap(rule.first, total) || IsSubset(rule.second, total)) continue;
      total |= rule.second;
      grew = true;
    }
  }
  std::erase_if(edge.rules,
                [&](const JoinEdge::Rule& rule) { return IsSubset(rule.second, total); });
  edge.left = total & edge.left_subtree;
  edge.right = total & edge.right_subtree;
}

// Does some condition of the edge reject NULLs in all columns that `set` gives?
bool Rejects(const JoinEdge& edge, RelationSet set, const std::vector<JoinRelation>& relations) {
  ColumnSet columns;
  for (size_t i = 0; i < relations.size(); ++i) {
    if (!Overlap(set, SetOf(i))) continue;
    columns.insert(relations[i].columns.begin(), relations[i].columns.end());
  }
  return std::ranges::any_of(edge.conditions, [&](const ExpressionPtr& condition) {
    return RejectsNulls(condition, columns);
  });
}

// Is (e1 a e2) b e3 = e1 a (e2 b e3), where `middle` is e2?
bool IsAssociative(const JoinEdge& a, const JoinEdge& b, RelationSet middle,
                   const std::vector<JoinRelation>& relations) {
  const Holds holds = kAssociative[PropertyOf(a.kind)][PropertyOf(b.kind)];
  if (holds != Holds::kIfRejecting) return holds == Holds::kYes;
  return a.kind == JoinKind::kLeft && b.kind == JoinKind::kLeft && Rejects(b, middle, relations);
}

// The other properties of full joins that ask for rejected NULLs are taken as broken: such full
// joins have become other joins before.
bool Is(Holds holds) { return holds == Holds::kYes; }

}  // namespace

void DetectConflicts(std::vector<JoinEdge>& edges, const std::vector<EdgeNesting>& nesting,
                     const std::vector<JoinRelation>& relations) {
  for (size_t b = 0; b < edges.size(); ++b) {
    JoinEdge& edge = edges[b];
    const Property kind = PropertyOf(edge.kind);
    for (size_t a : nesting[b].below_left) {
      const JoinEdge& below = edges[a];
      const Property lower = PropertyOf(below.kind);
      if (!IsAssociative(below, edge, below.right_subtree, relations)) {
        AddRule(edge, below.right_subtree, below.left_subtree, below.used);
      }
      if (!Is(kLeftAsscom[lower][kind])) {
        AddRule(edge, below.left_subtree, below.right_subtree, below.used);
      }
    }
    for (size_t a : nesting[b].below_right) {
      const JoinEdge& below = edges[a];
      const Property lower = PropertyOf(below.kind);
      if (!IsAssociative(edge, below, below.left_subtree, relations)) {
        AddRule(edge, below.left_subtree, below.right_subtree, below.used);
      }
      if (!Is(kRightAsscom[kind][lower])) {
        AddRule(edge, below.right_subtree, below.left_subtree, below.used);
      }
    }
    AbsorbRules(edge);
  }
}

}  // namespace trivet
