#!/usr/bin/env python3
"""Tests the server's page in Chromium: changing a control fetches a new picture. And the lab's report: its policy allows its
own script, nothing overflows, and without a script its tables and charts are shown.

usage: browser.py PIXMILL PICTURES [SCREENSHOTS]

PIXMILL is the command, PICTURES a folder to serve. SCREENSHOTS is a folder for pictures of the page (wide, on a phone, dark,
with signed URLs) and of the report. Uses only the standard library: commands go to Chromium through a pipe
(--remote-debugging-pipe, a JSON object and a NUL each), requests to the server over loopback.
"""

import base64
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 90


class Browser:
    """Chromium with one page. Its descriptors 3 and 4 are what it reads and writes."""

    def __init__(self, profile):
        program = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
        if program is None:
            sys.exit("browser.py: there is no Chromium (scripts/setup.sh chromium)")
        read_commands, self.commands = os.pipe()
        self.answers, write_answers = os.pipe()
        # The shell assigns descriptors 3 and 4, whatever their numbers are here.
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                   "--disable-dev-shm-usage", "--disable-background-networking", "--remote-debugging-pipe",
                   f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{read_commands} 4>&{write_answers}', "sh", *command],
            pass_fds=(read_commands, write_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read_commands)
        os.close(write_answers)
        self.pending, self.number, self.session, self.problems = b"", 0, None, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(domain + ".enable")

    def message(self):
        deadline = time.monotonic() + DEADLINE_S
        while b"\0" not in self.pending:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                sys.exit("browser.py: Chromium does not answer")
            more = os.read(self.answers, 1 << 20)
            if not more:
                sys.exit("browser.py: Chromium ended")
            self.pending += more
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"browser.py: {method}: {answer['error']}")
                return answer["result"]
            if answer.get("method") == "Runtime.exceptionThrown":
                self.problems.append(answer["params"]["exceptionDetails"])
            if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.problems.append(answer["params"]["entry"]["text"])

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"browser.py: {expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, what):
        deadline = time.monotonic() + DEADLINE_S
        while not self.value(expression):
            if time.monotonic() > deadline:
                sys.exit(f"browser.py: {what}: it did not happen; the page says: {self.value('document.body.innerText')}")
            self.value("new Promise(done => setTimeout(done, 20))")

    def open(self, url, width, height, dark=False):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'", "the page loads")

    def key(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text if kind == "keyDown" else "")

    def screenshot(self, folder, name):
        if folder is None:
            return
        self.wait("[...document.images].every(i => i.complete)", "all pictures come")
        self.value("new Promise(done => setTimeout(done, 300))")  # transitions, for the screenshot only
        data = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(os.path.join(folder, name + ".png"), "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.session = None
        self.ask("Browser.close")
        self.process.wait(DEADLINE_S)


class Server:
    """`pixmill serve` on a free port."""

    def __init__(self, pixmill, root, *options):
        self.process = subprocess.Popen([pixmill, "serve", f"--root={root}", "--listen=127.0.0.1:0", *options],
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"http://[0-9.:]+/", line)
        if not found:
            sys.exit(f"browser.py: the server said: {line}")
        self.url = found.group()

    def close(self):
        self.process.terminate()
        if self.process.wait(DEADLINE_S) != 0:
            sys.exit("browser.py: the server did not end well")


def check(condition, what):
    if not condition:
        sys.exit(f"browser.py: {what}: no")
    print(f"  {what}")


SHOWN = "document.documentElement.dataset.shown"


def set_control(browser, name, value):
    """As a user's hand does: the value, and the event that tells of it."""
    browser.value(f"""(() => {{ const e = document.getElementById({json.dumps(name)}); e.value = {json.dumps(value)};
        e.dispatchEvent(new Event('input', {{bubbles: true}})); }})()""")


def shown_size(browser):
    return browser.value("[document.getElementById('result').naturalWidth, document.getElementById('result').naturalHeight]")


def pixels(browser):
    """A sum that tells one result from another."""
    return browser.value("""(() => { const i = document.getElementById('result'), c = document.createElement('canvas');
        c.width = c.height = 64; const g = c.getContext('2d'); g.drawImage(i, 0, 0, 64, 64);
        return g.getImageData(0, 0, 64, 64).data.reduce((h, v) => (h * 31 + v) % 1000000007, 7); })()""")


def try_controls(browser, server):
    browser.open(server.url, 1360, 860)
    browser.wait(SHOWN, "the first result comes")
    check(browser.value("document.querySelectorAll('#pictures button').length") > 2, "the pictures are listed")
    browser.wait("[...document.querySelectorAll('#pictures img')].slice(0, 3).every(i => i.naturalWidth === 160)", "small pictures come")
    browser.value("document.querySelector('[data-path=\"lake.jpg\"]').click()")
    browser.wait(SHOWN + ".endsWith('/lake.jpg')", "another picture is chosen")
    before = pixels(browser)
    set_control(browser, "blur", "9")
    browser.wait(SHOWN + ".includes('/blur=9/')", "a blurred picture comes")
    check(pixels(browser) != before, "blur changes the picture")
    set_control(browser, "width", "200")
    browser.wait(SHOWN + ".startsWith('/resize=200x')", "a smaller picture comes")
    check(shown_size(browser)[0] == 200, "resize changes its size")
    set_control(browser, "crop", "1:1")
    browser.wait(SHOWN + ".includes('/crop=')", "a square comes")
    check(shown_size(browser) == [200, 200], "crop makes it square")
    set_control(browser, "quality", "20")
    browser.wait(SHOWN + ".includes('/quality=20/')", "a coarser picture comes")
    set_control(browser, "format", "png")
    browser.wait(SHOWN + ".includes('/format=png/')", "a PNG comes")
    said = browser.value("document.getElementById('after').innerText")
    check(re.search(r"[\d.]+ KB", said) and re.search(r"[\d.]+ ms, PNG", said) and "% of the original" in said, "size and time stand below it")
    url = browser.value("document.getElementById('url').value")
    check(url == server.url.rstrip("/") + browser.value(SHOWN), "the URL is that of the result")
    check(browser.value("fetch(document.getElementById('url').value).then(a => a.status)") == 200, "the URL can be fetched")


def try_keyboard(browser):
    browser.value("document.getElementById('reset').click()")
    browser.wait("!" + SHOWN + ".includes('blur')", "a click starts over")
    browser.value("document.getElementById('blur').focus()")
    browser.key("ArrowRight", 39)
    browser.wait(SHOWN + ".includes('/blur=0.5/')", "an arrow key blurs")
    browser.value("document.querySelector('#pictures button').focus()")
    path = browser.value("document.querySelectorAll('#pictures button')[1].dataset.path")
    browser.key("ArrowRight", 39)
    browser.wait(f"{SHOWN}.endsWith(encodeURI({json.dumps('/' + path)}))", "an arrow key chooses the next picture")
    check(True, "the keyboard works it")


def try_mistake(browser):
    browser.value("delete document.documentElement.dataset.failed")
    set_control(browser, "height", "")
    set_control(browser, "width", "8192")
    set_control(browser, "how", "!")
    browser.value("document.getElementById('crop').value = ''")
    browser.value("chosen = {...chosen, path: 'missing.jpg'}; update()")
    browser.wait("document.documentElement.dataset.failed", "an error comes")
    check("no such file" in browser.value("document.getElementById('message').innerText"), "an error is told in words")


def try_allowed(browser, pixmill, folder, samples, screenshots):
    root, allow = os.path.join(folder, "root"), os.path.join(folder, "allow")
    os.mkdir(root)
    server = Server(pixmill, root)
    browser.open(server.url, 1360, 860)
    browser.wait("!document.getElementById('none').hidden", "an empty folder is told")
    check(browser.value("document.getElementById('desk').hidden"), "and there is nothing to copy")
    server.close()
    with open(os.path.join(samples, "lake.jpg"), "rb") as file:
        lake = file.read()
    for name, size in (("whole.jpg", len(lake)), ("cut.jpg", len(lake) // 2)):
        with open(os.path.join(root, name), "wb") as file:
            file.write(lake[:size])
    with open(allow, "w") as file:
        file.write("resize=120x120>/format=auto\nblur=2/resize=90x\n")
    server = Server(pixmill, root, f"--allow={allow}")
    browser.open(server.url, 1360, 860)
    browser.wait("document.querySelector('[data-path=\"cut.jpg\"] .broken') !== null", "a broken picture has a quiet tile")
    browser.wait("document.querySelector('[data-path=\"whole.jpg\"] img').naturalWidth === 120", "small pictures are made by the first recipe")
    browser.value("document.querySelector('[data-path=\"whole.jpg\"]').click()")
    browser.wait(SHOWN + "?.startsWith('/resize=120x120')", "the first recipe is done")
    set_control(browser, "allowed-recipe", "blur=2/resize=90x")
    browser.wait(SHOWN + "?.startsWith('/blur=2/resize=90x/')", "and so is the other")
    check("whole.jpg" in browser.value("document.getElementById('pictures').innerText"), "names stand below the pictures")
    browser.problems.clear()  # drop the 422 for the broken picture, which Chromium logs
    browser.screenshot(screenshots, "allowed")
    server.close()


def try_signed(browser, pixmill, root, folder, screenshots):
    key = os.path.join(folder, "key")
    with open(key, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write("00" * 32)
    os.chmod(key, 0o600)
    server = Server(pixmill, root, f"--sign-key-file={key}")
    browser.open(server.url, 1360, 760)
    browser.wait("!document.getElementById('signed').hidden", "it says that URLs must be signed")
    set_control(browser, "path", "lake.jpg")
    browser.wait("document.getElementById('command').innerText.includes('/lake.jpg')", "it tells the command that signs")
    check(browser.value("document.querySelectorAll('#pictures button').length") == 0, "with signing on, nothing is listed")
    path = re.search(r"--sign='(.*)'", browser.value("document.getElementById('command').innerText")).group(1)
    signed = subprocess.run([pixmill, "serve", f"--sign-key-file={key}", f"--sign={path}"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    check(browser.value(f"fetch({json.dumps(signed)}).then(a => a.status)") == 200, "and what it prints is answered")
    check(browser.value(f"fetch({json.dumps(path)}).then(a => a.status)") == 403, "and nothing else")
    browser.problems.clear()  # drop that 403, which Chromium logs
    browser.screenshot(screenshots, "signed")
    server.close()


def take_screenshots(browser, server, folder):
    if folder is None:
        return
    for name, width, height, dark in (("wide", 1360, 860, False), ("dark", 1360, 860, True), ("phone", 390, 844, False), ("phone-dark", 390, 844, True)):
        browser.open(server.url, width, height, dark)
        browser.wait(SHOWN, "the first result comes")
        browser.value("document.querySelector('[data-path=\"lake.jpg\"]').click()")
        set_control(browser, "blur", "3")
        browser.wait(SHOWN + ".includes('/blur=3/lake.jpg')", "the picture comes")
        check(browser.value("document.documentElement.scrollWidth <= innerWidth"), f"nothing sticks out: {name}")
        browser.screenshot(folder, name)


def try_phone(browser, server):
    browser.open(server.url, 390, 844)
    browser.wait(SHOWN, "the first result comes")
    browser.value("document.getElementById('quality').scrollIntoView({block: 'end'})")
    check(browser.value("(r => r.top >= 0 && r.bottom <= innerHeight)(document.getElementById('result').getBoundingClientRect())"),
          "on a phone the result stays in sight of the last control")


def try_report(browser, pixmill, root, folder, screenshots):
    page = os.path.join(folder, "report.html")
    subprocess.run([pixmill, "bench", f"--from={root}/reports/epyc-2-cores.json", f"--html={page}"], check=True, stdout=subprocess.DEVNULL)
    url, bars = "file://" + page, "document.querySelectorAll('.bar i').length"
    for name, width, dark in (("report", 1280, False), ("report-dark", 1280, True), ("report-phone", 390, False)):
        browser.open(url, width, 900, dark)
        check(browser.value(bars) > 20, f"its own script draws bars: {name}")
        check(browser.value("document.documentElement.scrollWidth <= innerWidth"), f"nothing sticks out: {name}")
        browser.screenshot(screenshots, name)
    check(browser.value("fetch(document.querySelector('a.save').href).then(() => 'got', () => 'refused')") == "refused",
          "its policy lets it fetch nothing")
    with open(page, encoding="utf-8") as file:
        text = file.read()
    with open(page, "w", encoding="utf-8") as file:  # a policy without scripts; DevTools does not answer if they are turned off
        file.write(re.sub("script-src 'sha256-[^']*'", "script-src 'none'", text))
    browser.open(url + "?", 1280, 900)
    check(browser.value(bars) == 0, "without a script there are no bars")
    check(browser.value("document.querySelectorAll('table').length") > 8 and browser.value("document.querySelectorAll('.charts > svg').length") == 3,
          "but all tables and charts")
    browser.problems.clear()  # drop the two refusals, which Chromium logs


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    pixmill, root = sys.argv[1:3]
    screenshots = sys.argv[3] if len(sys.argv) == 4 else None
    if screenshots:
        os.makedirs(screenshots, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # Chromium may still be writing there
        server, browser = Server(pixmill, root), Browser(os.path.join(folder, "profile"))
        try:
            try_controls(browser, server)
            try_keyboard(browser)
            check(not browser.problems, f"nothing went wrong unseen {browser.problems or ''}")
            try_mistake(browser)
            browser.problems.clear()
            try_phone(browser, server)
            take_screenshots(browser, server, screenshots)
            try_allowed(browser, pixmill, folder, root, screenshots)
            try_signed(browser, pixmill, root, folder, screenshots)
            try_report(browser, pixmill, root, folder, screenshots)
            check(not browser.problems, f"nothing went wrong unseen {browser.problems or ''}")
            browser.close()
            server.close()
        finally:
            for process in (browser.process, server.process):
                if process.poll() is None:
                    process.kill()
    print("the pages work in Chromium")


if __name__ == "__main__":
    main()
