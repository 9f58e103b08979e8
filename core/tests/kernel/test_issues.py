"""Refusals speak the reader's language, down to the states they name."""

from zhiyuan.declarations import issue_texts
from zhiyuan.kernel.i18n import Translator
from zhiyuan.kernel.issues import Issue, IssueText, IssueTexts

_STEP = Issue(
    "activities.step_not_possible",
    params={"verb": "publish", "status": "draft", "allowed": "draft, submitted"},
)


def _told(locale: str) -> tuple[str, str]:
    told = issue_texts().tell(_STEP, Translator(locale).translate)
    return told.message, told.cure


def test_an_english_reader_sees_words_for_states() -> None:
    assert _told("en") == (
        "“publish” is not possible while the activity is in state “draft”.",
        "It is possible from these states: draft, submitted.",
    )


def test_a_chinese_reader_sees_chinese_words_for_states() -> None:
    assert _told("zh-Hans") == ("活动状态为“草稿”时，不能发布。", "仅在下列状态下可以办理：草稿、已提交。")


def test_a_value_that_nobody_named_stays_as_it_is() -> None:
    texts = IssueTexts()
    texts.declare("zhiyuan", [IssueText("a.b", "It is %(state)s.", "", words={"state": "unheard of"})])

    assert texts.tell(Issue("a.b", params={"state": "odd"}), lambda _, text: text).message == "It is odd."
