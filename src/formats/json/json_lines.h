#pragma once

#include <cstdint>
#include <string_view>

namespace trivet {

// Turns JSON text into one object a line, in place and piece by piece: line breaks within objects
// become blanks, and where the whole is one array its brackets and commas go. Bytes keep their
// number.
class JsonLines {
 public:
  // `text` may end anywhere; the state goes on to the next piece.
  void Rewrite(char* text, size_t size);
  // True where the text is such that lines are objects already, judged by its start.
  static bool IsLines(std::string_view start);

 private:
  bool started_ = false;
  bool in_array_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
  uint64_t depth_ = 0;  // of braces and brackets within the current element
};

}  // namespace trivet
