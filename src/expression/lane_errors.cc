#include "expression/lane_errors.h"

#include <algorithm>

namespace trivet {

namespace {
constexpr auto kRowIsBelow = [](const LaneErrors::Entry& entry, size_t row) {
  return entry.row < row;
};
}  // namespace

void LaneErrors::Add(size_t row, Status status) {
  const uint32_t lane = static_cast<uint32_t>(row);
  // Kernels go through rows upwards, so that an append is the common case.
  if (entries_.empty() || entries_.back().row < lane) {
    entries_.push_back({lane, std::move(status)});
    return;
  }
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), row, kRowIsBelow);
  if (place->row != lane) entries_.insert(place, {lane, std::move(status)});
}

bool LaneErrors::Has(size_t row) const {
  const auto place = std::lower_bound(entries_.begin(), entries_.end(), row, kRowIsBelow);
  return place != entries_.end() && place->row == row;
}

void LaneErrors::Abandon(Status status) {
  if (abandoned_.ok()) abandoned_ = std::move(status);
}

Status LaneErrors::First() const { return entries_.empty() ? Status::OK() : entries_[0].status; }

}  // namespace trivet
