#include "interpreter.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace nb = nanobind;

namespace trivet::python {

namespace {

constexpr auto kWatchInterval = std::chrono::milliseconds(20);
// How long the interpreter's end waits for calls that have been interrupted.
constexpr auto kEndGrace = std::chrono::seconds(5);

// Set when the interpreter begins to end: no call starts any more.
std::atomic<bool> refusing{false};

}  // namespace

// Looks after all calls from a thread of its own, which asks for the interpreter lock only where it
// has one to interrupt. The lock is taken before the mutex, everywhere.
class CallWatch {
 public:
  static CallWatch& Get() {
    static CallWatch* const watch = new CallWatch();  // outlives the interpreter
    return *watch;
  }

  void Add(InterruptibleCall* call) {
    std::lock_guard lock(mutex_);
    calls_.push_back(call);
    if (!watching_) {
      watching_ = true;
      std::thread([this] { Watch(); }).detach();
    }
    if (idle_) changed_.notify_all();
  }

  void Remove(InterruptibleCall* call) {
    std::lock_guard lock(mutex_);
    std::erase(calls_, call);
    // An exception that is still to come belongs to no later call.
    if (call->interrupted_) PyThreadState_SetAsyncExc(call->thread_, nullptr);
    if (ending_ && calls_.empty()) ended_calls_.notify_all();
  }

  // With the interpreter lock held, which is released meanwhile. False where calls go on.
  bool End() {
    refusing = true;
    nb::gil_scoped_release unlocked;
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    const bool quiet = ended_calls_.wait_for(lock, kEndGrace, [this] { return calls_.empty(); });
    ended_ = true;
    changed_.notify_all();
    return quiet;
  }

 private:
  bool IsDue() const {
    return ending_ ||
           std::ranges::any_of(calls_, [](const auto* call) { return call->cancelled(); });
  }

  // Calls are many and short: none wakes this thread, unless there was none before for a while.
  void Watch() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
      if (calls_.empty()) {
        idle_ = true;
        changed_.wait(lock, [this] { return !calls_.empty() || ended_; });
        idle_ = false;
      }
      changed_.wait_for(lock, kWatchInterval, [this] { return ended_; });
      if (ended_ || !IsDue()) continue;
      lock.unlock();
      {
        nb::gil_scoped_acquire locked;
        InterruptDue();
      }
      lock.lock();
    }
  }

  // Again and again, for code that goes on in spite of it.
  void InterruptDue() {
    static const nb::handle interrupted =
        nb::object(nb::module_::import_("trivet.custom").attr("Interrupted")).release();
    std::lock_guard lock(mutex_);
    for (InterruptibleCall* call : calls_) {
      if (!ending_ && !call->cancelled()) continue;
      call->interrupted_ = true;
      PyThreadState_SetAsyncExc(call->thread_, interrupted.ptr());
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;      // for the watching thread
  std::condition_variable ended_calls_;  // for the end
  std::vector<InterruptibleCall*> calls_;
  bool watching_ = false;
  bool idle_ = false;
  bool ending_ = false;
  bool ended_ = false;
};

namespace {

// What KeepObject keeps, each as often as it is kept; the interpreter lock guards it.
std::vector<PyObject*>& KeptObjects() {
  static auto* const kept = new std::vector<PyObject*>();
  return *kept;
}

void DropKept(PyObject* object) {
  if (InterpreterHasEnded()) return;
  nb::gil_scoped_acquire locked;
  const auto found = std::ranges::find(KeptObjects(), object);
  if (found == KeptObjects().end()) return;  // dropped with all others
  KeptObjects().erase(found);
  Py_DECREF(object);
}

// A function may refer to the connection that keeps it, which the collector does not see.
void DropAllKept() {
  for (PyObject* object : std::exchange(KeptObjects(), {})) Py_DECREF(object);
}

}  // namespace

std::shared_ptr<PyObject> KeepObject(nb::handle object) {
  KeptObjects().push_back(object.ptr());
  Py_INCREF(object.ptr());
  return {object.ptr(), DropKept};
}

bool InterpreterHasEnded() { return refusing; }

InterruptibleCall::InterruptibleCall(std::vector<CancellationToken> tokens)
    : tokens_(std::move(tokens)), thread_(PyThread_get_thread_ident()) {
  CallWatch::Get().Add(this);
}

InterruptibleCall::~InterruptibleCall() { CallWatch::Get().Remove(this); }

bool InterruptibleCall::cancelled() const {
  return std::ranges::any_of(tokens_, [](const auto& token) { return token.IsCancelled(); });
}

void WatchInterpreter(nb::module_& module) {
  module.def("_end_interpreter", [] {
    if (CallWatch::Get().End()) DropAllKept();
  });
  nb::module_::import_("atexit").attr("register")(module.attr("_end_interpreter"));
}

}  // namespace trivet::python
