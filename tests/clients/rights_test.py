"""AUTH_MODE=passthrough with skopeo, podman and containerd: "own" is alice's, the rest is
everybody's."""

import json
import os

import images
from containerd import Containerd, hosts_dir
from podman import podman
from processes import Failed, end, run
from rights import Client
from story import main
from world import PASSTHROUGH

ALICE, BOB, WRONG = "alice:Alice-1", "bob:Bob-1", "alice:wrong"


class Skopeo(Client):
    def host(self):
        return f"127.0.0.1:{self.router.port}"

    def copy(self, name, account=None, copy="copy"):
        account = () if account is None else (f"--src-creds={account}",)
        layout = self.directory / copy
        run("skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false", *account,
            f"docker://{self.host()}/proxy/{name}", f"oci:{layout}:copy")
        return images.Layout(layout)

    def tell(self, what, name, *options):
        """What inspect and list-tags print."""
        return json.loads(run("skopeo", what, "--tls-verify=false", *options,
                              f"docker://{self.host()}/proxy/{name}"))

    def login(self, account):
        """The option that uses the login."""
        name, password = account.split(":")
        file = self.directory / "auth.json"
        run("skopeo", "login", "--tls-verify=false", f"--authfile={file}", f"--username={name}",
            f"--password={password}", self.host())
        return f"--authfile={file}"

    def test_what_is_public_needs_no_account(self):
        manifest = self.world.has("hub", "skopeo/open")
        self.copy("skopeo/open:1").check(manifest)
        self.copy("skopeo/open:1", BOB, "bob").check(manifest)
        self.assertEqual(self.subjects(), {"", "bob"})

    def test_what_is_private_is_for_who_may(self):
        manifest = self.world.has("own", "skopeo/secret")
        self.assertNotThere(self.copy, "skopeo/secret:1", BOB, "early")
        self.copy("skopeo/secret:1", ALICE).check(manifest)
        self.assertNotThere(self.copy, "skopeo/secret:1", BOB, "late")
        self.assertNotThere(self.copy, f"skopeo/secret@{manifest.digest}", BOB, "by-digest")
        self.assertRefused(self.copy, "skopeo/secret:1")
        self.copy(f"skopeo/secret@{manifest.digest}", ALICE, "again").check(manifest)

    def test_a_wrong_password_is_told(self):
        self.world.has("hub", "skopeo/wrong")
        self.assertRefused(self.copy, "skopeo/wrong:1", WRONG)
        self.assertRefused(self.login, WRONG)
        self.assertNobodyAsked()

    def test_login_inspect_and_list_tags(self):
        manifest = self.world.has("own", "skopeo/listed")
        alice = self.login(ALICE)
        self.assertNobodyAsked()
        seen = self.tell("inspect", "skopeo/listed:1", alice)
        self.assertEqual((seen["Digest"], seen["RepoTags"]), (manifest.digest, ["1"]))
        self.assertEqual(self.tell("list-tags", "skopeo/listed", alice)["Tags"], ["1"])
        self.assertEqual(self.subjects(), {"alice"})
        bob = self.login(BOB)
        self.assertNotThere(self.tell, "inspect", "skopeo/listed:1", bob)
        with self.assertRaises(Failed):
            self.tell("list-tags", "skopeo/listed", bob)
        self.assertRefused(self.tell, "inspect", "skopeo/listed:1")


class Podman(Client):
    def setUp(self):
        super().setUp()
        self.environment = {**os.environ, "REGISTRY_AUTH_FILE": str(self.directory / "auth.json")}
        (self.directory / "auth.json").write_text("{}")
        if os.geteuid() != 0:  # ends the process that keeps a rootless user namespace
            self.addCleanup(self.podman, "system", "migrate")
        self.addCleanup(self.podman, "rmi", "--all", "--force")

    def podman(self, *words):
        return podman(self.world.directory, *words, environment=self.environment)

    def login(self, account):
        name, password = account.split(":")
        self.podman("login", "--tls-verify=false", f"--username={name}", f"--password={password}",
                    f"127.0.0.1:{self.router.port}")

    def pull(self, name, *options):
        reference = f"127.0.0.1:{self.router.port}/proxy/{name}"
        self.podman("pull", "--tls-verify=false", "--quiet", *options, reference)
        return json.loads(self.podman("image", "inspect", reference))[0]

    def test_login_and_pull(self):
        manifest = self.world.has("own", "podman/secret")
        self.assertRefused(self.pull, "podman/secret:1")
        self.login(BOB)
        self.assertNotThere(self.pull, "podman/secret:1")
        self.login(ALICE)
        image = self.pull("podman/secret:1")
        self.assertEqual(image["Digest"], manifest.digest)
        config = json.loads(self.world.layout("own", "podman/secret").blob(manifest.blobs[0]))
        self.assertEqual(image["RootFS"]["Layers"], config["rootfs"]["diff_ids"])

    def test_what_is_public_needs_no_account(self):
        manifest = self.world.has("quay", "podman/open")
        self.assertEqual(self.pull("podman/open:1")["Digest"], manifest.digest)
        self.assertEqual(self.subjects(), {""})

    def test_a_wrong_password_is_told(self):
        self.world.has("quay", "podman/wrong")
        self.assertRefused(self.login, WRONG)
        self.assertRefused(self.pull, "podman/wrong:1", f"--creds={WRONG}")
        self.assertNobodyAsked()


class Ctr(Client):
    @classmethod
    def setUpClass(cls):
        directory = cls.world.directory / "containerd"
        directory.mkdir()
        cls.containerd = Containerd(directory)
        cls.addClassCleanup(lambda: end(cls.containerd.process))

    def ctr(self, *words):
        return self.containerd.ctr(self._testMethodName, *words)

    def pull(self, name, account=None):
        account = () if account is None else (f"--user={account}",)
        self.ctr("images", "pull", "--plain-http", "--snapshotter=native", *account,
                 f"127.0.0.1:{self.router.port}/proxy/{name}")

    def assertHas(self, manifest):
        for digest in [manifest.digest, *manifest.blobs]:
            self.assertEqual(images.digest_of(self.ctr("content", "get", digest)), digest)

    def test_what_is_private_is_for_who_may(self):
        manifest = self.world.has("own", "ctr/secret")
        self.assertRefused(self.pull, "ctr/secret:1")
        self.assertNotThere(self.pull, "ctr/secret:1", BOB)
        self.pull("ctr/secret:1", ALICE)
        self.assertHas(manifest)

    def test_what_is_public_needs_no_account(self):
        manifest = self.world.has("quay", "ctr/open")
        self.pull("ctr/open:1")
        self.assertHas(manifest)
        self.assertEqual(self.subjects(), {""})

    def test_as_a_mirror_whatever_the_form_of_its_address(self):
        """ns= says which registry is meant, and the name of the proxy project is not always there."""
        router = f"127.0.0.1:{self.router.port}"
        forms = {"below": (f"{router}/v2/proxy", "override_path = true"),
                 "above": (f"{router}/proxy",), "bare": (router,)}
        for form, lines in forms.items():
            for registry, project in (("docker.io", "hub"), ("quay.io", "quay")):
                with self.subTest(form=form, registry=registry):
                    manifest = self.world.has(project, f"mirrored/{form}")
                    directory = self.directory / form / registry
                    options = hosts_dir(directory, registry, *lines)
                    self.harbor.forget_requests()
                    self.ctr("images", "pull", "--snapshotter=native", *options,
                             f"{registry}/mirrored/{form}:1")
                    self.assertHas(manifest)
                    self.assertEqual(self.harbor.projects_asked(), {project})

    def test_a_wrong_password_is_told(self):
        self.world.has("quay", "ctr/wrong")
        self.assertRefused(self.pull, "ctr/wrong:1", WRONG)
        self.assertNobodyAsked()


if __name__ == "__main__":
    main("podman", "containerd", "ctr", "unshare",
         settings={**PASSTHROUGH, "ROOT_REGISTRY": "docker.io"})
