// Settings of who may pull.
#include "cmd/options/rows.hpp"

namespace harbor_router::options {
namespace {

using namespace rows;

constexpr Setting kPassthroughAuthentication[] = {
    {.flag = "--public-url",
     .variable = "PUBLIC_URL",
     .kind = ValueKind::url,
     .group = Group::clients,
     .used_by = kResolving,
     .help = "The address clients use, where the request itself does not tell it.",
     .assign = into<parse_origin, kClients, &C::public_url>},
    {.flag = "--client-auth-file",
     .variable = "CLIENT_AUTH_FILE",
     .kind = ValueKind::file,
     .group = Group::clients,
     .help = "An htpasswd file (bcrypt) of who may pull when AUTH_MODE is service; read again when "
             "it changes. While a line of it is no bcrypt line, or it is gone, what it said before "
             "holds, also for those it names no more.",
     .assign = into<parse_htpasswd_file, kClients, &C::auth_file>},
};

}  // namespace

std::span<const Setting> passthrough_authentication_rows() {
  return kPassthroughAuthentication;
}

}  // namespace harbor_router::options
