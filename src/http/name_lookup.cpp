#include "http/name_lookup.hpp"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/error.hpp>

#include "harbor_router/base/guarded.hpp"

namespace harbor_router::http {

namespace {

using Name = std::pair<std::string, std::uint16_t>;
using UnderWay = std::map<Name, std::vector<OnAddresses>>;

// Never destroyed: a look-up may outlast main().
base::Guarded<UnderWay>& names_under_way() {
  static auto* const under_way = new base::Guarded<UnderWay>;
  return *under_way;
}

error_code error_of(int answer) {
  switch (answer) {
    case 0:
      return {};
    case EAI_AGAIN:
      return asio::error::host_not_found_try_again;
    case EAI_FAIL:
      return asio::error::no_recovery;
    case EAI_MEMORY:
      return asio::error::no_memory;
    case EAI_SYSTEM:
      return {errno, boost::system::system_category()};
    default:
      return asio::error::host_not_found;
  }
}

std::vector<Endpoint> endpoints_of(const addrinfo* found, std::uint16_t port) {
  std::vector<Endpoint> endpoints;
  for (; found != nullptr; found = found->ai_next) {
    Endpoint endpoint;
    if (found->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), found->ai_addr, found->ai_addrlen);
    endpoint.resize(found->ai_addrlen);
    endpoint.port(port);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

void tell_all(const Name& name, error_code error, const std::vector<Endpoint>& endpoints) {
  const auto waiting = names_under_way().lock()->extract(name);
  for (const OnAddresses& told : waiting.mapped()) told(error, endpoints);
}

void look_up(const Name& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const error_code error = error_of(::getaddrinfo(name.first.c_str(), nullptr, &hints, &found));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  tell_all(name, error, endpoints_of(found, name.second));
}

}  // namespace

void look_up_name(const std::string& host, std::uint16_t port, OnAddresses told) {
  const Name name(host, port);
  {
    auto under_way = names_under_way().lock();
    auto& waiting = (*under_way)[name];
    waiting.push_back(std::move(told));
    if (waiting.size() > 1) return;
  }
  try {
    std::thread([name] { look_up(name); }).detach();
  } catch (const std::system_error& no_thread) {
    tell_all(name, {no_thread.code().value(), boost::system::system_category()}, {});
  }
}

}  // namespace harbor_router::http
