"""The words: nothing untranslated, placeholders that agree, a compiled catalogue that is the one written."""

from __future__ import annotations

import ast
import asyncio
import gettext
import io
import re
import shutil
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Barrier

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import planner
from planner.i18n import DEFAULT, LANGUAGES, N_, _, current, language

ROOT = Path(planner.__file__).parent
FOLDER = ROOT / "locale" / "zh_CN" / "LC_MESSAGES"
HAN = re.compile(r"[\u3400-\u9fff]+")
# Words of planning and units as they stand in Chinese files; nothing else is Chinese in the English messages.
QUOTED = {
    "城区",
    "社区",
    "街道",
    "乡镇",
    "县市区",
    "养老用房",
    "建设工程规划许可证",
    "建字第",
    "地字第",
    "住宅总建筑面积",
    "审查意见",
    "审图号",
    "四同步",
    "同步规划",
    "同步建设",
    "同步验收",
    "同步交付",
    "个人信息保护法",
    "地图管理条例",
    "常住",
    "户籍",
    "万",
    "亩",
    "万人",
    "万元",
    "是",
    "否",
}
# What Chinese readers call by the same letters.
NAMES = {"UTF-8", "GB18030"}


@cache
def extracted() -> dict[str, list[str]]:
    """Every message of the sources, as pybabel finds it, and where it stands."""
    found: dict[str, list[str]] = {}
    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    for file, line, message, _comments, _context in extract_from_dir(ROOT, keywords=keywords):
        for text in (message,) if isinstance(message, str) else message:
            found.setdefault(text, []).append(f"{file}:{line}")
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (FOLDER / "planner.po").open("rb") as file:
        return read_po(file, locale="zh_CN", domain="planner", abort_invalid=True)


@pytest.fixture(scope="module")
def words(catalogue: Catalog) -> dict[str, str]:
    return {message.id: message.string for message in catalogue if message.id}


def fields(text: str) -> set[tuple[str, str, str]]:
    """Name, format and conversion of every placeholder; a language may say one twice."""
    return {
        (name, spec or "", conversion or "")
        for _literal, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    }


class TestCatalogue:
    def test_every_message_of_the_sources_is_translated(self, words: dict[str, str]) -> None:
        missing = {text: places for text, places in extracted().items() if not words.get(text)}
        assert not missing, f"see planner/locale/README.md; without Chinese: {missing}"

    def test_nothing_is_kept_that_the_sources_no_longer_say(self, catalogue: Catalog, words: dict[str, str]) -> None:
        assert set(words) == set(extracted())
        assert not catalogue.obsolete

    def test_nothing_is_a_guess(self, catalogue: Catalog) -> None:
        assert not [message.id for message in catalogue if message.id and message.fuzzy]

    def test_placeholders_agree(self, words: dict[str, str]) -> None:
        differing = {text: chinese for text, chinese in words.items() if fields(text) != fields(chinese)}
        assert not differing

    def test_blanks_at_both_ends_agree(self, words: dict[str, str]) -> None:
        # ", " and "; " join lists: the Chinese marks 、 and ； bring their own room.
        differing = {
            text: chinese
            for text, chinese in words.items()
            if text not in {", ", "; "}
            and (len(text) - len(text.lstrip()), text.endswith(" "))
            != (len(chinese) - len(chinese.lstrip()), chinese.endswith(" "))
        }
        assert not differing

    def test_what_is_typed_is_kept(self, words: dict[str, str]) -> None:
        # File names, options, sections and settings in quotes: a reader types them, so they may not change.
        typed = re.compile(
            r"(?<!\w)--\w+|\[[\w.{}]+\]|\w*\.(?:toml|graphml|pbf|osm|gz|bz2|yaml|prj)\b|\bEPSG:\w+|\"[^\" ]+\""
        )
        differing = {
            text: chinese
            for text, chinese in words.items()
            if not set(typed.findall(text)) <= set(typed.findall(chinese))
        }
        assert not differing

    def test_only_names_stay_english(self, words: dict[str, str]) -> None:
        same = [text for text, chinese in words.items() if text == chinese]
        # A name in braces is a placeholder and no word.
        plain = {text: re.sub(r"\{[^}]*\}", "", text) for text in same}
        assert not [text for text in same if set(re.findall(r"[A-Za-z][\w-]+", plain[text])) - NAMES]

    def test_prose_has_full_width_punctuation(self, words: dict[str, str]) -> None:
        halved = re.compile(r"[\u3400-\u9fff][,;:?!()]|[,;:?!()][\u3400-\u9fff]")
        # Typed as it stands (west,south,east,north), or taken apart at the colon by the map (D: day care).
        typed = re.compile(r"west,south,|[A-Z]: ")
        assert not [text for text, chinese in words.items() if halved.search(chinese) and not typed.match(text)]

    def test_english_text_is_english(self) -> None:
        chinese = {word for text in extracted() for word in HAN.findall(text)}
        assert chinese <= QUOTED

    def test_the_compiled_catalogue_is_the_written_one(self, catalogue: Catalog) -> None:
        written = io.BytesIO()
        write_mo(written, catalogue)
        written.seek(0)
        with (FOLDER / "planner.mo").open("rb") as file:
            assert entries(gettext.GNUTranslations(file)) == entries(gettext.GNUTranslations(written))

    def test_the_commands_of_the_readme_change_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        readme = (ROOT / "locale" / "README.md").read_text(encoding="utf-8")
        commands = re.findall(r"^pybabel (.+)$", readme, flags=re.MULTILINE)
        assert [command.split()[1] for command in commands] == ["extract", "update", "compile"]
        shutil.copytree(FOLDER, tmp_path / "locale" / "zh_CN" / "LC_MESSAGES")
        monkeypatch.chdir(ROOT.parent)
        elsewhere = {"planner.pot": str(tmp_path / "planner.pot"), "planner/locale": str(tmp_path / "locale")}
        for command in commands:
            words = [elsewhere.get(word, word) for word in command.split()]
            assert not CommandLineInterface().run(["pybabel", *words])
        made = tmp_path / "locale" / "zh_CN" / "LC_MESSAGES"
        for name in ("planner.po", "planner.mo"):
            assert settled(made / name) == settled(FOLDER / name)

    def test_header_says_what_and_names_nobody(self, catalogue: Catalog) -> None:
        header = dict(catalogue.mime_headers)
        assert header["Project-Id-Version"].strip() == "planner"
        assert header["Language"] == "zh_CN"
        assert header["Content-Type"] == "text/plain; charset=utf-8"
        assert "@" not in f"{header}{catalogue.header_comment}"


def settled(file: Path) -> bytes:
    """Bytes of a catalogue but for the release of Babel that wrote it (in a .mo, lengths too would tell it)."""
    if file.suffix == ".mo":
        with file.open("rb") as opened:
            return repr(sorted(entries(gettext.GNUTranslations(opened)).items())).encode()
    return re.sub(rb'"Generated-By:.*"\n', b"", file.read_bytes())


def entries(translations: gettext.GNUTranslations) -> dict[str, str]:
    """All words; of the header everything but the release of Babel that wrote it."""
    held = dict(translations._catalog)
    held[""] = "\n".join(line for line in held[""].splitlines() if not line.startswith("Generated-By"))
    return held


def said(tree: ast.AST, inside: bool = False) -> Iterator[tuple[ast.Call, bool]]:
    """Calls of `_` and `N_` with an argument, and whether an f-string holds them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_"} and node.args:
            yield node, inside
        yield from said(node, inside or isinstance(node, ast.JoinedStr))


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, ast.Call, bool]]:
    """Every call of the words' functions: where it stands, the call, whether an f-string holds it."""
    return [
        (f"{path.relative_to(ROOT)}:{call.lineno}", call, inside)
        for path in sorted(ROOT.rglob("*.py"))
        for call, inside in said(ast.parse(path.read_text(encoding="utf-8")))
    ]


class TestSources:
    def test_there_are_many(self, calls: list[tuple[str, ast.Call, bool]]) -> None:
        assert len(calls) > 300

    def test_none_is_inside_an_f_string(self, calls: list[tuple[str, ast.Call, bool]]) -> None:
        # Babel on Python 3.11 does not see into f-strings: such a message would never be translated.
        literal = [where for where, call, inside in calls if inside and isinstance(call.args[0], ast.Constant)]
        assert not literal

    def test_none_is_built_from_parts(self, calls: list[tuple[str, ast.Call, bool]]) -> None:
        built = (ast.JoinedStr, ast.BinOp)
        formatted = [
            where
            for where, call, _inside in calls
            if isinstance(call.args[0], built)
            or (isinstance(call.args[0], ast.Call) and getattr(call.args[0].func, "attr", "") == "format")
        ]
        assert not formatted, "translate first, then format"

    def test_every_literal_is_extracted(self, calls: list[tuple[str, ast.Call, bool]]) -> None:
        known = extracted()
        literals = {
            call.args[0].value: where for where, call, _inside in calls if isinstance(call.args[0], ast.Constant)
        }
        assert {text: where for text, where in literals.items() if text not in known} == {}

    def test_a_call_in_an_f_string_would_be_found(self) -> None:
        tree = ast.parse('f"{x} {_(\'pass\')}" + _("fail")')
        assert sorted((call.args[0].value, inside) for call, inside in said(tree)) == [("fail", False), ("pass", True)]


class TestLanguage:
    def test_chinese_unless_asked_otherwise(self) -> None:
        assert DEFAULT == current() == "zh"
        assert _("pass") == "达标"

    @pytest.mark.parametrize(
        ("code", "chinese"), [("pass", "达标"), ("fragile", "临界"), ("fail", "不达标"), ("unknown", "无法判定")]
    )
    def test_the_verdicts_of_the_contract(self, code: str, chinese: str) -> None:
        with language("zh"):
            assert _(code) == chinese
        with language("en"):
            assert _(code) == code

    def test_marking_changes_nothing(self) -> None:
        assert N_("pass") == "pass"

    def test_what_is_not_in_the_catalogue_comes_back(self) -> None:
        assert _("no such message") == "no such message"

    def test_nests_and_is_given_back(self) -> None:
        with language("en"):
            with language("zh"):
                assert (current(), _("pass")) == ("zh", "达标")
            assert (current(), _("pass")) == ("en", "pass")
        assert current() == DEFAULT

    def test_is_given_back_after_an_error(self) -> None:
        with pytest.raises(RuntimeError, match="stop"), language("en"):
            raise RuntimeError("stop")
        assert current() == DEFAULT

    @pytest.mark.parametrize("unknown", ["fr", "", "ZH", "zh_CN"])
    def test_an_unknown_language_is_refused(self, unknown: str) -> None:
        with pytest.raises(ValueError, match="not one of zh, en"), language(unknown):
            pass
        assert current() == DEFAULT

    def test_threads_speak_their_own(self) -> None:
        meet = Barrier(len(LANGUAGES), timeout=20)

        def speak(lang: str) -> tuple[str, str]:
            with language(lang):
                meet.wait()  # both have chosen before either speaks
                word = _("pass")
                meet.wait()
            return word, current()

        with language("en"), ThreadPoolExecutor(len(LANGUAGES)) as pool:
            heard = dict(zip(LANGUAGES, pool.map(speak, LANGUAGES), strict=True))
        assert heard == {"zh": ("达标", DEFAULT), "en": ("pass", DEFAULT)}

    def test_tasks_speak_their_own(self) -> None:
        async def speak(lang: str) -> str:
            with language(lang):
                await asyncio.sleep(0)  # the other task chooses meanwhile
                return _("pass")

        async def both() -> list[str]:
            return await asyncio.gather(*(speak(lang) for lang in LANGUAGES))

        assert asyncio.run(both()) == ["达标", "pass"]
