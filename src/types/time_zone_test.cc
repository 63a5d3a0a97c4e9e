#include "types/time_zone.h"

#include <gtest/gtest.h>

#include "types/date_time.h"
#include "types/date_time_format.h"

namespace trivet {
namespace {

int64_t Micros(int64_t year, int32_t month, int32_t day, int64_t hour = 0, int64_t minute = 0) {
  return DaysFromCivil(year, month, day) * kMicrosPerDay + hour * kMicrosPerHour +
         minute * kMicrosPerMinute;
}

const TimeZone& Zone(const char* name) {
  auto zone = TimeZone::Find(name);
  EXPECT_TRUE(zone.ok()) << name;
  return **zone;
}

std::string Print(const TimeZone& zone, int64_t utc) {
  char text[kMaxDateTimeTextSize];
  return std::string(text, WriteTimestampWithZone(text, utc, TimeUnit::kMicro, zone.OffsetAt(utc)));
}

TEST(TimeZoneTest, OffsetsFollowTheDatabase) {
  const TimeZone& york = Zone("America/New_York");
  EXPECT_EQ(Print(york, Micros(2020, 7, 1)), "2020-06-30 20:00:00-04");
  EXPECT_EQ(Print(york, Micros(2020, 1, 1)), "2019-12-31 19:00:00-05");
  EXPECT_EQ(Print(york, Micros(1800, 1, 1)), "1799-12-31 19:03:58-04:56");
  EXPECT_EQ(Print(york, Micros(2500, 7, 1)), "2500-06-30 20:00:00-04");
  EXPECT_EQ(Print(Zone("Asia/Kolkata"), Micros(2020, 7, 1)), "2020-07-01 05:30:00+05:30");
  EXPECT_TRUE(TimeZone::Utc().is_utc());
  EXPECT_TRUE(Zone("Etc/UTC").is_utc());
  EXPECT_FALSE(york.is_utc());
}

TEST(TimeZoneTest, SkippedTimesMoveOnAndRepeatedTimesAreTheLater) {
  const TimeZone& york = Zone("America/New_York");
  int64_t utc;
  ASSERT_TRUE(york.ToUtc(Micros(2020, 3, 8, 2, 30), &utc));
  EXPECT_EQ(Print(york, utc), "2020-03-08 03:30:00-04");
  ASSERT_TRUE(york.ToUtc(Micros(2020, 11, 1, 1, 30), &utc));
  EXPECT_EQ(Print(york, utc), "2020-11-01 01:30:00-05");
}

TEST(TimeZoneTest, LocalAndBackIsTheIdentityOutsideRepeats) {
  for (const char* name :
       {"America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
        "America/St_Johns", "Africa/Monrovia"}) {
    const TimeZone& zone = Zone(name);
    for (int64_t utc = Micros(1880, 1, 1); utc < Micros(2230, 1, 1);
         utc += 61 * kMicrosPerHour + 7) {
      int64_t local;
      int64_t back;
      ASSERT_TRUE(zone.ToLocal(utc, &local) && zone.ToUtc(local, &back));
      // A repeated local time comes back as its later instant, with the same local reading.
      int64_t again;
      ASSERT_TRUE(zone.ToLocal(back, &again));
      ASSERT_EQ(again, local) << name << " " << Print(zone, utc);
      ASSERT_GE(back, utc) << name;
    }
  }
}

TEST(TimeZoneTest, NamesAreFoundInAnyCaseAndErrorsHint) {
  EXPECT_EQ(Zone("america/new_york").name(), "America/New_York");
  EXPECT_EQ(&Zone("america/new_york"), &Zone("AMERICA/NEW_YORK"));
  EXPECT_EQ(Zone("utc").name(), "UTC");
  EXPECT_EQ(Zone("GMT+5").OffsetAt(0), 5 * 3600);
  EXPECT_EQ(Zone("UTC-03:30").OffsetAt(0), -12600);
  EXPECT_EQ(Zone("EST").OffsetAt(Micros(2020, 7, 1)), -5 * 3600);
  for (const char* name : {"", "foo", "+05", "GMT+99", "Etc/Unknown", "Z"}) {
    EXPECT_FALSE(TimeZone::Find(name).ok()) << name;
  }
  EXPECT_NE(TimeZone::Find("berlin").status().hint().find("Europe/Berlin"), std::string::npos);
  EXPECT_FALSE(TimeZone::DatabaseVersion().empty());
  EXPECT_GT(TimeZone::Names().size(), 400U);
}

TEST(TimeZoneTest, InfinitiesStayAndTheEdgesOverflow) {
  const TimeZone& york = Zone("America/New_York");
  int64_t result;
  ASSERT_TRUE(york.ToLocal(kTimestampInfinity, &result));
  EXPECT_EQ(result, kTimestampInfinity);
  ASSERT_TRUE(york.ToUtc(kTimestampNegativeInfinity, &result));
  EXPECT_EQ(result, kTimestampNegativeInfinity);
  EXPECT_FALSE(york.ToUtc(kTimestampMicrosMax, &result));
  EXPECT_FALSE(Zone("Asia/Kolkata").ToLocal(kTimestampMicrosMax, &result));
}

}  // namespace
}  // namespace trivet
