#include "server/asked_image.hpp"

#include "harbor_router/oci/image_name.hpp"
#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::server {

namespace {

// Of a Host field: the same machine may be asked at several ports.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_this_machine(std::string_view name) {
  return name == "localhost" || name.starts_with("127.");
}

bool is_own(std::string_view host, const RouterNames& router) {
  if (!router.public_host.empty() &&
      harbor::registry_host(host) == harbor::registry_host(router.public_host))
    return true;
  const std::string_view name = without_port(host);
  return is_this_machine(name) || name == without_port(router.asked_at);
}

}  // namespace

base::Result<AskedImage> asked_image(std::string_view text, const RouterNames& router,
                                     const harbor::ProjectList& projects) {
  const auto name = oci::parse_image_name(text);
  if (!name)
    return base::failure(base::Errc::invalid,
                         '"' + std::string(text) +
                             "\" is no image name; write one such as nginx, org/app:v1 or "
                             "ghcr.io/org/app@sha256:...");
  AskedImage image{.text = std::string(text), .reference = name->reference().str()};
  std::string_view repository = name->repository.str();
  std::string_view host = name->host ? std::string_view(*name->host) : std::string_view();
  const std::string prefix = router.paths.proxy_project + '/';
  const bool unknown = !host.empty() && !projects.mirrors(harbor::registry_host(host));
  if (unknown && repository.starts_with(prefix)) {
    repository.remove_prefix(prefix.size());
    host = {};
  } else if (unknown && router.paths.root_registry) {
    const bool own = is_own(host, router);
    image.assumed = std::string(host) + (own ? " is taken for this router's own host"
                                             : " is taken for a registry's host; if it is this "
                                               "router's own, set PUBLIC_URL to it");
    if (own) host = *router.paths.root_registry;
  }
  image.subject = routing::subject_of(repository, host, projects);
  return image;
}

routing::Pull pull_of(const AskedImage& image, harbor::CredentialsPointer credentials) {
  return {.subject = image.subject,
          .question = {.method = harbor::Method::get,
                       .endpoint = oci::Endpoint::manifests,
                       .reference = image.reference,
                       .accept = {oci::usual_accept()},
                       .credentials = std::move(credentials)}};
}

}  // namespace harbor_router::server
