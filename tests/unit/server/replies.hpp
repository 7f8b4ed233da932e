// A project's answers, and the replies made of them, as tests look at them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <doctest/doctest.h>

#include "harbor_router/oci/request_path.hpp"
#include "server/reply.hpp"

namespace harbor_router::testing {

inline harbor::ProjectPointer hub() {
  return std::make_shared<const harbor::Project>(harbor::Project{.name = "hub", .id = 1});
}

inline routing::Resolution chosen(harbor::Answer answer) {
  return {.kind = routing::Verdict::Kind::chosen,
          .project = hub(),
          .answer = std::make_shared<const harbor::Answer>(std::move(answer)),
          .cache = routing::CacheState::miss};
}

// Has the line, whole.
inline bool has_line(const server::Reply& reply, const std::string& line) {
  return ("\r\n" + reply.fields).find("\r\n" + line + "\r\n") != std::string::npos;
}
inline bool has_field(const server::Reply& reply, const std::string& name) {
  return ("\r\n" + reply.fields).find("\r\n" + name + ": ") != std::string::npos;
}

inline oci::PullPath path_of(std::string_view target) {
  const oci::ParsedTarget parsed =
      oci::parse_target(target, {.proxy_project = "proxy", .root_registry = "docker.io"});
  REQUIRE(std::holds_alternative<oci::PullPath>(parsed));
  return std::get<oci::PullPath>(parsed);
}

}  // namespace harbor_router::testing
