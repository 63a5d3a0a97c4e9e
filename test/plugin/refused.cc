// Plugins that must not load: of another version of the interface, of another build, one that gives
// up, one whose second function has a type that there is not. Which one, the build decides.
#include "trivet/plugin.hpp"

namespace {
#if defined(BAD_TYPE)
int AddAll(const trivet_registrar* registrar) {
  if (const int code = trivet::plugin::AddFunction(
          registrar, "good", 1, std::function<int64_t(int64_t)>([](int64_t x) { return x; }))) {
    return code;
  }
  trivet_function function{};
  function.struct_size = sizeof(function);
  function.version = 1;
  function.name = "bad";
  function.return_type = "NO_SUCH_TYPE";
  function.evaluate = [](void*, const trivet_call*, const ArrowArray*, int64_t, ArrowArray*) {
    return 1;
  };
  return registrar->add_function(registrar, &function);
}
#else
int AddAll(const trivet_registrar*) { return 7; }
#endif
}  // namespace

#if !defined(NO_ENTRY)
extern "C" TRIVET_PLUGIN_EXPORT const struct trivet_plugin* trivet_plugin_entry(void) {
#if defined(OTHER_ABI)
  static const struct trivet_plugin plugin = {TRIVET_PLUGIN_ABI + 1, "refused", nullptr, AddAll};
#elif defined(OTHER_BUILD)
  static const struct trivet_plugin plugin = {TRIVET_PLUGIN_ABI, "refused", "0.0.0-other", AddAll};
#else
  static const struct trivet_plugin plugin = {TRIVET_PLUGIN_ABI, "refused", nullptr, AddAll};
#endif
  return &plugin;
}
#else
extern "C" TRIVET_PLUGIN_EXPORT int unrelated(void) { return AddAll(nullptr); }
#endif
