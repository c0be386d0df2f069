"""Tables of penalties in every layout become one record per penalised party. All names here are invented."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectors.penalties import Penalty, split

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "nfra"
needs_real_pages = pytest.mark.skipif(not REAL.is_dir(), reason="real pages are not part of the repository")

HEADER = ("序号", "当事人名称", "行政处罚决定书文号", "主要违法违规行为", "行政处罚内容", "作出决定机关")
BANK = "砚川农村商业银行股份有限公司"
INSURER = "汐禾财产保险股份有限公司"
PERSON = "周砚青（时任砚川农村商业银行股份有限公司副行长）"


def html(*rows: tuple[str, ...], tag: str = "td") -> str:
    """A table of cells; a cell that begins with @ brings its attributes: `@rowspan=2@text`."""
    lines = []
    for row in rows:
        cells = [cell.split("@", 2)[1:] if cell.startswith("@") else ["", cell] for cell in row]
        lines.append("<tr>" + "".join(f"<{tag} {attrs}>{text}</{tag}>" for attrs, text in cells) + "</tr>")
    return f"<table border=1>{''.join(lines)}</table>"


def told(found: list[Penalty], *names: str) -> list[tuple[object, ...]]:
    """The named fields of each record."""
    return [tuple(getattr(record, name) for name in names) for record in found]


TWO_ROWS = (
    (
        "1",
        BANK,
        "@rowspan=2@示金罚决字〔2026〕7号",
        "@rowspan=2@贷后管理不到位",
        "罚款47万元",
        "@rowspan=2@示例监管局",
    ),
    ("2", PERSON, "警告并罚款13万元"),
)


def test_a_merged_cell_counts_for_each_of_its_rows() -> None:
    """Number, violation and authority written once for two rows belong to both parties, in full."""
    found = split(html(HEADER, *TWO_ROWS))
    assert found == [
        Penalty("1", BANK, "机构", "示金罚决字〔2026〕7号", "贷后管理不到位", "", "罚款47万元", Decimal(470000),
                authority="示例监管局"),
        Penalty("2", PERSON, "个人", "示金罚决字〔2026〕7号", "贷后管理不到位", "", "警告并罚款13万元",
                Decimal(130000), authority="示例监管局"),
    ]  # fmt: skip


LONG_HEADER = ("序号", "行政相对人名称", "违法行为类型", "行政处罚依据", "处罚内容")
LONG_HEADER += ("作出行政处罚决定机关名称", "作出处罚决定日期", "公示期限", "备注")


def test_every_column_of_a_long_header_is_kept() -> None:
    """Basis, date and remarks have their fields; the period of publication has none."""
    row = ("1", BANK, "违反清算规定", "《示例办法》第三条", "警告", "示例分行", "2026年3月5日", "五年", "无")
    assert split(html(LONG_HEADER, row)) == [
        Penalty(
            "1",
            BANK,
            "机构",
            "",
            "违反清算规定",
            "《示例办法》第三条",
            "警告",
            None,
            None,
            "示例分行",
            "2026年3月5日",
        )
    ]


@pytest.mark.parametrize(
    "party", ["当 事 人", "被处罚<br>当事人", "行政相对人&nbsp;名称", "当事人名称（姓名）", "被处罚单位名称"]
)
@pytest.mark.parametrize(
    "violation", ["主要违法违规事实（案由）", "违法行为类型", "案　由", "主要违法\n违规行为"]
)
@pytest.mark.parametrize("content", ["行政处罚决定", "处罚内容", "行政处罚<p>内容</p>"])
def test_header_words_of_every_authority_are_known(party: str, violation: str, content: str) -> None:
    """Headers stretched with spaces, broken over lines, or worded in another way mean the same columns."""
    found = split(html((party, violation, content), (BANK, "贷款三查不到位", "罚款5万元")))
    assert told(found, "party", "violation", "amount") == [(BANK, "贷款三查不到位", Decimal(50000))]


def test_word_markup_is_read_like_any_other() -> None:
    """Word wraps every cell in paragraphs and spans, cuts runs apart and pads with &nbsp;."""

    def word(text: str) -> str:
        runs = "".join(f"<span lang=EN-US style='mso-font-kerning:0'>{c}</span>" for c in text)
        return f"<p class=MsoNormal>{runs}<o:p>&nbsp;</o:p></p>\r\n<p><o:p>&nbsp;</o:p></p>"

    rows = [
        tuple(map(word, row))
        for row in (HEADER, ("1", BANK, "示金罚决字〔2026〕7号", "违规", "罚款 4 7 万元", "示例监管局"))
    ]
    found = split("<style>td{}</style><!--[if gte mso 9]><xml></xml><![endif]-->" + html(*rows))
    assert told(found, "party", "decision_number", "amount", "authority") == [
        (BANK, "示金罚决字〔2026〕7号", Decimal(470000), "示例监管局")
    ]


def test_a_header_of_two_levels() -> None:
    """当事人 over 单位名称 and 法定代表人: the unit is the party, its representative is not."""
    top = ("@rowspan=2@序号", "@colspan=2@被处罚当事人", "@rowspan=2@违法行为", "@rowspan=2@处罚内容")
    found = split(html(top, ("名称", "法定代表人"), ("1", BANK, "吴某", "违规放贷", "罚款8万元")))
    assert told(found, "party", "violation", "amount") == [(BANK, "违规放贷", Decimal(80000))]


def test_a_form_with_places_for_units_and_persons() -> None:
    """Of the two columns for the party the filled one counts; a dash fills nothing."""
    top = ("@rowspan=2@文号", "@colspan=2@被处罚当事人", "@rowspan=2@案由", "@rowspan=2@处罚内容")
    found = split(
        html(
            top,
            ("单位名称", "个人姓名"),
            ("示1号", BANK, "—", "违规", "警告"),
            ("示2号", "/", "周某", "违规", "警告"),
        )
    )
    assert told(found, "party", "party_kind") == [(BANK, "机构"), ("周某", "个人")]


def test_repeated_headers_captions_and_notes_are_no_parties() -> None:
    """A header on every printed page, a caption above and a note below the rows."""
    span = f"@colspan={len(HEADER)}@"
    row = ("2", INSURER, "示金罚决字〔2026〕8号", "虚列费用", "罚款9万元", "示例监管局")
    page = html(
        (span + "行政处罚信息公开表",), HEADER, *TWO_ROWS, HEADER, row, (span + "注：以上信息公示五年。",)
    )
    assert told(split(page), "number", "party") == [("1", BANK), ("2", PERSON), ("2", INSURER)]


def test_several_tables_on_a_page() -> None:
    """Each table has its own columns; one without header continues the one before when it looks the same."""
    other = html(("当事人", "案由", "处罚决定"), (INSURER, "虚列费用", "罚款9万元"))
    continued = html(("3", INSURER, "示金罚决字〔2026〕9号", "违规", "警告", "示例监管局"))
    menu = html(("首页", "机构概况", "政务信息"), ("互动", "办事", "投诉"))
    found = split(menu + html(HEADER, *TWO_ROWS) + continued + other + menu)
    assert told(found, "number", "party", "content") == [
        ("1", BANK, "罚款47万元"),
        ("2", PERSON, "警告并罚款13万元"),
        ("3", INSURER, "警告"),
        ("", INSURER, "罚款9万元"),
    ]


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_tables_for_layout_are_seen_through(depth: int) -> None:
    """A table of penalties inside layout tables is found once."""
    page = html(HEADER, *TWO_ROWS)
    for _ in range(depth):
        page = html(("左侧导航", page, ""), ("", "", ""))
    assert told(split(page), "party") == [(BANK,), (PERSON,)]


def test_a_table_inside_a_cell_of_penalties_is_its_text() -> None:
    """Nothing is counted twice when the content cell holds a little table."""
    found = split(html(HEADER[:2] + HEADER[3:5], ("1", BANK, "违规", html(("罚款", "6万元")))))
    assert told(found, "party", "amount") == [(BANK, Decimal(60000))]


VERTICAL = (
    ("行政处罚决定书文号", "示金罚决字〔2026〕7号"),
    ("被处罚当事人姓名或名称", BANK),
    ("主要违法违规事实（案由）", "未尽职调查"),
    ("行政处罚依据", "《示例法》第二条"),
    ("行政处罚决定", "罚款30,000元"),
    ("作出处罚决定的机关名称", "示例监管局"),
    ("作出处罚决定的日期", "2026-03-05"),
)
UPRIGHT = Penalty("", BANK, "机构", "示金罚决字〔2026〕7号", "未尽职调查", "《示例法》第二条", "罚款30,000元",
                  Decimal(30000), None, "示例监管局", "2026-03-05")  # fmt: skip


def test_labels_beside_their_values() -> None:
    """The older form: one table for one decision, a label in front of every value."""
    assert split(html(*VERTICAL)) == [UPRIGHT]


@pytest.mark.parametrize("empty", ["", "—", "无", "/"])
def test_nested_labels(empty: str) -> None:
    """被处罚当事人 has places for a person, a unit and its representative; only the unit is filled."""
    nested = (
        ("@rowspan=3@被处罚当事人姓名或名称", "@colspan=2@个人姓名", empty),
        ("@rowspan=2@单位", "名称", BANK),
        ("法定代表人（主要负责人）姓名", "吴某"),
    )
    rows = [(f"@colspan=3@{label}", value) for label, value in VERTICAL]
    assert split(html(rows[0], *nested, *rows[2:])) == [UPRIGHT]


def test_nested_labels_of_a_person() -> None:
    """The same form for a person."""
    nested = (("@rowspan=2@被处罚当事人", "个人姓名", "周砚青"), ("单位名称", ""))
    found = split(html(*nested, *[("@colspan=2@" + label, value) for label, value in VERTICAL[2:]]))
    assert told(found, "party", "party_kind", "amount") == [("周砚青", "个人", Decimal(30000))]


def test_labels_and_values_in_pairs() -> None:
    """Two labels with their values in one row."""
    cells = [cell for pair in VERTICAL for cell in pair]
    assert split(html(tuple(cells[0:4]), tuple(cells[4:8]), tuple(cells[8:12]), tuple(cells[12:]))) == [
        UPRIGHT
    ]


def test_one_column_per_party() -> None:
    """A table turned round: several values beside a label are several parties, a merged value is for all."""
    found = split(
        html(("当事人名称", BANK, INSURER), ("案由", "@colspan=2@违规"), ("处罚内容", "罚款1万元", "警告"))
    )
    assert told(found, "party", "violation", "content", "amount") == [
        (BANK, "违规", "罚款1万元", Decimal(10000)),
        (INSURER, "违规", "警告", None),
    ]


def test_decisions_one_below_the_other_in_one_table() -> None:
    """The labels begin again with the next decision."""
    second = (
        ("行政处罚决定书文号", "示金罚决字〔2026〕8号"),
        ("被处罚当事人姓名或名称", INSURER),
        ("行政处罚决定", "警告"),
    )
    found = split(html(*VERTICAL, *second))
    assert found[0] == UPRIGHT
    assert told(found[1:], "decision_number", "party", "content", "authority") == [
        ("示金罚决字〔2026〕8号", INSURER, "警告", "")
    ]


@pytest.mark.parametrize("mark", ["\t", "："])
def test_plain_text_of_labels_and_values(mark: str) -> None:
    """The text of such a page, line by line; a line without a label continues the one before."""
    lines = [f"{label}{mark}{value}" for label, value in VERTICAL]
    assert split("\n".join(lines)) == [UPRIGHT]
    broken = "\n".join(lines).replace("未尽职调查", "未尽职\n调查")
    assert told(split(broken), "violation", "amount") == [("未尽职\n调查", Decimal(30000))]


def test_plain_text_of_a_table() -> None:
    """A header line and rows, cells parted by tabs."""
    lines = [HEADER, ("1", BANK, "示金罚决字〔2026〕7号", "违规", "罚款1万元", "示例监管局")]
    found = split("\n".join("\t".join(line) for line in lines))
    assert told(found, "party", "amount") == [(BANK, Decimal(10000))]


SHORT = ("序号", "当事人", "案由", "处罚内容")


def test_persons_in_the_content_become_records() -> None:
    """The institution keeps its own fine, each person clearly named gets a record with hers."""
    content = f"对{BANK}合计罚款96万元。其中，总行36万元，分支机构60万元。对周砚青警告并罚款1万元对钱予安警告"
    found = split(html(SHORT, ("1", BANK + "及其责任人员", "违规放贷", content)))
    assert told(found, "party", "party_kind", "violation", "amount") == [
        (BANK, "机构", "违规放贷", Decimal(960000)),
        ("周砚青", "个人", "违规放贷", Decimal(10000)),
        ("钱予安", "个人", "违规放贷", None),
    ]
    assert found[0].content == content


@pytest.mark.parametrize(
    "others",
    [
        "对周砚青、钱予安等责任人员警告并罚款共计17万元",
        "对周砚青、钱予安警告并罚款3万元",
        "对相关责任人员给予警告",
    ],
)
def test_persons_fined_together_stay_in_the_content(others: str) -> None:
    """Nobody can say who pays what: no record is invented, and the institution does not pay it."""
    found = split(
        html(SHORT, ("1", BANK + "及相关责任人", "违规", f"罚款80万元，没收违法所得2万元。{others}"))
    )
    assert told(found, "party", "amount", "confiscated") == [(BANK, Decimal(800000), Decimal(20000))]
    assert others in found[0].content


def test_persons_fined_alike_each_get_a_record() -> None:
    """分别 says that the amount is each one's."""
    content = "罚款80万元；对周砚青、钱予安分别给予警告并罚款3万元"
    found = split(html(SHORT, ("1", BANK, "违规", content)))
    assert told(found, "party", "amount") == [(BANK, 800000), ("周砚青", 30000), ("钱予安", 30000)]


def test_persons_with_rows_of_their_own_are_not_doubled() -> None:
    """A person named in the institution's content and in a row of the page is one record."""
    rows = (
        ("1", BANK, "违规", "罚款8万元。对周砚青警告并罚款1万元"),
        ("2", PERSON, "违规", "警告并罚款1万元"),
    )
    assert told(split(html(SHORT, *rows)), "party", "amount") == [(BANK, 80000), (PERSON, 10000)]


def test_several_parties_in_a_cell_are_parted_when_the_content_says_how() -> None:
    """对甲罚款…；对乙警告: two records; without it one record that names both."""
    told_apart = f"对{BANK}罚款5万元；对{INSURER}警告"
    found = split(html(SHORT, ("1", f"{BANK}、{INSURER}", "违规", told_apart)))
    assert told(found, "party", "content", "amount") == [(BANK, "罚款5万元", 50000), (INSURER, "警告", None)]
    together = split(html(SHORT, ("1", f"{BANK}、{INSURER}", "违规", "罚款5万元")))
    assert told(together, "party", "amount") == [(f"{BANK}、{INSURER}", 50000)]


def test_a_content_cell_shared_by_parties() -> None:
    """One merged content cell: each row takes what is said of it, and nobody takes a common sum."""

    def page(content: str) -> str:
        return html(SHORT, ("1", BANK, "违规", f"@rowspan=2@{content}"), ("2", "周砚青", "违规"))

    assert told(split(page(f"对{BANK}罚款5万元；对周砚青警告并罚款1万元")), "amount") == [(50000,), (10000,)]
    assert told(split(page("警告并罚款1万元")), "amount") == [(10000,), (10000,)]
    assert told(split(page("罚款合计6万元")), "amount") == [(None,), (None,)]


def test_a_party_merged_over_its_violations_is_one_record() -> None:
    """One decision, one party, its violations in rows of their own: the fine is not counted per row."""
    header = ("序号", "当事人", "文号", "案由", "处罚内容")
    first = ("@rowspan=2@1", f"@rowspan=2@{BANK}", "@rowspan=2@示1号", "违规放贷", "@rowspan=2@罚款5万元")
    found = split(html(header, first, ("资料不实",), ("2", INSURER, "示2号", "虚列费用", "警告")))
    assert told(found, "party", "violation", "amount") == [
        (BANK, "违规放贷\n资料不实", Decimal(50000)),
        (INSURER, "虚列费用", None),
    ]


@pytest.mark.parametrize(
    ("title", "numbers"),
    [
        ("示例监管局行政处罚信息公开表（示金罚决字〔2026〕7号）", ["示金罚决字〔2026〕7号"] * 2),
        (
            "示例监管局行政处罚信息公开表 示金罚决字[2026]7号、9号",
            ["示金罚决字〔2026〕7号", "示金罚决字〔2026〕9号"],
        ),
        ("行政处罚信息公示表(示金罚决字【2026】7-8号)", ["示金罚决字〔2026〕7号", "示金罚决字〔2026〕8号"]),
        (
            "公示表（示金罚决字〔2026〕7号、乙金罚决字〔2026〕1号）",
            ["示金罚决字〔2026〕7号", "乙金罚决字〔2026〕1号"],
        ),
        ("行政处罚信息公示表（示金罚决字〔2026〕7号至9号）", ["示金罚决字〔2026〕7号至9号"] * 2),
        ("行政处罚信息公示表（2026年第3号）", ["", ""]),
        ("行政处罚信息公示表", ["", ""]),
    ],
)
def test_decision_numbers_of_the_title(title: str, numbers: list[str]) -> None:
    """As many numbers as records are dealt out in order; one is everybody's; any other list stays whole."""
    found = split(html(SHORT, ("1", BANK, "违规", "警告"), ("2", INSURER, "违规", "警告")), title)
    assert [record.decision_number for record in found] == numbers


def test_the_cell_goes_before_the_title() -> None:
    """Number and authority of the table win; a merged list of numbers is dealt out to its rows."""
    header = (*SHORT, "文号", "机关")
    rows = (
        ("1", BANK, "违规", "警告", "@rowspan=2@示金罚决字〔2026〕3-4号", "乙局"),
        ("2", INSURER, "违规", "警告", ""),
    )
    found = split(html(header, *rows), "示例监管局行政处罚信息公示表（示金罚决字〔2026〕9号）")
    assert told(found, "decision_number", "authority") == [
        ("示金罚决字〔2026〕3号", "乙局"),
        ("示金罚决字〔2026〕4号", "示例监管局"),
    ]


@pytest.mark.parametrize(
    ("title", "authority"),
    [
        ("国家示例总局示例监管分局行政处罚信息公开表（示〔2026〕1号）", "国家示例总局示例监管分局"),
        ("示例分行行政处罚信息公示表（2026年第3号）", "示例分行"),
        ("营业管理部行政处罚信息公示表", "营业管理部"),
        ("行政处罚信息公示表", ""),
        (f"关于{BANK}的处罚", ""),
    ],
)
def test_the_authority_of_the_title(title: str, authority: str) -> None:
    """The title begins with the authority, or does not name one."""
    assert told(split(html(SHORT, ("1", BANK, "违规", "警告")), title), "authority") == [(authority,)]


@pytest.mark.parametrize(
    ("party", "kind"),
    [
        (BANK, "机构"),
        ("示例客运集团有限公司东门车站", "机构"),
        ("某某县农村信用合作联社", "机构"),
        ("华夏示例证券", "机构"),
        (PERSON, "个人"),
        ("冯屿[时任汐禾财产保险股份有限公司示例中心支公司总助（主持工作）]", "个人"),
        ("欧阳某某", "个人"),
        ("时任示例支行行长李某", "个人"),
        ("古丽·某某", "个人"),
        ("张三、李四", "个人"),
        ("ABC", ""),
        ("", ""),
    ],
)
def test_institutions_and_persons(party: str, kind: str) -> None:
    """Who held a post at a company is no company; what cannot be told is left open."""
    assert told(split(html(SHORT, ("1", party, "违规", "警告"))), "party_kind") == [(kind,)]


@pytest.mark.parametrize(
    ("cell", "party"),
    [
        ("砚川农村商业银行<br>股份有限公司", BANK),
        ("汐禾财产保险股份有限公司<p>示例分公司</p>", "汐禾财产保险股份有限公司示例分公司"),
        ("周砚青<br>（时任副行长）", "周砚青（时任副行长）"),
        ("周&nbsp;&nbsp;玉", "周玉"),
        ("周砚青<br>钱予安", "周砚青、钱予安"),
    ],
)
def test_names_broken_over_lines(cell: str, party: str) -> None:
    """A narrow column breaks names; lines that are names of their own stay apart."""
    assert told(split(html(SHORT, ("1", cell, "违规", "警告"))), "party") == [(party,)]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "   ",
        "<table></table>",
        "<p>处罚内容：无表格</p>",
        html(("首页", "当事人"), ("a", "b")),
        "当事人名称",
        "\0",
        "\ud800<td>",
    ],
)
def test_a_page_without_penalties_has_none(page: str) -> None:
    """No table, an empty one or one of something else: an empty list, nothing guessed."""
    assert split(page) == []


def test_absurd_spans_and_depths_are_harmless() -> None:
    """Spans of ten digits, thousands of nested tables and a hundred thousand rows end soon and give what is there."""
    spans = html(
        HEADER, ("1", f'@rowspan="99999999" colspan="1e9"@{BANK}', "示1号", "违规", "警告", "示例监管局")
    )
    assert told(split(spans), "party", "content") == [(BANK, "警告")]
    wide = html(SHORT, ("1", '@colspan="999999999"@x'), *[('@rowspan="0"@y',)] * 300)
    assert len(split(wide)) <= 301
    assert split("<table><tr><td>" * 3000 + "x") == []
    one = html(SHORT, ("1", BANK, "违规", "警告"))
    assert len(split("<div>" * 200 + one)) == 1
    assert len(split("<div>" * 20_000 + one)) <= 1
    assert len(split(html(SHORT, *[("1", f"{BANK}{n}", "违规", "警告") for n in range(5000)]))) == 3000


TAGS = (
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<td rowspan=3>",
    "<th colspan='2'>",
    "<p>",
    "<br>",
)
TAGS += ("<td rowspan=0 colspan=99999>", "<td rowspan=-1>", "<script>", "<!--", "&nbsp;", "\t", "\n", "：")
WORDS = (
    *HEADER,
    BANK,
    PERSON,
    "罚款5万元",
    "对周砚青警告并罚款1万元",
    "示金罚决字〔2026〕3-5号",
    "被处罚当事人",
)
WORDS += ("单位", "个人姓名", "1", "对", "、", "（", "其中")
pieces = st.sampled_from(TAGS + WORDS)


@settings(max_examples=300)
@given(st.lists(pieces, max_size=60).map("".join) | st.text(max_size=200), st.text(max_size=40) | pieces)
@example("<table><tr><td>\ud800", "\udfff")
def test_no_markup_escapes(page: str, title: str) -> None:
    """Any pile of tags and words gives a list of records whose parties stand on the page."""
    for record in split(page, title):
        assert record.amount is None or record.amount >= 0


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "gb18030", "latin-1", "utf-16"]))
def test_no_bytes_escape(body: bytes, encoding: str) -> None:
    """Bytes read with the wrong encoding are no error either."""
    assert isinstance(split(body.decode(encoding, "replace")), list)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 500)), min_size=1, max_size=8))
def test_rows_under_merged_cells_are_all_there(groups: list[tuple[int, int]]) -> None:
    """Violations merged over any number of parties: every party has the violation of its group and its own fine."""
    rows, expected = [], []
    for place, (size, fine) in enumerate(groups):
        for row in range(size):
            party, violation = f"{place}{row}号示例有限公司", f"违规{place}"
            merged = (f"@rowspan={size}@{violation}",) if row == 0 else ()
            rows.append((str(len(rows) + 1), party, *merged, f"罚款{fine + row}万元"))
            expected.append((party, violation, Decimal(fine + row) * 10**4))
    assert told(split(html(SHORT, *rows)), "party", "violation", "amount") == expected


@needs_real_pages
def test_the_real_page_with_merged_cells() -> None:
    """Parties, violations, contents and authorities of the published page, as its expected rows have them."""
    expected = json.loads((REAL / "penalty_page_merged_cells.expected.json").read_text("utf-8"))
    rows = [expected, *expected.pop("additional_records")]
    found = split((REAL / "penalty_page_merged_cells.html").read_text("utf-8"))
    columns = ("序号", "当事人名称", "主要违法违规行为", "行政处罚内容", "作出决定机关")
    assert told(found, "number", "party", "violation", "content", "authority") == [
        tuple(row[column] for column in columns) for row in rows
    ]
    assert [record.party_kind for record in found] == ["机构", "个人"]
    assert all(record.amount and f"{record.amount / 10**4:f}万元" in record.content for record in found)


@needs_real_pages
@pytest.mark.parametrize(
    "path", sorted(REAL.glob("*.txt")) if REAL.is_dir() else [], ids=lambda path: str(path.stem)[-12:]
)
def test_real_tables_as_text(path: Path) -> None:
    """Each published row comes back: the institution without its staff, every other cell as it stands."""
    text = path.read_text("utf-8")
    cells = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    first, *persons = split(text, path.stem)
    assert cells["当事人名称"].strip().startswith(first.party)
    assert cells["当事人名称"].strip().removeprefix(first.party) in ("", "及其责任人员", "及相关责任人")
    assert (first.number, first.violation, first.content, first.authority) == tuple(
        cells[column].strip() for column in ("序号", "主要违法违规行为", "行政处罚内容", "作出决定机关")
    )
    assert first.party_kind == ("个人" if "时任" in first.party or "经理）" in first.party else "机构")
    assert (first.amount is not None) == ("万元" in first.content)
    assert all(
        person.party_kind == "个人" and f"对{person.party}{person.content}" in first.content
        for person in persons
    )
    assert first.decision_number or "〔" not in path.stem
