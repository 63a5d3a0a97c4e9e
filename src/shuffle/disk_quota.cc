#include "shuffle/disk_quota.h"

#include "base/string_concat.h"

namespace trivet {

Status DiskQuota::Reserve(uint64_t bytes, const std::string& path) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ - std::min(used, limit_)) {
      return Status::OutOfDisk(StrCat("cannot write ", bytes, " bytes to \"", path,
                                      "\": files between stages take ", used, " of the ", limit_,
                                      " bytes that they may"))
          .WithFile(path)
          .WithHint("raise the quota of shuffle files, or give the query fewer rows to exchange");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return Status::OK();
}

}  // namespace trivet
