#include "stub/harbor.hpp"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace harbor_router::stub {
namespace {

void put_manifest(HeldRepository& repository, const Manifest& manifest, bool local) {
  repository.manifests.try_emplace(
      manifest.digest.str(),
      HeldManifest{.manifest = manifest, .local = local, .violates_policy = false});
}

}  // namespace

HeldProject* Harbor::find_project(std::string_view name) {
  const auto found = projects.find(name);
  return found == projects.end() ? nullptr : &found->second;
}

HeldProject& Harbor::project(std::string_view name) {
  if (auto* found = find_project(name)) return *found;
  throw std::invalid_argument("no such project: " + std::string(name));
}

HeldRepository& Harbor::repository(const ImageName& name) {
  auto& held = project(name.project);
  const auto found = held.repositories.find(name.repository);
  if (found != held.repositories.end()) return found->second;
  throw std::invalid_argument("no such repository: " + name.project + "/" + name.repository);
}

std::string Harbor::random_bytes(std::size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() & 0xff);
  return bytes;
}

void put_project(Harbor& harbor, Project project) {
  if (project.id == 0) project.id = harbor.next_project_id;
  harbor.next_project_id = std::max(harbor.next_project_id, project.id + 1);
  if (project.registry) {
    auto& registry = *project.registry;
    if (registry.id == 0) registry.id = harbor.next_registry_id;
    harbor.next_registry_id = std::max(harbor.next_registry_id, registry.id + 1);
    if (registry.name.empty()) registry.name = project.name + "-registry";
  }
  HeldProject held;
  const bool local = !project.registry;
  for (const auto& tagged : project.images) {
    put_image(held.repositories[tagged.repository], tagged.tag, tagged.image, local);
  }
  project.images.clear();
  held.settings = std::move(project);
  const std::string name = held.settings.name;
  harbor.projects.insert_or_assign(name, std::move(held));
}

void put_image(HeldRepository& repository, std::string_view tag, const Image& image, bool local) {
  put_manifest(repository, image.manifest, local);
  for (const auto& child : image.children) put_manifest(repository, child, local);
  for (const auto& blob : image.blobs) {
    repository.blobs.try_emplace(blob.digest.str(), HeldBlob{.blob = blob, .local = local});
  }
  repository.tags.insert_or_assign(std::string(tag), image.manifest.digest.str());
  if (local) repository.local_tags = repository.tags;
}

void make_local(HeldRepository& repository, std::string_view digest) {
  if (const auto blob = repository.blobs.find(digest); blob != repository.blobs.end()) {
    blob->second.local = true;
  }
  const auto found = repository.manifests.find(digest);
  if (found == repository.manifests.end()) return;
  found->second.local = true;
  for (const auto& [tag, named] : repository.tags) {
    if (named == digest) repository.local_tags.insert_or_assign(tag, named);
  }
  const auto body = nlohmann::json::parse(found->second.manifest.bytes, nullptr, false);
  if (!body.is_object()) return;
  for (const char* member : {"manifests", "layers"}) {
    if (!body.contains(member)) continue;
    for (const auto& child : body[member]) make_local(repository, child.value("digest", ""));
  }
  if (body.contains("config")) make_local(repository, body["config"].value("digest", ""));
}

void forget_local(HeldProject& project) {
  for (auto& [name, repository] : project.repositories) {
    repository.local_tags.clear();
    for (auto& [digest, manifest] : repository.manifests) manifest.local = false;
    for (auto& [digest, blob] : repository.blobs) blob.local = false;
  }
}

}  // namespace harbor_router::stub
