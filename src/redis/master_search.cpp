#include "redis/master_search.hpp"

#include <algorithm>
#include <charconv>

namespace harbor_router::redis {

using base::Errc;

namespace {

constexpr std::chrono::milliseconds first_wait{100}, longest_wait{5000};
constexpr std::size_t longest_why = 600;

std::optional<ServerAddress> address_of(std::string_view host, std::string_view port) {
  constexpr std::size_t longest_host = 253;
  ServerAddress address{.host = std::string(host)};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size() || address.port == 0)
    return std::nullopt;
  const bool printable =
      std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (host.empty() || host.size() > longest_host || !printable) return std::nullopt;
  return address;
}

base::Failure unexpected(std::string answer) {
  return base::failure(Errc::unexpected_answer, std::move(answer));
}

}  // namespace

MasterSearch::MasterSearch(const Settings& settings)
    : sentinels_(settings.server ? std::vector<ServerAddress>() : settings.sentinels),
      single_(settings.server),
      master_name_(settings.master_name) {}

MasterSearch::Step MasterSearch::begin() {
  why_ = {};
  asked_ = 0;
  if (single_) {
    tried_ = *single_;
    return TryServer{tried_};
  }
  return next_sentinel(0);
}

MasterSearch::Step MasterSearch::next_sentinel(double chance) {
  if (asked_ >= sentinels_.size()) return wait(chance);
  return AskSentinel{sentinels_[asked_++]};
}

MasterSearch::Step MasterSearch::sentinel_answered(const Reply& reply, double chance) {
  if (reply.is_error()) return sentinel_failed(unexpected(reply.text), chance);
  if (reply.kind == Reply::Kind::nil)
    return sentinel_failed(unexpected("knows no master of the name " + master_name_), chance);
  if (reply.kind != Reply::Kind::array || reply.elements.size() != 2 ||
      !reply.elements[0].is_text() || !reply.elements[1].is_text())
    return sentinel_failed(unexpected("answers something that is no address"), chance);
  const auto address = address_of(reply.elements[0].text, reply.elements[1].text);
  if (!address) return sentinel_failed(unexpected("answers something that is no address"), chance);
  tried_ = *address;
  return TryServer{tried_};
}

MasterSearch::Step MasterSearch::sentinel_failed(const base::Failure& why, double chance) {
  remember("Sentinel ", sentinels_[asked_ - 1], why);
  return next_sentinel(chance);
}

MasterSearch::Step MasterSearch::server_failed(const base::Failure& why, double chance) {
  remember("", tried_, why);
  if (single_) return wait(chance);
  return next_sentinel(chance);
}

std::optional<MasterSearch::Step> MasterSearch::role_answered(const Reply& reply, double chance) {
  const bool tells = reply.kind == Reply::Kind::array && !reply.elements.empty();
  const std::string role = tells ? reply.elements[0].text : std::string();
  if (!single_) {
    if (role != "master")
      return server_failed(
          unexpected(reply.is_error() ? reply.text : "does not call itself master"), chance);
    // Asked first from now on, as the protocol of Sentinel clients advises.
    std::rotate(sentinels_.begin(), sentinels_.begin() + static_cast<std::ptrdiff_t>(asked_ - 1),
                sentinels_.begin() + static_cast<std::ptrdiff_t>(asked_));
  } else if (reply.is_error("NOAUTH")) {
    return server_failed(unexpected(reply.text), chance);
  } else if (role == "slave") {
    return server_failed(
        base::failure(Errc::refused_account,
                      "is a replica, which takes no writes: REDIS_URL has to name its primary"),
        chance);
  } else if (role == "sentinel") {
    return server_failed(base::failure(Errc::refused_account,
                                       "is a Sentinel: REDIS_SENTINELS is the place to name it"),
                         chance);
  }
  why_ = {};
  return std::nullopt;
}

MasterSearch::Wait MasterSearch::lost(const std::string& why, double chance) {
  remember("", tried_, base::failure(Errc::closed, why));
  return wait(chance);
}

MasterSearch::Wait MasterSearch::wait(double chance) {
  constexpr unsigned most_doublings = 6;
  const auto whole = std::min(first_wait * (1U << std::min(waits_, most_doublings)), longest_wait);
  ++waits_;
  const double share = 0.5 + chance / 2;
  return {std::chrono::duration_cast<std::chrono::milliseconds>(whole * share)};
}

void MasterSearch::remember(const std::string& what, const ServerAddress& address,
                            const base::Failure& why) {
  const std::string where = to_string(address) + ": ";
  const bool told = why.detail.starts_with(where);  // which address of a host it was
  if (why_.code != Errc::refused_account) why_.code = why.code;
  if (!why_.detail.empty()) why_.detail += "; ";
  why_.detail += what + (told ? std::string() : where) + why.detail;
  if (why_.detail.size() > longest_why) why_.detail.resize(longest_why);
}

std::optional<ServerAddress> switched_master(std::string_view message,
                                             std::string_view master_name) {
  std::vector<std::string_view> words;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find(' '), message.size());
    words.push_back(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  if (words.size() != 5 || words[0] != master_name) return std::nullopt;
  return address_of(words[3], words[4]);
}

}  // namespace harbor_router::redis
