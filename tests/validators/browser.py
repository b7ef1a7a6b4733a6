"""Opens pages in a headless Chromium and prints what it saw of each as JSON.

    browser.py CHROMIUM [--shots DIRECTORY] URL...

Standard library only: the DevTools protocol is spoken over the pipe that the browser offers.
For each page and each of three windows (desktop light, desktop dark, phone) one object: messages of the console,
whether the page is wider than its window, and what the Tab key reaches, in order.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile

WINDOWS = [
    ("desktop-light", 1280, 900, "light"),
    ("desktop-dark", 1280, 900, "dark"),
    ("phone", 360, 740, "light"),
    ("phone-dark", 360, 740, "dark"),
]

# Presses of the Tab key: more than the links of a page of the demo.
PRESSES = 400

# What a page says of itself. Evaluated from outside: the page has no script of its own.
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
WIDE = """[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && !e.closest('svg')
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 5)
  .map(e => e.outerHTML.slice(0, 120))"""
FOCUS = """(() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  const all = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')];
  return {
    place: all.indexOf(e), of: all.length, tag: e.tagName.toLowerCase(), class: e.className,
    name: (e.getAttribute('aria-label') || e.textContent || e.name || '').trim().slice(0, 60),
    outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
  };
})()"""


class Browser:
    def __init__(self, chromium, profile):
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        # The browser reads commands from descriptor 3 and writes its answers to 4.
        command = [
            "sh", "-c", f'exec 3<&{to_read} 4>&{from_write}; exec "$@"', "sh",
            chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--remote-debugging-pipe", "--no-first-run", "--disable-background-networking",
            f"--user-data-dir={profile}", "about:blank",
        ]
        self.process = subprocess.Popen(
            command, pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_read)
        os.close(from_write)
        self.to, self.source, self.rest = to_write, from_read, b""
        self.number, self.events = 0, []
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.ask(f"{domain}.enable")

    def call(self, method, parameters=None, session=None):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def ask(self, method, parameters=None):
        return self.call(method, parameters, self.session)

    def receive(self):
        while b"\0" not in self.rest:
            piece = os.read(self.source, 65536)
            if not piece:
                raise RuntimeError("the browser ended")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive())

    def value(self, expression):
        return self.ask("Runtime.evaluate", {"expression": expression, "returnByValue": True})["result"].get("value")

    def end(self):
        self.call("Browser.close")
        self.process.wait(timeout=20)


def messages(events):
    """What the browser complained about: errors, refused resources, anything that a page printed."""
    found = []
    for event in events:
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            entry = parameters["entry"]
            found.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")
        elif event.get("method") == "Runtime.consoleAPICalled":
            found.append("console: " + json.dumps(parameters.get("args")))
        elif event.get("method") == "Runtime.exceptionThrown":
            found.append("exception: " + json.dumps(parameters.get("exceptionDetails")))
        elif event.get("method") == "Network.loadingFailed":
            found.append("loading failed: " + parameters.get("errorText", ""))
    return found


def requests(events):
    sent = [event for event in events if event.get("method") == "Network.requestWillBeSent"]
    return sorted({event["params"]["request"]["url"] for event in sent})


def press_tab(browser):
    key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9, "nativeVirtualKeyCode": 9}
    browser.ask("Input.dispatchKeyEvent", {"type": "keyDown", **key})
    browser.ask("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def focus_order(browser):
    order = []
    for _ in range(PRESSES):
        press_tab(browser)
        focus = browser.value(FOCUS)
        if focus is None or (order and focus["place"] == order[0]["place"]):
            break
        order.append(focus)
    return order


def look(browser, url, window, shots):
    name, width, height, scheme = window
    browser.events.clear()
    mobile = name.startswith("phone")
    browser.ask("Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})
    browser.ask("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.ask("Page.navigate", {"url": url})
    browser.wait_for("Page.loadEventFired")
    widths = browser.value(WIDTHS)
    seen = {"url": url, "window": name, "scroll_width": widths[0], "client_width": widths[1], "wide": browser.value(WIDE),
            "title": browser.value("document.title"), "back": browser.value("getComputedStyle(document.body).backgroundColor")}
    if shots:
        save(browser, shots, url, name)
    if name in ("desktop-light", "phone"):
        seen["focus"] = focus_order(browser)
    seen["messages"] = messages(browser.events)
    seen["requests"] = requests(browser.events)
    return seen


def save(browser, directory, url, name):
    size = browser.ask("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
    picture = browser.ask("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
    path = url.split("://", 1)[1].split("/", 1)[1].split("#")[0].split("?")[0].replace("/", "-") or "start"
    with open(os.path.join(directory, f"{path}-{name}.png"), "wb") as file:
        file.write(base64.b64decode(picture["data"]))


def main():
    arguments = sys.argv[1:]
    chromium = arguments.pop(0)
    shots = None
    if arguments and arguments[0] == "--shots":
        shots = arguments[1]
        arguments = arguments[2:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(chromium, profile)
        seen = [look(browser, url, window, shots) for url in arguments for window in WINDOWS]
        browser.end()
    json.dump(seen, sys.stdout)


main()
