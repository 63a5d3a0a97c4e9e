#pragma once

#include <string>
#include <vector>

namespace trivet {

// One line of parser_vectors.inc, which test/differential/parser_vectors.py writes.
struct ParserVector {
  std::string kind;  // accept, refuse, name
  std::string text;
  std::string answer;  // of name: what the reference prints, "!" where it refuses
};

inline std::vector<ParserVector> ParserVectors() {
  static const char* const kPieces[] = {
#include "sql/testdata/parser_vectors.inc"
  };
  std::vector<ParserVector> vectors;
  for (const char* piece : kPieces) {
    std::vector<std::string> fields(1);
    for (const char* c = piece; *c != '\0'; ++c) {
      if (*c == '\\') {
        ++c;
        fields.back() += *c == 't' ? '\t' : *c == 'n' ? '\n' : *c == 'r' ? '\r' : *c;
      } else if (*c == '\t') {
        fields.emplace_back();
      } else if (*c == '\n') {
        fields.resize(3);
        vectors.push_back({fields[0], fields[1], fields[2]});
        fields.assign(1, {});
      } else {
        fields.back() += *c;
      }
    }
  }
  return vectors;
}

}  // namespace trivet
