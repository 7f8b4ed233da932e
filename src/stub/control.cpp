#include "stub/control.hpp"

#include <map>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "harbor_router/stub/config.hpp"

namespace harbor_router::stub {
namespace {

using nlohmann::json;

std::optional<std::string> given(const Request& request, std::string_view name) {
  auto values = request.parameters(name);
  return values.empty() ? std::nullopt : std::optional(std::move(values.front()));
}

std::optional<Endpoint> endpoint_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const auto endpoint = endpoint_named(*name);
  if (!endpoint) throw std::invalid_argument("unknown endpoint: " + *name);
  return endpoint;
}

std::optional<std::string> member(const json& body, const char* name) {
  return body.contains(name) ? std::optional(body[name].get<std::string>()) : std::nullopt;
}

json log_json(const LoggedRequest& entry) {
  json headers = json::array();
  for (const auto& [name, value] : entry.headers) headers.push_back({name, value});
  return {{"number", entry.number},
          {"method", entry.method},
          {"target", entry.target},
          {"endpoint", to_string(entry.endpoint)},
          {"project", entry.project},
          {"repository", entry.repository},
          {"reference", entry.reference},
          {"authorization_kind", to_string(entry.authorization_kind)},
          {"authorization", entry.authorization},
          {"accept", entry.accept},
          {"headers", headers},
          {"connection", entry.connection},
          {"time_ms",
           std::chrono::duration_cast<std::chrono::milliseconds>(entry.time.time_since_epoch())
               .count()},
          {"status", entry.status},
          {"body_bytes", entry.body_bytes}};
}

Answer list_requests(StandIn& stand_in, const Request& request) {
  const RequestFilter filter{.method = given(request, "method"),
                             .project = given(request, "project"),
                             .endpoint = endpoint_of(given(request, "endpoint"))};
  json list = json::array();
  for (const auto& entry : stand_in.requests(filter)) list.push_back(log_json(entry));
  return json_answer(200, list.dump(-1, ' ', false, json::error_handler_t::replace));
}

Answer done(const json& body = json::object()) {
  return json_answer(200, body.dump());
}

Answer state(StandIn& stand_in, const Request& request) {
  json body{{"connections_accepted", stand_in.connections_accepted()},
            {"open_connections", stand_in.open_connections()},
            {"requests_in_progress", stand_in.requests_in_progress()}};
  if (const auto project = given(request, "project")) {
    const CacheJobs jobs = stand_in.cache_jobs(*project);
    body["cache_jobs"] = {{"manifests", jobs.manifests}, {"blobs", jobs.blobs}};
  }
  return done(body);
}

Fault fault_of(const json& body) {
  Fault fault{.delay = std::chrono::milliseconds(body.value("delay_ms", 0L)), .then = {}};
  const auto kind = body.value("kind", "none");
  if (kind == "none") {
    fault.then = fault::None{};
  } else if (kind == "status") {
    fault::Status status{.status = body.value("status", 503U),
                         .retry_after = member(body, "retry_after"),
                         .body = member(body, "body")};
    status.content_type = body.value("content_type", status.content_type);
    fault.then = status;
  } else if (kind == "hang") {
    fault.then = fault::Hang{};
  } else if (kind == "close") {
    fault.then = fault::Close{};
  } else if (kind == "cut") {
    fault.then = fault::Cut{.after_bytes = body.value("after_bytes", std::uint64_t{0})};
  } else if (kind == "portal_page") {
    fault.then = fault::PortalPage{};
  } else if (kind == "raw_bytes") {
    fault.then = fault::RawBytes{.bytes = body.value("bytes", fault::RawBytes{}.bytes)};
  } else if (kind == "wrong_length") {
    fault.then = fault::WrongLength{.difference = body.value("difference", std::int64_t{1})};
  } else if (kind == "wrong_bytes") {
    fault.then = fault::WrongBytes{};
  } else if (kind == "slow_drip") {
    fault.then =
        fault::SlowDrip{.chunk = body.value("chunk", std::size_t{1}),
                        .interval = std::chrono::milliseconds(body.value("interval_ms", 10L))};
  } else {
    throw std::invalid_argument("unknown kind of fault: " + kind);
  }
  return fault;
}

Answer set_fault(StandIn& stand_in, const Request& request) {
  const json body = json::parse(request.body);
  FaultScope scope{.requests = {.method = member(body, "method"),
                                .project = member(body, "project"),
                                .endpoint = endpoint_of(member(body, "endpoint"))},
                   .count = std::nullopt};
  if (body.contains("count")) scope.count = body["count"].get<std::size_t>();
  stand_in.set_fault(std::move(scope), fault_of(body));
  return done();
}

Answer add_tag(StandIn& stand_in, const Request& request) {
  json body = json::parse(request.body);
  const auto project = body.at("project").get<std::string>();
  body.erase("project");
  const TaggedImage tagged = image_from_json(body.dump());
  stand_in.add_image({project, tagged.repository, tagged.tag}, tagged.image);
  return done({{"digest", tagged.image.manifest.digest.str()}});
}

ImageName image_name(const json& body) {
  return {.project = body.at("project").get<std::string>(),
          .repository = body.at("repository").get<std::string>(),
          .tag = body.value("tag", "latest")};
}

Answer change_settings(StandIn& stand_in, const Request& request) {
  const json body = json::parse(request.body);
  const auto project = body.at("project").get<std::string>();
  if (body.contains("public")) {
    stand_in.set_visibility(project, body["public"].get<bool>() ? Visibility::public_project
                                                                : Visibility::private_project);
  }
  if (const auto status = member(body, "registry_status")) {
    stand_in.set_registry_status(project, *status);
  }
  if (const auto upstream = member(body, "upstream")) {
    const std::map<std::string, UpstreamState> states{
        {"answering", UpstreamState::answering},
        {"failing", UpstreamState::failing},
        {"rate_limited", UpstreamState::rate_limited}};
    stand_in.set_upstream(project, states.at(*upstream));
  }
  if (const auto delivery = member(body, "blob_delivery")) {
    stand_in.set_blob_delivery(
        project, *delivery == "direct" ? BlobDelivery::direct : BlobDelivery::redirect_to_storage);
  }
  return done();
}

Answer act(StandIn& stand_in, const Request& request) {
  const std::string what = request.method + " " + request.path.substr(sizeof("/_stand-in/") - 1);
  const auto project = given(request, "project");
  if (what == "GET requests") return list_requests(stand_in, request);
  if (what == "GET state") return state(stand_in, request);
  if (what == "POST faults") return set_fault(stand_in, request);
  if (what == "POST tags") return add_tag(stand_in, request);
  if (what == "POST settings") return change_settings(stand_in, request);
  if (what == "DELETE requests") {
    stand_in.clear_requests();
  } else if (what == "DELETE faults") {
    if (project) {
      stand_in.clear_faults(*project);
    } else {
      stand_in.clear_faults();
    }
  } else if (what == "POST projects") {
    stand_in.add_project(project_from_json(request.body));
  } else if (what == "DELETE projects") {
    stand_in.remove_project(request.parameter("name"));
  } else if (what == "DELETE tags") {
    stand_in.remove_tag(
        {request.parameter("project"), request.parameter("repository"), request.parameter("tag")});
  } else if (what == "POST cache") {
    stand_in.cache(image_name(json::parse(request.body)));
  } else if (what == "DELETE cache") {
    stand_in.forget_cached(request.parameter("project"));
  } else if (what == "POST policy") {
    stand_in.violate_policy(image_name(json::parse(request.body)));
  } else if (what == "DELETE tokens") {
    stand_in.invalidate_tokens();
  } else {
    return harbor_error(404, "no such control: " + what);
  }
  return done();
}

}  // namespace

Answer control_answer(StandIn& stand_in, const Request& request) {
  try {
    return act(stand_in, request);
  } catch (const std::exception& mistake) {
    return harbor_error(400, mistake.what());
  }
}

}  // namespace harbor_router::stub
