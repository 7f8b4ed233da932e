// A blob on its way from Harbor to a client, gone on with where Harbor cut it.
#pragma once

#include "server/request.hpp"

namespace harbor_router::server {

struct BlobStream {
  routing::Resolution resolution;  // with an open stream
  Reply reply;                     // the head to send
  routing::Candidate candidate;    // who is asked for the rest
  harbor::Question question;       // what was asked
};

// Sends head and body. Up to BLOB_RESUME_MAX times a body cut by Harbor is asked for again from the
// byte reached, which the client does not see; after that its connection is closed short, never
// padded.
[[nodiscard]] http::Awaitable<Sent> stream_blob(Request& request, BlobStream blob);

}  // namespace harbor_router::server
