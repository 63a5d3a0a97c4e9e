#include "shuffle/fetch_failure.h"

#include "base/string_concat.h"

namespace trivet {

Status MakeFetchFailed(const FetchFailure& failure, const Status& cause) {
  constexpr size_t kNamedAttempts = 3;
  std::string names;
  for (size_t i = 0; i < failure.attempts.size() && i < kNamedAttempts; ++i) {
    names += (i == 0 ? "" : ", ") + ToString(failure.attempts[i]);
  }
  if (failure.attempts.size() > kNamedAttempts) {
    names += StrCat(" and ", failure.attempts.size() - kNamedAttempts, " more");
  }
  Status status(StatusCode::kFetchFailed,
                StrCat("cannot read ", names, " from worker ", ToString(failure.worker), ": ",
                       StatusCodeName(cause.code()), ": ", cause.message()));
  if (!cause.file().empty()) status = std::move(status).WithFile(cause.file(), cause.file_offset());
  if (!cause.hint().empty()) status = std::move(status).WithHint(cause.hint());
  return status;
}

}  // namespace trivet
