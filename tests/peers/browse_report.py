"""Opens an audit's page in a real browser and prints as JSON what a user meets there.

Usage: browse_report.py REPORT.html [FOLDER]

Reads it in light and dark, at the width of a desk and of a phone, with keys, on paper and without scripts. Pictures go into the folder,
if one is named. Judges nothing: the test does. Exits 0, or 1 if the browser could not be driven, or 2 on wrong usage.
"""

import json
import pathlib
import sys

from chromium import Browser

DESK = (1200, 1080)

# What a person, or a program that reads aloud, can use or has to be told about.
ROLES = {"link", "button", "searchbox", "textbox", "combobox", "region", "table", "img", "image", "search", "form",
         "navigation", "DisclosureTriangle", "heading", "dialog"}

# Texts whose contrast is less than WCAG 2 AA asks for: 3 for large ones, else 4.5. Also how many texts were measured.
CONTRAST = r"""(() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                         return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const low = [], known = new Map(); let measured = 0, least = 21;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || element.closest("script, [hidden]") || element.closest("title, desc")) continue;
    const style = getComputedStyle(element), svg = element.ownerSVGElement;
    let back = behind(element);
    if (svg) {
      const box = element.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
      for (const rect of svg.querySelectorAll("rect")) {
        const r = rect.getBoundingClientRect();
        if (x > r.left && x < r.right && y > r.top && y < r.bottom) back = rgba(getComputedStyle(rect).fill);
      }
    }
    const front = over(rgba(svg ? style.fill : style.color), back);
    const [a, b] = [light(front), light(back)].sort((p, q) => q - p), ratio = (a + .05) / (b + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    measured += 1; least = Math.min(least, ratio);
    if (ratio < (large ? 3 : 4.5)) low.push(`${text.slice(0, 40)} (${element.className.baseVal ?? element.className}): ${ratio.toFixed(2)}`);
  }
  return {measured, least: Math.round(least * 100) / 100, low: low.slice(0, 20)};
})()"""

SHOWN = "document.querySelectorAll('#finding-list > li:not([hidden])').length"
# A click happens before the task of the event ends; what it changes is there in the next frame.
FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def nameless(browser):
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    of = lambda node, field: node.get(field, {}).get("value", "")
    known = [node for node in nodes if not node.get("ignored") and of(node, "role") in ROLES]
    bad = [f"{of(node, 'role')} {node.get('backendDOMNodeId')}" for node in known if not of(node, "name").strip()]
    return {"known": len(known), "roles": sorted({of(n, "role") for n in known}), "nameless": bad}


def filtered(browser):
    """Filters with keys alone, as somebody without a mouse does."""
    seen = {"all": browser.run(SHOWN)}
    form = "document.querySelector('form[data-list=finding-list]')"
    seen["form"] = browser.run(f"!{form}.hidden && {form}.offsetHeight > 0")
    browser.run(f"{form}.elements.severity.focus()")
    browser.press("ArrowDown", "ArrowDown", 40)
    browser.run(FRAME)
    seen["severity"] = browser.run(f"{form}.elements.severity.value")
    seen["high"] = browser.run(SHOWN)
    seen["others"] = browser.run("document.querySelectorAll('#finding-list > li:not([hidden]):not([data-severity=high])').length")
    browser.run(f"{form}.elements.text.focus()")
    browser.ask("Input.insertText", text="REVOKED")
    browser.run(FRAME)
    seen["text"] = browser.run(SHOWN)
    seen["said"] = browser.run(f"{form}.querySelector('output').value")
    browser.run(f"{form}.querySelector('button').focus()")
    browser.press("Enter", "Enter", 13, "\r")
    browser.run(FRAME)
    seen["again"] = browser.run(SHOWN)
    return seen


def opened(browser):
    """Opens the first refused artifact with the keyboard."""
    item = "document.querySelector('#artifact-list > li[data-verdict=refused] details')"
    tall = f"{item}.querySelector('dl').getBoundingClientRect().height > 0 && {item}.open"
    before = browser.run(f"{item}.open")
    browser.run(f"{item}.querySelector('summary').focus()")
    browser.press("Enter", "Enter", 13, "\r")
    browser.run(FRAME)
    return {"before": before, "open": browser.run(tall), "text": browser.run(f"{item}.innerText")}


def tabbed(browser):
    browser.press("Tab", "Tab", 9)
    browser.run(FRAME)
    return browser.run("""(() => { const e = document.activeElement, r = e.getBoundingClientRect();
      return {text: e.textContent, seen: r.left >= 0 && r.top >= 0 && r.width > 0,
              outline: getComputedStyle(e).outlineStyle}; })()""")


def phone(browser):
    browser.size(320, 640, mobile=True)
    browser.run(FRAME)
    return browser.run("""({page: document.documentElement.scrollWidth, view: innerWidth,
      wide: [...document.querySelectorAll("body *")].filter((e) => !e.closest(".scroll, .skip") &&
        e.getBoundingClientRect().right > 320.5).map((e) => e.tagName + "." + e.className).slice(0, 9)})""")


def unscripted(browser, url):
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(url)
    seen = {"shown": browser.run(SHOWN), "form": browser.run("document.querySelector('form').offsetHeight > 0")}
    x, y = browser.run("""(() => { const s = document.querySelector('#artifact-list summary'); s.scrollIntoView({block: "center"});
      const r = s.getBoundingClientRect(); return [r.left + 9, r.top + 9]; })()""")
    for kind in ("mousePressed", "mouseReleased"):
        browser.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    browser.run("document.body.offsetHeight")
    seen["open"] = browser.run("document.querySelector('#artifact-list details').open")
    browser.media("light", "print")
    seen["paper"] = browser.run("""({closed: [...document.querySelectorAll("details:not([open])")].length,
      hidden: [...document.querySelectorAll("details > dl")].filter((e) => e.getBoundingClientRect().height == 0).length,
      nav: document.querySelector("nav").offsetHeight})""")
    return seen


def noise(browser):
    """What the browser complained about, and what it asked the network for."""
    said = [p for m, p in browser.heard if m in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                                                 "Page.javascriptDialogOpening")]
    asked = [p["request"]["url"] for m, p in browser.heard if m == "Network.requestWillBeSent"]
    return {"said": [json.dumps(s)[:300] for s in said], "asked": sorted(set(asked))}


def picture(browser, folder, name):
    if folder:
        browser.run("scrollTo(0, 0)")
        browser.picture(str(pathlib.Path(folder) / f"{name}.png"))


def main(report, folder=None):
    url = pathlib.Path(report).resolve().as_uri()
    browser = Browser.start()
    try:
        browser.size(*DESK)
        browser.media("light")
        browser.open(url)
        seen = {"url": url, "tab": tabbed(browser)}
        seen["head"] = browser.run("""({lang: document.documentElement.lang, title: document.title,
          scripts: document.scripts.length, images: document.images.length, styled: document.querySelectorAll("[style]").length,
          answer: document.querySelector(".answer").innerText})""")
        browser.run("document.activeElement.blur()")
        picture(browser, folder, "light")
        seen["light"] = browser.run(CONTRAST)
        seen["names"] = nameless(browser)
        seen["filter"] = filtered(browser)
        seen["detail"] = opened(browser)
        browser.media("dark")
        seen["dark"] = browser.run(CONTRAST)
        picture(browser, folder, "dark")
        seen["phone"] = phone(browser)
        picture(browser, folder, "phone")
        browser.size(*DESK)
        seen["plain"] = unscripted(browser, url)
        seen["noise"] = noise(browser)
        # Last, for it makes noise: whatever got in could still reach nobody.
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        browser.open(url)
        seen["reached"] = browser.run("fetch('https://example.org/').then(() => 'reached', () => 'stopped')")
        return seen
    finally:
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    try:
        print(json.dumps(main(*sys.argv[1:])))
    except Exception as error:  # whatever it is, it is not a yes
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)
