#include "formats/format_options.h"

#include <limits>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/binder/type_name.h"
#include "sql/parser.h"
#include "types/number_parse.h"

namespace trivet {

std::optional<std::vector<std::string>> StringsOf(const Value& value) {
  if (value.is_null()) return std::nullopt;
  if (value.type().id() == TypeId::kVarchar) return std::vector<std::string>{value.string()};
  if (value.type().id() != TypeId::kList) return std::nullopt;
  std::vector<std::string> strings;
  for (const Value& child : value.children()) {
    if (child.is_null() || child.type().id() != TypeId::kVarchar) return std::nullopt;
    strings.push_back(child.string());
  }
  return strings;
}

Result<std::vector<std::pair<std::string, LogicalType>>> TypesOfStruct(const Value& value,
                                                                       std::string_view option) {
  const auto wrong = [&] {
    return Status::InvalidInput(StrCat(option, " must be a struct such as {'name': 'TYPE'}"));
  };
  if (value.is_null() || value.type().id() != TypeId::kStruct) return wrong();
  std::vector<std::pair<std::string, LogicalType>> types;
  for (size_t i = 0; i < value.children().size(); ++i) {
    const Value& name = value.children()[i];
    if (name.is_null() || name.type().id() != TypeId::kVarchar) return wrong();
    TRIVET_ASSIGN_OR_RETURN(const syntax::TypeName parsed, ParseTypeName(name.string()));
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, binder::ResolveTypeName(parsed));
    types.emplace_back(value.type().fields()[i].name, std::move(type));
  }
  return types;
}

OptionReader::OptionReader(std::string subject, const FormatOptions& options)
    : subject_(std::move(subject)), options_(options), taken_(options.size(), false) {}

const Value* OptionReader::TakeValue(std::initializer_list<std::string_view> names) {
  const Value* found = nullptr;
  for (const std::string_view name : names) {
    known_.emplace_back(name);
    for (size_t i = 0; i < options_.size(); ++i) {
      if (options_[i].first != name) continue;
      if (found != nullptr) {
        Fail(Status::InvalidInput(StrCat(subject_, ": option ", name, " is given twice")));
      }
      taken_[i] = true;
      found = &options_[i].second;
      current_ = name;
    }
  }
  return found;
}

void OptionReader::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void OptionReader::WrongType(std::string_view wanted) {
  Fail(Status::InvalidInput(StrCat(subject_, ": option ", current_, " must be ", wanted)));
}

void OptionReader::Take(std::initializer_list<std::string_view> names, bool& target) {
  std::optional<bool> value;
  Take(names, value);
  if (value) target = *value;
}

void OptionReader::Take(std::initializer_list<std::string_view> names,
                        std::optional<bool>& target) {
  const Value* value = TakeValue(names);
  if (value == nullptr) return;
  bool parsed = false;
  if (value->is_null()) {
    WrongType("true or false");
  } else if (value->type().id() == TypeId::kBoolean) {
    target = value->boolean();
  } else if (value->type().IsInteger() && (value->integer() == 0 || value->integer() == 1)) {
    target = value->integer() == 1;
  } else if (value->type().id() == TypeId::kVarchar && ParseBoolean(value->string(), &parsed)) {
    target = parsed;
  } else {
    WrongType("true or false");
  }
}

void OptionReader::Take(std::initializer_list<std::string_view> names, int64_t& target,
                        int64_t minimum) {
  const Value* value = TakeValue(names);
  if (value == nullptr) return;
  int128_t number = 0;
  if (!value->is_null() && value->type().IsInteger()) {
    number = value->integer();
  } else if (value->is_null() || value->type().id() != TypeId::kVarchar ||
             ParseInteger(value->string(), std::numeric_limits<int64_t>::min(),
                          std::numeric_limits<int64_t>::max(), &number) != NumberParse::kOk) {
    return WrongType("an integer");
  }
  if (number < minimum || number > std::numeric_limits<int64_t>::max()) {
    return WrongType(StrCat("at least ", minimum));
  }
  target = static_cast<int64_t>(number);
}

void OptionReader::Take(std::initializer_list<std::string_view> names, std::string& target) {
  const Value* value = TakeValue(names);
  if (value == nullptr) return;
  if (value->is_null() || value->type().id() != TypeId::kVarchar) return WrongType("a string");
  target = value->string();
}

void OptionReader::Take(std::initializer_list<std::string_view> names, char& target,
                        bool allow_empty) {
  const Value* value = TakeValue(names);
  if (value == nullptr) return;
  const bool text = !value->is_null() && value->type().id() == TypeId::kVarchar;
  if (text && value->string() == "\\t") {
    target = '\t';
  } else if (text && value->string().size() == 1) {
    target = value->string()[0];
  } else if (text && value->string().empty() && allow_empty) {
    target = '\0';
  } else {
    WrongType("a single character");
  }
}

void OptionReader::Take(std::initializer_list<std::string_view> names,
                        std::vector<std::string>& target) {
  const Value* value = TakeValue(names);
  if (value == nullptr) return;
  std::optional<std::vector<std::string>> strings = StringsOf(*value);
  if (!strings) return WrongType("a string or a list of strings");
  target = std::move(*strings);
}

void OptionReader::Refuse(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (TakeValue({name}) == nullptr) continue;
    Fail(Status::NotImplemented(
        StrCat("the option ", name, " of ", subject_, " is not supported yet")));
  }
}

Status OptionReader::Finish() {
  if (!status_.ok()) return status_;
  for (size_t i = 0; i < options_.size(); ++i) {
    if (taken_[i]) continue;
    Status status =
        Status::InvalidInput(StrCat(subject_, " has no option \"", options_[i].first, "\""));
    const std::string nearest = NearestName(options_[i].first, known_);
    if (nearest.empty()) return status;
    return std::move(status).WithHint(StrCat("did you mean \"", nearest, "\"?"));
  }
  return Status::OK();
}

}  // namespace trivet
