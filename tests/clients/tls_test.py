"""https to Harbor: a private authority, names verified, and what is said where that fails."""

import os
import subprocess

import images
from authority import Authority
from processes import connects, end, free_port, run, wait_for
from story import Story, main
from world import ROBOT, SECRET, SERVICE, Router


class HarborOverTls(Story):
    @classmethod
    def setUpClass(cls):
        cls.place = cls.world.directory / "tls"
        cls.place.mkdir()
        cls.authority = Authority(cls.place)
        certificate, key = cls.authority.certify("harbor", "DNS:localhost")
        cls.port = free_port()
        places = "".join(f"{kind}_temp_path {cls.place}/{kind};\n" for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = cls.place / "nginx.conf"
        configuration.write_text(f"""
daemon off;
pid {cls.place}/pid;
error_log {cls.place}/error.log;
events {{}}
http {{
access_log off;
{places}
server {{
  listen 127.0.0.1:{cls.port} ssl;
  ssl_certificate {certificate};
  ssl_certificate_key {key};
  location / {{
    proxy_pass http://127.0.0.1:{cls.world.harbor.port};
    proxy_set_header Host $http_host;
    proxy_buffering off;
  }}
}}
}}
""")
        nginx = subprocess.Popen(["nginx", "-p", cls.place, "-e", cls.place / "error.log", "-c",
                                  configuration])
        cls.addClassCleanup(lambda: end(nginx))
        wait_for(lambda: connects(cls.port), "nginx", nginx)

    def discover(self, url, **settings):
        environment = {**os.environ, "HARBOR_URL": url, "HARBOR_USERNAME": ROBOT,
                       "HARBOR_PASSWORD": SECRET, **settings}
        return subprocess.run([self.world.router_program, "discover", "-o", "name"], text=True,
                              env=environment, capture_output=True, timeout=60, check=False)

    def test_a_pull_through_a_harbor_of_a_private_authority(self):
        manifest = self.world.has("own", "tls/app", layer_sizes=(3_000_000,))
        router = Router(self.world.router_program, self.directory, self.harbor, "tls",
                        **{**SERVICE, "HARBOR_URL": f"https://localhost:{self.port}",
                           "HARBOR_CA_FILE": str(self.authority.certificate)})
        self.addCleanup(router.stop)
        layout = self.directory / "copy"
        run("skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false",
            f"docker://127.0.0.1:{router.port}/proxy/tls/app:1", f"oci:{layout}:copy")
        images.Layout(layout).check(manifest)

    def test_whoever_nobody_vouches_for_is_not_believed(self):
        stranger = Authority(self.directory, "stranger")
        for settings in ({}, {"HARBOR_CA_FILE": str(stranger.certificate)}):
            said = self.discover(f"https://localhost:{self.port}", **settings)
            self.assertEqual(said.returncode, 5, said.stderr)
            self.assertRegex(said.stderr, "certificate.*(issuer|self-signed)")
            self.assertIn("HARBOR_CA_FILE", said.stderr)

    def test_the_name_is_verified(self):
        trusting = {"HARBOR_CA_FILE": str(self.authority.certificate)}
        self.assertEqual(self.discover(f"https://localhost:{self.port}", **trusting).returncode, 0)
        said = self.discover(f"https://127.0.0.1:{self.port}", **trusting)
        self.assertEqual(said.returncode, 5, said.stderr)
        self.assertRegex(said.stderr, "certificate is for another host")

    def test_a_file_without_certificates_is_named(self):
        empty = self.directory / "empty.crt"
        empty.write_text("nothing\n")
        said = self.discover(f"https://localhost:{self.port}", HARBOR_CA_FILE=str(empty))
        self.assertEqual(said.returncode, 2)
        self.assertIn(f"HARBOR_CA_FILE: \"{empty}\" holds no certificates", said.stderr)


if __name__ == "__main__":
    main("nginx", "openssl")
