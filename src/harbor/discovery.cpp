#include "harbor_router/harbor/discovery.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "harbor_router/oci/link.hpp"

namespace harbor_router::harbor {

using base::Errc;
using base::failure;

namespace {

constexpr std::size_t page_size = 100;  // Harbor's maximum; more is 422
constexpr std::size_t max_pages = 1000;

base::Failure unexpected(const std::string& what, const ApiAnswer& answer) {
  const bool refused = answer.status == 401 || answer.status == 403;
  return failure(refused ? Errc::refused_account : Errc::unexpected_answer,
                 what + " answered " + std::to_string(answer.status) + " " + answer.content_type);
}

bool is_json(const ApiAnswer& answer) {
  return answer.content_type.starts_with("application/json");
}

// All pages, once. A project made or removed meanwhile shifts the pages after it, so that one may
// be on none of them, or on two.
struct PagesRead {
  std::vector<Project> projects;
  bool totals_differ = false;  // then projects is not whole
};

std::optional<std::size_t> total_of(const ApiAnswer& answer) {
  const std::string& count = answer.total_count;
  std::size_t total = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), total);
  return error == std::errc{} ? std::optional(total) : std::nullopt;
}

bool overlap(const std::vector<Project>& projects) {
  std::set<std::int64_t> ids;
  return !std::all_of(projects.begin(), projects.end(),
                      [&ids](const Project& project) { return ids.insert(project.id).second; });
}

Awaitable<base::Result<PagesRead>> read_pages(Client& client) {
  PagesRead read;
  std::optional<std::size_t> first_total;
  std::size_t seen = 0;
  for (std::size_t page = 1; page <= max_pages; ++page) {
    const std::string target =
        "/api/v2.0/projects?q=registry_id%3D%5B1~%5D&page_size=" + std::to_string(page_size) +
        "&page=" + std::to_string(page);
    auto answer = co_await client.get(target, client.account().authorization());
    if (!answer) co_return answer.error();
    if (answer->status != 200 || !is_json(*answer)) co_return unexpected("/projects", *answer);
    auto parsed = parse_projects_page(answer->body);
    if (!parsed) co_return parsed.error();
    seen += parsed->entries;
    std::move(parsed->projects.begin(), parsed->projects.end(), std::back_inserter(read.projects));
    const std::optional<std::size_t> total = total_of(*answer);
    if (page == 1) first_total = total;
    read.totals_differ = total != first_total;
    if (read.totals_differ) co_return read;
    const bool more = total ? seen < *total : oci::next_link(answer->link).has_value();
    if (!more) co_return read;
    if (parsed->entries == 0)
      co_return failure(Errc::unexpected_answer, "/projects: an empty page before the " +
                                                     answer->total_count + " announced");
  }
  co_return failure(Errc::unexpected_answer, "/projects: more than 1000 pages");
}

Awaitable<base::Result<std::vector<Project>>> all_projects(Client& client) {
  auto read = co_await read_pages(client);
  if (read && (read->totals_differ || overlap(read->projects))) {
    auto again = co_await read_pages(client);
    read = std::move(again);
  }
  if (!read) co_return read.error();
  if (read->totals_differ)
    co_return failure(Errc::unexpected_answer,
                      "/projects: its pages do not agree on how many there are, at a second "
                      "reading too");
  co_return std::move(read->projects);
}

Awaitable<base::Result<std::vector<Registry>>> all_registries(Client& client) {
  std::vector<Registry> registries;
  for (std::size_t page = 1; page <= max_pages; ++page) {
    const std::string target = "/api/v2.0/registries?page_size=" + std::to_string(page_size) +
                               "&page=" + std::to_string(page);
    auto answer = co_await client.get(target, client.account().authorization());
    if (!answer) co_return answer.error();
    if (answer->status == 401 || answer->status == 403)
      co_return failure(Errc::refused_account, "the account may not list registries");
    if (answer->status != 200 || !is_json(*answer)) co_return unexpected("/registries", *answer);
    auto parsed = parse_registries_page(answer->body);
    if (!parsed) co_return parsed.error();
    const std::size_t entries = parsed->size();
    std::move(parsed->begin(), parsed->end(), std::back_inserter(registries));
    if (entries < page_size) co_return registries;
  }
  co_return failure(Errc::unexpected_answer, "/registries: more than 1000 pages");
}

// "quay, ghcr": registries that projects out of sight may use.
std::string unused_registries(const std::vector<Registry>& registries,
                              const std::vector<Project>& projects) {
  std::string names;
  for (const Registry& registry : registries) {
    const bool used = std::any_of(projects.begin(), projects.end(), [&](const Project& project) {
      return project.registry_id == registry.id;
    });
    if (!used) names += (names.empty() ? "" : ", ") + registry.host;
  }
  return names;
}

}  // namespace

Awaitable<base::Result<Discovered>> discover(Client& client) {
  const std::vector<std::string> no_scopes;
  auto accepted = co_await client.own_token(no_scopes);
  if (!accepted) co_return accepted.error();
  auto projects = co_await all_projects(client);
  if (!projects) co_return projects.error();
  Discovered discovered{.projects = std::move(*projects)};
  auto registries = co_await all_registries(client);
  if (!registries && registries.error().code != Errc::refused_account) co_return registries.error();
  if (!registries) {
    discovered.warnings.push_back(
        "the account may not list registries (grant it the system permission registry:list): types "
        "and hosts are unknown, so ns= and host names in images cannot be matched to a project, "
        "and "
        "projects it cannot see (project:list shows them) go unnoticed");
  } else {
    for (Project& project : discovered.projects) {
      const auto at =
          std::find_if(registries->begin(), registries->end(),
                       [&](const Registry& each) { return each.id == project.registry_id; });
      if (at != registries->end()) project.registry = *at;
    }
    if (const std::string names = unused_registries(*registries, discovered.projects);
        !names.empty())
      discovered.warnings.push_back(
          "no project the account sees uses " + names +
          " (if proxy-cache projects do, make it a member of them, or grant it the system "
          "permission project:list)");
  }
  if (discovered.projects.empty())
    discovered.warnings.push_back(
        "the account is accepted but sees no proxy-cache project (make it a member of them, or a "
        "robot with the permission project:list)");
  co_return discovered;
}

}  // namespace harbor_router::harbor
