"""What a lesson came to, as the app is told it."""

from twinlens.apps.libraries.teaching import Lesson
from twinlens.apps.streamlit.curating.lesson import before_and_after, row_of
from twinlens.collection.teaching.lesson import LessonReport
from twinlens.collection.teaching.worth import Figure, Worth


def test_a_lesson_has_its_measures_before_and_after_with_intervals() -> None:
    worth = Worth(40, 30, Figure(0.2, 0.5, 0.1, 0.45), Figure(0.4, 0.4, -0.1, 0.1), Figure(0.5, 0.2, -0.4, -0.2))
    report = LessonReport(True, worth, 200, 150, 1.5)
    lesson = Lesson.of(report.to_json(), report.told())
    assert (lesson.is_kept, lesson.num_photos, lesson.told) == (True, 30, report.told())
    assert [(one.name, one.before, one.after) for one in lesson.figures] == [
        ("R@10", 0.4, 0.4),
        ("MRR", 0.2, 0.5),
        ("MRR, from photos to texts", 0.5, 0.2),
    ]
    assert [row_of(one)["verdict"] for one in lesson.figures] == ["not clear", "better", "worse"]
    values = before_and_after(lesson.figures)["data"]["values"]
    mrr = next(one for one in values if (one["measure"], one["when"]) == ("MRR", "after"))
    assert (mrr["value"], mrr["low"], round(mrr["high"], 3)) == (0.5, 0.2 + 0.1, 0.65)
