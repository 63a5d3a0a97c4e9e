#pragma once

#include <memory>

#include "execution/operators/join_pairs.h"
#include "execution/operators/join_runtime.h"
#include "execution/operators/join_spill.h"

namespace trivet {

// Streams probe batches past a join's table: pairs, matches or marks, as the kind wants them.
// Where build rows are on disk, probe rows that may match these follow them there. One thread's.
class LocalJoinProbe final : public LocalTransform {
 public:
  LocalJoinProbe(std::shared_ptr<JoinRuntime> runtime, const ExecutionContext& context);
  ~LocalJoinProbe() override;

  Result<Outcome> Process(const Batch& input, Batch& out, const CallContext& call) override;
  Result<Outcome> Flush(Batch& out, const CallContext& call) override;

  // ---- a table that is only one part of the build side, the parts coming one after the other ----
  // What is known of the next batch's rows: a byte each, 0 at first, carried from part to part.
  // Such batches give pairs alone; what depends on all parts comes from EmitCarried.
  void set_carried(uint8_t* carried) { carried_ = carried; }
  // After the last part: what the batch's rows give without their pairs. May be nothing.
  void EmitCarried(const Batch& input, const uint8_t* carried, Batch& out);

 private:
  Result<Outcome> ProcessHere(const Batch& input, Batch& out);
  // Sends rows of partitions that are on disk there; the others are in `resident_`.
  Status SpillRows(const Batch& input);

  // Inner, outer and single joins: pairs, run by run, then unmatched probe rows.
  Result<Outcome> Combine(const Batch& input, Batch& out);
  Result<Outcome> NoteMatches(const Batch& input);
  Result<Outcome> SemiOrAnti(const Batch& input, Batch& out);
  Result<Outcome> MarkRows(const Batch& input, Batch& out);
  // Reducers: looks rows up as long as that leaves out enough of them.
  Result<Outcome> Reduce(const Batch& input, Batch& out);

  // Finds for every probe row whether a pair passes; marks found_.
  Status FindMatches(const Batch& input);
  Status FindMarks(const Batch& input);
  Status ApplyComparison();
  Status CompareWithNulls(const Batch& input);

  bool KeepsProbeRows() const {
    return kind_ == JoinKind::kLeft || kind_ == JoinKind::kFull || kind_ == JoinKind::kSingle;
  }
  bool GivesMarks() const {
    return kind_ == JoinKind::kMark ||
           (kind_ == JoinKind::kAnti && runtime_->fields->comparison != nullptr);
  }
  void StartFlags(uint8_t* flags, size_t count) const;
  void EmitPairs(const Batch& input, Batch& out);
  void EmitUnmatched(const Batch& input, const uint8_t* found, Batch& out);
  void EmitRows(const Batch& input, const uint8_t* flags, uint8_t wanted, Batch& out);
  void EmitMarks(const Batch& input, const uint8_t* marks, Batch& out);

  std::shared_ptr<JoinRuntime> runtime_;
  const JoinKind kind_;
  const JoinTable& table_;
  JoinPairs pairs_;
  const ExecutionContext& context_;
  CancellationToken cancellation_;
  bool started_ = false;
  // Of a reducer.
  bool lets_all_pass_ = false;
  size_t rows_seen_ = 0;
  size_t rows_passed_ = 0;
  uint8_t* carried_ = nullptr;
  uint8_t found_[kVectorSize];
  uint8_t mark_[kVectorSize];

  // Where build rows are on disk.
  std::unique_ptr<Evaluator> keys_;
  std::unique_ptr<SpillPartitioner> partitioner_;
  Batch resident_;
  bool has_resident_ = false;  // of the input under way
};

}  // namespace trivet
