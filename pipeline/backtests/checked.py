"""The 87 rows of dated_texts_dev.csv with a lead of 1 to 90 days, each read by a person: was it written before the
failure was published?

The date of a row is the latest one written in the text, which is often earlier than its publication. "Before" is
said only where the text carries its own time of publication (a post's or page's time stamp, a news story's "today").
"""

from __future__ import annotations

BAD_BEFORE = ("d2feae8f", "105792", "97d64b1f", "6eff2b6d", "0e44d69e", "4d58511b", "fffe28dd")
"""Written before the failure, and bad news about the platform."""
NEUTRAL_BEFORE = (
    *(
        "a4910977",
        "df27a1f4",
        "e91072ce",
        "3e0a22c5",
        "d640d21b",
        "ae2ef36f",
        "df9a5d9c",
        "f9b63ede",
        "b8ebe043",
    ),
    *(
        "e7a34002",
        "452b9046",
        "2621a021",
        "3221d9bc",
        "17ed0255",
        "dbaadd46",
        "ecefe14f",
        "a3e71a64",
        "8b749dd1",
    ),
    *(
        "08599d3a",
        "cec902cf",
        "51681a1a",
        "e0293c36",
        "cbb2f32d",
        "1fb95c0c",
        "5a98e868",
        "a733ed4a",
        "a798bf44",
    ),
    *("fb4d7cef", "2505173b", "7a7649ff", "7051e1cf", "264384f2", "caa42111", "d29ac24a", "ae679e83"),
    *("42ac951e", "a333f3a5"),
)
"""Written before the failure, and nothing bad in them: daily trading figures, a lexicon, an advertisement."""
ANOTHER_PLATFORM = ("102794", "43b0d90f", "3c731b4b", "7b2b96a1", "6992ef74", "df464afe")
"""The name is part of another name or of a phrase: not about the platform that failed."""
AFTER = (
    *(
        "83a55f76",
        "101743",
        "3958610b",
        "105450",
        "105449",
        "fd3d0a7a",
        "a274056c",
        "105342",
        "5ff1cebe",
        "da9c26f5",
    ),
    *("4251556e", "102057", "6b671bf0", "d4e24a7c", "102298"),
)
"""Looks back on the failure: the date is that of an event told of later."""
NOT_TOLD = (
    *("3abf3ee1", "1d203aee", "8c7ad24c", "ae32c324", "e1692dbe", "0c6f55f6", "105678", "6b5b0234", "102232"),
    *("104234", "105120", "070223a9", "49666774", "749926aa", "2ae2fa97", "8eb0a11f", "21eda81b", "eb92c326"),
    "14d58504",
)
"""A line of a list, a police notice without a date of its own, an undated page: may be before or after."""
GROUPS = (
    ("written before, bad news", BAD_BEFORE),
    ("written before, neutral (trading figures, advertisement)", NEUTRAL_BEFORE),
    ("another platform (name within a name)", ANOTHER_PLATFORM),
    ("looks back", AFTER),
    ("time of writing cannot be told", NOT_TOLD),
)
