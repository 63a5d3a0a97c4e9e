#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trivet {

// Where a keyword may stand as a name, after PostgreSQL's classes. After AS or a dot any keyword is
// a name.
enum class KeywordClass : uint8_t {
  kUnreserved,      // anything
  kColumnName,      // a column, table or alias, not a function
  kTypeOrFunction,  // a function or type, not a column
  kColumnAndType,   // either of the two
  kReserved,        // nothing
};

struct KeywordEntry {
  std::string_view text;  // in lower case
  KeywordClass keyword_class;
};

namespace keyword_detail {
// Letters, as the dialect's list writes them.
// NOLINTBEGIN(readability-identifier-naming)
inline constexpr KeywordClass U = KeywordClass::kUnreserved;
inline constexpr KeywordClass C = KeywordClass::kColumnName;
inline constexpr KeywordClass F = KeywordClass::kTypeOrFunction;
inline constexpr KeywordClass B = KeywordClass::kColumnAndType;
inline constexpr KeywordClass R = KeywordClass::kReserved;
// NOLINTEND(readability-identifier-naming)
}  // namespace keyword_detail

// The index of a keyword in the dialect's list plus one; kNone for a word that is not a keyword.
// Converts to its index, so that it may stand in a switch.
struct Keyword {
  uint16_t index = 0;
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator uint16_t() const { return index; }
  static const Keyword kNone;
};
inline constexpr Keyword Keyword::kNone{};

namespace keyword_detail {

// Sorted; the dialect's whole list, because printed names are quoted where they are keywords.
inline constexpr auto kKeywords = std::to_array<KeywordEntry>({
    // clang-format off
    {"abort", U}, {"absolute", U}, {"access", U}, {"action", U}, {"add", U}, {"admin", U},
    {"after", U}, {"aggregate", U}, {"all", R}, {"also", U}, {"alter", U}, {"always", U},
    {"analyse", R}, {"analyze", R}, {"and", R}, {"anti", F}, {"any", R}, {"approx", U},
    {"array", R}, {"as", R}, {"asc", R}, {"asof", F}, {"assertion", U}, {"assignment", U},
    {"asymmetric", R}, {"at", F}, {"attach", U}, {"attribute", U}, {"authorization", F},
    {"backward", U}, {"before", U}, {"begin", U}, {"between", C}, {"bigint", C}, {"binary", F},
    {"bit", C}, {"boolean", C}, {"both", R}, {"by", F}, {"cache", U}, {"call", U}, {"called", U},
    {"cascade", U}, {"cascaded", U}, {"case", R}, {"cast", R}, {"catalog", U}, {"centuries", U},
    {"century", U}, {"chain", U}, {"char", C}, {"character", C}, {"characteristics", U},
    {"check", R}, {"checkpoint", U}, {"class", U}, {"close", U}, {"cluster", U}, {"coalesce", C},
    {"collate", R}, {"collation", F}, {"column", R}, {"columns", B}, {"comment", U},
    {"comments", U}, {"commit", U}, {"committed", U}, {"compression", U}, {"concurrently", F},
    {"configuration", U}, {"conflict", U}, {"connect", U}, {"connection", U}, {"constraint", R},
    {"constraints", U}, {"content", U}, {"continue", U}, {"conversion", U}, {"copy", U},
    {"cost", U}, {"create", R}, {"cross", F}, {"csv", U}, {"cube", U}, {"current", U},
    {"cursor", U}, {"cycle", U}, {"data", U}, {"database", U}, {"day", U}, {"days", U},
    {"deallocate", U}, {"dec", C}, {"decade", U}, {"decades", U}, {"decimal", C}, {"declare", U},
    {"default", R}, {"defaults", U}, {"deferrable", R}, {"deferred", U}, {"definer", U},
    {"delete", U}, {"delimiter", U}, {"delimiters", U}, {"depends", U}, {"desc", R},
    {"describe", R}, {"destroy", U}, {"detach", U}, {"dictionary", U}, {"disable", U},
    {"discard", U}, {"disconnect", U}, {"distance", U}, {"distinct", R}, {"do", R}, {"document", U},
    {"domain", U}, {"double", U}, {"drop", U}, {"each", U}, {"else", R}, {"enable", U},
    {"encoding", U}, {"encrypted", U}, {"end", R}, {"enum", U}, {"error", U}, {"escape", U},
    {"event", U}, {"exact", U}, {"except", R}, {"exclude", U}, {"excluding", U}, {"exclusive", U},
    {"execute", U}, {"exists", C}, {"explain", U}, {"export", U}, {"export_state", U},
    {"extension", U}, {"extensions", U}, {"external", U}, {"extract", C}, {"false", R},
    {"family", U}, {"fetch", R}, {"filter", U}, {"first", U}, {"float", C}, {"following", U},
    {"for", R}, {"force", U}, {"foreign", R}, {"forward", U}, {"freeze", F}, {"from", R},
    {"full", F}, {"function", U}, {"functions", U}, {"generated", B}, {"glob", F}, {"global", U},
    {"grant", U}, {"granted", U}, {"group", R}, {"grouping", C}, {"grouping_id", C}, {"groups", U},
    {"handler", U}, {"having", R}, {"header", U}, {"hold", U}, {"hour", U}, {"hours", U},
    {"identity", U}, {"if", U}, {"ignore", U}, {"ilike", F}, {"immediate", U}, {"immutable", U},
    {"implicit", U}, {"import", U}, {"in", R}, {"include", U}, {"including", U}, {"increment", U},
    {"index", U}, {"indexes", U}, {"inherit", U}, {"inherits", U}, {"initially", R}, {"inline", U},
    {"inner", F}, {"inout", C}, {"input", U}, {"insensitive", U}, {"insert", U}, {"install", U},
    {"instead", U}, {"int", C}, {"integer", C}, {"intersect", R}, {"interval", C}, {"into", R},
    {"invoker", U}, {"is", F}, {"isnull", F}, {"isolation", U}, {"join", F}, {"json", U},
    {"key", U}, {"label", U}, {"lambda", R}, {"language", U}, {"large", U}, {"last", U},
    {"lateral", R}, {"leading", R}, {"leakproof", U}, {"left", F}, {"level", U}, {"like", F},
    {"limit", R}, {"listen", U}, {"load", U}, {"local", U}, {"location", U}, {"lock", U},
    {"locked", U}, {"logged", U}, {"macro", U}, {"map", B}, {"mapping", U}, {"match", U},
    {"matched", U}, {"materialized", U}, {"maxvalue", U}, {"merge", U}, {"method", U},
    {"microsecond", U}, {"microseconds", U}, {"millennia", U}, {"millennium", U},
    {"millisecond", U}, {"milliseconds", U}, {"minute", U}, {"minutes", U}, {"minvalue", U},
    {"mode", U}, {"month", U}, {"months", U}, {"move", U}, {"name", U}, {"names", U},
    {"national", C}, {"natural", F}, {"nchar", C}, {"nearest", U}, {"new", U}, {"next", U},
    {"no", U}, {"none", C}, {"not", R}, {"nothing", U}, {"notify", U}, {"notnull", F},
    {"nowait", U}, {"null", R}, {"nullif", C}, {"nulls", U}, {"numeric", C}, {"object", U},
    {"of", U}, {"off", U}, {"offset", R}, {"oids", U}, {"old", U}, {"on", R}, {"only", R},
    {"operator", U}, {"option", U}, {"options", U}, {"or", R}, {"order", R}, {"ordinality", U},
    {"others", U}, {"out", C}, {"outer", F}, {"over", U}, {"overlaps", F}, {"overlay", C},
    {"overriding", U}, {"owned", U}, {"owner", U}, {"parallel", U}, {"parser", U}, {"partial", U},
    {"partition", U}, {"partitioned", U}, {"passing", U}, {"password", U}, {"percent", U},
    {"persistent", U}, {"pivot", R}, {"pivot_longer", R}, {"pivot_wider", R}, {"placing", R},
    {"plans", U}, {"policy", U}, {"position", C}, {"positional", F}, {"pragma", U},
    {"preceding", U}, {"precision", C}, {"prepare", U}, {"prepared", U}, {"preserve", U},
    {"primary", R}, {"prior", U}, {"privileges", U}, {"procedural", U}, {"procedure", U},
    {"program", U}, {"publication", U}, {"qualify", R}, {"quarter", U}, {"quarters", U},
    {"quote", U}, {"range", U}, {"read", U}, {"real", C}, {"reassign", U}, {"recheck", U},
    {"recursive", U}, {"ref", U}, {"references", R}, {"referencing", U}, {"refresh", U},
    {"register", U}, {"reindex", U}, {"relative", U}, {"release", U}, {"rename", U},
    {"repeatable", U}, {"replace", U}, {"replica", U}, {"reset", U}, {"resource", U},
    {"resources", U}, {"respect", U}, {"restart", U}, {"restrict", U}, {"returning", R},
    {"returns", U}, {"revoke", U}, {"right", F}, {"role", U}, {"rollback", U}, {"rollup", U},
    {"row", C}, {"rows", U}, {"rule", U}, {"sample", U}, {"savepoint", U}, {"schema", U},
    {"schemas", U}, {"scope", U}, {"scroll", U}, {"search", U}, {"second", U}, {"seconds", U},
    {"secret", U}, {"secure", U}, {"security", U}, {"select", R}, {"semi", F}, {"sequence", U},
    {"sequences", U}, {"serializable", U}, {"server", U}, {"session", U}, {"set", U}, {"setof", C},
    {"sets", U}, {"share", U}, {"show", R}, {"similar", F}, {"similarity", U}, {"simple", U},
    {"skip", U}, {"smallint", C}, {"snapshot", U}, {"some", R}, {"sorted", U}, {"source", U},
    {"sql", U}, {"stable", U}, {"standalone", U}, {"start", U}, {"statement", U}, {"statistics", U},
    {"stdin", U}, {"stdout", U}, {"storage", U}, {"stored", U}, {"strict", U}, {"strip", U},
    {"struct", B}, {"subscription", U}, {"substring", C}, {"summarize", R}, {"symmetric", R},
    {"sysid", U}, {"system", U}, {"table", R}, {"tables", U}, {"tablesample", F}, {"tablespace", U},
    {"target", U}, {"temp", U}, {"template", U}, {"temporary", U}, {"text", U}, {"then", R},
    {"ties", U}, {"time", C}, {"timestamp", C}, {"to", R}, {"trailing", R}, {"transaction", U},
    {"transform", U}, {"treat", C}, {"trigger", U}, {"trim", C}, {"true", R}, {"truncate", U},
    {"trusted", U}, {"try_cast", B}, {"tuple", B}, {"type", U}, {"types", U}, {"unbounded", U},
    {"uncommitted", U}, {"unencrypted", U}, {"union", R}, {"unique", R}, {"unknown", U},
    {"unlisten", U}, {"unlogged", U}, {"unpack", F}, {"unpivot", R}, {"until", U}, {"update", U},
    {"use", U}, {"user", U}, {"using", R}, {"vacuum", U}, {"valid", U}, {"validate", U},
    {"validator", U}, {"value", U}, {"values", C}, {"varchar", C}, {"variable", U}, {"variadic", R},
    {"varying", U}, {"verbose", F}, {"version", U}, {"view", U}, {"views", U}, {"virtual", U},
    {"volatile", U}, {"week", U}, {"weeks", U}, {"when", R}, {"where", R}, {"whitespace", U},
    {"window", R}, {"with", R}, {"within", U}, {"without", U}, {"work", U}, {"wrapper", U},
    {"write", U}, {"xml", U}, {"xmlattributes", C}, {"xmlconcat", C}, {"xmlelement", C},
    {"xmlexists", C}, {"xmlforest", C}, {"xmlnamespaces", C}, {"xmlparse", C}, {"xmlpi", C},
    {"xmlroot", C}, {"xmlserialize", C}, {"xmltable", C}, {"year", U}, {"years", U}, {"yes", U},
    {"zone", U},
    // clang-format on
});

constexpr Keyword Find(std::string_view text) {
  size_t low = 0;
  size_t high = kKeywords.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (kKeywords[middle].text < text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool found = low < kKeywords.size() && kKeywords[low].text == text;
  return found ? Keyword{static_cast<uint16_t>(low + 1)} : Keyword::kNone;
}

}  // namespace keyword_detail

// "select"_kw is the keyword SELECT; a word that is no keyword does not compile.
consteval Keyword operator""_kw(const char* text, size_t size) {
  const Keyword keyword = keyword_detail::Find(std::string_view(text, size));
  // Nothing is thrown: what would throw does not compile.
  // NOLINTNEXTLINE(bugprone-std-exception-baseclass)
  if (keyword == Keyword::kNone) throw "not a keyword";
  return keyword;
}

// Without regard to case.
Keyword FindKeyword(std::string_view word);

// In lower case; empty for kNone.
std::string_view KeywordText(Keyword keyword);
KeywordClass ClassOf(Keyword keyword);

// All keywords in alphabetical order, for completion.
const KeywordEntry* KeywordsBegin();
const KeywordEntry* KeywordsEnd();

}  // namespace trivet
