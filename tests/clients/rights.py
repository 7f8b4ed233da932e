"""What the tests of passthrough mode share. Whatever they do, Harbor is asked for images with the
client's own rights alone, and the log says nothing secret."""

import base64
import json
import re

from processes import Failed
from story import Story
from world import PASSWORDS, ROBOT, SECRET, basic

# How a client says that it is not let in; and how that there is no such image. In words: "404" is
# also in 127.0.0.1:40465.
REFUSED = re.compile("unauthorized|invalid username/password|authentication required", re.I)
NOT_FOUND = re.compile("not found|manifest unknown", re.I)


def subject_of(authorization):
    """Whose token a Bearer value is; "" is nobody's, which has no "sub"."""
    scheme, token = authorization.split(" ")
    assert scheme == "Bearer", scheme
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))).get("sub", "")


class Client(Story):
    def setUp(self):
        super().setUp()
        self.harbor.forget_requests()

    def tearDown(self):
        secrets = {each["authorization"].split(" ")[1]
                   for each in self.harbor.asked() + self.harbor.logins() if each["authorization"]}
        for name, password in [*PASSWORDS.items(), (ROBOT, SECRET)]:
            secrets |= {password, basic(name, password)}
        log = self.router.log_to_here()
        for secret in secrets:
            self.assertNotIn(secret, log)
        self.assertNotIn(ROBOT, self.subjects())

    def subjects(self, **which):
        """With whose tokens Harbor was asked for images since setUp."""
        return {subject_of(each["authorization"]) for each in self.harbor.asked(**which)
                if each["authorization"]}

    def assertNobodyAsked(self):
        """Nothing about any image went to Harbor."""
        self.assertEqual(self.harbor.asked(), [])

    def assertRefused(self, call, *words):
        """Told that it is the password, and not that there is no such image."""
        with self.assertRaises(Failed) as failed:
            call(*words)
        self.assertRegex(str(failed.exception), REFUSED)
        self.assertNotRegex(str(failed.exception), NOT_FOUND)

    def assertNotThere(self, call, *words):
        with self.assertRaisesRegex(Failed, NOT_FOUND):
            call(*words)
