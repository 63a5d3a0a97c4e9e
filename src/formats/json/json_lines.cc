#include "formats/json/json_lines.h"

namespace trivet {

void JsonLines::Rewrite(char* text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const char c = text[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    switch (c) {
      case '"': in_string_ = started_ = true; break;
      case '{':
      case '[':
        if (c == '[' && !started_) {
          in_array_ = true;
          text[i] = ' ';
        } else {
          ++depth_;
        }
        started_ = true;
        break;
      case '}':
      case ']':
        if (depth_ > 0) {
          --depth_;
        } else if (c == ']' && in_array_) {
          text[i] = ' ';
          in_array_ = false;
        }
        break;
      case ',':
        if (depth_ == 0 && in_array_) text[i] = '\n';
        break;
      case '\n':
      case '\r':
        if (depth_ > 0 || in_array_) text[i] = ' ';
        break;
      case ' ':
      case '\t': break;
      default: started_ = true; break;
    }
  }
}

bool JsonLines::IsLines(std::string_view start) {
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return true;
  if (start[first] != '{') return false;
  // The first object must end before its line does.
  const std::string_view line = start.substr(first, start.find('\n', first) - first);
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (in_string) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        in_string = false;
      continue;
    }
    if (line[i] == '"') in_string = true;
    if (line[i] == '{') ++depth;
    if (line[i] == '}' && --depth == 0) return true;
  }
  // A line that is longer than the sample may still be one.
  return start.find('\n', first) == std::string_view::npos;
}

}  // namespace trivet
