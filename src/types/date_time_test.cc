#include "types/date_time.h"

#include <gtest/gtest.h>

#include <random>

#include "types/date_time_arithmetic.h"
#include "types/date_time_format.h"
#include "types/date_time_parse.h"
#include "types/date_time_pattern.h"
#include "types/interval.h"
#include "types/time_zone.h"

namespace trivet {
namespace {

TEST(DateTimeTest, CalendarCountsEveryDayOnce) {
  CivilDate previous = CivilFromDays(-1000001);
  for (int32_t days = -1000000; days < 1000000; ++days) {
    const CivilDate date = CivilFromDays(days);
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), days);
    const bool same_month = date.day == previous.day + 1 && date.month == previous.month;
    const bool next_month =
        date.day == 1 && previous.day == DaysInMonth(previous.year, previous.month);
    ASSERT_TRUE(same_month || next_month) << days;
    previous = date;
  }
}

TEST(DateTimeTest, EndsOfTheRangeConvertBothWays) {
  for (const int32_t days : {kDateMin, kDateMin + 1, kDateMax - 1, kDateMax}) {
    const CivilDate date = CivilFromDays(days);
    int32_t back = 0;
    ASSERT_TRUE(MakeDate(date.year, date.month, date.day, &back));
    EXPECT_EQ(back, days);
    char text[kMaxDateTimeTextSize];
    const std::string printed(text, WriteDate(text, days));
    ASSERT_EQ(ParseDate(printed, &back), DateTimeParse::kOk) << printed;
    EXPECT_EQ(back, days);
  }
  int32_t days;
  EXPECT_FALSE(MakeDate(5881580, 7, 11, &days));
  EXPECT_FALSE(MakeDate(-5877641, 6, 24, &days));
  EXPECT_FALSE(MakeDate(int64_t{1} << 60, 1, 1, &days));
  EXPECT_FALSE(MakeDate(2021, 2, 29, &days));
}

TEST(DateTimeTest, TimestampTextReadsBackInEveryUnit) {
  std::mt19937_64 random(5);
  for (const TimeUnit unit :
       {TimeUnit::kSecond, TimeUnit::kMilli, TimeUnit::kMicro, TimeUnit::kNano}) {
    // The range that all units can read back through microseconds.
    const int64_t limit = kTimestampMicrosMax / 1000000 *
                          (TicksPerSecond(unit) > 1000000 ? 1000000 : TicksPerSecond(unit)) / 2;
    for (int i = 0; i < 20000; ++i) {
      const int64_t ticks =
          static_cast<int64_t>(random() >> 1) % limit * (random() % 2 == 0 ? 1 : -1);
      char text[kMaxDateTimeTextSize];
      const std::string printed(text, WriteTimestamp(text, ticks, unit));
      int64_t back = 0;
      ASSERT_EQ(ParseTimestamp(printed, unit, &back), DateTimeParse::kOk) << printed;
      ASSERT_EQ(back, ticks) << printed;
    }
  }
}

TEST(DateTimeTest, UnitsConvertWithRangeChecks) {
  int64_t result;
  EXPECT_FALSE(ConvertTimestampUnit(int64_t{1} << 61, TimeUnit::kSecond, TimeUnit::kNano, &result));
  ASSERT_TRUE(ConvertTimestampUnit(-1500, TimeUnit::kMilli, TimeUnit::kSecond, &result));
  EXPECT_EQ(result, -2);
  ASSERT_TRUE(ConvertTimestampUnit(1499, TimeUnit::kMilli, TimeUnit::kSecond, &result));
  EXPECT_EQ(result, 1);
  ASSERT_TRUE(
      ConvertTimestampUnit(kTimestampInfinity, TimeUnit::kSecond, TimeUnit::kNano, &result));
  EXPECT_EQ(result, kTimestampInfinity);
}

TEST(DateTimeTest, WeeksFollowIso8601) {
  int32_t days;
  ASSERT_TRUE(MakeDate(2021, 1, 3, &days));
  EXPECT_EQ(IsoWeekOf(days).year, 2020);
  EXPECT_EQ(IsoWeekOf(days).week, 53);
  EXPECT_EQ(DayOfWeek(days), 0);
  EXPECT_EQ(IsoDayOfWeek(days), 7);
  for (const int32_t extreme : {kDateMin, kDateMax}) EXPECT_GE(IsoWeekOf(extreme).week, 1);
}

TEST(DateTimeTest, ArithmeticNeverLeavesTheRangeSilently) {
  int64_t result;
  EXPECT_FALSE(AddToTimestamp(kTimestampMicrosMax, {0, 0, 1}, &result));
  EXPECT_FALSE(AddToTimestamp(kTimestampMicrosMin, {0, 0, -1}, &result));
  EXPECT_FALSE(AddToTimestamp(0, {std::numeric_limits<int32_t>::max(), 0, 0}, &result));
  EXPECT_FALSE(AddToTimestamp(0, {0, std::numeric_limits<int32_t>::max(), 0}, &result));
  EXPECT_FALSE(SubtractFromTimestamp(0, {std::numeric_limits<int32_t>::min(), 0, 0}, &result));
  ASSERT_TRUE(AddToTimestamp(kTimestampInfinity, {1, 1, 1}, &result));
  EXPECT_EQ(result, kTimestampInfinity);
  int32_t date;
  EXPECT_FALSE(AddDays(kDateMax, 1, &date));
  EXPECT_FALSE(AddMonths(kDateMax, 1, &date));
  EXPECT_FALSE(AddDays(0, std::numeric_limits<int64_t>::max(), &date));
  Interval difference;
  EXPECT_FALSE(SubtractTimestamps(kTimestampInfinity, 0, &difference));
  EXPECT_FALSE(SubtractTimestamps(kTimestampMicrosMax, kTimestampMicrosMin, &difference));
  EXPECT_FALSE(TruncateTimestamp(DateField::kQuarter, kTimestampMicrosMin, &result));
  EXPECT_EQ(AddToTime(1, {0, 0, std::numeric_limits<int64_t>::max()}),
            (1 + std::numeric_limits<int64_t>::max() % kMicrosPerDay) % kMicrosPerDay);
}

TEST(DateTimeTest, MonthsClampToTheLastDay) {
  int32_t january;
  ASSERT_TRUE(MakeDate(2020, 1, 31, &january));
  int32_t result;
  ASSERT_TRUE(AddMonths(january, 1, &result));
  EXPECT_EQ(CivilFromDays(result), (CivilDate{2020, 2, 29}));
  ASSERT_TRUE(AddMonths(january, -2, &result));
  EXPECT_EQ(CivilFromDays(result), (CivilDate{2019, 11, 30}));
  ASSERT_TRUE(AddMonths(january, -2020 * 12 - 1, &result));
  EXPECT_EQ(CivilFromDays(result), (CivilDate{-1, 12, 31}));
}

TEST(DateTimeTest, AgeAddsBackToTheLaterTime) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 20000; ++i) {
    const int64_t earlier = static_cast<int64_t>(random() % (200 * 365)) * kMicrosPerDay;
    const int64_t later =
        earlier + static_cast<int64_t>(random() % (100 * 365 * 24)) * kMicrosPerHour;
    const Interval age = Age(later, earlier);
    ASSERT_TRUE(age.months >= 0 && age.days >= 0 && age.micros >= 0 && age.micros < kMicrosPerDay);
    const Interval back = Age(earlier, later);
    ASSERT_EQ(age, (Interval{-back.months, -back.days, -back.micros}));
    // Days of the earlier month were borrowed: months first, then days, leads to the later time
    // again unless the first step had to clamp.
    int64_t sum;
    ASSERT_TRUE(AddToTimestamp(earlier, age, &sum));
    ASSERT_LE(std::abs(sum - later), 3 * kMicrosPerDay);
  }
}

TEST(IntervalTest, CanonicalFormKeepsTheLengthAndIsOnePerLength) {
  std::mt19937_64 random(7);
  const auto part = [&random](int64_t limit) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(2 * limit + 1)) - limit;
  };
  for (int i = 0; i < 20000; ++i) {
    const Interval interval{static_cast<int32_t>(part(100)), static_cast<int32_t>(part(4000)),
                            part(4000 * kMicrosPerDay)};
    const Interval canonical = CanonicalInterval(interval);
    ASSERT_EQ(CompareIntervals(interval, canonical), 0);
    ASSERT_EQ(CanonicalInterval(canonical), canonical);
    // The same length written otherwise.
    const Interval other{interval.months - 2, interval.days + 59, interval.micros + kMicrosPerDay};
    ASSERT_EQ(CanonicalInterval(other), canonical);
  }
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  const Interval largest{kMost, kMost, std::numeric_limits<int64_t>::max()};
  EXPECT_EQ(CompareIntervals(CanonicalInterval(largest), largest), 0);
  const Interval smallest{-kMost - 1, -kMost - 1, std::numeric_limits<int64_t>::min()};
  EXPECT_EQ(IntervalLengthMicros(CanonicalInterval(smallest)), IntervalLengthMicros(smallest));
}

TEST(IntervalTest, TextReadsBack) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 20000; ++i) {
    const Interval interval{static_cast<int32_t>(random()), static_cast<int32_t>(random()),
                            static_cast<int64_t>(random())};
    char text[kMaxIntervalTextSize];
    const std::string printed(text, WriteInterval(text, interval));
    const auto back = ParseInterval(printed);
    if (interval.micros == std::numeric_limits<int64_t>::min()) continue;
    ASSERT_TRUE(back.ok()) << printed;
    ASSERT_EQ(*back, interval) << printed;
  }
}

TEST(IntervalTest, PartsBehindAClockTimeAreNotDropped) {
  EXPECT_EQ(*ParseInterval("1 day 12:34:56 ago"), (Interval{0, -1, -45296000000}));
  EXPECT_EQ(*ParseInterval("12:34:56 1 day"), (Interval{0, 1, 45296000000}));
  EXPECT_FALSE(ParseInterval("1:2:3:4").ok());
  EXPECT_EQ(ParseInterval("1 foo").status().message(), "extract specifier \"foo\" not recognized");
}

TEST(DateTimePatternTest, WeekdaysOfWeeksCount) {
  const auto parse = [](const char* format, const char* text) {
    const auto pattern = DateTimePattern::Compile(format);
    char printed[kMaxDateTimeTextSize];
    return std::string(printed, WriteTimestamp(printed, *pattern->Parse(text), TimeUnit::kMicro));
  };
  EXPECT_EQ(parse("%G %V %a", "2020 01 Wed"), "2020-01-01 00:00:00");
  EXPECT_EQ(parse("%G %V %w", "2020 05 0"), "2020-02-02 00:00:00");
  EXPECT_EQ(parse("%Y %W %u", "2020 01 7"), "2020-01-12 00:00:00");
}

TEST(DateTimePatternTest, ErrorsShowWhereTheTextStoppedMatching) {
  const auto pattern = DateTimePattern::Compile("%Y-%m");
  EXPECT_EQ(pattern->Parse("2020-13").status().message(),
            "Could not parse string \"2020-13\" according to format specifier \"%Y-%m\"\n2020-13\n "
            "    ^\n"
            "Error: Month out of range, expected a value between 1 and 12");
  EXPECT_EQ(DateTimePattern::Compile("%q").status().message(),
            "Failed to parse format specifier %q: Unrecognized format for strftime/strptime: %q");
}

TEST(DateTimePatternTest, NanosecondsFormatInFull) {
  const auto pattern = DateTimePattern::Compile("%n %f x");
  std::string text;
  pattern->FormatTimestamp(-1, TimeUnit::kNano, &text);
  EXPECT_EQ(text, "999999999 999999 x");
}

TEST(DateTimeParseTest, TrailingTextIsNeverIgnored) {
  int64_t micros;
  for (const char* text : {"12:00:00x", "1:2:333", "1:2:3:4", "1:2:3,5", "12:34:56.7x"}) {
    EXPECT_EQ(ParseTime(text, &micros), DateTimeParse::kMalformed) << text;
  }
}

}  // namespace
}  // namespace trivet
