// Functions about the query and its types, hashes, random numbers and deliberate errors.
#include <atomic>

#include "base/hash.h"
#include "base/version.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

class TextState : public FunctionState {
 public:
  explicit TextState(std::string text) : text(std::move(text)) {}
  const std::string text;
};

void BoundText(const KernelCall& call, Vector& result) {
  result = Vector::MakeConstant(Value::Varchar(static_cast<const TextState*>(call.state)->text));
}

Status BindTypeName(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.state = std::make_shared<TextState>(input.arguments[0]->type().ToString());
  return Status::OK();
}

void Hash(const KernelCall& call, Vector& result) {
  HashColumns(call.arguments, call.count, result.mutable_data<uint64_t>());
}

// Numbers for rows that differ within the process; the seed tells queries apart.
class RandomBits {
 public:
  RandomBits(const EvaluationContext& context, size_t count)
      : seed_(HashInt64(context.random_seed())), next_(Take(count)) {}
  uint64_t Next() { return HashInt64(seed_ + next_++ * 0x9e3779b97f4a7c15ULL); }

 private:
  static uint64_t Take(size_t count) {
    static std::atomic<uint64_t> drawn{0};
    return drawn.fetch_add(count, std::memory_order_relaxed);
  }
  const uint64_t seed_;
  uint64_t next_;
};

void Random(const KernelCall& call, Vector& result) {
  RandomBits bits(call.context, call.count);
  auto* out = result.mutable_data<double>();
  for (size_t row = 0; row < call.count; ++row) {
    out[row] = static_cast<double>(bits.Next() >> 11) * 0x1p-53;
  }
}

// Version 4 of RFC 9562, with the first bit flipped as UUIDs are stored.
void RandomUuid(const KernelCall& call, Vector& result) {
  RandomBits bits(call.context, 2 * call.count);
  auto* out = result.mutable_data<int128_t>();
  for (size_t row = 0; row < call.count; ++row) {
    const uint64_t high = (bits.Next() & ~uint64_t{0xF000}) | 0x4000;
    const uint64_t low = (bits.Next() >> 2) | uint64_t{1} << 63;
    out[row] = MakeInt128(static_cast<int64_t>(high ^ uint64_t{1} << 63), low);
  }
}

void Error(const KernelCall& call, Vector& result) {
  const Argument<StringView> messages(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    Fail(call, result, row, Status::InvalidInput(messages[row].str()));
  });
}

// Names that users of the dialect will try and that need what is not there yet.
Status BindUnsupported(const ScalarBindInput& input, BoundScalarFunction&) {
  return Status::NotImplemented(input.function.name +
                                " is not supported yet: " + input.function.description);
}

void AddUnsupported(FunctionRegistry& registry, const std::vector<const char*>& names,
                    const char* reason) {
  for (const char* name : names) {
    ScalarFunction function = Signature(name, {}, LogicalType(), BoundText, reason);
    function.variadic = Parameter::Kind::kAny;
    function.bind = BindUnsupported;
    registry.AddScalar(std::move(function));
  }
}

}  // namespace

void RegisterMiscellaneous(FunctionRegistry& registry) {
  const Parameter any = Parameter::Kind::kAny;
  ScalarFunction type_name =
      Signature("typeof", {any}, TypeId::kVarchar, BoundText, "The name of the argument's type");
  type_name.nulls = NullBehaviour::kSpecial;
  type_name.bind = BindTypeName;
  registry.AddScalar(std::move(type_name));

  ScalarFunction hash = Signature("hash", {any}, TypeId::kUInt64, Hash, "A hash of the values");
  hash.variadic = any;
  hash.nulls = NullBehaviour::kSpecial;
  registry.AddScalar(std::move(hash));

  ScalarFunction random =
      Signature("random", {}, TypeId::kDouble, Random, "A random number from 0 up to 1");
  random.volatility = Volatility::kVolatile;
  registry.AddScalar(std::move(random));
  ScalarFunction uuid = Signature("uuid", {}, TypeId::kUuid, RandomUuid, "A random UUID");
  uuid.volatility = Volatility::kVolatile;
  registry.AddScalar(std::move(uuid));
  registry.AddAlias("gen_random_uuid", "uuid");
  registry.AddAlias("uuidv4", "uuid");

  const auto add_text = [&](const char* name, std::string text, const char* description) {
    ScalarFunction function = Signature(name, {}, TypeId::kVarchar, BoundText, description);
    function.volatility = Volatility::kStable;
    function.bind = [state = std::make_shared<TextState>(std::move(text))](
                        const ScalarBindInput&, BoundScalarFunction& bound) {
      bound.state = state;
      return Status::OK();
    };
    registry.AddScalar(std::move(function));
  };
  // There is one database and one user in a process.
  add_text("version", "v" + std::string(kVersion), "The version of the engine");
  add_text("current_database", "memory", "The name of the database");
  add_text("current_schema", "main", "The schema in which unqualified names are made");
  for (const char* name : {"current_user", "session_user", "user"}) {
    add_text(name, "trivet", "The name of the user");
  }

  ScalarFunction error =
      FailingSignature("error", {TypeId::kVarchar}, LogicalType(), Error, "Fails with the message");
  registry.AddScalar(std::move(error));

  AddUnsupported(registry,
                 {"regexp_extract_all",
                  "regexp_split_to_array",
                  "string_split",
                  "string_to_array",
                  "str_split",
                  "split",
                  "string_split_regex",
                  "str_split_regex",
                  "list_value",
                  "list_pack",
                  "list_extract",
                  "list_contains",
                  "list_aggregate",
                  "list_sort",
                  "array_agg",
                  "array_length",
                  "unnest",
                  "generate_series",
                  "range",
                  "struct_pack",
                  "struct_extract",
                  "row",
                  "map",
                  "flatten",
                  "json_extract",
                  "json_extract_string"},
                 "lists, structs, maps and JSON in SQL come later");
  AddUnsupported(registry, {"setseed"}, "SET random_seed = 1 fixes what random() gives");
}

}  // namespace trivet
