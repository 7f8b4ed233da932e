"""Images made with umoci, put into a docker-registry with skopeo, and looked at again where a
client left them. Every layer is of random bytes of its own, so that no client can skip one."""

import dataclasses
import hashlib
import json
import os
import pathlib
import random
import tempfile

from processes import ask, run

MEGABYTE = 1 << 20
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
# What clients accept: of one with fewer types no absence is remembered.
USUAL_TYPES = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_MANIFEST, DOCKER_LIST))


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclasses.dataclass(frozen=True)
class Manifest:
    content: bytes

    @property
    def digest(self):
        return digest_of(self.content)

    @property
    def parsed(self):
        return json.loads(self.content)

    @property
    def children(self):
        return [child["digest"] for child in self.parsed.get("manifests", [])]

    @property
    def blobs(self):
        parsed = self.parsed
        return [part["digest"] for part in [parsed["config"], *parsed["layers"]]]


class Layout:
    """An OCI layout on disk."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def blob(self, digest):
        """The bytes of a blob, which must be those its name promises."""
        content = (self.path / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes()
        assert digest_of(content) == digest, f"{digest} holds other bytes"
        return content

    def descriptor(self, tag=None):
        index = json.loads((self.path / "index.json").read_text())
        name = "org.opencontainers.image.ref.name"
        return next(each for each in index["manifests"]
                    if tag is None or each.get("annotations", {}).get(name) == tag)

    def check(self, manifest):
        """That this is the image of manifest, whole."""
        assert self.descriptor()["digest"] == manifest.digest, self.descriptor()
        self._check_tree(manifest.digest)

    def _check_tree(self, digest):
        manifest = Manifest(self.blob(digest))
        for child in manifest.children:
            self._check_tree(child)
        for blob in [] if manifest.children else manifest.blobs:
            self.blob(blob)


def make_image(path, tag, architecture="amd64", layer_sizes=(20_000, 3_000)):
    """An image of one layer for each size, in the layout at path."""
    image = f"{path}:{tag}"
    if not pathlib.Path(path).exists():
        run("umoci", "init", "--layout", path)
    run("umoci", "new", "--image", image)
    with tempfile.TemporaryDirectory() as directory:
        for number, size in enumerate(layer_sizes):
            content = pathlib.Path(directory, f"file{number}")
            content.write_bytes(random.Random(f"{path} {tag} {number}").randbytes(size))
            os.chmod(content, 0o644)
            run("umoci", "insert", "--rootless", "--image", image, content, f"/file{number}")
    run("umoci", "config", "--image", image, "--architecture", architecture, "--os", "linux")


def make_index(path, tag, architectures):
    """A multi-platform image in a layout of its own at path."""
    entries = []
    for architecture in architectures:
        make_image(path, architecture, architecture)
        descriptor = Layout(path).descriptor(architecture)
        entries.append({"mediaType": descriptor["mediaType"], "digest": descriptor["digest"],
                        "size": descriptor["size"],
                        "platform": {"architecture": architecture, "os": "linux"}})
    content = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX,
                          "manifests": entries}).encode()
    digest = digest_of(content)
    pathlib.Path(path, "blobs/sha256", digest.removeprefix("sha256:")).write_bytes(content)
    pathlib.Path(path, "index.json").write_text(json.dumps(
        {"schemaVersion": 2, "manifests": [
            {"mediaType": OCI_INDEX, "digest": digest, "size": len(content),
             "annotations": {"org.opencontainers.image.ref.name": tag}}]}))


def stored(port, repository, reference):
    """The manifest a docker-registry holds."""
    status, headers, body = ask(port, "GET", f"/v2/{repository}/manifests/{reference}",
                                {"Accept": USUAL_TYPES})
    assert status == 200 and headers["Docker-Content-Digest"] == digest_of(body), status
    return Manifest(body)
