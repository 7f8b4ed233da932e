#include "harbor_router/stub/demo.hpp"

namespace harbor_router::stub {
namespace {

const std::vector<std::string> two_platforms{"linux/amd64", "linux/arm64"};

TaggedImage image(std::string repository, std::string tag, const ImageRecipe& recipe) {
  return {.repository = std::move(repository), .tag = std::move(tag), .image = make_image(recipe)};
}

Project proxy_project(std::string name, Registry registry, std::vector<TaggedImage> images) {
  Project project;
  project.name = std::move(name);
  project.registry = std::move(registry);
  project.images = std::move(images);
  return project;
}

}  // namespace

Demo demo() {
  Demo result;
  result.robot_name = "robot$router";
  result.robot_password = "Demo-password-1";
  Options& options = result.options;
  options.caching = Caching::on_get;
  options.accounts.push_back(
      {.name = result.robot_name,
       .password = result.robot_password,
       .kind = AccountKind::robot,
       .projects = {"*"},
       .system_permissions = {"project:list", "registry:list", "registry:read"}});
  options.projects.push_back(
      proxy_project("dockerhub-proxy",
                    {.name = "docker-hub", .type = "docker-hub", .url = "https://hub.docker.com"},
                    {image("library/hello", "latest", {.seed = "hello"}),
                     image("library/hello-multi", "latest",
                           {.seed = "hello-multi", .platforms = two_platforms})}));
  // shared/app:1.0 is in two registries with different content: a conflict to look at.
  options.projects.push_back(
      proxy_project("ghcr-proxy", {.name = "ghcr", .type = "github-ghcr", .url = "https://ghcr.io"},
                    {image("demo/multi", "latest", {.seed = "multi", .platforms = two_platforms}),
                     image("shared/app", "1.0", {.seed = "shared from ghcr"})}));
  options.projects.push_back(
      proxy_project("quay-proxy", {.name = "quay", .type = "quay", .url = "https://quay.io"},
                    {image("demo/tool", "latest", {.seed = "tool", .format = ImageFormat::docker}),
                     image("shared/app", "1.0", {.seed = "shared from quay"})}));
  return result;
}

}  // namespace harbor_router::stub
