#include "types/time_zone.h"

#include <unicode/basictz.h>
#include <unicode/locid.h>
#include <unicode/strenum.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/number_parse.h"

namespace trivet {

// The zone's object; where the zone is UTC there is none.
struct TimeZone::Rules {
  std::unique_ptr<icu::TimeZone> zone;
};

namespace {

// Transitions are kept up to here (2200-01-01); later instants ask ICU.
constexpr int64_t kLastKeptSecond = 7258118400;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLowerAscii(c);
  return lower;
}

std::string ToUtf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

// Lower-case names to the names as the database spells them.
const std::map<std::string, std::string>& NameIndex() {
  static const std::map<std::string, std::string> index = [] {
    std::map<std::string, std::string> names;
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<icu::StringEnumeration> all(icu::TimeZone::createEnumeration(error));
    while (all != nullptr && U_SUCCESS(error)) {
      const icu::UnicodeString* const name = all->snext(error);
      if (name == nullptr) break;
      const std::string text = ToUtf8(*name);
      names.emplace(Lower(text), text);
    }
    return names;
  }();
  return index;
}

bool IsKnown(const icu::TimeZone* zone) {
  if (zone == nullptr) return false;
  icu::UnicodeString id;
  return ToUtf8(zone->getID(id)) != "Etc/Unknown";
}

// A zone by its exact name in the database, or nullptr. Custom offsets, which ICU also understands,
// are left to CustomZone.
std::unique_ptr<icu::TimeZone> NamedZone(const std::string& name) {
  if (name.size() > 3 && (name[3] == '+' || name[3] == '-')) return nullptr;
  std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(name)));
  return IsKnown(zone.get()) ? std::move(zone) : nullptr;
}

// Reads GMT+5, UTC-03:30, GMT+0530 and the like; ICU knows only the former prefix.
std::unique_ptr<icu::TimeZone> CustomZone(std::string_view name) {
  if (name.size() < 5) return nullptr;
  const std::string prefix = Lower(name.substr(0, 3));
  if ((prefix != "gmt" && prefix != "utc") || (name[3] != '+' && name[3] != '-')) return nullptr;
  const std::string id = StrCat("GMT", name.substr(3));
  std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(id)));
  return IsKnown(zone.get()) ? std::move(zone) : nullptr;
}

Status UnknownZone(std::string_view name) {
  Status status = Status::InvalidInput(StrCat("Unknown TimeZone '", name, "'!"));
  std::string nearest;
  int found = 0;
  const std::string lower = Lower(name);
  for (const auto& [key, spelling] : NameIndex()) {
    const size_t slash = key.rfind('/');
    const std::string_view city =
        slash == std::string::npos ? key : std::string_view(key).substr(slash + 1);
    const bool similar = lower.size() >= 3 && (city.find(lower) != std::string_view::npos ||
                                               lower.find(city) != std::string::npos);
    if (!similar || city.size() < 3 || found == 5) continue;
    nearest += (found++ == 0 ? "" : ", ") + spelling;
  }
  return nearest.empty() ? status
                         : std::move(status).WithHint(StrCat("did you mean ", nearest, "?"));
}

}  // namespace

TimeZone::TimeZone(std::string name, std::unique_ptr<Rules> rules)
    : name_(std::move(name)), rules_(std::move(rules)) {
  if (rules_ != nullptr) LoadTransitions();
}

TimeZone::~TimeZone() = default;

void TimeZone::LoadTransitions() {
  const auto* const zone = dynamic_cast<const icu::BasicTimeZone*>(rules_->zone.get());
  constexpr double kBeginning = -1e16;  // milliseconds; before every transition on record
  UErrorCode error = U_ZERO_ERROR;
  int32_t raw = 0;
  int32_t saving = 0;
  rules_->zone->getOffset(kBeginning, false, raw, saving, error);
  first_offset_seconds_ = (raw + saving) / 1000;
  if (zone == nullptr) return;
  icu::TimeZoneTransition transition;
  int32_t offset = first_offset_seconds_;
  double from = kBeginning;
  while (zone->getNextTransition(from, false, transition)) {
    from = transition.getTime();
    const auto second = static_cast<int64_t>(from / 1000);
    if (second > kLastKeptSecond) break;
    const icu::TimeZoneRule* const rule = transition.getTo();
    const int32_t next = (rule->getRawOffset() + rule->getDSTSavings()) / 1000;
    if (next != offset) transitions_.push_back({second, next});
    offset = next;
  }
}

int32_t TimeZone::OffsetAtSeconds(int64_t utc_seconds) const {
  if (transitions_.empty()) return first_offset_seconds_;
  if (utc_seconds >= kLastKeptSecond) {
    UErrorCode error = U_ZERO_ERROR;
    int32_t raw = 0;
    int32_t saving = 0;
    rules_->zone->getOffset(static_cast<double>(utc_seconds) * 1000, false, raw, saving, error);
    return (raw + saving) / 1000;
  }
  const auto after = std::upper_bound(
      transitions_.begin(), transitions_.end(), utc_seconds,
      [](int64_t second, const Transition& transition) { return second < transition.utc_seconds; });
  return after == transitions_.begin() ? first_offset_seconds_ : std::prev(after)->offset_seconds;
}

int32_t TimeZone::OffsetAt(int64_t utc_micros) const {
  if (transitions_.empty()) return first_offset_seconds_;
  return OffsetAtSeconds(FloorDivide(utc_micros, kMicrosPerSecond));
}

bool TimeZone::ToLocal(int64_t utc_micros, int64_t* local_micros) const {
  if (!IsFiniteTimestamp(utc_micros)) {
    *local_micros = utc_micros;
    return true;
  }
  const int64_t offset = OffsetAt(utc_micros) * kMicrosPerSecond;
  return !__builtin_add_overflow(utc_micros, offset, local_micros) &&
         IsFiniteTimestamp(*local_micros);
}

int32_t TimeZone::OffsetAtLocalSeconds(int64_t local_seconds) const {
  if (transitions_.empty()) return first_offset_seconds_;
  // The offsets in force a day before and a day after are the only candidates. Where the later one
  // gives an instant at which it is indeed in force, it wins (a repeated time is its second
  // occurrence); otherwise the earlier one also covers skipped times, which it moves on by the gap.
  const int32_t before = OffsetAtSeconds(local_seconds - kSecondsPerDay);
  const int32_t after = OffsetAtSeconds(local_seconds + kSecondsPerDay);
  return OffsetAtSeconds(local_seconds - after) == after ? after : before;
}

bool TimeZone::ToUtc(int64_t local_micros, int64_t* utc_micros) const {
  if (!IsFiniteTimestamp(local_micros)) {
    *utc_micros = local_micros;
    return true;
  }
  const int32_t offset = OffsetAtLocalSeconds(FloorDivide(local_micros, kMicrosPerSecond));
  return !__builtin_sub_overflow(local_micros, offset * kMicrosPerSecond, utc_micros) &&
         IsFiniteTimestamp(*utc_micros);
}

std::string TimeZone::AbbreviationAt(int64_t utc_micros) const {
  if (rules_ == nullptr) return name_;
  UErrorCode error = U_ZERO_ERROR;
  int32_t raw = 0;
  int32_t saving = 0;
  rules_->zone->getOffset(static_cast<double>(FloorDivide(utc_micros, kMicrosPerMilli)), false, raw,
                          saving, error);
  icu::UnicodeString text;
  rules_->zone->getDisplayName(saving != 0, icu::TimeZone::SHORT, icu::Locale::getUS(), text);
  return ToUtf8(text);
}

const TimeZone& TimeZone::Utc() {
  // Without ICU, whose data files take tens of milliseconds to open.
  static const TimeZone* const utc = new TimeZone("UTC", nullptr);
  return *utc;
}

Result<const TimeZone*> TimeZone::Find(std::string_view name) {
  static std::mutex mutex;
  static auto* const zones = new std::map<std::string, std::unique_ptr<const TimeZone>>;
  const std::string key = Lower(name);
  if (key == "utc") return &Utc();
  const std::lock_guard lock(mutex);
  const auto known = zones->find(key);
  if (known != zones->end()) return known->second.get();

  auto rules = std::make_unique<Rules>();
  std::string spelling(name);
  rules->zone = NamedZone(spelling);
  if (rules->zone == nullptr) {
    // Another spelling or none: only now is the index of all names worth its tens of milliseconds.
    const auto entry = NameIndex().find(key);
    if (entry != NameIndex().end()) spelling = entry->second;
    rules->zone = entry != NameIndex().end() ? NamedZone(spelling) : CustomZone(name);
  }
  if (rules->zone == nullptr) return UnknownZone(name);
  std::unique_ptr<const TimeZone> zone(new TimeZone(std::move(spelling), std::move(rules)));
  return zones->emplace(key, std::move(zone)).first->second.get();
}

std::vector<std::string> TimeZone::Names() {
  std::vector<std::string> names;
  for (const auto& [key, spelling] : NameIndex()) names.push_back(spelling);
  std::sort(names.begin(), names.end());
  return names;
}

std::string TimeZone::DatabaseVersion() {
  UErrorCode error = U_ZERO_ERROR;
  const char* const version = icu::TimeZone::getTZDataVersion(error);
  return U_SUCCESS(error) ? version : "";
}

}  // namespace trivet
