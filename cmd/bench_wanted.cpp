#include "cmd/bench_wanted.hpp"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "cmd/image_list.hpp"
#include "cmd/options/values.hpp"

namespace harbor_router {

namespace {

using base::Errc;
using base::failure;
using options::BenchSettings;

base::Result<oci::ImageName> image_of(const std::string& text) {
  auto image = oci::parse_image_name(text);
  if (!image || image->host)
    return failure(Errc::invalid,
                   fmt::format("\"{}\" is no name behind the target's host; write one such as "
                               "proxy/library/nginx:1.27",
                               text));
  return std::move(*image);
}

// Tried, as rights alone do not tell; a file that was not there is not left behind. A device or a
// pipe is not tried: whoever reads it may not be there yet.
bool can_be_written(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool there = std::filesystem::exists(status);
  if (there && !std::filesystem::is_regular_file(status))
    return !std::filesystem::is_directory(status);
  const bool opened = std::ofstream(path, std::ios::binary | std::ios::app).is_open();
  if (opened && !there) std::filesystem::remove(path, error);
  return opened;
}

}  // namespace

std::vector<std::string> bench_problems(const BenchSettings& given) {
  std::vector<std::string> problems;
  const auto weights = bench::parse_mix(given.mix);
  if (!weights) problems.push_back("--mix: " + weights.error().detail);
  const bool blobs = weights && (*weights)[static_cast<std::size_t>(bench::Kind::blob)] > 0;
  if (given.cold && (blobs || given.by_digest))
    problems.emplace_back("--cold asks for tags of new names: without blob and --by-digest");
  if (given.baseline && !given.target)
    problems.emplace_back("--baseline needs a --target to compare with it");
  for (const std::string& text : given.fail_if) {
    const auto threshold = bench::parse_threshold(text);
    if (!threshold)
      problems.push_back("--fail-if: " + threshold.error().detail);
    else if (bench::needs_baseline(*threshold) && !given.baseline)
      problems.push_back(fmt::format("--fail-if {} needs a --baseline", text));
  }
  for (const std::string& text : given.images)
    if (const auto image = image_of(text); !image)
      problems.push_back("--image " + image.error().detail);
  if (given.target && given.images.empty() && given.images_file.empty())
    problems.emplace_back("--target needs an --image to ask for");
  if (!given.user.empty() && given.password_file.empty())
    problems.emplace_back("--user needs a --password-file");
  if (given.user.empty() && !given.password_file.empty())
    problems.emplace_back("--password-file is without --user; name whose password it is");
  if (!given.report_file.empty() && !can_be_written(given.report_file))
    problems.push_back(fmt::format("--report: \"{}\" cannot be written", given.report_file));
  return problems;
}

base::Result<BenchWanted> bench_wanted(const BenchSettings& given) {
  BenchWanted wanted;
  const auto weights = bench::parse_mix(given.mix);
  if (!weights) return weights.error();
  wanted.weights = *weights;
  for (const std::string& text : given.fail_if) {
    auto threshold = bench::parse_threshold(text);
    if (!threshold) return threshold.error();
    wanted.thresholds.push_back(std::move(*threshold));
  }
  std::vector<std::string> texts = given.images;
  if (!given.images_file.empty()) {
    const auto listed = read_image_list(given.images_file);
    if (!listed) return failure(Errc::invalid, "--images-from: " + listed.error().detail);
    texts.insert(texts.end(), listed->begin(), listed->end());
  }
  if (texts.empty() && !given.target)
    texts = {"proxy/hello:latest", "proxy/demo/multi:latest", "proxy/demo/tool:latest"};
  if (texts.empty()) return failure(Errc::invalid, "--images-from: there is no image in it");
  std::string wrong;
  for (const std::string& text : texts) {
    auto image = image_of(text);
    if (image)
      wanted.images.push_back(std::move(*image));
    else
      wrong += "--images-from: " + image.error().detail + '\n';
  }
  if (!wrong.empty()) return failure(Errc::invalid, wrong);
  if (!given.user.empty()) {
    auto password = options::read_secret_file(given.password_file);
    if (!password) return failure(Errc::invalid, "--password-file: " + password.error().detail);
    wanted.login = bench::Login{.name = given.user, .password = std::move(*password)};
  }
  return wanted;
}

}  // namespace harbor_router
