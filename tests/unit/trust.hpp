// What files of settings hold: a certificate of nobody, and a client's password (Carol-1).
#pragma once

#include <string>

namespace harbor_router::testing {

inline const std::string certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBkDCCATegAwIBAgIUYusZBdZKReK94DCKJNz037mKNEAwCgYIKoZIzj0EAwIw\n"
    "HTEbMBkGA1UEAwwSaGFyYm9yLmV4YW1wbGUuY29tMCAXDTI2MTEyNTIwMDc0NVoY\n"
    "DzIxMjYxMTAxMjAwNzQ1WjAdMRswGQYDVQQDDBJoYXJib3IuZXhhbXBsZS5jb20w\n"
    "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS+SDDwQ7vPSm/0jnw7HEQ4h/GFLRdg\n"
    "KTeI6x9lvxyUe5sdgq9V6tmLsIUmuazHjZUltZfnLGs1+tP2o6kh9Te+o1MwUTAd\n"
    "BgNVHQ4EFgQU7N0TnucpcKFbB/6TiVHrZ5ncOYowHwYDVR0jBBgwFoAU7N0Tnucp\n"
    "cKFbB/6TiVHrZ5ncOYowDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE\n"
    "AiAZ1+gm5a5uMAC96PbYnbyDNiaxyRfdNNXW5YC8y8nBgwIgNSYhUIdMYmHg6EiM\n"
    "VhL4NVaaGhz3HrPalKs5msALeKs=\n"
    "-----END CERTIFICATE-----\n";

// htpasswd -nbBC 5 carol Carol-1
inline const std::string htpasswd_line =
    "carol:$2y$05$/CxRlhga6CpdP5NUsTqnN.93f7Uc.cD1xM/uSdtz8BeVO9lZIjg..";

}  // namespace harbor_router::testing
