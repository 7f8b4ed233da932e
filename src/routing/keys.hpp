// What makes two requests the same flight.
#pragma once

#include <string>

#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/routing/resolver.hpp"

namespace harbor_router::routing {

// Everything an answer depends on. Parts cannot contain NUL, so joined they stay apart.
inline std::string flight_key(const Pull& pull) {
  const harbor::Question& question = pull.question;
  // Clients send the same Accept lines in any order; answers differ by what they say.
  const std::string accept =
      oci::normalised_accept({question.accept.begin(), question.accept.end()});
  std::string key = oci::to_string(question.endpoint);
  for (const std::string_view part :
       {std::string_view(pull.subject.hint), std::string_view(pull.subject.repository),
        std::string_view(question.reference), std::string_view(question.query),
        std::string_view(question.credentials->authorization), std::string_view(accept)}) {
    key.push_back('\0');
    key.append(part);
  }
  if (pull.unsaid.project) key.append(1, '\0').append(std::to_string(pull.unsaid.project->id));
  return key;
}

}  // namespace harbor_router::routing
