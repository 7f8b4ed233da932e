// Whose rights a request to Harbor carries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace harbor_router::harbor {

struct Credentials {
  enum class Kind {
    service,    // the router's own account: a token per project, from TokenStore
    person,     // a token the client sent, or one obtained with the client's password
    anonymous,  // a token Harbor issued to nobody in particular
  };
  Kind kind = Kind::service;
  std::string
      authorization;  // the whole field value sent upstream; empty for service. Never logged.
  std::uint64_t identity = 0;  // keyed hash of authorization; 0 for service
};
using CredentialsPointer = std::shared_ptr<const Credentials>;

}  // namespace harbor_router::harbor
