"""A real server on a temporary installation, and a Chromium that has JavaScript switched off."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import zhiyuan

WIDTH = 360
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_PATIENCE_SECONDS = 60
PASSWORD = "demo-only-zhiyuan"


@dataclass
class Reader:
    """Somebody in front of a browser. Looks at every page the same way: see :meth:`look`."""

    page: Page
    base: str
    language: str
    folder: Path
    complaints: list[str] = field(default_factory=list)
    count: int = 0

    def go(self, path: str) -> None:
        """Open an address of the server and look at the page."""
        answer = self.page.goto(self.base + path)
        assert answer is not None, path
        assert answer.ok, f"{path}: {answer.status}"
        self.look()

    def press(self, selector: str) -> None:
        """Press something and look at the page it leads to."""
        self.page.click(selector)
        self.page.wait_for_load_state()
        self.look()

    def sign_in(self, login: str, prefix: str = "") -> None:
        """Sign in with the demonstration's password."""
        self.go(f"{prefix}/sign-in")
        self.page.fill("#field-login", login)
        self.page.fill("#field-password", PASSWORD)
        self.press("main button[type=submit]")

    def look(self) -> None:
        """Check what must hold on every page, and keep a picture of it."""
        self.count += 1
        self.page.screenshot(path=self.folder / f"{self.language}-{self.count:02}.png", full_page=True)
        found: dict[str, object] = self.page.evaluate(_LOOK)
        where = self.page.url.removeprefix(self.base)
        assert str(found["title"]).strip(" ·"), f"{where} has no title"
        assert found["headings"] == 1, f"{where} has {found['headings']} main headings"
        assert found["lang"] == self.language, f"{where} is in {found['lang']}"
        assert found["unlabelled"] == [], f"{where}: fields without a label: {found['unlabelled']}"
        assert found["unnamed"] == [], f"{where}: links or buttons without a name: {found['unnamed']}"
        assert found["captionless"] == 0, f"{where}: tables without a caption"
        assert found["landmarks"] == [1, 1, 1], f"{where}: header, main, footer are {found['landmarks']}"
        assert found["duplicates"] == [], f"{where}: ids used twice: {found['duplicates']}"
        assert found["overflow"] <= 0, f"{where} scrolls sideways by {found['overflow']} pixels"  # type: ignore[operator]
        assert self.complaints == [], f"{where}: {self.complaints}"


_LOOK = """() => {
  const named = element => (element.innerText || element.getAttribute('aria-label') || element.value || '').trim();
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  return {
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
    unlabelled: [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
      .filter(input => !input.labels.length && !input.getAttribute('aria-label')).map(input => input.name),
    unnamed: [...document.querySelectorAll('a, button')].filter(element => !named(element)).map(e => e.outerHTML),
    captionless: [...document.querySelectorAll('table')].filter(table => !table.caption).length,
    landmarks: ['header', 'main', 'footer'].map(name => document.querySelectorAll('body > ' + name).length),
    duplicates: ids.filter((id, index) => ids.indexOf(id) !== index),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}"""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on a fresh demonstration, ended with the session."""
    folder = tmp_path_factory.mktemp("installation")
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    variables = {
        **os.environ,
        # The server runs the very code that is under test, wherever the tests were started from.
        "PYTHONPATH": str(Path(zhiyuan.__file__).parents[1]),
        "ZHIYUAN_DATA_DIR": str(folder),
        "ZHIYUAN_PUBLIC_URL": base,
        "ZHIYUAN_EMBEDDED_WORKER": "false",
        "ZHIYUAN_DATABASE_URL": f"sqlite:///{folder / 'browser.sqlite3'}",
    }
    program = [sys.executable, "-m", "zhiyuan"]
    subprocess.run([*program, "demo"], check=True, env=variables, cwd=folder, stdout=subprocess.DEVNULL)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*program, "serve", "--port", str(port)], env=variables, cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait(base, process)
            yield base
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser, server: str, tmp_path: Path) -> Iterator[Callable[[str], Reader]]:
    """Return a maker of readers of one language, each with cookies of their own, on a phone."""
    folder = Path(os.environ.get("BROWSER_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    contexts = []

    def make(language: str) -> Reader:
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": 740},
            locale="zh-CN" if language == "zh-Hans" else "en-US",
            java_script_enabled=False,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        made = Reader(page, server, language, folder, count=30 * (len(contexts) - 1))
        page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        return made

    yield make
    for context in contexts:
        context.close()


def _wait(base: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended before it answered"
        try:
            if httpx.get(f"{base}/-/health", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")
