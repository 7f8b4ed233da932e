"""AUTH_MODE=passthrough with dockerd: docker login and docker pull."""

import json
import os
import sys

from dockerd import Dockerd
from processes import Failed, end
from rights import Client
from story import main
from world import PASSTHROUGH

ALICE, BOB, WRONG = ("alice", "Alice-1"), ("bob", "Bob-1"), ("alice", "wrong")


class Docker(Client):
    @classmethod
    def setUpClass(cls):
        directory = cls.world.directory / "docker"
        directory.mkdir()
        cls.docker = Dockerd(directory)
        cls.addClassCleanup(lambda: end(cls.docker.process))

    def setUp(self):
        super().setUp()
        self.host = f"127.0.0.1:{self.router.port}"

    def login(self, account):
        return self.docker.login(self.host, *account)

    def pull(self, name, account=None):
        return self.docker.pull(self.host, f"proxy/{name}", account)

    def assertIs(self, image, project, repository, manifest):
        """Its digest, and every layer unpacked to what the config says."""
        self.assertEqual([each.split("@")[1] for each in image["RepoDigests"]], [manifest.digest])
        self.assertEqual(image["Id"], manifest.blobs[0])
        config = json.loads(self.world.layout(project, repository).blob(image["Id"]))
        self.assertEqual(image["RootFS"]["Layers"], config["rootfs"]["diff_ids"])

    def test_login(self):
        self.assertEqual(self.login(ALICE)["Status"], "Login Succeeded")
        asked = self.harbor.logins()
        self.assertTrue(asked)
        for each in asked:
            self.assertIn("account=alice", each["target"])
            self.assertIn("offline_token=true", each["target"])
            self.assertIn("client_id=docker", each["target"])
        self.assertRefused(self.login, WRONG)
        self.assertNobodyAsked()

    def test_what_is_private_is_for_who_may(self):
        manifest = self.world.has("own", "docker/secret")
        with self.assertRaises(Failed):
            self.pull("docker/secret:1")
        with self.assertRaises(Failed):
            self.pull("docker/secret:1", BOB)
        self.assertIs(self.pull("docker/secret:1", ALICE), "own", "docker/secret", manifest)
        self.docker.forget(self.host, "proxy/docker/secret:1")
        self.assertNotThere(self.pull, "docker/secret:1", BOB)
        self.assertRefused(self.pull, "docker/secret:1")

    def test_what_is_public_needs_no_account(self):
        manifest = self.world.has("hub", "docker/open")
        self.assertIs(self.pull("docker/open:1"), "hub", "docker/open", manifest)
        self.assertEqual(self.subjects(), {""})

    def test_a_wrong_password_is_told(self):
        self.world.has("hub", "docker/wrong")
        self.assertRefused(self.pull, "docker/wrong:1", WRONG)
        self.assertNobodyAsked()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("dockerd runs as root alone")
        sys.exit(77)
    main("dockerd", "containerd", "unshare", settings=PASSTHROUGH)
