#include "coordinator/identifiers.h"

#include "base/string_concat.h"

namespace trivet {

std::string ToString(const TaskId& task) {
  return StrCat("q", task.query, ".s", task.stage, ".p", task.partition);
}

std::string ToString(const AttemptId& attempt) {
  return StrCat(ToString(attempt.task), ".a", attempt.attempt);
}

std::string ToString(const WorkerIncarnation& worker) {
  return StrCat(worker.name, "#", worker.incarnation);
}

}  // namespace trivet
