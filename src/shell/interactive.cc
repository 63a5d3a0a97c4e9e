#include "shell/interactive.h"

#include <iostream>
#include <string>

#include "sql/parser.h"

namespace trivet {

int RunInteractive(StatementLoop& loop) {
  std::string text;
  std::string line;
  std::cout << "trivet " << kTrivetVersion << "\n";
  while (std::cout << (text.empty() ? "trivet> " : "   ...> ") << std::flush && std::getline(std::cin, line)) {
    if (text.empty() && line == ".quit") return 0;
    text += line + "\n";
    if (!EndsStatement(text)) continue;
    loop.Run(text);
    text.clear();
  }
  return 0;
}

}  // namespace trivet
