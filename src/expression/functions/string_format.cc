// format and printf by the fmt library.
#include <fmt/args.h>
#include <fmt/format.h>
#include <fmt/printf.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <locale>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "expression/text_scratch.h"
#include "types/number_format.h"

namespace trivet {

// A double that prints like one of SQL where the format asks for nothing else.
struct FormattedDouble {
  double value;
};

}  // namespace trivet

template <>
struct fmt::formatter<trivet::FormattedDouble> : fmt::formatter<double> {
  constexpr auto parse(fmt::format_parse_context& context) {
    is_plain_ = context.begin() == context.end() || *context.begin() == '}';
    return fmt::formatter<double>::parse(context);
  }
  auto format(const trivet::FormattedDouble& argument, fmt::format_context& context) const {
    if (!is_plain_) return fmt::formatter<double>::format(argument.value, context);
    char buffer[trivet::kMaxFloatingTextSize];
    const char* end = trivet::WriteDouble(buffer, argument.value);
    return std::copy(static_cast<const char*>(buffer), end, context.out());
  }

 private:
  bool is_plain_ = false;
};

namespace trivet {

namespace {

// Groups of three digits with the separator that the format names.
class Grouping : public std::numpunct<char> {
 public:
  explicit Grouping(char separator) : separator_(separator) {}

 protected:
  char do_thousands_sep() const override { return separator_; }
  std::string do_grouping() const override { return "\3"; }

 private:
  char separator_;
};

// fmt groups by locale only: {:,} becomes {:L} and `separator` the comma.
std::string TranslateGrouping(std::string_view format, char* separator) {
  std::string translated;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '{' || (i + 1 < format.size() && format[i + 1] == '{')) {
      translated.push_back(format[i]);
      if (format[i] == '{') translated.push_back(format[++i]);
      continue;
    }
    const size_t end = format.find('}', i);
    std::string field(format.substr(i, end == format.npos ? end : end - i));
    const size_t place = field.find_last_of(",_'");
    const size_t colon = field.find(':');
    // Before a sign of alignment it is the fill character.
    const bool is_fill = place != field.npos && place + 1 < field.size() &&
                         std::string_view("<>^").find(field[place + 1]) != std::string_view::npos;
    if (place != field.npos && colon != field.npos && place > colon && !is_fill) {
      *separator = field[place];
      field[place] = 'L';
    }
    translated += field;
    i += field.size() - 1;
  }
  return translated;
}

// Adds a row's argument to a store of fmt arguments. By BindFormat it is of one of these types.
template <typename Store, bool is_printf>
void PushArgument(Store& store, const VectorView& view, const LogicalType& type, size_t row) {
  switch (type.id()) {
    case TypeId::kBoolean: store.push_back(view.Get<uint8_t>(row) != 0); break;
    case TypeId::kInt32: store.push_back(view.Get<int32_t>(row)); break;
    case TypeId::kInt64: store.push_back(view.Get<int64_t>(row)); break;
    case TypeId::kUInt64: store.push_back(view.Get<uint64_t>(row)); break;
    case TypeId::kInt128: store.push_back(view.Get<int128_t>(row)); break;
    case TypeId::kDouble:
      if constexpr (is_printf) {
        store.push_back(view.Get<double>(row));
      } else {
        store.push_back(FormattedDouble{view.Get<double>(row)});
      }
      break;
    default: store.push_back(view.Get<StringView>(row).str()); break;
  }
}

using FormatStore = fmt::dynamic_format_arg_store<fmt::format_context>;
using PrintfStore = fmt::dynamic_format_arg_store<fmt::printf_context>;

std::string FormatText(std::string_view format, const FormatStore& store) {
  char separator = 0;
  const std::string translated = TranslateGrouping(format, &separator);
  if (separator == 0) return fmt::vformat(translated, store);
  const std::locale locale(std::locale::classic(), new Grouping(separator));
  return fmt::vformat(locale, translated, store);
}

std::string FormatText(std::string_view format, const PrintfStore& store) {
  return fmt::vsprintf(fmt::string_view(format.data(), format.size()), store);
}

constexpr size_t kMostWidth = size_t{1} << 31;  // of a field; the library refuses more

// What a format asks for, without what the arguments add.
struct FormatExtent {
  size_t fields = 0;
  size_t widths = 0;         // sum of all widths and precisions
  bool is_variable = false;  // an argument tells a width
};

template <bool is_printf>
FormatExtent ExtentOf(std::string_view format) {
  FormatExtent extent;
  size_t depth = 0;  // of braces; in printf, 1 within a field
  size_t number = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    const bool is_digit = c >= '0' && c <= '9';
    if (depth > 0 && is_digit) {
      number = std::min(10 * number + static_cast<size_t>(c - '0'), kMostWidth);
      continue;
    }
    extent.widths += std::exchange(number, 0);
    if constexpr (is_printf) {
      extent.is_variable |= depth > 0 && c == '*';
      extent.fields += c == '%';
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (c == '%' || is_letter) depth = c == '%' ? 1 - depth : 0;
    } else {
      const bool is_doubled = i + 1 < format.size() && format[i + 1] == c;
      if (depth == 0 && (c == '{' || c == '}') && is_doubled) {
        ++i;
      } else if (c == '{') {
        extent.fields += depth == 0;
        extent.is_variable |= depth > 0;
        ++depth;
      } else if (c == '}' && depth > 0) {
        --depth;
      }
    }
  }
  return extent;
}

// No row's text is longer: a field shows one argument, or a number, or is as wide as it is told to
// be. The arguments are copied as well.
template <bool is_printf>
size_t MostBytes(const KernelCall& call, std::span<const VectorView> views, size_t row) {
  constexpr size_t kNumberBytes = 512;
  size_t longest = 0;
  size_t copies = 0;
  size_t widest = 0;
  for (size_t i = 1; i < views.size(); ++i) {
    const auto widen = [&](int64_t told) {
      widest = std::max(widest, std::min(static_cast<size_t>(std::abs(told)), kMostWidth));
    };
    switch (call.arguments[i].type().id()) {
      case TypeId::kVarchar:
        longest = std::max<size_t>(longest, views[i].Get<StringView>(row).size());
        copies += views[i].Get<StringView>(row).size();
        break;
      case TypeId::kInt32: widen(views[i].Get<int32_t>(row)); break;
      case TypeId::kInt64:
        widen(std::max(views[i].Get<int64_t>(row), -std::numeric_limits<int64_t>::max()));
        break;
      default: break;
    }
  }
  const std::string_view format = views[0].Get<StringView>(row).view();
  const FormatExtent extent = ExtentOf<is_printf>(format);
  const size_t field = longest + kNumberBytes + (extent.is_variable ? widest : 0);
  return 2 * format.size() + copies + extent.fields * field + extent.widths;
}

template <typename Store, bool is_printf>
void Format(const KernelCall& call, Vector& result) {
  const Argument<StringView> formats(call, 0);
  std::vector<VectorView> views;
  for (const Vector& argument : call.arguments) views.push_back(argument.View());
  TextScratch scratch(call);
  ForEachRow(call, result, [&](size_t row) {
    // Formatting doubles its memory and gives a copy.
    if (!scratch.Pay(3 * MostBytes<is_printf>(call, views, row))) return;
    Store store;
    for (size_t i = 1; i < views.size(); ++i) {
      PushArgument<Store, is_printf>(store, views[i], call.arguments[i].type(), row);
    }
    try {
      result.SetString(row, FormatText(formats[row].view(), store));
    } catch (const std::exception& error) {  // how the library tells of a bad format
      Fail(call, result, row,
           Status::InvalidInput(
               StrCat("Invalid format \"", formats[row].view(), "\": ", error.what())));
    }
  });
}

Status BindFormat(const ScalarBindInput& input, BoundScalarFunction& bound) {
  for (size_t i = 1; i < bound.argument_types.size(); ++i) {
    LogicalType& type = bound.argument_types[i];
    if (type.IsNested()) {
      return Status::NotImplemented(
          StrCat(input.function.name, " of lists and structs is not supported yet"));
    }
    switch (type.id()) {
      case TypeId::kBoolean:
      case TypeId::kInt32:
      case TypeId::kInt64:
      case TypeId::kUInt64:
      case TypeId::kInt128:
      case TypeId::kDouble: break;
      case TypeId::kInt8:
      case TypeId::kInt16:
      case TypeId::kUInt8:
      case TypeId::kUInt16: type = TypeId::kInt32; break;
      case TypeId::kUInt32: type = TypeId::kInt64; break;
      case TypeId::kFloat:
      case TypeId::kDecimal: type = TypeId::kDouble; break;
      default: type = TypeId::kVarchar; break;
    }
  }
  return Status::OK();
}

void Add(FunctionRegistry& registry, const char* name, ScalarKernel kernel,
         const char* description) {
  ScalarFunction function =
      FailingSignature(name, {TypeId::kVarchar}, TypeId::kVarchar, kernel, description);
  function.variadic = Parameter::Kind::kAny;
  function.bind = BindFormat;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterStringFormat(FunctionRegistry& registry) {
  Add(registry, "format", Format<FormatStore, false>,
      "Text with the arguments in the places of {}, as Python's format");
  Add(registry, "printf", Format<PrintfStore, true>,
      "Text with the arguments in the places of %d, %s and so on");
}

}  // namespace trivet
