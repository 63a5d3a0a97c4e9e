#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <vector>

#include "base/cancellation.h"

namespace trivet::python {

// A Python object that may be dropped on any thread, with the interpreter lock held; all are
// dropped when the interpreter ends, and may not be used from then on. Called with the lock held.
std::shared_ptr<PyObject> KeepObject(nanobind::handle object);

// True once the interpreter is about to end: nobody may begin to ask for its lock, or use a kept
// object, unless an InterruptibleCall was made before.
bool InterpreterHasEnded();

// While it lives, Python code that runs on this thread is interrupted by the exception
// trivet.custom.Interrupted soon after one of the tokens is set. Made and destroyed with the
// interpreter lock held.
class InterruptibleCall {
 public:
  explicit InterruptibleCall(std::vector<CancellationToken> tokens);
  ~InterruptibleCall();
  InterruptibleCall(const InterruptibleCall&) = delete;
  InterruptibleCall& operator=(const InterruptibleCall&) = delete;

  bool cancelled() const;

 private:
  friend class CallWatch;
  const std::vector<CancellationToken> tokens_;
  const unsigned long thread_;
  bool interrupted_ = false;
};

// Called once, when the module is loaded: has the interpreter interrupt all calls and wait for them
// before it ends.
void WatchInterpreter(nanobind::module_& module);

}  // namespace trivet::python
