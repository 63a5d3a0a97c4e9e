#pragma once

namespace trivet {

class FunctionRegistry;

// One function per family, each in the file of its name.
void RegisterArithmetic(FunctionRegistry& registry);
void RegisterTemporalArithmetic(FunctionRegistry& registry);
void RegisterDateParts(FunctionRegistry& registry);
void RegisterTranscendental(FunctionRegistry& registry);
void RegisterStringEncoding(FunctionRegistry& registry);
void RegisterStringDistance(FunctionRegistry& registry);
void RegisterStringFormat(FunctionRegistry& registry);
void RegisterHumanReadable(FunctionRegistry& registry);
void RegisterRounding(FunctionRegistry& registry);
void RegisterNumeric(FunctionRegistry& registry);
void RegisterExtremes(FunctionRegistry& registry);
void RegisterMiscellaneous(FunctionRegistry& registry);
void RegisterDateTruncation(FunctionRegistry& registry);
void RegisterDateConstruction(FunctionRegistry& registry);
void RegisterDateFormat(FunctionRegistry& registry);
void RegisterCurrentTime(FunctionRegistry& registry);
void RegisterLike(FunctionRegistry& registry);
void RegisterCaseMapping(FunctionRegistry& registry);
void RegisterSubstring(FunctionRegistry& registry);
void RegisterRegexp(FunctionRegistry& registry);
void RegisterStringLength(FunctionRegistry& registry);
void RegisterStringEdit(FunctionRegistry& registry);
void RegisterStringSearch(FunctionRegistry& registry);
void RegisterConcat(FunctionRegistry& registry);

// Everything built in.
void RegisterBuiltinFunctions(FunctionRegistry& registry);

}  // namespace trivet
