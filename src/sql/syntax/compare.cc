#include "sql/syntax/compare.h"

#include <functional>
#include <string_view>

#include "sql/syntax/visit.h"

namespace trivet::syntax {

namespace {

using visit_detail::HasFields;
using visit_detail::IsOptional;
using visit_detail::IsOwner;
using visit_detail::IsVector;

template <typename T>
constexpr bool kIsDerivedQuery = std::is_base_of_v<Query, T> && !std::is_same_v<Query, T>;
template <typename T>
constexpr bool kIsDerivedTable =
    std::is_base_of_v<TableReference, T> && !std::is_same_v<TableReference, T>;

template <typename T>
bool EqualValue(const T& left, const T& right);

template <typename T>
bool EqualFields(const T& left, const T& right) {
  const auto left_fields = left.Fields();
  const auto right_fields = right.Fields();
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return (EqualValue(std::get<I>(left_fields), std::get<I>(right_fields)) && ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(left_fields)>>());
}

template <typename T>
bool EqualValue(const T& left, const T& right) {
  if constexpr (IsOwner<T>::value) {
    if (left == nullptr || right == nullptr) return left == right;
    return EqualValue(*left, *right);
  } else if constexpr (IsVector<T>::value) {
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i < left.size(); ++i) {
      if (!EqualValue(left[i], right[i])) return false;
    }
    return true;
  } else if constexpr (IsOptional<T>::value) {
    if (left.has_value() != right.has_value()) return false;
    return !left.has_value() || EqualValue(*left, *right);
  } else if constexpr (std::is_same_v<T, Expression> || std::is_same_v<T, Query> ||
                       std::is_same_v<T, TableReference> || std::is_same_v<T, Statement>) {
    return Equal(left, right);
  } else if constexpr (HasFields<T>) {
    return EqualFields(left, right);
  } else {
    return left == right;
  }
}

void Combine(size_t& seed, size_t hash) {
  seed ^= hash + 0x9E3779B97F4A7C15ULL + (seed << 6) + (seed >> 2);
}

template <typename T>
void HashValue(size_t& seed, const T& value);

template <typename T>
void HashFields(size_t& seed, const T& value) {
  std::apply([&](const auto&... field) { (HashValue(seed, field), ...); }, value.Fields());
}

void HashQuery(size_t& seed, const Query& query) {
  Combine(seed, static_cast<size_t>(query.kind));
  HashFields(seed, query);
  VisitQuery(query, [&](const auto& node) { HashFields(seed, node); });
}

void HashTable(size_t& seed, const TableReference& table) {
  Combine(seed, static_cast<size_t>(table.kind));
  HashFields(seed, table);
  VisitTable(table, [&](const auto& node) { HashFields(seed, node); });
}

template <typename T>
void HashValue(size_t& seed, const T& value) {
  if constexpr (IsOwner<T>::value) {
    Combine(seed, value == nullptr ? 0 : 1);
    if (value != nullptr) HashValue(seed, *value);
  } else if constexpr (IsVector<T>::value) {
    Combine(seed, value.size());
    for (const auto& element : value) HashValue(seed, element);
  } else if constexpr (IsOptional<T>::value) {
    Combine(seed, value.has_value());
    if (value.has_value()) HashValue(seed, *value);
  } else if constexpr (std::is_same_v<T, Expression>) {
    Combine(seed, Hash(value));
  } else if constexpr (std::is_same_v<T, Query>) {
    HashQuery(seed, value);
  } else if constexpr (std::is_same_v<T, TableReference>) {
    HashTable(seed, value);
  } else if constexpr (std::is_same_v<T, Identifier>) {
    Combine(seed, std::hash<std::string>()(LowerCase(value.text)));
  } else if constexpr (HasFields<T>) {
    HashFields(seed, value);
  } else if constexpr (std::is_enum_v<T>) {
    Combine(seed, static_cast<size_t>(value));
  } else {
    Combine(seed, std::hash<T>()(value));
  }
}

template <typename T>
T CloneValue(const T& value);

template <typename T>
void CloneFields(const T& source, T& target) {
  const auto source_fields = source.Fields();
  const auto target_fields = target.Fields();
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((std::get<I>(target_fields) = CloneValue(std::get<I>(source_fields))), ...);
  }(std::make_index_sequence<std::tuple_size_v<decltype(source_fields)>>());
  if constexpr (requires { source.position; }) target.position = source.position;
  if constexpr (std::is_base_of_v<Node, T>) target.depth = source.depth;
}

TableReferencePtr CloneTable(const TableReference& table);

template <typename T>
T CloneValue(const T& value) {
  if constexpr (IsOwner<T>::value) {
    using Pointee = typename T::element_type;
    if (value == nullptr) return nullptr;
    if constexpr (std::is_same_v<Pointee, Expression> || std::is_same_v<Pointee, Query>) {
      return Clone(*value);
    } else if constexpr (std::is_same_v<Pointee, TableReference>) {
      return CloneTable(*value);
    } else {
      auto copy = std::make_unique<Pointee>();
      CloneFields(*value, *copy);
      return copy;
    }
  } else if constexpr (IsVector<T>::value) {
    T copy;
    copy.reserve(value.size());
    for (const auto& element : value) copy.push_back(CloneValue(element));
    return copy;
  } else if constexpr (IsOptional<T>::value) {
    return value.has_value() ? T(CloneValue(*value)) : T();
  } else if constexpr (HasFields<T>) {
    T copy;
    CloneFields(value, copy);
    return copy;
  } else {
    return value;
  }
}

TableReferencePtr CloneTable(const TableReference& table) {
  return VisitTable(table, [&](const auto& node) -> TableReferencePtr {
    auto copy = std::make_unique<std::remove_cvref_t<decltype(node)>>();
    CloneFields(node, *copy);
    CloneFields(table, static_cast<TableReference&>(*copy));
    return copy;
  });
}

}  // namespace

bool Equal(const Expression& left, const Expression& right) {
  if (left.kind != right.kind) return false;
  return VisitExpression(left, [&](const auto& node) {
    return EqualFields(node, right.As<std::remove_cvref_t<decltype(node)>>());
  });
}

bool Equal(const Query& left, const Query& right) {
  if (left.kind != right.kind || !EqualFields(left, right)) return false;
  return VisitQuery(left, [&](const auto& node) {
    return EqualFields(node, right.As<std::remove_cvref_t<decltype(node)>>());
  });
}

bool Equal(const TableReference& left, const TableReference& right) {
  if (left.kind != right.kind || !EqualFields(left, right)) return false;
  return VisitTable(left, [&](const auto& node) {
    return EqualFields(node, right.As<std::remove_cvref_t<decltype(node)>>());
  });
}

bool Equal(const Statement& left, const Statement& right) {
  if (left.kind != right.kind) return false;
  return VisitStatement(left, [&](const auto& node) {
    return EqualFields(node, right.As<std::remove_cvref_t<decltype(node)>>());
  });
}

size_t Hash(const Expression& expression) {
  size_t seed = static_cast<size_t>(expression.kind);
  VisitExpression(expression, [&](const auto& node) { HashFields(seed, node); });
  return seed;
}

ExpressionPtr Clone(const Expression& expression) {
  return VisitExpression(expression, [](const auto& node) -> ExpressionPtr {
    auto copy = std::make_unique<std::remove_cvref_t<decltype(node)>>();
    CloneFields(node, *copy);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(node)>, LiteralExpression>) {
      copy->text = node.text;
    }
    return copy;
  });
}

QueryPtr Clone(const Query& query) {
  return VisitQuery(query, [&](const auto& node) -> QueryPtr {
    auto copy = std::make_unique<std::remove_cvref_t<decltype(node)>>();
    CloneFields(node, *copy);
    CloneFields(query, static_cast<Query&>(*copy));
    return copy;
  });
}

}  // namespace trivet::syntax
