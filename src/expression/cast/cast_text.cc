// Text to and from every scalar type.
#include <limits>

#include "base/string_concat.h"
#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"
#include "types/binary_text.h"
#include "types/date_time.h"
#include "types/date_time_format.h"
#include "types/date_time_parse.h"
#include "types/decimal.h"
#include "types/interval.h"
#include "types/number_format.h"
#include "types/number_parse.h"
#include "types/time_zone.h"

namespace trivet::cast_internal {

namespace {

// Runs parse(text, out) → bool on every row and error(text) → Status where it fails.
template <typename To, typename Parse, typename Error>
void FromText(const KernelCall& call, Vector& result, const Parse& parse, const Error& error) {
  const Argument<StringView> in(call, 0);
  To* const out = result.mutable_data<To>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view text = in[row].view();
    To value{};
    if (parse(text, value)) {
      out[row] = value;
    } else {
      out[row] = To{};
      Fail(call, result, row, error(text));
    }
  });
}

template <typename To>
void TextToInteger(const KernelCall& call, Vector& result) {
  constexpr int kBits = 8 * sizeof(To) - (std::is_unsigned_v<To> ? 0 : 1);
  constexpr int128_t kMaximum =
      kBits >= 127 ? kInt128Max : (int128_t{1} << (kBits >= 127 ? 0 : kBits)) - 1;
  constexpr int128_t kMinimum = std::is_unsigned_v<To> ? 0 : -kMaximum - 1;
  FromText<To>(
      call, result,
      [](std::string_view text, To& out) {
        int128_t value = 0;
        if (ParseInteger(text, kMinimum, kMaximum, &value) != NumberParse::kOk) return false;
        out = static_cast<To>(value);
        return true;
      },
      [&](std::string_view text) { return BadText(text, StorageName(call.result_type)); });
}

template <typename To>
void TextToDecimal(const KernelCall& call, Vector& result) {
  const LogicalType& to = call.result_type;
  FromText<To>(
      call, result,
      [&to](std::string_view text, To& out) {
        int128_t value = 0;
        if (ParseDecimal(text, to.precision(), to.scale(), &value) != NumberParse::kOk)
          return false;
        out = static_cast<To>(value);
        return true;
      },
      [&to](std::string_view text) {
        return Status::InvalidInput(
            StrCat("Could not convert string \"", text, "\" to ", to.ToString()));
      });
}

void TextToFloat(const KernelCall& call, Vector& result) {
  FromText<float>(
      call, result,
      [](std::string_view text, float& out) { return ParseFloat(text, &out) == NumberParse::kOk; },
      [](std::string_view text) { return BadText(text, "FLOAT"); });
}

void TextToDouble(const KernelCall& call, Vector& result) {
  FromText<double>(
      call, result,
      [](std::string_view text, double& out) {
        return ParseDouble(text, &out) == NumberParse::kOk;
      },
      [](std::string_view text) { return BadText(text, "DOUBLE"); });
}

void TextToBoolean(const KernelCall& call, Vector& result) {
  FromText<uint8_t>(
      call, result,
      [](std::string_view text, uint8_t& out) {
        bool value = false;
        const bool valid = ParseBoolean(text, &value);
        out = value ? 1 : 0;
        return valid;
      },
      [](std::string_view text) { return BadText(text, "BOOL"); });
}

void TextToUuid(const KernelCall& call, Vector& result) {
  FromText<int128_t>(
      call, result, [](std::string_view text, int128_t& out) { return ParseUuid(text, &out); },
      [](std::string_view text) { return BadText(text, "UUID"); });
}

void TextToDate(const KernelCall& call, Vector& result) {
  DateTimeParse outcome = DateTimeParse::kOk;
  FromText<int32_t>(
      call, result,
      [&outcome](std::string_view text, int32_t& out) {
        outcome = ParseDate(text, &out);
        return outcome == DateTimeParse::kOk;
      },
      [&outcome](std::string_view text) { return DateParseError(text, outcome); });
}

void TextToTime(const KernelCall& call, Vector& result) {
  FromText<int64_t>(
      call, result,
      [](std::string_view text, int64_t& out) {
        return ParseTime(text, &out) == DateTimeParse::kOk;
      },
      TimeParseError);
}

void TextToTimestamp(const KernelCall& call, Vector& result) {
  const TimeUnit unit = call.result_type.unit();
  DateTimeParse outcome = DateTimeParse::kOk;
  FromText<int64_t>(
      call, result,
      [&](std::string_view text, int64_t& out) {
        outcome = ParseTimestamp(text, unit, &out);
        return outcome == DateTimeParse::kOk;
      },
      [&outcome](std::string_view text) { return TimestampParseError(text, outcome); });
}

void TextToTimestampWithZone(const KernelCall& call, Vector& result) {
  const Result<const TimeZone*> zone = TimeZone::Find(call.context.time_zone());
  const TimeUnit unit = call.result_type.unit();
  Status failure;
  FromText<int64_t>(
      call, result,
      [&](std::string_view text, int64_t& out) {
        if (!zone.ok()) {
          failure = zone.status();
          return false;
        }
        const Result<int64_t> micros = ParseTimestampWithZone(text, **zone);
        if (!micros.ok()) {
          failure = micros.status();
          return false;
        }
        if (ConvertTimestampUnit(*micros, TimeUnit::kMicro, unit, &out)) return true;
        failure = TimestampParseError(text, DateTimeParse::kOutOfRange);
        return false;
      },
      [&failure](std::string_view) { return failure; });
}

void TextToInterval(const KernelCall& call, Vector& result) {
  Status failure;
  FromText<Interval>(
      call, result,
      [&failure](std::string_view text, Interval& out) {
        const Result<Interval> interval = ParseInterval(text);
        if (interval.ok()) {
          out = *interval;
        } else {
          failure = interval.status();
        }
        return interval.ok();
      },
      [&failure](std::string_view) { return failure; });
}

void TextToBlob(const KernelCall& call, Vector& result) {
  const Argument<StringView> in(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    if (!scratch.Pay(2 * size_t{in[row].size()})) return;
    const Result<std::string> bytes = trivet::TextToBlob(in[row].view());
    if (bytes.ok()) {
      result.SetString(row, *bytes);
    } else {
      Fail(call, result, row, bytes.status());
    }
  });
}

// Runs write(out, value) → end on every row; what it writes is at most `max_size` bytes.
template <typename From, size_t max_size, typename Write>
void ToText(const KernelCall& call, Vector& result, const Write& write) {
  const Argument<From> in(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    char text[max_size];
    const char* const end = write(text, in[row]);
    result.SetString(row, {text, static_cast<size_t>(end - text)});
  });
}

template <typename From>
void IntegerToText(const KernelCall& call, Vector& result) {
  ToText<From, kMaxIntegerTextSize>(call, result, [](char* out, From value) {
    if constexpr (sizeof(From) == 16) {
      return WriteInt128(out, value);
    } else if constexpr (std::is_unsigned_v<From>) {
      return WriteUInt64(out, value);
    } else {
      return WriteInt64(out, value);
    }
  });
}

template <typename From>
void DecimalToText(const KernelCall& call, Vector& result) {
  const LogicalType& from = call.arguments[0].type();
  ToText<From, kMaxDecimalTextSize>(call, result, [&from](char* out, From value) {
    return WriteDecimal(out, value, from.precision(), from.scale());
  });
}

void BooleanToText(const KernelCall& call, Vector& result) {
  const Argument<uint8_t> in(call, 0);
  ForEachRow(call, result,
             [&](size_t row) { result.SetString(row, in[row] != 0 ? "true" : "false"); });
}

void FloatToText(const KernelCall& call, Vector& result) {
  ToText<float, kMaxFloatingTextSize>(
      call, result, [](char* out, float value) { return WriteFloat(out, value); });
}

void DoubleToText(const KernelCall& call, Vector& result) {
  ToText<double, kMaxFloatingTextSize>(
      call, result, [](char* out, double value) { return WriteDouble(out, value); });
}

void DateToText(const KernelCall& call, Vector& result) {
  ToText<int32_t, kMaxDateTimeTextSize>(
      call, result, [](char* out, int32_t days) { return WriteDate(out, days); });
}

void TimeToText(const KernelCall& call, Vector& result) {
  ToText<int64_t, kMaxDateTimeTextSize>(
      call, result, [](char* out, int64_t micros) { return WriteTime(out, micros); });
}

void TimestampToText(const KernelCall& call, Vector& result) {
  const LogicalType& from = call.arguments[0].type();
  const TimeUnit unit = from.unit();
  if (!from.with_time_zone()) {
    ToText<int64_t, kMaxDateTimeTextSize>(call, result, [unit](char* out, int64_t ticks) {
      return WriteTimestamp(out, ticks, unit);
    });
    return;
  }
  // An unknown zone cannot be set, so text in UTC is a fallback that is never seen; it is exact
  // anyway.
  const Result<const TimeZone*> found = TimeZone::Find(call.context.time_zone());
  const TimeZone& zone = found.ok() ? **found : TimeZone::Utc();
  ToText<int64_t, kMaxDateTimeTextSize>(call, result, [&zone, unit](char* out, int64_t ticks) {
    const int64_t second = FloorDivide(ticks, TicksPerSecond(unit));
    return WriteTimestampWithZone(out, ticks, unit, zone.OffsetAtSeconds(second));
  });
}

void IntervalToText(const KernelCall& call, Vector& result) {
  ToText<Interval, kMaxIntervalTextSize>(call, result, [](char* out, const Interval& interval) {
    return WriteInterval(out, interval);
  });
}

void UuidToText(const KernelCall& call, Vector& result) {
  ToText<int128_t, kUuidTextSize>(call, result,
                                  [](char* out, int128_t uuid) { return WriteUuid(out, uuid); });
}

void BlobToTextKernel(const KernelCall& call, Vector& result) {
  const Argument<StringView> in(call, 0);
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    constexpr size_t kMostBytes = 8;  // four for a byte, in memory that doubles
    if (!scratch.Pay(in[row].size() * kMostBytes)) return;
    result.SetString(row, BlobToText(in[row].view()));
  });
}

// Lists and structs, by way of values.
void NestedToText(const KernelCall& call, Vector& result) {
  const Result<const TimeZone*> found = TimeZone::Find(call.context.time_zone());
  const TimeZone& zone = found.ok() ? **found : TimeZone::Utc();
  ForEachRow(call, result, [&](size_t row) {
    result.SetString(row, call.arguments[0].GetValue(row).ToString(zone));
  });
}

}  // namespace

CastKernel FindFromTextCast(const LogicalType& to) {
  switch (to.id()) {
    case TypeId::kBoolean: return TextToBoolean;
    case TypeId::kFloat: return TextToFloat;
    case TypeId::kDouble: return TextToDouble;
    case TypeId::kUuid: return TextToUuid;
    case TypeId::kBlob: return TextToBlob;
    case TypeId::kDate: return TextToDate;
    case TypeId::kTime: return TextToTime;
    case TypeId::kTimestamp: return to.with_time_zone() ? TextToTimestampWithZone : TextToTimestamp;
    case TypeId::kInterval: return TextToInterval;
    default: break;
  }
  const bool decimal = to.id() == TypeId::kDecimal;
  switch (to.physical()) {
    case PhysicalType::kInt8: return TextToInteger<int8_t>;
    case PhysicalType::kInt16: return decimal ? TextToDecimal<int16_t> : TextToInteger<int16_t>;
    case PhysicalType::kInt32: return decimal ? TextToDecimal<int32_t> : TextToInteger<int32_t>;
    case PhysicalType::kInt64: return decimal ? TextToDecimal<int64_t> : TextToInteger<int64_t>;
    case PhysicalType::kInt128: return decimal ? TextToDecimal<int128_t> : TextToInteger<int128_t>;
    case PhysicalType::kUInt8: return TextToInteger<uint8_t>;
    case PhysicalType::kUInt16: return TextToInteger<uint16_t>;
    case PhysicalType::kUInt32: return TextToInteger<uint32_t>;
    case PhysicalType::kUInt64: return TextToInteger<uint64_t>;
    default: return nullptr;
  }
}

CastKernel FindToTextCast(const LogicalType& from) {
  switch (from.id()) {
    case TypeId::kBoolean: return BooleanToText;
    case TypeId::kFloat: return FloatToText;
    case TypeId::kDouble: return DoubleToText;
    case TypeId::kUuid: return UuidToText;
    case TypeId::kBlob: return BlobToTextKernel;
    case TypeId::kDate: return DateToText;
    case TypeId::kTime: return TimeToText;
    case TypeId::kTimestamp: return TimestampToText;
    case TypeId::kInterval: return IntervalToText;
    case TypeId::kList:
    case TypeId::kStruct: return NestedToText;
    default: break;
  }
  const bool decimal = from.id() == TypeId::kDecimal;
  switch (from.physical()) {
    case PhysicalType::kInt8: return IntegerToText<int8_t>;
    case PhysicalType::kInt16: return decimal ? DecimalToText<int16_t> : IntegerToText<int16_t>;
    case PhysicalType::kInt32: return decimal ? DecimalToText<int32_t> : IntegerToText<int32_t>;
    case PhysicalType::kInt64: return decimal ? DecimalToText<int64_t> : IntegerToText<int64_t>;
    case PhysicalType::kInt128: return decimal ? DecimalToText<int128_t> : IntegerToText<int128_t>;
    case PhysicalType::kUInt8: return IntegerToText<uint8_t>;
    case PhysicalType::kUInt16: return IntegerToText<uint16_t>;
    case PhysicalType::kUInt32: return IntegerToText<uint32_t>;
    case PhysicalType::kUInt64: return IntegerToText<uint64_t>;
    default: return nullptr;
  }
}

}  // namespace trivet::cast_internal
