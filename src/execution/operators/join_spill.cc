#include "execution/operators/join_spill.h"

namespace trivet {

JoinSpill::JoinSpill(const JoinRuntime& runtime, const ExecutionContext& context) {
  const size_t partitions = runtime.is_partitioned() ? size_t{1} << kRadixBits : 1;
  build_ = std::make_shared<SpilledRows>(context, runtime.table->shape().layout, partitions,
                                         runtime.metrics);
  probe_ =
      std::make_shared<SpilledRows>(context, runtime.probe_layout, partitions, runtime.metrics);
  resident_.assign(partitions, 0);
}

Status JoinSpill::LoadResident(size_t most_bytes, RowStore& rows) {
  size_t bytes = 0;
  for (size_t p = 0; p < resident_.size(); ++p) {
    bytes += build_->bytes(p) + build_->row_count(p) * JoinTable::kDirectoryBytesPerRow;
    if (bytes > most_bytes) break;
    TRIVET_RETURN_IF_ERROR(build_->ReadAll(p, rows));
    resident_[p] = 1;
  }
  return Status::OK();
}

void JoinSpill::KeepResident() {
  for (size_t p = 0; p < resident_.size(); ++p) {
    if (resident_[p] != 0) build_->Discard(p);
  }
}

void JoinSpill::ForgetResident() { resident_.assign(resident_.size(), 0); }

}  // namespace trivet
