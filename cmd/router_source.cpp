#include "cmd/router_source.hpp"

#include <fmt/format.h>

#include "cmd/resolution_text.hpp"
#include "cmd/router_client.hpp"
#include "harbor_router/oci/query.hpp"

namespace harbor_router {

namespace {

using server::Json;

constexpr std::size_t entries_of_a_page = 1000;

class RunningRouter final : public MappingSource {
 public:
  RunningRouter(const http::Origin& origin, std::string admin_token)
      : name_(origin.url()),
        client_(origin, std::chrono::seconds(10)),
        admin_token_(std::move(admin_token)) {}

  std::string name() const override { return name_; }
  Json statistics() const override { return statistics_; }
  bool counts_what_it_reads() const override { return false; }

  base::Result<void> read(const std::string& pattern, const Visit& visit) override {
    std::string after;
    do {
      auto page = client_.ask(
          {.target = fmt::format("/debug/cache?image={}&limit={}&after={}",
                                 oci::percent_encoded(pattern), entries_of_a_page, after)});
      if (!page) return page.error();
      const auto entries = page->json.find("entries");
      if (entries == page->json.end() || !entries->is_array()) return no_router("mappings");
      statistics_ = page->json.value("stats", Json::object());
      for (const Json& entry : *entries)
        if (!visit(entry)) return {};
      after = text_at(page->json, "next");
    } while (!after.empty());
    return {};
  }

  base::Result<std::size_t> purge(const std::string& pattern) override {
    auto answer = client_.ask(
        {.method = RouterClient::Request::Method::remove,
         .target = "/debug/cache?image=" + oci::percent_encoded(pattern.empty() ? "*" : pattern),
         .admin_token = admin_token_});
    if (!answer) return answer.error();
    const auto removed = answer->json.find("removed");
    if (removed == answer->json.end() || !removed->is_number_unsigned())
      return no_router("a count");
    return removed->get<std::size_t>();
  }

 private:
  [[nodiscard]] base::Failure no_router(std::string_view wanted) const {
    return base::failure(
        base::Errc::unexpected_answer,
        fmt::format("what answers at {} tells no {}; is this a router's METRICS_ADDR?", name_,
                    wanted));
  }

  std::string name_;
  RouterClient client_;
  std::string admin_token_;
  Json statistics_ = Json::object();
};

}  // namespace

std::unique_ptr<MappingSource> running_router(const http::Origin& origin, std::string admin_token) {
  return std::make_unique<RunningRouter>(origin, std::move(admin_token));
}

}  // namespace harbor_router
