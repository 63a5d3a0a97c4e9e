#include "extension/extensions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/string_concat.h"
#include "sql/binder/special_functions.h"
#include "sql/binder/type_name.h"
#include "sql/keywords.h"
#include "sql/parser.h"

namespace trivet {

namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxParameters = 256;

Status CheckName(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool is_name = !name.empty() && name.size() <= kMaxNameBytes &&
                       std::ranges::all_of(name, fits) && !(name[0] >= '0' && name[0] <= '9');
  if (!is_name) {
    return Status::InvalidInput(StrCat("\"", name, "\" is no name for a function or operator"))
        .WithHint("names are lower-case letters, digits and underscores");
  }
  // What SQL reads as something else could never be called.
  const Keyword keyword = FindKeyword(name);
  const KeywordClass keyword_class = ClassOf(keyword);
  if (keyword != Keyword::kNone &&
      (keyword_class == KeywordClass::kReserved || keyword_class == KeywordClass::kColumnName)) {
    return Status::InvalidInput(
        StrCat("\"", name, "\" is a keyword of SQL, no name for a function or operator"));
  }
  return Status::OK();
}

template <typename Declaration>
Status CheckCommon(const Declaration& declaration) {
  TRIVET_RETURN_IF_ERROR(CheckName(declaration.name));
  if (declaration.version == 0) {
    return Status::InvalidInput(StrCat("the version of ", declaration.name, " must be 1 or more"));
  }
  if (declaration.parameters.size() > kMaxParameters) {
    return Status::InvalidInput(
        StrCat(declaration.name, " has more than ", kMaxParameters, " parameters"));
  }
  for (const LogicalType& type : declaration.parameters) {
    if (type.IsNull()) {
      return Status::InvalidInput(StrCat("a parameter of ", declaration.name, " has no type"));
    }
  }
  return Status::OK();
}

Status CheckFunction(const CustomFunctionDeclaration& declaration) {
  TRIVET_RETURN_IF_ERROR(CheckCommon(declaration));
  if (binder::IsSpecialFunction(declaration.name)) {
    return Status::AlreadyExists(StrCat("there is a built-in function \"", declaration.name, "\""));
  }
  if (!declaration.return_type.IsNull()) return Status::OK();
  return Status::InvalidInput(StrCat("function ", declaration.name, " has no return type"));
}

Status CheckOperator(const CustomOperatorDeclaration& declaration) {
  TRIVET_RETURN_IF_ERROR(CheckCommon(declaration));
  std::set<std::string> names;
  for (const ColumnDefinition& column : declaration.output) {
    if (column.type.IsNull() || column.name.empty()) {
      return Status::InvalidInput(
          StrCat("an output column of ", declaration.name, " lacks a name or a type"));
    }
    if (!names.insert(column.name).second) {
      return Status::InvalidInput(
          StrCat("two output columns of ", declaration.name, " are called \"", column.name, "\""));
    }
  }
  const bool hashed = declaration.distribution == Distribution::kHash;
  if (hashed == declaration.hash_columns.empty()) {
    return Status::InvalidInput(StrCat("operator ", declaration.name,
                                       hashed ? " names no columns to be spread by"
                                              : " names columns, but is not spread by hash"));
  }
  return Status::OK();
}

void Insert(std::vector<std::string>& names, const std::string& name, const std::string& added) {
  std::erase_if(names, [&](const std::string& known) { return known.starts_with(name + "@"); });
  names.insert(std::ranges::upper_bound(names, added), added);
}

Status Taken(std::string_view kind, const std::string& name) {
  return Status::AlreadyExists(StrCat("there is a custom ", kind, " \"", name, "\" already"))
      .WithHint("register it with replace to put another in its place");
}

}  // namespace

Extensions::Extensions() : set_(std::make_shared<const ExtensionSet>()) {}

Extensions::Extensions(ExtensionSetPtr base) : set_(std::move(base)) {}

ExtensionSetPtr Extensions::Get() const {
  std::lock_guard lock(mutex_);
  return set_;
}

Status Extensions::AddFunction(CustomFunctionPtr function, OnRegistered mode) {
  const CustomFunctionDeclaration& declaration = function->declaration();
  TRIVET_RETURN_IF_ERROR(CheckFunction(declaration));
  std::lock_guard lock(mutex_);
  if (mode == OnRegistered::kError && set_->functions.FindCustom(declaration.name) != nullptr) {
    return Taken("function", declaration.name);
  }
  auto next = std::make_shared<ExtensionSet>(*set_);
  Insert(next->custom_functions, declaration.name, declaration.capability());
  TRIVET_RETURN_IF_ERROR(next->functions.AddCustom(std::move(function)));
  set_ = std::move(next);
  return Status::OK();
}

Status Extensions::AddOperator(CustomOperatorPtr op, OnRegistered mode) {
  const CustomOperatorDeclaration& declaration = op->declaration();
  TRIVET_RETURN_IF_ERROR(CheckOperator(declaration));
  std::lock_guard lock(mutex_);
  if (mode == OnRegistered::kError && set_->operators.FindCustom(declaration.name) != nullptr) {
    return Taken("operator", declaration.name);
  }
  auto next = std::make_shared<ExtensionSet>(*set_);
  Insert(next->custom_operators, declaration.name, declaration.capability());
  next->operators.AddCustom(std::move(op));
  set_ = std::move(next);
  return Status::OK();
}

void Extensions::Replace(ExtensionSetPtr set) {
  std::lock_guard lock(mutex_);
  set_ = std::move(set);
}

Result<LogicalType> ParseLogicalType(const std::string& name) {
  const auto parse = [&]() -> Result<LogicalType> {
    TRIVET_ASSIGN_OR_RETURN(const syntax::TypeName parsed, ParseTypeName(name));
    return binder::ResolveTypeName(parsed);
  };
  Result<LogicalType> type = parse();
  if (type.ok()) return type;
  // Without its position: the name stands in no statement that could be shown.
  const Status& status = type.status();
  return Status(status.code(), StrCat("the type \"", name, "\": ", status.message()))
      .WithHint(status.hint());
}

}  // namespace trivet
