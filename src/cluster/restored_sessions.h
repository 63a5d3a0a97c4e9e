#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/session_journal.h"
#include "distributed/coordinator_driver.h"

namespace trivet {

// What an earlier coordinator's process has left for clients to come back for: sessions, and
// queries that run. Thread-safe.
class RestoredSessions {
 public:
  // The queries are those that `driver` has before anything new was submitted.
  RestoredSessions(std::vector<SavedDatabase> saved, const CoordinatorDriver& driver);

  // Where the session is left, restores its database by `restore`, once, and has nobody else look
  // for it meanwhile. Its results' queries are the sessions' from then on.
  void Take(const std::string& session, const std::function<void(const SavedDatabase&)>& restore);
  // All that nobody has come for; nothing is left.
  std::pair<std::vector<std::string>, std::set<QueryId>> TakeLeft();

 private:
  std::mutex mutex_;
  std::vector<SavedDatabase> saved_;
  std::set<QueryId> queries_;
};

}  // namespace trivet
