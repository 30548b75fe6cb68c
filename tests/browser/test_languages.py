"""The page in other languages, one of them made up and written from the right: nothing is left in English."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from browser.served_page import until, until_at_rest
from browser.test_accessibility import faults
from rest.page_texts import used_texts
from twinlens.rest.gate.envelope import PAGE_POLICY
from twinlens.rest.page import STATIC
from twinlens.rest.pages.first_paint import policy_of

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 800}}
LOCALES = {"de": "de-CH", "es": "es-MX", "fr": "fr-FR", "zh": "zh-CN", "ar": "ar-AE"}
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# what people read, see beside the pointer, or are told; not what a model says of itself
SAID = """() => {
  const said = [];
  const silent = 'kbd, noscript, script, svg, svg *, #model-facts dd, #model-facts p';
  for (const one of document.querySelectorAll(`body *:not(${silent})`)) {
    for (const name of ['aria-label', 'title', 'placeholder']) said.push(one.getAttribute(name) ?? '');
    for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) said.push(node.data);
  }
  return [...new Set(said.map((text) => text.trim()).filter(Boolean))];
}"""


def made_up(english: str) -> str | dict[str, str]:
    """A text in Arabic letters that mean nothing, with its values and tags."""
    forms = [
        re.sub(r"(\{\w+\}|<[^>]*>)|[A-Za-z]", lambda one: one[1] or LETTERS[ord(one[0].lower()) % len(LETTERS)], form)
        for form in english.split("|")
    ]
    return forms[0] if len(forms) == 1 else {"one": forms[0], "other": forms[1]}


def texts_of(language: str) -> dict[str, Any]:
    if language == "ar":
        return {english: made_up(english) for english in used_texts()}
    return dict(json.loads(Path(STATIC / "texts" / f"{language}.json").read_text(encoding="utf-8")))


class Texts:
    """Which of what a page says is one of some texts, whatever their values are."""

    def __init__(self, forms: list[str]) -> None:
        self._plain = {form for form in forms if "{" not in form}
        told = [form for form in forms if "{" in form and re.sub(r"\{\w+\}|\W", "", form)]
        self._told = re.compile("|".join(re.sub(r"\\\{\w+\\\}", ".+", re.escape(form)) for form in told))

    def has(self, said: str) -> bool:
        return said in self._plain or self._told.fullmatch(said) is not None


def left_in_english(page: Page, texts: dict[str, Any]) -> list[str]:
    """What the page says that is a text in English, and not also one in its language."""
    english = Texts([form for text in texts for form in text.split("|")])
    own = Texts([f for text in texts.values() for f in (text.values() if isinstance(text, dict) else [text])])
    names = re.compile(r".*(red|green|blue|yellow) (square|circle).*|.*\.(jpg|png).*", re.DOTALL)
    return [one for one in page.evaluate(SAID) if english.has(one) and not own.has(one) and not names.fullmatch(one)]


def add_arabic(route: Route) -> None:
    """Answers with the page as the server would write it if its language.js had one more line."""
    answer = route.fetch()
    page = answer.text()
    added = page.replace('zh: "中文"', 'zh: "中文", ar: "العربية"')
    assert added != page
    headers = {"content-type": answer.headers["content-type"], "content-security-policy": policy_of(added, PAGE_POLICY)}
    route.fulfill(status=answer.status, headers=headers, body=added)


def open_in(open_page: Any, site: str, language: str, texts: dict[str, Any], **options: Any) -> Page:
    page: Page = open_page("about:blank", wait=False, locale=LOCALES[language], **options)
    if language == "ar":  # as docs/extend/language.md adds one: a line in the table, and a file
        page.route(f"{site}/", add_arabic)
        page.route("**/texts/ar.json", lambda route: route.fulfill(json=texts))
    page.emulate_media(reduced_motion="reduce")
    page.goto(site)
    page.wait_for_selector(".tile img.is-loaded")
    return page


def check(page: Page, texts: dict[str, Any], *, with_axe: bool) -> None:
    until_at_rest(page)
    assert left_in_english(page, texts) == []
    assert page.evaluate(SIDEWAYS) <= 0
    if with_axe:
        assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("language", LOCALES)
def test_every_view_speaks_the_readers_language(open_page: Any, site: str, language: str, scheme: str) -> None:
    texts = texts_of(language)
    with_axe = language == "ar" or scheme == "dark"
    page = open_in(open_page, site, language, texts, color_scheme=scheme, **PHONE)
    root = page.locator("html")
    expect(root).to_have_attribute("lang", language)
    expect(root).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(page.locator("#examples button").first).to_be_visible()
    check(page, texts, with_axe=with_axe)
    page.click("#browse-button")
    expect(page.locator("#browse-body details").first).to_be_visible()
    check(page, texts, with_axe=with_axe)
    page.click("#browse-close")
    page.click("#filters-button")
    page.fill("#words", "a red square")
    page.keyboard.press("Enter")
    expect(page.locator(".tile .badge").first).to_be_visible()
    page.locator(".tile .pick").first.click()
    check(page, texts, with_axe=with_axe)
    page.locator("#selection button").last.click()
    page.locator(".tile .open").first.click()
    expect(page.locator("#viewer-facts .strip")).to_be_attached()
    page.click("#viewer-info")
    page.click("#viewer-why")
    expect(page.locator(".reasons, .why-line:not(:empty)").first).to_be_visible()
    check(page, texts, with_axe=with_axe)
    page.click("#viewer-close")
    for button, seen in (("#library-button", "#model-facts dl"), ("#help-button", "#help dl")):
        page.click(button)
        expect(page.locator(seen).first).to_be_visible()
        check(page, texts, with_axe=with_axe)
        page.keyboard.press("Escape")


def test_a_language_is_chosen_in_help_and_kept(open_page: Any, site: str) -> None:
    page = open_page(f"{site}#q=a+red+square")
    assert page.get_attribute("html", "lang") == "en"
    page.click("#help-button")
    page.select_option("#language", "de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#words")).to_have_attribute("placeholder", "Fotos durchsuchen")
    expect(page.locator("#status")).to_contain_text("sicher unter 29 Fotos")  # the search is still there
    page.click("#help-button")
    page.select_option("#language", "")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#words")).to_have_attribute("placeholder", "Search your photos")


def test_arrow_keys_follow_the_order_of_reading(open_page: Any, site: str) -> None:
    page = open_in(open_page, site, "ar", texts_of("ar"))
    page.focus(".tile .open")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Number(document.activeElement.closest('.tile').dataset.index)") == 1
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    until(page, "document.activeElement.closest('.tile')?.dataset.index === '0'")


def test_a_page_whose_texts_do_not_come_is_english(open_page: Any, site: str) -> None:
    page = open_page("about:blank", wait=False, locale="de-DE")
    page.route("**/texts/de.json", lambda route: route.fulfill(status=503))
    page.goto(site)
    page.wait_for_selector(".tile img.is-loaded")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#words")).to_have_attribute("placeholder", "Search your photos")
    expect(page.locator("#status")).to_have_text("29 photos")


VALUE = re.compile(r"\{(\w)([?!]?)\}")
TOLD = """async (sentences) => {
  const modules = document.querySelector('script[type=module]').src;
  const { inReadersWords } = await import(new URL('said.js', modules));
  return Promise.all(sentences.map(inReadersWords));
}"""


@pytest.mark.parametrize("language", ["de", "zh"])
def test_what_the_server_says_is_in_the_language_of_the_page(open_page: Any, site: str, language: str) -> None:
    said = json.loads((STATIC / f"texts/server/{language}.json").read_text(encoding="utf-8"))
    page = open_page(site, locale=LOCALES[language])
    values = {"n": "1,234", **{str(place): f"Xy{place}" for place in range(1, 10)}}

    def filled(text: str, demanded: str) -> str:
        return VALUE.sub(lambda one: demanded if one[2] == "!" else values[one[1]], text)

    def asked(english: str) -> str:
        is_demanded = {name: how == "!" for name, how in VALUE.findall(said[english])}
        return VALUE.sub(lambda one: "favourites" if is_demanded[one[1]] else values[one[1]], english)

    wanted = {asked(english): filled(text, said["favourites"]) for english, text in said.items()}
    wanted |= {unknown: unknown for unknown in (", ".join(["a"] * 60), "favourites; or " * 40, "<i>{1} {2!}</i> $&")}
    told = page.evaluate(TOLD, list(wanted))  # of the last ones, there are more ways to read them than can be tried
    assert {e: text for (e, right), text in zip(wanted.items(), told, strict=True) if text != right} == {}

    page.locator("#words").fill('square year:1999 tga:Ana -"no album"')
    page.locator("#words").press("Enter")
    chips = [said["taken {1}"].replace("{1}", "1999"), filled(said["not {1}"], said["with the text “{1}”"])]
    chips[1] = chips[1].replace("{1}", "no album")
    expect(page.locator("#parts li span")).to_have_text(chips)
    note = said["there is no field “{1}:” (did you mean “{2}:”?), so it was read as words"]
    expect(page.locator("#status")).to_contain_text(note.replace("{1}", "tga").replace("{2}", "tag"))
    page.locator("#words").fill("year:19x9")
    page.locator("#words").press("Enter")
    wrong = said["{1} must be a date such as 2023, 2023-06-30, 'June 2023' or 'last summer', got {2}"]
    expect(page.locator("#status")).to_contain_text(wrong.replace("{1}", "year").replace("{2}", "'19x9'"))
    page.click("#library-button")
    described = next(said[english] for english in said if english.startswith("Photos by EfficientNet"))
    expect(page.locator("#model-facts p")).to_have_text(described)
