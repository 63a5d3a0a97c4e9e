#include "formats/hive_partition.h"

#include <algorithm>
#include <limits>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

// Hive's name for the directory of NULL keys.
constexpr std::string_view kNullKey = "__HIVE_DEFAULT_PARTITION__";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string DecodePercent(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// Only the plain spelling of an integer counts: 007 or 1e3 would not survive the round trip.
Value ParseIntegerKey(const std::string& text) {
  int128_t value = 0;
  if (text.empty() ||
      ParseInteger(text, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                   &value) != NumberParse::kOk) {
    return Value::Null(TypeId::kInt64);
  }
  if (Int128ToString(value) != text) return Value::Null(TypeId::kInt64);
  return Value::Integer(TypeId::kInt64, value);
}

// Reads text of the pattern's length in which every 'd' is a digit and all else stands for itself;
// the numbers between the separators go to `parts`.
bool ParseDigits(std::string_view text, std::string_view pattern, int64_t* parts) {
  if (text.size() != pattern.size()) return false;
  bool in_number = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] != 'd') {
      if (text[i] != pattern[i]) return false;
      in_number = false;
      continue;
    }
    if (!IsDigit(text[i])) return false;
    if (!in_number) *parts++ = 0;
    parts[-1] = parts[-1] * 10 + (text[i] - '0');
    in_number = true;
  }
  return true;
}

Value ParseDateKey(const std::string& text) {
  int64_t parts[3];
  int32_t days = 0;
  if (!ParseDigits(text, "dddd-dd-dd", parts) || !MakeDate(parts[0], parts[1], parts[2], &days)) {
    return Value::Null(TypeId::kDate);
  }
  return Value::Integer(TypeId::kDate, days);
}

Value ParseTimestampKey(const std::string& text) {
  int64_t parts[6];
  int32_t days = 0;
  int64_t time = 0, micros = 0;
  if (!ParseDigits(text, "dddd-dd-dd dd:dd:dd", parts) ||
      !MakeDate(parts[0], parts[1], parts[2], &days) ||
      !MakeTime(parts[3], parts[4], parts[5], 0, &time) || !CombineDateTime(days, time, &micros)) {
    return Value::Null(LogicalType::Timestamp());
  }
  return Value::Integer(LogicalType::Timestamp(), micros);
}

// Values of one column, typed where all of them agree.
std::vector<Value> TypedValues(const std::vector<std::string>& texts, bool detect_types,
                               LogicalType& type) {
  using Parse = Value (*)(const std::string&);
  const std::pair<LogicalType, Parse> candidates[] = {
      {TypeId::kDate, &ParseDateKey},
      {LogicalType::Timestamp(), &ParseTimestampKey},
      {TypeId::kInt64, &ParseIntegerKey}};
  for (const auto& [candidate, parse] : candidates) {
    if (!detect_types) break;
    std::vector<Value> values;
    bool fits = true, any = false;
    for (const std::string& text : texts) {
      const bool null = text == kNullKey;
      values.push_back(null ? Value::Null(candidate) : parse(text));
      fits &= null || !values.back().is_null();
      any |= !null;
    }
    if (fits && any) {
      type = candidate;
      return values;
    }
  }
  type = TypeId::kVarchar;
  std::vector<Value> values;
  for (const std::string& text : texts) {
    values.push_back(text == kNullKey ? Value::Null(TypeId::kVarchar) : Value::Varchar(text));
  }
  return values;
}

bool SameKeys(const HiveKeys& a, const HiveKeys& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

}  // namespace

HiveKeys ParseHiveKeys(const std::string& path) {
  HiveKeys keys;
  size_t start = 0;
  // The last component is the file itself.
  for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', start)) {
    const std::string_view part = std::string_view(path).substr(start, end - start);
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      keys.emplace_back(DecodePercent(part.substr(0, equals)),
                        DecodePercent(part.substr(equals + 1)));
    }
    start = end + 1;
  }
  return keys;
}

Result<HivePartitions> FindHivePartitions(const std::vector<FileInfo>& files,
                                          std::optional<bool> wanted, bool detect_types) {
  HivePartitions partitions;
  partitions.values.resize(files.size());
  if (files.empty() || wanted == std::optional<bool>(false)) return partitions;
  std::vector<HiveKeys> keys;
  for (const FileInfo& file : files) {
    keys.push_back(ParseHiveKeys(file.path));
    if (SameKeys(keys.front(), keys.back())) continue;
    if (!wanted) return partitions;
    return Status::InvalidInput(StrCat("the paths \"", files.front().path, "\" and \"", file.path,
                                       "\" have different hive partition keys"))
        .WithHint("hive_partitioning = false reads the files without them");
  }
  for (size_t column = 0; column < keys.front().size(); ++column) {
    std::vector<std::string> texts;
    for (const HiveKeys& file_keys : keys) texts.push_back(file_keys[column].second);
    ColumnDefinition definition;
    definition.name = keys.front()[column].first;
    const std::vector<Value> values = TypedValues(texts, detect_types, definition.type);
    partitions.columns.push_back(std::move(definition));
    for (size_t file = 0; file < files.size(); ++file)
      partitions.values[file].push_back(values[file]);
  }
  return partitions;
}

}  // namespace trivet
