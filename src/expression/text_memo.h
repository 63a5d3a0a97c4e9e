#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/memory.h"

namespace trivet {

// Answers to texts that were met lately, within bounded memory: what comes in puts out what is in
// its place, and the oldest bytes. Not synchronised.
class TextMemo {
 public:
  // What stands where a text belongs.
  struct Place {
    uint64_t hash = 0;
    uint64_t offset =
        0;  // of the text and, behind it, the answer, counted from the first byte ever
    uint32_t text_bytes = 0;
    uint32_t answer_bytes = 0;
  };

  explicit TextMemo(MemoryManager& memory);

  bool is_open() const { return !places_.empty(); }
  // Takes the memory. False where it is refused.
  bool Open();
  // Forgets everything and gives the memory back.
  void Close();

  Place& PlaceOf(uint64_t hash) { return places_[hash & (kPlaces - 1)]; }
  // Whether the answer to the text stands there.
  bool Holds(const Place& place, uint64_t hash, std::string_view text) const {
    return place.hash == hash && place.text_bytes == text.size() && place.offset + kBytes >= end_ &&
           std::string_view(bytes_.data() + place.offset % kBytes, text.size()) == text;
  }
  std::string_view AnswerOf(const Place& place) const {
    return {bytes_.data() + place.offset % kBytes + place.text_bytes, place.answer_bytes};
  }
  // Remembers the answer; forgets what was in the place. What is long is not remembered.
  void Remember(Place& place, uint64_t hash, std::string_view text, std::string_view answer);

  static constexpr size_t kPlaces = size_t{1} << 15;
  static constexpr size_t kBytes = size_t{1} << 22;
  static constexpr size_t kMostBytes = 1024;  // of a text with its answer

 private:
  Reservation reservation_;
  std::vector<Place> places_;
  std::vector<char> bytes_;  // written around and around
  uint64_t end_ = 0;         // behind the last byte written, counted from the first one ever
};

}  // namespace trivet
