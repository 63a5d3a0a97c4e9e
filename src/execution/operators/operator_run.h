#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "execution/pipeline.h"
#include "plan/custom_operator.h"

namespace trivet {

// One run of a custom operator. Its code may wait for input, so it has a thread of its own; the
// pipeline's tasks hand batches over and take them, and never wait. Holds one batch of input and a
// few of output. Driven by one task at a time. Destroying it tells the code to stop and waits until
// it has.
class OperatorRun {
 public:
  // Input comes by Offer; or, with `input`, the operator's thread reads it from there.
  OperatorRun(CustomOperatorPtr op, CustomOperatorCall call,
              std::unique_ptr<BatchStream> input = nullptr);
  ~OperatorRun();
  OperatorRun(const OperatorRun&) = delete;
  OperatorRun& operator=(const OperatorRun&) = delete;

  // The next output (kHaveOutput); kNeedInput where the code waits for input that is to be offered;
  // kFinished; kBlocked, and the waker is called once there is something new; or the code's error.
  Result<Outcome> Poll(Batch& out, const std::shared_ptr<Waker>& waker);
  // After kNeedInput.
  void Offer(Batch batch);
  void EndInput();

 private:
  class OfferedInput;
  void Run();
  Status Drive();
  Status CheckOutput(const Batch& batch) const;
  Status Put(Batch batch);
  void Stop();
  void WakeTask(std::unique_lock<std::mutex>& lock);

  const CustomOperatorPtr op_;
  const CustomOperatorCall call_;
  std::unique_ptr<BatchStream> input_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Waker> waker_;
  std::deque<Batch> output_;
  Reservation reservation_;
  Batch offered_;
  bool has_offer_ = false;
  bool wants_input_ = false;
  bool input_ended_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace trivet
