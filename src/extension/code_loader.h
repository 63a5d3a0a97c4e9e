#pragma once

#include <string>

#include "extension/extensions.h"

namespace trivet {

// Makes functions and operators of code that came with a session, in the interpreter that hosts
// this process. Thread-safe.
class CodeLoader {
 public:
  virtual ~CodeLoader() = default;
  // What the code was made for, such as "python-3.11": the label by which a coordinator finds
  // workers that can load it.
  virtual std::string runtime() const = 0;
  // Registers what the code stands for, replacing what has the name. InvalidInput where it does not
  // load.
  virtual Status Load(const std::string& code, Extensions& extensions) const = 0;
};

}  // namespace trivet
