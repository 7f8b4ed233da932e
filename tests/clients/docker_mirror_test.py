"""dockerd with the router as its registry mirror: bare names, Docker Hub's alone."""

import json
import os
import sys

from dockerd import Dockerd
from processes import end
from story import Story, main


class DockerMirror(Story):
    @classmethod
    def setUpClass(cls):
        directory = cls.world.directory / "docker-mirror"
        directory.mkdir()
        cls.docker = Dockerd(directory, [f"http://127.0.0.1:{cls.world.router.port}"])
        cls.addClassCleanup(lambda: end(cls.docker.process))

    def pulled(self, name, repository, manifest):
        """Pulls Docker Hub's NAME, which only the project for Docker Hub is asked for."""
        self.harbor.forget_requests()
        image = self.docker.pull("docker.io", name)
        self.assertEqual({each.split("@")[1] for each in image["RepoDigests"]}, {manifest.digest})
        config = json.loads(self.world.layout("hub", repository).blob(image["Id"]))
        self.assertEqual(image["RootFS"]["Layers"], config["rootfs"]["diff_ids"])
        self.assertOnlyAsked("hub")

    def test_library_images_by_tag_and_by_digest(self):
        manifest = self.world.has("hub", "library/mirrored")
        self.pulled("library/mirrored:1", "library/mirrored", manifest)
        # Another one: dockerd keeps the manifests it has seen.
        manifest = self.world.has("hub", "library/digested")
        self.pulled(f"library/digested@{manifest.digest}", "library/digested", manifest)

    def test_others_too(self):
        manifest = self.world.has("hub", "team/mirrored")
        self.pulled("team/mirrored:1", "team/mirrored", manifest)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("dockerd runs as root alone")
        sys.exit(77)
    main("dockerd", "containerd", "unshare")
