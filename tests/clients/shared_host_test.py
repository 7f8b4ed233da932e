"""deploy/nginx-shared-host.conf: one name for Harbor and the router. Below /proxy/ the router's
images, beside it Harbor's own."""

import json
import pathlib
import re
import subprocess
import urllib.parse

import images
from processes import Failed, ask, connects, end, free_port, run, wait_for
from rights import Client
from story import main
from world import PASSTHROUGH, basic

CONFIGURATION = pathlib.Path(__file__).parents[2] / "deploy/nginx-shared-host.conf"
ALICE, BOB, WRONG = ("alice", "Alice-1"), ("bob", "Bob-1"), ("alice", "wrong")


class Nginx:
    def __init__(self, directory, harbor, router):
        self.port = free_port()
        text = CONFIGURATION.read_text()
        for written, here in (("server 127.0.0.1:8081;", f"server 127.0.0.1:{harbor};"),
                              ("server 127.0.0.1:8080;", f"server 127.0.0.1:{router};"),
                              ("listen 80;", f"listen 127.0.0.1:{self.port};")):
            assert text.count(written) == 1, written
            text = text.replace(written, here)
        places = "".join(f"{kind}_temp_path {directory}/{kind};\n" for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file = directory / "nginx.conf"
        file.write_text(f"""
daemon off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{}}
http {{
access_log off;
{places}
{text}
}}
""")
        self.process = subprocess.Popen(
            ["nginx", "-p", directory, "-e", directory / "error.log", "-c", file])
        wait_for(lambda: connects(self.port), "nginx", self.process)


class SharedHost(Client):
    @classmethod
    def setUpClass(cls):
        directory = cls.world.directory / "nginx"
        directory.mkdir()
        cls.nginx = Nginx(directory, cls.world.harbor.port, cls.world.router.port)
        cls.addClassCleanup(lambda: end(cls.nginx.process))

    def login(self, account):
        name, password = account
        file = self.directory / f"{name}.json"
        run("skopeo", "login", "--tls-verify=false", f"--authfile={file}", f"--username={name}",
            f"--password={password}", f"127.0.0.1:{self.nginx.port}")
        return f"--authfile={file}"

    def copy(self, name, copy, *options):
        layout = self.directory / copy
        run("skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false", *options,
            f"docker://127.0.0.1:{self.nginx.port}/{name}", f"oci:{layout}:copy")
        return images.Layout(layout)

    def scopes(self):
        """What tokens were asked of Harbor for, last first, without the questions that name none."""
        asked = [urllib.parse.parse_qs(urllib.parse.urlsplit(each["target"]).query).get("scope")
                 for each in self.harbor.logins()]
        return [each for each in reversed(asked) if each]

    def test_one_login_for_the_router_s_images_and_for_harbor_s(self):
        manifest = self.world.has("own", "shared/app")
        alice = self.login(ALICE)
        self.copy("proxy/shared/app:1", "through-the-router", alice).check(manifest)
        self.assertEqual(self.scopes()[0], [f"repository:{project}/shared/app:pull"
                                            for project in ("hub", "own", "quay")])
        self.assertEqual(self.harbor.projects_asked(method="GET"), {"own"})

        self.harbor.forget_requests()
        self.copy("team/shared/app:1", "from-harbor", alice).check(manifest)
        self.assertEqual(self.scopes()[0], ["repository:team/shared/app:pull"])
        self.assertEqual(self.harbor.projects_asked(), {"team"})
        self.assertEqual(self.subjects(), {"alice"})
        for each in self.harbor.asked():  # nginx had it from skopeo, not from the router
            self.assertIn("skopeo", dict(each["headers"])["User-Agent"])

    def test_who_may_not_may_neither_here_nor_there(self):
        self.world.has("own", "shared/secret")
        bob = self.login(BOB)
        self.assertNotThere(self.copy, "proxy/shared/secret:1", "through-the-router", bob)
        self.assertRefused(self.copy, "team/shared/secret:1", "from-harbor", bob)
        self.assertRefused(self.login, WRONG)

    def test_what_is_public_needs_no_account(self):
        manifest = self.world.has("quay", "shared/open")
        self.copy("proxy/shared/open:1", "through-the-router").check(manifest)
        self.copy("quay/shared/open:1", "from-harbor").check(manifest)
        self.assertEqual(self.subjects(), {""})

    def test_a_push_asks_harbor_for_its_own_scope(self):
        self.world.has("own", "shared/pushed")
        layout = self.world.layout("own", "shared/pushed").path
        with self.assertRaises(Failed):  # the stand-in takes no push
            run("skopeo", "copy", "--dest-tls-verify=false", f"--dest-creds={':'.join(ALICE)}",
                f"oci:{layout}:1", f"docker://127.0.0.1:{self.nginx.port}/team/new:1")
        self.assertEqual(self.scopes()[0], ["repository:team/new:pull,push"])
        login = self.harbor.logins()[-1]
        self.assertEqual(login["authorization"], f"Basic {basic(*ALICE)}")
        self.assertIn("account=alice", login["target"])

    def test_both_challenges_name_this_host(self):
        for path, service, scope in (
                ("/v2/", "harbor-registry", ""),
                ("/v2/team/app/manifests/1", "harbor-registry", "repository:team/app:pull"),
                ("/v2/proxy/app/manifests/1", "harbor-router", "repository:proxy/app:pull"),
                ("/proxy/v2/app/manifests/1", "harbor-router", "repository:proxy/app:pull")):
            status, headers, body = ask(self.nginx.port, "GET", path)
            self.assertEqual(status, 401, path)
            challenge = dict(re.findall(r'(\w+)="([^"]*)"', headers["WWW-Authenticate"]))
            self.assertEqual(challenge["realm"],
                             f"http://127.0.0.1:{self.nginx.port}/service/token", path)
            self.assertEqual((challenge["service"], challenge.get("scope", "")), (service, scope))
            self.assertTrue(json.loads(body)["errors"], path)


if __name__ == "__main__":
    main("nginx", settings=PASSTHROUGH)
