import pytest

from twinlens.collection.catalog.postgres.dialect import Computed, translated_sql


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT '?', ':a', '%' WHERE a = ?", "SELECT '?', ':a', '%%' WHERE a = %s"),
        ("SELECT group_concat(id, ' ')", "SELECT string_agg((id)::text, ' ')"),
        ("a IS NOT ? AND b IS NOT NULL", "a IS DISTINCT FROM %s AND b IS NOT NULL"),
        ("(taken_at IS NULL) = 0 AND +photo_id IN ()", "(taken_at IS NOT NULL) AND photo_id IN (NULL)"),
        ("substr(x, id, 1) = x'01'", "substr(x, (id)::int, (1)::int) = '\\x01'::bytea"),
        ("date(a, '+365 days') < b", "to_char(((a)::date + 365), 'YYYY-MM-DD') < b"),
        ("path GLOB '*[^ -~]*'", "path ~ '[^ -~]'"),
        ("json_extract(:value, '$[1]')", "((%s)::json ->> 1)"),
        ("ORDER BY captions.rowid, kept.rowid", "ORDER BY captions.id, kept.rowid"),
        (
            "INSERT OR REPLACE INTO feedback (photo_id, subject, is_good) VALUES (?, ?, ?)",
            "INSERT INTO feedback (photo_id, subject, is_good) VALUES (%s, %s, %s) "
            "ON CONFLICT (photo_id, md5(subject)) DO UPDATE "
            "SET subject = excluded.subject, is_good = excluded.is_good, id = DEFAULT, given_at = DEFAULT",
        ),
    ],
)
def test_what_differs_is_written_in_the_other_dialect(ours: str, theirs: str) -> None:
    assert translated_sql(ours).sql == theirs


def test_functions_of_ours_are_called_before_the_statement_if_they_need_no_row() -> None:
    found = translated_sql("a = ? AND substr(f(?), id, 1) = g(b) AND c = ?", frozenset({"f", "g"}))
    assert found.sql == "a = %s AND substr(%s, (id)::int, (1)::int) = g(b) AND c = %s"
    assert found.values == ("0", Computed("f", ("1",)), "2")
