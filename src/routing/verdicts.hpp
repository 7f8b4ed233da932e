// What single answers mean beside the decision.
#pragma once

#include "harbor_router/harbor/upstream.hpp"
#include "harbor_router/oci/media_type.hpp"
#include "harbor_router/routing/decision.hpp"

namespace harbor_router::routing {

using harbor::is_unknown;

// Whether the project a mapping names has the last word. A digest may move at any failure, since
// its content is checked; a tag moves only when its own project says that it does not have it. The
// router's own rights are everybody's: refused, they say nothing of where the tag is.
inline bool has_last_word(const harbor::Question& question, Outcome outcome) {
  if (outcome == Outcome::hit || outcome == Outcome::blocked) return true;
  const bool own_refused = outcome == Outcome::refused &&
                           question.credentials->kind == harbor::Credentials::Kind::service;
  return (is_unknown(outcome) || own_refused) && !oci::Digest::is_one(question.reference);
}

// A person is refused by the project that a mapping names, live or lapsed: he may have no right to
// it, or his token has died.
inline bool leaves_doubt(const harbor::Question& question, Outcome outcome) noexcept {
  return outcome == Outcome::refused && !question.is_by_digest() &&
         question.credentials->kind == harbor::Credentials::Kind::person;
}

// Whether a miss says that the image is not there: a registry says 404 also of an image of which no
// type asked for can be given (distribution, manifests by tag).
inline bool means_absent(const harbor::Question& question) noexcept {
  if (question.endpoint != oci::Endpoint::manifests) return true;
  oci::AcceptedTypes types;
  for (const std::string& line : question.accept) types.add(line);
  return types.names_usual();
}

// A 4xx without a meaning of its own: the question is at fault, and will be again.
inline bool blames_question(const harbor::Answer& answer) noexcept {
  return answer.outcome == Outcome::failed && answer.status >= 400 && answer.status < 500;
}

// Two projects have the tag asked for, with different digests: whoever pulls it may mean either.
inline bool in_conflict(const harbor::Answer& one, const harbor::Answer& other) noexcept {
  return one.outcome == Outcome::hit && other.outcome == Outcome::hit && one.digest &&
         other.digest && *one.digest != *other.digest;
}

}  // namespace harbor_router::routing
