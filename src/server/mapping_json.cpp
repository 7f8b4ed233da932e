#include "harbor_router/server/mapping_json.hpp"

#include "harbor_router/oci/digest.hpp"
#include "harbor_router/store/image_pattern.hpp"

namespace harbor_router::server {

Json mapping_json(const store::Entry& entry, const std::string& project) {
  Json json = {
      {"image", store::image_of(entry.key())},
      {"repository", entry.repository},
      {"reference", entry.reference.empty() ? Json(nullptr) : Json(entry.reference)},
      {"hint", entry.hint.empty() ? Json(nullptr) : Json(entry.hint)},
      {"project", project.empty() ? Json(nullptr) : Json(project)},
      {"digest", entry.digest ? Json(oci::Digest::of_sha256(*entry.digest).str()) : Json(nullptr)},
      {"state", store::to_string(entry.state)},
      {"age_seconds", entry.age.count()},
      {"expires_in_seconds", entry.expires_in.count()},
      {"hits", entry.hits}};
  if (entry.identity != 0) json["personal"] = true;  // one person's absence, not everybody's
  return json;
}

Json mapping_json(const store::Record& record, store::WallTime now) {
  const store::Entry entry{
      .hint = record.hint,
      .repository = record.repository,
      .reference = record.reference,
      .state = store::state_of(record, now),
      .project = record.project_id,
      .digest = record.digest,
      .expires_in = std::chrono::floor<std::chrono::seconds>(record.fresh_until - now)};
  Json json = mapping_json(entry, record.project);
  json["age_seconds"] = nullptr;
  json["hits"] = nullptr;
  return json;
}

}  // namespace harbor_router::server
