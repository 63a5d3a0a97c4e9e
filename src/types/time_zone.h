#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trivet {

// The rules of one time zone, from ICU's tables, turned into a sorted list of transitions so that a
// lookup is a binary search. Immutable; thread-safe; kept for the life of the process.
class TimeZone {
 public:
  static const TimeZone& Utc();
  // By the name of the time zone database (America/New_York, in any case), an abbreviation that ICU
  // knows (EST, UTC) or GMT/UTC with an offset (GMT+5, UTC-03:30). InvalidInput where there is
  // none, with the nearest names as a hint. The answer lives as long as the process.
  static Result<const TimeZone*> Find(std::string_view name);
  // Every name of the time zone database, sorted.
  static std::vector<std::string> Names();
  // The release of the time zone database in use, e.g. 2024a: workers must agree on it.
  static std::string DatabaseVersion();

  ~TimeZone();
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;

  const std::string& name() const { return name_; }  // in its canonical spelling
  bool is_utc() const { return transitions_.empty() && first_offset_seconds_ == 0; }

  // Seconds to add to UTC for local time, at an instant given in seconds or microseconds since the
  // epoch.
  int32_t OffsetAtSeconds(int64_t utc_seconds) const;
  int32_t OffsetAt(int64_t utc_micros) const;
  // The offset by which ToUtc goes, of a local time in seconds since 1970-01-01 00:00:00.
  int32_t OffsetAtLocalSeconds(int64_t local_seconds) const;

  // Finite and infinite timestamps in microseconds; false where the result is out of range.
  bool ToLocal(int64_t utc_micros, int64_t* local_micros) const;
  // A local time that clocks show twice is taken as the later of the two; one that they skip is
  // moved on by the length of the gap.
  bool ToUtc(int64_t local_micros, int64_t* utc_micros) const;

  // The zone's abbreviation at the instant, e.g. EDT, where it has one, else an offset such as
  // GMT+03:30.
  std::string AbbreviationAt(int64_t utc_micros) const;

 private:
  struct Rules;  // ICU's object, for instants beyond the last transition kept
  struct Transition {
    int64_t utc_seconds;
    int32_t offset_seconds;  // from here on
  };

  TimeZone(std::string name, std::unique_ptr<Rules> rules);
  void LoadTransitions();

  std::string name_;
  std::unique_ptr<Rules> rules_;
  int32_t first_offset_seconds_ = 0;
  std::vector<Transition> transitions_;
};

}  // namespace trivet
