#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace trivet::testing {

// Random tables and random queries over them, as SQL, whose answers are determined: their rows, and
// their order where the query asks for one. A seed gives the same ones again.
class RandomQueries {
 public:
  explicit RandomQueries(uint64_t seed) : random_(seed) {}

  // Statements that make the tables t0, t1 and t2.
  std::vector<std::string> Tables();
  struct Query {
    std::string sql;
    bool ordered = false;
  };
  Query Make();

 private:
  enum class Kind : uint8_t { kNumber, kText, kFloat, kDate };
  struct Relation {
    std::string sql;
    std::vector<Kind> columns;  // named c0, c1, ...
  };

  size_t Below(size_t limit) { return random_() % limit; }
  bool Chance(int percent) { return static_cast<int>(Below(100)) < percent; }

  Relation MakeRelation(int depth);
  Relation MakeTable();
  Relation MakeProject(int depth);
  Relation MakeFilter(int depth);
  Relation MakeAggregate(int depth);
  Relation MakeDistinct(int depth);
  Relation MakeJoin(int depth);
  Relation MakeSubquery(int depth);
  Relation MakeSetOperation(int depth);
  Relation MakeTop(int depth);
  Relation MakeCte(int depth);

  std::string Predicate(const Relation& relation, const std::string& name);
  // Two or three of the columns: a number, a text and, now and then, another.
  Relation Narrow(const Relation& relation);
  std::string Order(const Relation& relation);
  // A column of the kind, or a constant where there is none.
  std::string Column(const Relation& relation, Kind kind, const std::string& name);

  std::mt19937_64 random_;
  int names_ = 0;
};

}  // namespace trivet::testing
