"""`undelivered app`: lists, checks, templates and drafts of profiles."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from drivers import app_cli
from drivers.app_table import readme_table, shipped
from drivers.chat import find_chat, read_chat
from drivers.cli import app
from drivers.handset import Handset, require
from drivers.profile_file import load_profile, schema_text, shipped_profiles
from drivers.screen import Screen
from tests.drivers import lanes
from tests.drivers.test_profile import PROFILE

ROOT = Path(__file__).parents[2]
SCREENS = Path(__file__).parent / "screens"
HARBOUR = SCREENS / "harbour"


def run(*arguments: str | Path) -> Result:
    """The outcome of `undelivered app …`."""
    return CliRunner().invoke(app, ["app", *map(str, arguments)])


def screen(name: str) -> Screen:
    """A screen of an app that does not exist."""
    return Screen.parse((HARBOUR / f"{name}.xml").read_text(encoding="utf-8"))


def test_list_shows_every_app() -> None:
    """Every shipped profile is listed with its grade and what it was tried on."""
    listed = run("list").stdout
    assert all(re.search(rf"^.*\s{name}\s+[ABC]\s", listed, re.MULTILINE) for name in PROFILES)
    assert "untested" in listed
    assert "simulated handset" in listed


PROFILES = shipped_profiles()


def test_list_for_programs_and_for_the_readme() -> None:
    """The same is there as JSON, and as the README's table."""
    listed = json.loads(run("list", "--json").stdout)
    assert [each["name"] for each in listed] == [profile.name for profile in shipped()]
    assert next(each for each in listed if each["name"] == "wechat")["families"][-1] == "2025"
    assert run("list", "--markdown").stdout == readme_table(shipped(), folder=Path("drivers/apps"))


def test_shipped_profiles_pass_the_check() -> None:
    """No shipped profile has an error."""
    result = run("check")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("0 errors, ")


def test_check_tells_everything_at_once(tmp_path: Path) -> None:
    """All problems of all files are told, each with its file and line, and what to do."""
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    broken = PROFILE.replace('grade = "C"', 'grade = "D"\ncolour = "red"')
    first.write_text(broken, encoding="utf-8")
    second.write_text(
        PROFILE.replace('"geometry"', '"edge"').replace('{ id = "name" }', '{ xpath = "//name" }'),
        encoding="utf-8",
    )
    result = run("check", first, second)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert f"{first}:8: error: grade: " in lines[0]
    assert lines[1] == (
        f"{first}:9: error: colour: nobody knows this key; remove it or correct its spelling"
    )
    assert any(line.startswith(f"{second}:1: error: edges: ") for line in lines)
    assert any(
        line.startswith(f"{second}:17: error: selectors.chat_name.0: ")
        and "begin it with .//" in line
        for line in lines
    )
    assert lines[-1] == "4 errors, 0 warnings"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("title = ", ":1: error: is not valid TOML"),
        ('title = "a"\n[selectors\n', ":2: error: is not valid TOML"),
        ("title = '\xff'", ":1: error: is not UTF-8"),
        ("", ": is missing; add it"),
    ],
)
def test_check_of_what_is_no_profile(tmp_path: Path, content: str, told: str) -> None:
    """A file that is no profile at all is told of like any other, with the line."""
    path = tmp_path / "x.toml"
    path.write_bytes(content.encode("latin-1"))
    result = run("check", path)
    assert result.exit_code == 1
    assert f"{path}{told}" in result.stdout or told in result.stdout


def test_check_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A path that leads nowhere, and a name nobody knows, are said to be so."""
    result = run("check", tmp_path / "nowhere.toml")
    assert (result.exit_code, "Check the path" in result.stderr) == (1, True)
    result = run("check", "wechatt")
    assert (result.exit_code, "Known: briar" in result.stderr) == (1, True)


def test_check_warns_of_what_is_not_known(tmp_path: Path) -> None:
    """What a usable profile does not know is a warning, with what it costs."""
    path = tmp_path / "made-up.toml"
    path.write_text(
        PROFILE + "[marks]\nsent = ['Sent']\n[notices]\nrate_limited = ['a']\n"
        "content_rejected = ['ab']\n",
        encoding="utf-8",
    )
    result = run("check", path, "--json")
    assert result.exit_code == 0
    remarks = json.loads(result.stdout)
    assert {each["severity"] for each in remarks} == {"warning"}
    places = [each["place"] for each in remarks]
    assert {"verified", "selectors.state", "marks.failed", "selectors.notice"} <= set(places)
    assert "notices.content_rejected" in places
    assert next(each for each in remarks if each["place"] == "selectors.login")["line"] == 12


@pytest.mark.parametrize("option", [[], ["--web"]])
def test_template_needs_only_to_be_filled_in(tmp_path: Path, option: list[str]) -> None:
    """A template's problems are its empty keys alone; filled in, it passes the check."""
    assert run("new", "my-app", "--folder", tmp_path, *option).exit_code == 0
    path = tmp_path / "my-app.toml"
    problems = run("check", path).stdout.splitlines()[:-1]
    assert problems
    assert all("is empty; fill it in" in line or ": package: " in line for line in problems)
    text = path.read_text(encoding="utf-8")
    way = '{ css = "#x" }' if option else '{ id = "x" }'
    text = re.sub(r"^(\w+) = \[\]", rf"\1 = [{way}]", text, flags=re.MULTILINE)
    text = text.replace('title = ""', 'title = "My app"').replace('package = ""', 'package = "a.b"')
    for key in ("versions", "sources"):
        text = re.sub(rf"^{key} = .*?\]", f'{key} = ["1"]', text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0, result.output
    assert load_profile(str(path)).title == "My app"


def test_template_explains_every_place(tmp_path: Path) -> None:
    """Whatever a template leaves out is commented there, and can be uncommented as it is."""
    run("new", "my-app", "--folder", tmp_path)
    path = tmp_path / "my-app.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^# ((\w+) = .*|\[+[\w.]+\]+)$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^(\w+) = \[\]", r'\1 = [{ id = "x" }]', text, flags=re.MULTILINE)
    text = text.replace('title = ""', 'title = "My app"').replace('package = ""', 'package = "a.b"')
    text = re.sub(
        r"^(versions|sources|content_rejected|rate_limited|account_restricted|recipient_refused)"
        r" = .*?\](?=\s*(#|$))",
        r'\1 = ["\1"]',
        text,
        flags=re.MULTILINE,
    )
    text = text.replace('ownership = "geometry"', 'ownership = "has"')
    path.write_text(text, encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 0, result.output
    assert not [line for line in result.stdout.splitlines() if "unknown" in line], result.stdout


@pytest.mark.parametrize("command", ["new", "learn"])
def test_nothing_is_overwritten(tmp_path: Path, command: str) -> None:
    """A profile that is there is left as it is."""
    path = tmp_path / "mine.toml"
    path.write_text("precious", encoding="utf-8")
    learnt = ["--source", HARBOUR / "chat.xml", *TAUGHT] if command == "learn" else []
    result = run(command, "mine", "--folder", tmp_path, *learnt)
    assert result.exit_code == 1
    assert "was left as it is" in result.stderr
    assert path.read_text(encoding="utf-8") == "precious"


TAUGHT = ("--title", "Pier 7", "--own", "hello", "--other", "ahoy")


@pytest.mark.parametrize(
    "name", ["../x", "x.toml", "a/b", "wechat@2025", "", "my app", 'my-"app"', ".x", "a\\b", "a\n"]
)
def test_name_is_a_plain_name(tmp_path: Path, name: str) -> None:
    """A name that would lead to another folder, or spoil the profile's text, is refused."""
    result = run("new", name, "--folder", tmp_path)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    result = run("learn", name, *TAUGHT, "--source", HARBOUR / "chat.xml", "--folder", tmp_path)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_name_that_is_taken_is_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody walks through a chat for a profile that then cannot be written."""
    (tmp_path / "x.toml").touch()
    monkeypatch.setattr(app_cli, "can_ask", lambda: True)
    result = run("learn", "x", "--source", HARBOUR / "chat.xml", "--folder", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "was left as it is" in result.stderr


def test_learning_says_what_it_needs(tmp_path: Path) -> None:
    """Where nobody can be asked, a missing answer is named; so is a missing screen."""
    result = run("learn", "x", "--source", HARBOUR / "chat.xml", "--folder", tmp_path)
    assert (result.exit_code, "--title is missing" in result.stderr) == (1, True)
    result = run("learn", "x", *TAUGHT, "--folder", tmp_path)
    assert (result.exit_code, "--source" in result.stderr) == (1, True)
    result = run("learn", "x", *TAUGHT, "--source", tmp_path / "none.xml")
    assert (result.exit_code, "Check the path" in result.stderr) == (1, True)
    result = run("learn", "x", *TAUGHT, "--appium", "http://127.0.0.1:9", "--folder", tmp_path)
    assert (result.exit_code, "Check that the Appium server runs" in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_person_at_the_terminal_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal, what is left out is asked for."""
    monkeypatch.setattr(app_cli, "can_ask", lambda: True)
    arguments = ["app", "learn", "x", "--source", str(HARBOUR / "chat.xml")]
    result = CliRunner().invoke(
        app, [*arguments, "--folder", str(tmp_path)], input="Pier 7\nhello\nahoy\n"
    )
    assert result.exit_code == 0, result.output
    assert "Text that you have received in it, exactly" in result.stdout
    assert "received: 'good'" in result.stdout
    text = (tmp_path / "x.toml").read_text(encoding="utf-8")
    assert 'input = [{ id = "write" }]' in text


def say(handset: Handset, text: str) -> None:
    """Send a text by hand."""
    screens = handset.config.profile.screens
    field = require(handset.screen(), screens.input, "field", handset.config)
    handset.type_into(field, text, "field", clear=False)
    handset.tap(require(handset.screen(), screens.send, "button", handset.config), "button")


def test_learning_from_a_live_handset(tmp_path: Path) -> None:
    """From a chat that is open on a handset, a draft is learned that reads it."""
    running = lanes.run(tmp_path)
    try:
        built = running.build(chat="direct")
        built.lane.open()
        say(built.sender, "hello")
        say(built.receiver, "ahoy")
        say(built.sender, "good day")
        url = running.network.handset_url(built.sender.config.name)
        title = built.lane.chat.sender_title
        built.lane.close()
        told = ("--title", title, "--own", "hello", "--other", "ahoy", "--folder", tmp_path)
        result = run("learn", "lively", "--appium", url, *told)
    finally:
        running.network.stop()
    assert result.exit_code == 0, result.output
    for line in ("own: 'hello'", "received: 'ahoy'", "own: 'good day'"):
        assert line in result.stdout


def test_schema_is_printed() -> None:
    """The schema can be printed, to be shipped."""
    assert run("schema").stdout == schema_text()


def test_recipe_for_an_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONTRIBUTING's recipe adds an app that does not exist with one TOML file, and no code."""
    recipe = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = recipe.split("## Add an app\n")[1].split("\n## ")[0]
    commands = re.findall(r"`undelivered app ([^`]+)`", " ".join(recipe.split()))
    assert [each.split()[0] for each in commands] == ["learn", "new", "check", "list"]
    (tmp_path / "drivers" / "apps").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name in ("chat", "list"):
        source = (HARBOUR / f"{name}.xml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.xml").write_text(source, encoding="utf-8")
    learn, _, check, _ = (shlex.split(each.replace("my-app", "harbour")) for each in commands)
    told = dict(pairwise(learn))
    assert {"--title", "--own", "--other", "--folder"} <= set(told)
    for option, answer in (("--title", "Pier 7"), ("--own", "hello"), ("--other", "ahoy")):
        learn[learn.index(option) + 1] = answer
    result = run(*learn)
    assert result.exit_code == 0, result.output
    assert "own: 'hello'" in result.stdout

    path = tmp_path / "drivers" / "apps" / "harbour.toml"
    assert "languages: is empty" in run(*check).stdout
    text = path.read_text(encoding="utf-8").replace("languages = []", 'languages = ["en"]')
    path.write_text(text, encoding="utf-8")
    result = run(*check)
    assert result.exit_code == 0, result.output

    profile = load_profile(str(path))
    view = read_chat(screen("later"), profile)
    assert view.title == "Pier 7"
    assert view.input_text == ""
    assert [(each.text, each.is_own) for each in view.bubbles] == [
        ("good", False),
        ("fog tomorrow\nat seven", True),
        ("天气不好", False),
    ]
    row, names = find_chat(screen("list"), profile, "Pier 8")
    assert row is not None
    assert names == ("Pier 7", "Pier 8")
