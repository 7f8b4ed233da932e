#include "server/asked_image.hpp"

#include "harbor_router/oci/image_name.hpp"
#include "harbor_router/oci/media_type.hpp"

namespace harbor_router::server {

base::Result<AskedImage> asked_image(std::string_view text, const oci::PathRules& rules,
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
  const std::string prefix = rules.proxy_project + '/';
  const bool own = !host.empty() && !projects.mirrors(host);  // the router's, for all we know
  if (own && repository.starts_with(prefix)) {
    repository.remove_prefix(prefix.size());
    host = {};
  } else if (own && rules.root_registry) {
    host = *rules.root_registry;
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
