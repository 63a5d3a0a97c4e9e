#include "formats/json/json_text.h"

#include <cmath>
#include <cstdio>

namespace trivet {

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escaped[8];
          std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
          out += escaped;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void AppendJson(const Value& value, const TimeZone& zone, std::string& out) {
  if (value.is_null()) {
    out += "null";
    return;
  }
  const LogicalType& type = value.type();
  if (type.id() == TypeId::kList || type.id() == TypeId::kStruct) {
    const bool is_list = type.id() == TypeId::kList;
    out += is_list ? '[' : '{';
    for (size_t i = 0; i < value.children().size(); ++i) {
      if (i > 0) out += ',';
      if (!is_list) {
        AppendJsonString(type.fields()[i].name, out);
        out += ':';
      }
      AppendJson(value.children()[i], zone, out);
    }
    out += is_list ? ']' : '}';
    return;
  }
  const bool is_number =
      type.IsNumeric() && !(type.IsFloating() && !std::isfinite(value.floating()));
  if (is_number || type.id() == TypeId::kBoolean) {
    out += value.ToString();
  } else {
    AppendJsonString(value.ToString(zone), out);
  }
}

}  // namespace trivet
