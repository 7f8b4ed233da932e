// Who is asking: from a request's Authorization to the credentials its questions carry upstream.
#pragma once

#include <optional>
#include <variant>

#include "harbor_router/oci/request_path.hpp"
#include "server/request.hpp"

namespace harbor_router::server {

// Credentials to go on with, or the reply that ends the request (401, or why Harbor could not be
// asked).
using Authenticated = std::variant<harbor::CredentialsPointer, Reply>;

// path: what is asked for; its candidate projects are what a password is exchanged for. In
// passthrough mode a Bearer token goes upstream as it is and Basic is exchanged for a token first,
// once, so that a wrong password costs Harbor one login and is never fanned out.
[[nodiscard]] http::Awaitable<Authenticated> authenticate(Request& request,
                                                          const oci::PullPath& path);
// The same where it takes no question to Harbor and no password check: a request with a token, or
// in service mode without passwords, is spared a coroutine.
[[nodiscard]] std::optional<Authenticated> authenticated_at_once(Request& request,
                                                                 const oci::PullPath& path);
// For a person whom no project lets have what he asks for. Harbor refuses a token that it does not
// take (run out, signed with an old key) in the same words as one without rights, so it is asked
// which. nullopt: the token is good, the refusal stands. Else credentials to ask once more with,
// where a password gave them, or the reply. A good token kept for a password is got anew all the
// same once it is as old as an absence may be, or a few seconds: rights may have been given since.
[[nodiscard]] http::Awaitable<std::optional<Authenticated>> authenticated_anew(
    Request& request, const oci::PullPath& path, harbor::CredentialsPointer refused);
// /v2/ itself: 200 when Harbor accepts the credentials.
[[nodiscard]] http::Awaitable<Reply> api_version_reply(Request& request);

// A person's credentials for pulls of this subject, from a whole Basic value. Failure
// refused_account for a wrong password; other failures say why Harbor could not be asked.
[[nodiscard]] http::Awaitable<base::Result<harbor::CredentialsPointer>> credentials_for_password(
    Worker& worker, std::string basic, routing::Subject subject,
    std::shared_ptr<const harbor::ProjectList> projects);

// The scheme of an Authorization value, compared without case.
[[nodiscard]] bool is_scheme(std::string_view authorization, std::string_view scheme);

}  // namespace harbor_router::server
