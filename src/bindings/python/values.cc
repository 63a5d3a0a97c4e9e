#include "values.h"

#include <nanobind/stl/string.h>

#include "base/string_concat.h"
#include "errors.h"
#include "expression/evaluator.h"
#include "expression/expression.h"

namespace nb = nanobind;

namespace trivet::python {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kDaysPerMonth = 30;
// Days from 0001-01-01 (ordinal 1) to 1970-01-01.
constexpr int64_t kEpochOrdinal = 719163;

// Modules are imported once; the references last as long as the interpreter.
nb::handle Module(const char* name) { return nb::module_::import_(name).release(); }
nb::handle DatetimeModule() {
  static const nb::handle module = Module("datetime");
  return module;
}
nb::handle DecimalModule() {
  static const nb::handle module = Module("decimal");
  return module;
}
nb::handle UuidModule() {
  static const nb::handle module = Module("uuid");
  return module;
}

nb::object IntegerObject(int128_t value) {
  const auto narrow = static_cast<int64_t>(value);
  if (narrow == value) return nb::steal(PyLong_FromLongLong(narrow));
  return nb::steal(PyLong_FromString(Int128ToString(value).c_str(), nullptr, 10));
}

nb::object Timedelta(int64_t days, int64_t micros) {
  return DatetimeModule().attr("timedelta")(nb::arg("days") = days,
                                            nb::arg("microseconds") = micros);
}

// Dates and times outside of Python's years are given as text.
nb::object TimestampObject(const Value& value) {
  const LogicalType& type = value.type();
  const int128_t ticks = value.integer() * kMicrosPerSecond;
  const int64_t per_second = TicksPerSecond(type.unit());
  int128_t micros = ticks / per_second;
  if (micros * per_second > ticks) --micros;
  nb::object epoch =
      type.with_time_zone()
          ? DatetimeModule().attr("datetime")(
                1970, 1, 1, nb::arg("tzinfo") = DatetimeModule().attr("timezone").attr("utc"))
          : DatetimeModule().attr("datetime")(1970, 1, 1);
  const auto whole = static_cast<int64_t>(micros);
  try {
    return epoch + Timedelta(0, whole);
  } catch (nb::python_error&) {
    return nb::cast(value.ToString());
  }
}

nb::object DateObject(const Value& value) {
  try {
    return DatetimeModule().attr("date").attr("fromordinal")(static_cast<int64_t>(value.integer()) +
                                                             kEpochOrdinal);
  } catch (nb::python_error&) {
    return nb::cast(value.ToString());
  }
}

nb::object TimeObject(const Value& value) {
  const auto micros = static_cast<int64_t>(value.integer());
  const int64_t seconds = micros / kMicrosPerSecond;
  if (seconds >= kSecondsPerDay) return nb::cast(value.ToString());  // 24:00:00
  return DatetimeModule().attr("time")(seconds / 3600, seconds / 60 % 60, seconds % 60,
                                       micros % kMicrosPerSecond);
}

nb::object NestedObject(const Value& value) {
  if (value.type().id() == TypeId::kList) {
    nb::list list;
    for (const Value& element : value.children()) list.append(ToPython(element));
    return list;
  }
  nb::dict fields;
  for (size_t i = 0; i < value.children().size(); ++i) {
    fields[value.type().fields()[i].name.c_str()] = ToPython(value.children()[i]);
  }
  return fields;
}

bool IsInstance(nb::handle object, nb::handle module, const char* name) {
  return PyObject_IsInstance(object.ptr(), nb::object(module.attr(name)).ptr()) == 1;
}

// Text that SQL casts to the type: the engine's own parsing serves Python's dates, times and
// decimals.
Value CastText(const std::string& text, const LogicalType& type) {
  QueryContext context({}, FileSystem::Local(), nullptr);
  const ExpressionPtr cast = Expression::Cast(Expression::Constant(Value::Varchar(text)), type);
  return ValueOrThrow(EvaluateConstant(cast, context));
}

// The text of a str; raises what Python raises where it is no Unicode text (lone surrogates).
std::string TextOf(nb::handle object) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (bytes == nullptr) throw nb::python_error();
  return {bytes, static_cast<size_t>(size)};
}

Value DecimalValue(nb::handle object) {
  nb::object parts = object.attr("as_tuple")();
  if (!nb::isinstance<nb::int_>(parts.attr("exponent"))) {  // NaN, infinity
    return Value::Double(nb::cast<double>(nb::float_(object)));
  }
  const int exponent = nb::cast<int>(parts.attr("exponent"));
  const int digits = static_cast<int>(nb::len(nb::object(parts.attr("digits"))));
  const int scale = exponent < 0 ? -exponent : 0;
  const int precision = std::max(digits + std::max(exponent, 0), std::max(scale, 1));
  if (precision > kMaxDecimalPrecision) {
    ThrowIfError(Status::InvalidInput("a decimal parameter has more than 38 digits"));
  }
  const std::string text =
      nb::cast<std::string>(nb::str(nb::object(object.attr("__format__")("f"))));
  return CastText(
      text, LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale)));
}

Value IntegerValue(nb::handle object) {
  int overflow = 0;
  const long long narrow = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
  if (overflow == 0) {
    const bool fits = narrow >= INT32_MIN && narrow <= INT32_MAX;
    return fits ? Value::Int32(static_cast<int32_t>(narrow)) : Value::Int64(narrow);
  }
  return CastText(nb::cast<std::string>(nb::str(nb::object(nb::borrow(object)))), TypeId::kInt128);
}

}  // namespace

nb::object ToPython(const Value& value) {
  if (value.is_null()) return nb::none();
  switch (value.type().id()) {
    case TypeId::kBoolean: return nb::bool_(value.boolean());
    case TypeId::kFloat:
    case TypeId::kDouble: return nb::float_(value.floating());
    case TypeId::kDecimal: return DecimalModule().attr("Decimal")(value.ToString());
    case TypeId::kVarchar: return nb::str(value.string().data(), value.string().size());
    case TypeId::kBlob: return nb::bytes(value.string().data(), value.string().size());
    case TypeId::kDate: return DateObject(value);
    case TypeId::kTime: return TimeObject(value);
    case TypeId::kTimestamp: return TimestampObject(value);
    case TypeId::kInterval: {
      const Interval interval = value.interval();
      return Timedelta(interval.months * kDaysPerMonth + interval.days, interval.micros);
    }
    case TypeId::kUuid: return UuidModule().attr("UUID")(value.ToString());
    case TypeId::kList:
    case TypeId::kStruct: return NestedObject(value);
    default: return IntegerObject(value.integer());
  }
}

Value FromPython(nb::handle object) {
  if (object.is_none()) return Value::Null();
  if (PyBool_Check(object.ptr())) return Value::Boolean(object.ptr() == Py_True);
  if (PyLong_Check(object.ptr())) return IntegerValue(object);
  if (PyFloat_Check(object.ptr())) return Value::Double(PyFloat_AS_DOUBLE(object.ptr()));
  if (PyUnicode_Check(object.ptr())) return Value::Varchar(TextOf(object));
  if (PyBytes_Check(object.ptr())) {
    return Value::Blob(std::string(PyBytes_AS_STRING(object.ptr()),
                                   static_cast<size_t>(PyBytes_GET_SIZE(object.ptr()))));
  }
  const std::string kind = TextOf(nb::object(object.type().attr("__name__")));
  // What pandas calls missing; its NaT calls itself a datetime.
  if (kind == "NaTType" || kind == "NAType") return Value::Null();
  const auto text = [&] { return nb::cast<std::string>(nb::str(nb::object(nb::borrow(object)))); };
  if (IsInstance(object, DecimalModule(), "Decimal")) return DecimalValue(object);
  if (IsInstance(object, DatetimeModule(), "datetime")) {  // before date, of which it is a subclass
    const bool with_zone = !nb::object(object.attr("tzinfo")).is_none();
    return CastText(text(), LogicalType::Timestamp(TimeUnit::kMicro, with_zone));
  }
  if (IsInstance(object, DatetimeModule(), "date")) return CastText(text(), TypeId::kDate);
  if (IsInstance(object, DatetimeModule(), "time")) return CastText(text(), TypeId::kTime);
  if (IsInstance(object, DatetimeModule(), "timedelta")) {
    const auto days = nb::cast<int32_t>(object.attr("days"));
    const int64_t micros = nb::cast<int64_t>(object.attr("seconds")) * kMicrosPerSecond +
                           nb::cast<int64_t>(object.attr("microseconds"));
    return Value::FromInterval({0, days, micros});
  }
  if (IsInstance(object, UuidModule(), "UUID")) return CastText(text(), TypeId::kUuid);
  // NumPy's and pandas' scalars give their Python twin.
  if (nb::hasattr(object, "item")) return FromPython(nb::object(object.attr("item")()));
  throw nb::type_error(StrCat("a parameter of type ", kind, " has no SQL type").c_str());
}

ParameterValues ParametersFrom(nb::handle parameters) {
  ParameterValues values;
  if (parameters.is_none()) return values;
  if (PyDict_Check(parameters.ptr())) {
    for (auto [key, value] : nb::borrow<nb::dict>(parameters)) {
      if (!PyUnicode_Check(key.ptr())) {
        throw nb::type_error("the names of parameters are text");
      }
      std::string name = TextOf(key);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      values.named[name] = FromPython(value);
    }
    return values;
  }
  if (PyUnicode_Check(parameters.ptr()) || !PySequence_Check(parameters.ptr())) {
    throw nb::type_error("parameters are given as a list, a tuple or a dict");
  }
  for (nb::handle value : nb::borrow<nb::object>(parameters)) {
    values.positional.push_back(FromPython(value));
  }
  return values;
}

}  // namespace trivet::python
