#include "cluster/restored_sessions.h"

#include <algorithm>

namespace trivet {

RestoredSessions::RestoredSessions(std::vector<SavedDatabase> saved,
                                   const CoordinatorDriver& driver)
    : saved_(std::move(saved)) {
  for (const QuerySnapshot& query : driver.Queries()) {
    if (!query.ended_at) queries_.insert(query.query);
  }
}

void RestoredSessions::Take(const std::string& session,
                            const std::function<void(const SavedDatabase&)>& restore) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(saved_.begin(), saved_.end(), [&](const SavedDatabase& saved) {
    return std::any_of(saved.sessions.begin(), saved.sessions.end(),
                       [&](const SavedSession& each) { return each.open && each.id == session; });
  });
  if (found == saved_.end()) return;
  restore(*found);
  for (const SavedSession& each : found->sessions) {
    for (const auto& [number, result] : each.results) queries_.erase(result.query);
  }
  saved_.erase(found);
}

std::pair<std::vector<std::string>, std::set<QueryId>> RestoredSessions::TakeLeft() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> sessions;
  for (const SavedDatabase& saved : saved_) {
    for (const SavedSession& session : saved.sessions) {
      if (session.open) sessions.push_back(session.id);
    }
  }
  saved_.clear();
  return {std::move(sessions), std::exchange(queries_, {})};
}

}  // namespace trivet
