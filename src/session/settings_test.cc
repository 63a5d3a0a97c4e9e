#include "session/settings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/simd_level.h"

namespace trivet {
namespace {

SettingValues Defaults() {
  SettingValues values;
  values.threads = 4;
  values.memory_limit_bytes = size_t{1} << 30;
  values.temp_directory = "/tmp/somewhere";
  return values;
}

class SettingsTest : public ::testing::Test {
 protected:
  std::string Shown(const Settings& settings, const std::string& name) const {
    for (const auto& setting : settings.List()) {
      if (setting.name == name) return setting.value.ToString();
    }
    return "no such setting";
  }

  Settings global_{Defaults()};
  Settings one_{Defaults(), &global_};
  Settings other_{Defaults(), &global_};
};

TEST_F(SettingsTest, GlobalOnesAreSharedAndLocalOnesAreNot) {
  ASSERT_TRUE(one_.Set("threads", Value::Int32(7)).ok());
  EXPECT_EQ(other_.Get().threads, 7u);
  EXPECT_EQ(global_.Get().threads, 7u);
  ASSERT_TRUE(one_.Set("batch_size", Value::Int32(16)).ok());
  EXPECT_EQ(one_.Get().batch_size, 16u);
  EXPECT_EQ(other_.Get().batch_size, 2048u);
}

TEST_F(SettingsTest, ResetBringsTheDefaultBack) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"threads", "9"},
                                                        {"worker_threads", "9"},
                                                        {"memory_limit", "3GB"},
                                                        {"max_memory", "3GB"},
                                                        {"temp_directory", "/elsewhere"},
                                                        {"batch_size", "3"},
                                                        {"preserve_insertion_order", "false"},
                                                        {"random_seed", "42"},
                                                        {"timezone", "Europe/Berlin"},
                                                        {"default_null_order", "nulls_first"},
                                                        {"default_order", "desc"},
                                                        {"disabled_optimizers", "join_order"},
                                                        {"simd_level", "baseline"},
                                                        {"enable_progress_bar", "true"}}) {
    const std::string before = Shown(one_, name);
    ASSERT_TRUE(one_.Set(name, Value::Varchar(value)).ok()) << name;
    EXPECT_NE(Shown(one_, name), before) << name;
    ASSERT_TRUE(one_.Reset(name).ok()) << name;
    EXPECT_EQ(Shown(one_, name), before) << name;
  }
}

TEST_F(SettingsTest, EverySettingIsListedOnceWithWhatItIs) {
  std::vector<std::string> names;
  for (const auto& setting : one_.List()) {
    names.push_back(setting.name);
    EXPECT_FALSE(setting.description.empty()) << setting.name;
    EXPECT_TRUE(setting.scope == "GLOBAL" || setting.scope == "LOCAL") << setting.name;
    // What is shown can be set again, and changes nothing.
    ASSERT_TRUE(one_.Set(setting.name, setting.value).ok()) << setting.name;
    EXPECT_EQ(Shown(one_, setting.name), setting.value.ToString()) << setting.name;
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_TRUE(std::adjacent_find(names.begin(), names.end()) == names.end());
}

TEST_F(SettingsTest, NamesHaveNoCase) {
  ASSERT_TRUE(one_.Set("TimeZone", Value::Varchar("Europe/Berlin")).ok());
  EXPECT_EQ(one_.Get().time_zone, "Europe/Berlin");
  ASSERT_TRUE(one_.Reset("TIMEZONE").ok());
  EXPECT_EQ(one_.Get().time_zone, "UTC");
}

TEST_F(SettingsTest, UnknownNamesAreToldWithTheNearestOne) {
  const Status status = one_.Set("thread", Value::Int32(1));
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.ToString().find("thread"), std::string::npos);
  EXPECT_NE(status.hint().find("threads"), std::string::npos) << status.ToString();
  EXPECT_EQ(one_.Reset("nonsense_that_is_like_nothing").code(), StatusCode::kNotFound);
}

TEST_F(SettingsTest, BadValuesAreRefusedAndChangeNothing) {
  const std::vector<std::pair<std::string, Value>> bad = {
      {"threads", Value::Int32(0)},
      {"threads", Value::Int32(-1)},
      {"threads", Value::Varchar("many")},
      {"threads", Value::Varchar("")},
      {"threads", Value::Varchar("99999999999999999999999")},
      {"threads", Value::Null(TypeId::kInt32)},
      {"batch_size", Value::Int32(0)},
      {"batch_size", Value::Int32(2049)},
      {"memory_limit", Value::Varchar("2 bananas")},
      {"memory_limit", Value::Varchar("-5MB")},
      {"memory_limit", Value::Varchar("")},
      {"preserve_insertion_order", Value::Varchar("maybe")},
      {"default_null_order", Value::Varchar("sideways")},
      {"default_order", Value::Varchar("up")},
      {"simd_level", Value::Varchar("avx3")},
      {"simd_level", Value::Varchar("")},
      {"timezone", Value::Varchar("Middle/Earth")},
      {"random_seed", Value::Varchar("1.5")},
  };
  for (const auto& [name, value] : bad) {
    const std::string before = Shown(one_, name);
    const Status status = one_.Set(name, value);
    EXPECT_EQ(status.code(), StatusCode::kInvalidInput) << name << " " << value.ToString();
    EXPECT_EQ(Shown(one_, name), before) << name << " " << value.ToString();
  }
}

TEST_F(SettingsTest, SizesMayBeWrittenInSeveralWays) {
  const auto limit = [&](const std::string& text) {
    EXPECT_TRUE(one_.Set("memory_limit", Value::Varchar(text)).ok()) << text;
    return one_.Get().memory_limit_bytes;
  };
  EXPECT_EQ(limit("1KB"), 1000u);
  EXPECT_EQ(limit("1KiB"), 1024u);
  EXPECT_EQ(limit("1.5 GiB"), 3u << 29);
  EXPECT_EQ(limit("123"), 123u);
  EXPECT_GT(limit("-1"), size_t{1} << 60);
  EXPECT_GT(limit("none"), size_t{1} << 60);
}

TEST_F(SettingsTest, FlagsMayBeWrittenInSeveralWays) {
  for (const char* off : {"false", "off", "0", "no", "FALSE"}) {
    ASSERT_TRUE(one_.Set("preserve_insertion_order", Value::Varchar(off)).ok());
    EXPECT_FALSE(one_.Get().preserve_insertion_order) << off;
    ASSERT_TRUE(one_.Set("preserve_insertion_order", Value::Boolean(true)).ok());
    EXPECT_TRUE(one_.Get().preserve_insertion_order);
  }
}

TEST_F(SettingsTest, SimdLevelIsForcedForTheWholeProcess) {
  EXPECT_EQ(Shown(one_, "simd_level"), "auto");
  for (const SimdLevel level : SimdLevelsOfMachine()) {
    const std::string name(SimdLevelName(level));
    ASSERT_TRUE(one_.Set("simd_level", Value::Varchar(name)).ok()) << name;
    EXPECT_EQ(CurrentSimdLevel(), level);
    EXPECT_EQ(Shown(other_, "simd_level"), name);
  }
  ASSERT_TRUE(one_.Set("simd_level", Value::Varchar("Baseline")).ok());
  EXPECT_EQ(CurrentSimdLevel(), SimdLevel::kBaseline);
  for (size_t i = SimdLevelsOfMachine().size(); i < kSimdLevelCount; ++i) {
    const std::string name(SimdLevelName(static_cast<SimdLevel>(i)));
    const Status status = one_.Set("simd_level", Value::Varchar(name));
    EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
    EXPECT_NE(status.hint().find(SimdLevelNamesOfMachine()), std::string::npos);
    EXPECT_EQ(Shown(one_, "simd_level"), "baseline");
  }
  ASSERT_TRUE(other_.Reset("simd_level").ok());
  EXPECT_EQ(Shown(one_, "simd_level"), "auto");
  EXPECT_EQ(CurrentSimdLevel(), BestSimdLevel());
}

TEST_F(SettingsTest, OptimizerRulesAreDisabledByName) {
  ASSERT_TRUE(
      one_.Set("disabled_optimizers", Value::Varchar(" join_order , Filter_Pushdown ")).ok());
  EXPECT_EQ(one_.Get().disabled_optimizers,
            (std::set<std::string, std::less<>>{"filter_pushdown", "join_order"}));
  const Status status = one_.Set("disabled_optimizers", Value::Varchar("join_ordr"));
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_NE(status.hint().find("join_order"), std::string::npos);
  ASSERT_TRUE(one_.Set("disabled_optimizers", Value::Varchar("all")).ok());
  EXPECT_GT(one_.Get().disabled_optimizers.size(), 10u);
  EXPECT_FALSE(one_.Get().disabled_optimizers.contains("unnesting"));
  ASSERT_TRUE(one_.Set("disabled_optimizers", Value::Varchar("")).ok());
  EXPECT_TRUE(one_.Get().disabled_optimizers.empty());
}

}  // namespace
}  // namespace trivet
