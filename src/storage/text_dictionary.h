#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/memory.h"
#include "storage/statistics.h"
#include "vector/vector.h"

namespace trivet {

// The distinct strings of a column, as long as they are few: a table in memory then keeps a code of
// four bytes a row instead of a view of sixteen and the bytes behind it, and whoever groups, joins
// or filters works on codes. Codes are given in the order of first appearance and never change;
// NULL has one as well. Every byte is reserved. Not synchronised.
class TextDictionary {
 public:
  // So many distinct strings at most, and at most one in this many rows of a run.
  static constexpr size_t kMostEntries = size_t{1} << 15;
  static constexpr size_t kRowsPerEntry = 8;

  // `consumer` names who holds the memory. The budget lives as long as what is made.
  TextDictionary(LogicalType type, std::shared_ptr<MemoryManager> budget,
                 std::string_view consumer);

  // Writes the code of each of the first `count` rows of the flat column, and tells what
  // VectorBounds does. Nothing where there are too many distinct strings or their memory is
  // refused: then it takes no more columns, and what is written means nothing; codes given before
  // stay good.
  std::optional<ColumnStatistics> Encode(const Vector& column, size_t count, uint32_t* codes);
  // Number of codes given.
  size_t size() const { return hashes_.size(); }

  // The strings by their codes, flat. The dictionary takes no more columns.
  std::shared_ptr<const Vector> Finish();

 private:
  static constexpr uint32_t kFree = ~uint32_t{0};

  // What vectors given out keep alive.
  struct Content {
    std::shared_ptr<MemoryManager> budget;
    Reservation reservation;
    Vector strings;
  };

  uint32_t CodeOfNull();
  // The string's code, a new one where it was not known; kFree where that is refused.
  uint32_t FindOrAdd(const StringView& text);
  uint32_t Add(const StringView& text, uint64_t hash, bool is_null);
  void GrowSlots();
  ColumnStatistics BoundsOf(const std::vector<bool>& used) const;

  std::shared_ptr<Content> content_;
  std::vector<uint64_t> hashes_;  // by code
  std::vector<uint32_t> slots_;   // codes, by hash; a power of two
  uint32_t null_code_ = kFree;
  bool closed_ = false;
};

}  // namespace trivet
