// What bench is to do, as its rooms take it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/options/settings.hpp"
#include "harbor_router/base/result.hpp"
#include "harbor_router/bench/mix.hpp"
#include "harbor_router/bench/prepare.hpp"
#include "harbor_router/bench/threshold.hpp"

namespace harbor_router {

struct BenchWanted {
  bench::Weights weights;
  std::vector<bench::Threshold> thresholds;
  std::vector<oci::ImageName> images;
  std::optional<bench::Login> login;
};

// What the rows alone cannot tell, a line for each mistake.
[[nodiscard]] std::vector<std::string> bench_problems(const options::BenchSettings& given);
// Of settings without a problem; reads the files they name. Failure invalid.
[[nodiscard]] base::Result<BenchWanted> bench_wanted(const options::BenchSettings& given);

}  // namespace harbor_router
