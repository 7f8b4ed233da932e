// From an answer's head and body to an Answer: what is read, checked and kept.
#pragma once

#include "harbor_router/harbor/upstream.hpp"

namespace harbor_router::harbor {

// Fills answer from the head just read: outcome, fields, digest as announced. What the question did
// not ask for, or what a client could do nothing with, is failed. harbor: whose head it is.
void read_head_into(Answer& answer, const Question& question, const http::ResponseHead& head,
                    const http::Origin& harbor);
// Checks a manifest's bytes against the digest asked for or announced and sets answer.digest;
// outcome becomes failed when they differ. Harbor's digest field is empty on an uncached GET by
// tag.
void check_manifest(Answer& answer, const Question& question);
// Seconds or a date (RFC 9110 section 10.2.3), a day at most; nullopt: neither.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text);
void fail(Answer& answer, const base::Failure& failure);

}  // namespace harbor_router::harbor
