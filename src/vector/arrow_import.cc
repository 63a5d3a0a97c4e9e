#include "vector/arrow_import.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/int128.h"
#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/decimal.h"
#include "vector/arrow_export.h"

namespace trivet {

namespace {

Status Unsupported(std::string_view format) {
  return Status::NotImplemented(StrCat("the Arrow type of format \"", format, "\""));
}

Result<TimeUnit> UnitOf(char letter, std::string_view format) {
  switch (letter) {
    case 's': return TimeUnit::kSecond;
    case 'm': return TimeUnit::kMilli;
    case 'u': return TimeUnit::kMicro;
    case 'n': return TimeUnit::kNano;
    default: return Unsupported(format);
  }
}

// The numbers of "d:12,2" behind the colon; nothing where one is none.
std::vector<uint32_t> NumbersOf(std::string_view format) {
  std::vector<uint32_t> numbers;
  const char* at = format.data() + format.find(':');
  const char* const end = format.data() + format.size();
  do {
    uint32_t number = 0;
    const std::from_chars_result parsed = std::from_chars(at + 1, end, number);
    if (parsed.ec != std::errc() || (parsed.ptr != end && *parsed.ptr != ',')) return {};
    numbers.push_back(number);
    at = parsed.ptr;
  } while (at != end);
  return numbers;
}

Result<LogicalType> DecimalType(std::string_view format) {
  const std::vector<uint32_t> numbers = NumbersOf(format);
  if (numbers.size() < 2 || numbers[0] < 1 || numbers[0] > kMaxDecimalPrecision ||
      numbers[1] > numbers[0]) {
    return Unsupported(format);
  }
  return LogicalType::Decimal(static_cast<uint8_t>(numbers[0]), static_cast<uint8_t>(numbers[1]));
}

// Bits of an Arrow decimal: the number behind the second comma, 128 where there is none.
size_t DecimalBits(std::string_view format) {
  const std::vector<uint32_t> numbers = NumbersOf(format);
  return numbers.size() < 3 ? 128 : numbers[2];
}

// Is the field of the extension type arrow.uuid? Metadata is a number of pairs, then each text
// behind its length.
bool IsUuid(const ArrowSchema& schema) {
  if (schema.metadata == nullptr || std::string_view(schema.format) != "w:16") return false;
  const char* at = schema.metadata;
  const auto number = [&at] {
    int32_t value;
    std::memcpy(&value, at, sizeof(value));
    at += sizeof(value);
    return value;
  };
  const auto text = [&] {
    const int32_t size = number();
    const std::string_view found(at, static_cast<size_t>(std::max(size, 0)));
    at += found.size();
    return found;
  };
  for (int32_t pairs = number(); pairs > 0; --pairs) {
    const std::string_view key = text();
    const std::string_view value = text();
    if (key == "ARROW:extension:name") return value == "arrow.uuid";
  }
  return false;
}

// One column's import: where rows [begin, begin + count) lie, with the array's own offset.
struct Import {
  const ArrowSchema& schema;
  const ArrowArray& array;
  size_t first;  // physical row
  size_t count;
  Owner owner;

  template <typename T>
  const T* buffer(size_t i) const {
    return static_cast<const T*>(array.buffers[i]);
  }
};

// The rows' validity; shared where it starts at a word.
void ImportValidity(const Import& import, Vector& vector) {
  if (import.array.null_count == 0 || import.array.n_buffers == 0) return;
  const auto* bits = import.buffer<uint8_t>(0);
  if (bits == nullptr) return;
  uint64_t* words = nullptr;
  for (size_t i = 0; i < import.count; ++i) {
    const size_t row = import.first + i;
    if ((bits[row / 8] >> (row % 8)) & 1) continue;
    if (!words) words = vector.MutableValidity();
    words[i >> 6] &= ~(uint64_t{1} << (i & 63));
  }
}

template <typename From, typename To, typename Convert>
Vector ConvertEach(const Import& import, const LogicalType& type, const Convert& convert) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  const auto* in = import.buffer<uint8_t>(1) + import.first * sizeof(From);
  auto* out = vector.mutable_data<To>();
  for (size_t i = 0; i < import.count; ++i) {
    From value;  // foreign buffers are aligned to 8 bytes only
    std::memcpy(&value, in + i * sizeof(From), sizeof(From));
    out[i] = convert(value);
  }
  ImportValidity(import, vector);
  return vector;
}

// As ConvertEach, with a `convert(value, out)` that may refuse a value: InvalidInput for the first
// one that a row holds. What lies beneath a NULL is nobody's value.
template <typename From, typename To, typename Convert>
Result<Vector> ConvertChecked(const Import& import, const LogicalType& type,
                              const Convert& convert) {
  bool good = true;
  Vector vector = ConvertEach<From, To>(import, type, [&](const From& value) {
    To out{};
    good &= convert(value, out);
    return out;
  });
  if (good) return vector;
  const VectorView view = vector.View();
  for (size_t i = 0; i < import.count; ++i) {
    From value;
    To out{};
    std::memcpy(&value, import.buffer<uint8_t>(1) + (import.first + i) * sizeof(From),
                sizeof(From));
    if (!view.IsValid(i) || convert(value, out)) continue;
    return Status::InvalidInput(StrCat("the Arrow value ", Int128ToString(int128_t{value}),
                                       " of format \"", import.schema.format,
                                       "\" is outside the range of ", type.ToString()));
  }
  return vector;
}

// Ticks of a unit as microseconds; those of a nanosecond are rounded towards the past.
bool ToMicros(char unit, int64_t ticks, int64_t& micros) {
  switch (unit) {
    case 's': return !__builtin_mul_overflow(ticks, int64_t{1'000'000}, &micros);
    case 'm': return !__builtin_mul_overflow(ticks, int64_t{1000}, &micros);
    case 'n': micros = ticks / 1000 - (ticks % 1000 < 0 ? 1 : 0); return true;
    default: micros = ticks; return true;
  }
}

template <typename Ticks>
Result<Vector> ImportTimes(const Import& import, char unit) {
  return ConvertChecked<Ticks, int64_t>(
      import, TypeId::kTime, [unit](Ticks ticks, int64_t& micros) {
        return ToMicros(unit, ticks, micros) && micros >= 0 && micros <= kMicrosPerDay;
      });
}

// Same layout on both sides: the values stay where they are, unless rows with NULLs need own
// validity.
Vector ImportFixed(const Import& import, const LogicalType& type) {
  const size_t width = TypeSize(type);
  const uint8_t* data = import.buffer<uint8_t>(1) + import.first * width;
  const bool aligned = reinterpret_cast<uintptr_t>(data) % width == 0;
  const bool nullable = import.array.null_count != 0 && import.array.buffers[0] != nullptr;
  if (aligned && !nullable) {
    return Vector::Wrap(type, data, nullptr, import.owner, std::max<size_t>(import.count, 1));
  }
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  std::memcpy(vector.mutable_data<uint8_t>(), data, width * import.count);
  ImportValidity(import, vector);
  return vector;
}

template <typename Offset>
Result<Vector> ImportStrings(const Import& import, const LogicalType& type) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  ImportValidity(import, vector);
  const auto* offsets = import.buffer<Offset>(1) + import.first;
  const auto* bytes = import.buffer<char>(2);
  auto* out = vector.mutable_data<StringView>();
  const VectorView view = vector.View();
  for (size_t i = 0; i < import.count; ++i) {
    if (!view.IsValid(i)) continue;
    if (offsets[i + 1] < offsets[i] || offsets[i + 1] - offsets[i] > int64_t{INT32_MAX}) {
      return Status::InvalidInput("an Arrow string has impossible offsets");
    }
    out[i] = StringView(bytes + offsets[i], static_cast<uint32_t>(offsets[i + 1] - offsets[i]));
  }
  vector.AddOwner(import.owner);
  return vector;
}

Vector ImportFixedBinary(const Import& import, const LogicalType& type, uint32_t width) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  ImportValidity(import, vector);
  const auto* bytes = import.buffer<char>(1) + import.first * width;
  auto* out = vector.mutable_data<StringView>();
  for (size_t i = 0; i < import.count; ++i) out[i] = StringView(bytes + i * width, width);
  vector.AddOwner(import.owner);
  return vector;
}

// Vectors hold UUIDs as numbers whose first bit is flipped, so that they order as their bytes do.
Vector ImportUuids(const Import& import) {
  struct Bytes {
    uint64_t high;
    uint64_t low;
  };
  return ConvertEach<Bytes, int128_t>(import, TypeId::kUuid, [](const Bytes& bytes) {
    const uint128_t bits =
        static_cast<uint128_t>(__builtin_bswap64(bytes.high)) << 64 | __builtin_bswap64(bytes.low);
    return static_cast<int128_t>(bits) ^ kInt128Min;
  });
}

// Arrow's views: 4-byte length, then 12 bytes inline, or prefix, buffer number and offset.
Vector ImportStringViews(const Import& import, const LogicalType& type) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  ImportValidity(import, vector);
  const auto* views = import.buffer<ArrowStringView>(1) + import.first;
  auto* out = vector.mutable_data<StringView>();
  const VectorView view = vector.View();
  for (size_t i = 0; i < import.count; ++i) {
    if (!view.IsValid(i)) continue;
    const auto size = static_cast<uint32_t>(views[i].size);
    const char* bytes =
        size <= StringView::kInlineSize
            ? reinterpret_cast<const char*>(views + i) + 4
            : import.buffer<char>(2 + static_cast<size_t>(views[i].buffer)) + views[i].offset;
    out[i] = StringView(bytes, size);
  }
  vector.AddOwner(import.owner);
  return vector;
}

Vector ImportBooleans(const Import& import) {
  Vector vector = Vector::MakeFlat(TypeId::kBoolean, std::max<size_t>(import.count, 1));
  const auto* bits = import.buffer<uint8_t>(1);
  auto* out = vector.mutable_data<uint8_t>();
  for (size_t i = 0; i < import.count; ++i) {
    const size_t row = import.first + i;
    out[i] = (bits[row / 8] >> (row % 8)) & 1;
  }
  ImportValidity(import, vector);
  return vector;
}

template <typename From>
Result<Vector> ImportDecimals(const Import& import, const LogicalType& type) {
  const auto narrow = [limit = PowerOfTen(type.precision())](const From& value, auto& out) {
    out = static_cast<std::remove_reference_t<decltype(out)>>(value);
    return value < limit && value > -limit;
  };
  switch (type.physical()) {
    case PhysicalType::kInt16: return ConvertChecked<From, int16_t>(import, type, narrow);
    case PhysicalType::kInt32: return ConvertChecked<From, int32_t>(import, type, narrow);
    case PhysicalType::kInt64: return ConvertChecked<From, int64_t>(import, type, narrow);
    default: return ConvertChecked<From, int128_t>(import, type, narrow);
  }
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1F;
  const uint32_t fraction = half & 0x3FF;
  if (exponent == 0) {  // zero and denormals
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  const uint32_t bits = sign | ((exponent == 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

Result<Vector> ImportDictionary(const Import& import, const LogicalType& type,
                                ArrowDictionaryCache* dictionaries) {
  const ArrowArray& values = *import.array.dictionary;
  const size_t size = static_cast<size_t>(values.length);
  ArrowDictionaryCache uncached;
  ArrowDictionaryCache::Entry& known = (dictionaries ? dictionaries : &uncached)->Find(&values);
  if (known.values == nullptr) {
    // One entry more, NULL, for rows that have no code.
    TRIVET_ASSIGN_OR_RETURN(Vector entries, ImportArrowColumn(*import.schema.dictionary, values,
                                                              type, 0, size, import.owner));
    Vector dictionary = Vector::MakeFlat(type, size + 1);
    CopyRows(entries, nullptr, size, dictionary, 0);
    dictionary.SetNull(size);
    known.values = std::make_shared<const Vector>(std::move(dictionary));
    known.id = Vector::NextDictionaryId();
  }
  auto codes = MakeIndices(std::max<size_t>(import.count, 1));
  const auto* validity = import.array.null_count == 0 ? nullptr : import.buffer<uint8_t>(0);
  const char width = import.schema.format[0];
  for (size_t i = 0; i < import.count; ++i) {
    const size_t row = import.first + i;
    uint64_t code = size;
    if (!validity || ((validity[row / 8] >> (row % 8)) & 1)) {
      switch (width) {
        case 'c':
        case 'C': code = import.buffer<uint8_t>(1)[row]; break;
        case 's':
        case 'S': code = import.buffer<uint16_t>(1)[row]; break;
        case 'i':
        case 'I': code = import.buffer<uint32_t>(1)[row]; break;
        default: code = import.buffer<uint64_t>(1)[row]; break;
      }
      if (code >= size) return Status::InvalidInput("an Arrow dictionary index is out of range");
    }
    codes[i] = static_cast<uint32_t>(code);
  }
  return Vector::MakeDictionary(known.values, std::move(codes), size + 1, known.id);
}

template <typename Offset>
Result<Vector> ImportLists(const Import& import, const LogicalType& type) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  ImportValidity(import, vector);
  const auto* offsets = import.buffer<Offset>(1) + import.first;
  const size_t from = static_cast<size_t>(offsets[0]);
  const size_t elements = static_cast<size_t>(offsets[import.count]) - from;
  TRIVET_ASSIGN_OR_RETURN(vector.mutable_children().front(),
                          ImportArrowColumn(*import.schema.children[0], *import.array.children[0],
                                            type.element(), from, elements, import.owner));
  vector.mutable_children().front().Flatten(elements);
  auto* out = vector.mutable_data<ListEntry>();
  for (size_t i = 0; i < import.count; ++i) {
    out[i] = {static_cast<uint64_t>(offsets[i]) - from,
              static_cast<uint64_t>(offsets[i + 1] - offsets[i])};
  }
  return vector;
}

Result<Vector> ImportStruct(const Import& import, const LogicalType& type) {
  Vector vector = Vector::MakeFlat(type, std::max<size_t>(import.count, 1));
  for (size_t i = 0; i < type.fields().size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(
        vector.mutable_children()[i],
        ImportArrowColumn(*import.schema.children[i], *import.array.children[i],
                          type.fields()[i].type, import.first, import.count, import.owner));
    vector.mutable_children()[i].Flatten(import.count);
  }
  ImportValidity(import, vector);
  return vector;
}

struct ArrowInterval {
  int32_t months;
  int32_t days;
  int64_t nanos;
};

Result<Vector> ImportTemporal(const Import& import, std::string_view format,
                              const LogicalType& type) {
  if (format == "tdm") {
    return ConvertChecked<int64_t, int32_t>(import, type, [](int64_t milliseconds, int32_t& days) {
      const int64_t whole = milliseconds / 86'400'000;
      days = static_cast<int32_t>(whole);
      return days == whole;
    });
  }
  if (format == "tts" || format == "ttm") return ImportTimes<int32_t>(import, format[2]);
  if (format == "ttu" || format == "ttn") return ImportTimes<int64_t>(import, format[2]);
  if (format.starts_with("tD")) {
    return ConvertChecked<int64_t, Interval>(import, type,
                                             [unit = format[2]](int64_t ticks, Interval& interval) {
                                               return ToMicros(unit, ticks, interval.micros);
                                             });
  }
  if (format == "tiM") {
    return ConvertEach<int32_t, Interval>(import, type,
                                          [](int32_t m) { return Interval{m, 0, 0}; });
  }
  if (format == "tin") {
    return ConvertEach<ArrowInterval, Interval>(import, type, [](const ArrowInterval& value) {
      return Interval{value.months, value.days, value.nanos / 1000};
    });
  }
  return ImportFixed(import, type);
}

}  // namespace

Result<LogicalType> ImportArrowType(const ArrowSchema& schema) {
  if (schema.dictionary) return ImportArrowType(*schema.dictionary);
  const std::string_view format = schema.format;
  if (format.starts_with("d:")) return DecimalType(format);
  if (format.starts_with("w:")) return LogicalType(IsUuid(schema) ? TypeId::kUuid : TypeId::kBlob);
  if (format.starts_with("ts") && format.size() >= 4) {
    TRIVET_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(format[2], format));
    const bool with_zone = format.size() > 4;
    // Times with a zone have microseconds; only those without keep other units.
    return LogicalType::Timestamp(with_zone ? TimeUnit::kMicro : unit, with_zone);
  }
  if (format == "+l" || format == "+L") {
    TRIVET_ASSIGN_OR_RETURN(LogicalType element, ImportArrowType(*schema.children[0]));
    return LogicalType::List(std::move(element));
  }
  if (format == "+s") {
    std::vector<StructField> fields;
    for (int64_t i = 0; i < schema.n_children; ++i) {
      TRIVET_ASSIGN_OR_RETURN(LogicalType type, ImportArrowType(*schema.children[i]));
      fields.push_back({schema.children[i]->name, std::move(type)});
    }
    return LogicalType::Struct(std::move(fields));
  }
  static const std::pair<const char*, TypeId> kSimple[] = {
      {"n", TypeId::kNull},       {"b", TypeId::kBoolean},    {"c", TypeId::kInt8},
      {"s", TypeId::kInt16},      {"i", TypeId::kInt32},      {"l", TypeId::kInt64},
      {"C", TypeId::kUInt8},      {"S", TypeId::kUInt16},     {"I", TypeId::kUInt32},
      {"L", TypeId::kUInt64},     {"e", TypeId::kFloat},      {"f", TypeId::kFloat},
      {"g", TypeId::kDouble},     {"u", TypeId::kVarchar},    {"U", TypeId::kVarchar},
      {"vu", TypeId::kVarchar},   {"z", TypeId::kBlob},       {"Z", TypeId::kBlob},
      {"vz", TypeId::kBlob},      {"tdD", TypeId::kDate},     {"tdm", TypeId::kDate},
      {"tts", TypeId::kTime},     {"ttm", TypeId::kTime},     {"ttu", TypeId::kTime},
      {"ttn", TypeId::kTime},     {"tiM", TypeId::kInterval}, {"tin", TypeId::kInterval},
      {"tDs", TypeId::kInterval}, {"tDm", TypeId::kInterval}, {"tDu", TypeId::kInterval},
      {"tDn", TypeId::kInterval}};
  for (const auto& [name, id] : kSimple) {
    if (format == name) return LogicalType(id);
  }
  return Unsupported(format);
}

Result<Vector> ImportArrowColumn(const ArrowSchema& schema, const ArrowArray& array,
                                 const LogicalType& type, size_t begin, size_t count, Owner owner,
                                 ArrowDictionaryCache* dictionaries) {
  const Import import{schema, array, static_cast<size_t>(array.offset) + begin, count,
                      std::move(owner)};
  const std::string_view format = schema.format;
  if (schema.dictionary) return ImportDictionary(import, type, dictionaries);
  if (format == "n") return Vector::MakeNull(type);
  if (format == "b") return ImportBooleans(import);
  if (format == "u" || format == "z") return ImportStrings<int32_t>(import, type);
  if (format == "U" || format == "Z") return ImportStrings<int64_t>(import, type);
  if (format == "vu" || format == "vz") return ImportStringViews(import, type);
  if (type.id() == TypeId::kUuid && format == "w:16") return ImportUuids(import);
  if (format.starts_with("w:")) {
    const std::vector<uint32_t> width = NumbersOf(format);
    if (width.size() != 1) return Unsupported(format);
    return ImportFixedBinary(import, type, width[0]);
  }
  if (format == "e") return ConvertEach<uint16_t, float>(import, type, HalfToFloat);
  if (format == "+l") return ImportLists<int32_t>(import, type);
  if (format == "+L") return ImportLists<int64_t>(import, type);
  if (format == "+s") return ImportStruct(import, type);
  if (format.starts_with("d:")) {
    switch (DecimalBits(format)) {
      case 32: return ImportDecimals<int32_t>(import, type);
      case 64: return ImportDecimals<int64_t>(import, type);
      case 128: return ImportDecimals<int128_t>(import, type);
      default: return Unsupported(format);
    }
  }
  if (format.starts_with("ts") && type.with_time_zone() && format[2] != 'u') {
    return ConvertChecked<int64_t, int64_t>(import, type,
                                            [unit = format[2]](int64_t ticks, int64_t& micros) {
                                              return ToMicros(unit, ticks, micros);
                                            });
  }
  if (format.starts_with('t')) return ImportTemporal(import, format, type);
  return ImportFixed(import, type);
}

}  // namespace trivet
