"""A headless Chromium, spoken to over a pipe in the DevTools protocol: no port, no package, no driver."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# A browser that says nothing for so long hangs; a loaded machine is faster than that.
PATIENCE = 60


def high_pipe():
    """Both ends of a pipe, at 10 or above."""
    ends = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in ends]
    for fd in ends:
        os.close(fd)
    return high


class Browser:
    """One browser with one page. `heard` holds every event, in order."""

    def __init__(self, *more):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise FileNotFoundError("no chromium on the PATH; tests/run installs it")
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # The browser reads at 3 and writes at 4; ours lie higher, so that none is overwritten by another.
        theirs_in, self.ours_out = high_pipe()
        self.ours_in, theirs_out = high_pipe()

        def places():
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        flags = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--hide-scrollbars", f"--user-data-dir={self.folder.name}", *more]
        self.process = subprocess.Popen([program, *flags], preexec_fn=places, close_fds=False, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.folder.name})
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer, self.number, self.session, self.heard = b"", 0, None, []
        try:
            target = self.ask("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
                self.ask(f"{domain}.enable")
        except Exception:
            self.close()
            raise

    @classmethod
    def start(cls):
        """Starts one. A start may fail on a loaded machine, so it is tried again; root, and many a container, has no sandbox."""
        bare = ["--no-sandbox"]
        for more in ([bare] if os.geteuid() == 0 else [[]]) + [bare, bare]:
            try:
                return cls(*more)
            except FileNotFoundError:
                raise
            except OSError as error:
                last = error
        raise last

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours_in)
        os.close(self.ours_out)
        self.folder.cleanup()

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.ours_out, data):]
        while True:
            answer = self.hear()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise ValueError(f"{method}: {answer['error']}")
                return answer["result"]

    def hear(self):
        while b"\0" not in self.buffer:
            if not select.select([self.ours_in], [], [], PATIENCE)[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.ours_in, 1 << 16)
            if not data:
                raise ConnectionError("the browser ended")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self.heard.append((message["method"], message["params"]))
        return message

    def open(self, url):
        before = len(self.heard)
        self.ask("Page.navigate", url=url)
        while not any(method == "Page.loadEventFired" for method, _ in self.heard[before:]):
            self.hear()

    def run(self, script):
        """The value of an expression in the page; a promise is awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise ValueError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def press(self, key, code, number, text=""):
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=number, **more)

    def size(self, width, height, mobile=False):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def media(self, scheme, kind=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=kind, features=features)

    def picture(self, path):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
