// The time of the query, time zones and time buckets.
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_arithmetic.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

int64_t LocalQueryTime(const EvaluationContext& context) {
  int64_t local = context.query_time_micros();
  SessionZone(context).ToLocal(local, &local);
  return local;
}

void Now(const KernelCall& call, Vector& result) {
  for (size_t row = 0; row < call.count; ++row) {
    result.mutable_data<int64_t>()[row] = call.context.query_time_micros();
  }
}

void LocalNow(const KernelCall& call, Vector& result) {
  const int64_t local = LocalQueryTime(call.context);
  for (size_t row = 0; row < call.count; ++row) result.mutable_data<int64_t>()[row] = local;
}

void LocalTime(const KernelCall& call, Vector& result) {
  const int64_t time = TimeOfMicros(LocalQueryTime(call.context));
  for (size_t row = 0; row < call.count; ++row) result.mutable_data<int64_t>()[row] = time;
}

void Today(const KernelCall& call, Vector& result) {
  const int32_t today = DateOfMicros(LocalQueryTime(call.context));
  for (size_t row = 0; row < call.count; ++row) result.mutable_data<int32_t>()[row] = today;
}

// timezone(name, x): a local time becomes an instant, an instant the local time.
template <bool to_utc>
void ConvertZone(const KernelCall& call, Vector& result) {
  const Argument<StringView> names(call, 0);
  const Argument<int64_t> moments(call, 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    const Result<const TimeZone*> zone = TimeZone::Find(names[row].view());
    if (!zone.ok()) return Fail(call, result, row, zone.status());
    const bool fits = to_utc ? (*zone)->ToUtc(moments[row], &out[row])
                             : (*zone)->ToLocal(moments[row], &out[row]);
    if (!fits) {
      Fail(call, result, row, Status::InvalidInput("Timestamp out of range for the time zone"));
    }
  });
}

// Dates and timestamps as microseconds and back.
template <typename Moment>
bool ToMicros(Moment moment, int64_t* micros) {
  if constexpr (sizeof(Moment) == 4) {
    return CombineDateTime(moment, 0, micros);
  } else {
    *micros = moment;
    return true;
  }
}
template <typename Moment>
Moment FromMicros(int64_t micros) {
  if constexpr (sizeof(Moment) == 4) {
    if (!IsFiniteTimestamp(micros)) return micros > 0 ? kDateInfinity : kDateNegativeInfinity;
    return DateOfMicros(micros);
  } else {
    return micros;
  }
}

enum class Third { kNone, kOffset, kOrigin };

// Nothing where an infinite origin leaves the buckets undefined.
template <typename Moment, Third third>
Result<std::optional<Moment>> BucketOf(const Interval& width, Moment moment, const Interval& offset,
                                       Moment origin_moment) {
  int64_t micros = 0;
  int64_t origin = 0;
  const Status out_of_range = Status::InvalidInput("Timestamp out of range in time_bucket");
  if (!ToMicros(moment, &micros) || !ToMicros(origin_moment, &origin)) return out_of_range;
  // A bad width is an error beside infinite values, too.
  TRIVET_RETURN_IF_ERROR(TimeBucket(width, 0, std::nullopt).status());
  if (third == Third::kOrigin && !IsFiniteTimestamp(origin)) return std::optional<Moment>();
  if (third == Third::kOffset && !SubtractFromTimestamp(micros, offset, &micros)) {
    return out_of_range;
  }
  TRIVET_ASSIGN_OR_RETURN(
      int64_t bucket,
      TimeBucket(width, micros, third == Third::kOrigin ? std::optional(origin) : std::nullopt));
  if (third == Third::kOffset && !AddToTimestamp(bucket, offset, &bucket)) return out_of_range;
  return std::optional<Moment>(FromMicros<Moment>(bucket));
}

template <typename Moment, Third third>
void Bucket(const KernelCall& call, Vector& result) {
  const Argument<Interval> widths(call, 0);
  const Argument<Moment> moments(call, 1);
  const Argument<Interval> offsets(call, third == Third::kOffset ? 2 : 0);
  const Argument<Moment> origins(call, third == Third::kOrigin ? 2 : 1);
  auto* out = result.mutable_data<Moment>();
  ForEachRow(call, result, [&](size_t row) {
    const Interval offset = third == Third::kOffset ? offsets[row] : Interval{};
    const Result<std::optional<Moment>> bucket =
        BucketOf<Moment, third>(widths[row], moments[row], offset, origins[row]);
    if (!bucket.ok()) return Fail(call, result, row, bucket.status());
    if (!bucket->has_value()) return result.SetNull(row);
    out[row] = **bucket;
  });
}

// Buckets of a day, which begin at midnight, at an offset from it or at a time.
template <Third third>
void BucketOfTime(const KernelCall& call, Vector& result) {
  const Argument<Interval> widths(call, 0);
  const Argument<int64_t> times(call, 1);
  const Argument<Interval> offsets(call, third == Third::kOffset ? 2 : 0);
  const Argument<int64_t> origins(call, third == Third::kOrigin ? 2 : 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    const int64_t begin = third == Third::kOffset   ? offsets[row].micros % kMicrosPerDay
                          : third == Third::kOrigin ? origins[row]
                                                    : 0;
    const Result<int64_t> bucket = TimeBucket(widths[row], times[row] - begin, 0);
    if (!bucket.ok()) return Fail(call, result, row, bucket.status());
    out[row] = FloorModulo(*bucket + begin, kMicrosPerDay);
  });
}

template <typename Moment>
void AddBuckets(FunctionRegistry& registry, const LogicalType& type) {
  const TypeId interval = TypeId::kInterval;
  const char* description = "The start of the bucket of a width that holds the value";
  registry.AddScalar(FailingSignature("time_bucket", {interval, type}, type,
                                      Bucket<Moment, Third::kNone>, description));
  registry.AddScalar(FailingSignature("time_bucket", {interval, type, interval}, type,
                                      Bucket<Moment, Third::kOffset>, description));
  registry.AddScalar(FailingSignature("time_bucket", {interval, type, type}, type,
                                      Bucket<Moment, Third::kOrigin>, description));
}

}  // namespace

void RegisterCurrentTime(FunctionRegistry& registry) {
  const auto add = [&](const char* name, const LogicalType& type, ScalarKernel kernel,
                       const char* description) {
    ScalarFunction function = Signature(name, {}, type, kernel, description);
    function.volatility = Volatility::kStable;
    registry.AddScalar(std::move(function));
  };
  const char* now = "When the query started";
  for (const char* name :
       {"now", "current_timestamp", "get_current_timestamp", "transaction_timestamp"}) {
    add(name, kTimestampTz, Now, now);
  }
  add("localtimestamp", kTimestamp, LocalNow, "When the query started, in the session's time zone");
  add("current_localtimestamp", kTimestamp, LocalNow,
      "When the query started, in the session's time zone");
  for (const char* name : {"current_date", "today"}) {
    add(name, TypeId::kDate, Today, "The date on which the query started");
  }
  for (const char* name : {"localtime", "current_localtime", "current_time", "get_current_time"}) {
    add(name, TypeId::kTime, LocalTime, "The time of day at which the query started");
  }
  const TypeId text = TypeId::kVarchar;
  registry.AddScalar(FailingSignature("timezone", {text, kTimestamp}, kTimestampTz,
                                      ConvertZone<true>, "The instant of a local time in a zone"));
  registry.AddScalar(FailingSignature("timezone", {text, kTimestampTz}, kTimestamp,
                                      ConvertZone<false>,
                                      "The local time of an instant in a zone"));
  AddBuckets<int32_t>(registry, TypeId::kDate);
  AddBuckets<int64_t>(registry, kTimestamp);
  AddBuckets<int64_t>(registry, kTimestampTz);
  const TypeId time = TypeId::kTime, interval = TypeId::kInterval;
  const char* description = "The start of the bucket of a width that holds the time";
  registry.AddScalar(FailingSignature("time_bucket", {interval, time}, time,
                                      BucketOfTime<Third::kNone>, description));
  registry.AddScalar(FailingSignature("time_bucket", {interval, time, interval}, time,
                                      BucketOfTime<Third::kOffset>, description));
  registry.AddScalar(FailingSignature("time_bucket", {interval, time, time}, time,
                                      BucketOfTime<Third::kOrigin>, description));
}

}  // namespace trivet
