"""Events and how each claim stands, phenomenon by phenomenon, on sentences written for this file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.loader import load
from settings.models import EventSettings
from signals.events import EventFinder, is_adverse
from signals.patterns import PatternError
from signals.text import Reading

SETTINGS = load()
FINDER = EventFinder(SETTINGS.events, SETTINGS.lexicons)

# Phenomenon, sentence, what must be found: "event:polarity ..."; "-" = no crisis event at all.
SENTENCES = [
    # The core events, plainly said.
    ("asserted", "云帆钱庄提现困难，客服一直让等。", "withdrawal_difficulty:asserted"),
    ("asserted, verb first", "从昨天起就无法正常提现了。", "withdrawal_difficulty:asserted"),
    ("asserted, verb last", "我的提现申请三天了还没到账，提现一直不到账。", "withdrawal_difficulty:asserted"),
    ("asserted, colloquial", "钱提不出来了，客服装死。", "withdrawal_difficulty:asserted"),
    ("asserted, cap", "平台公告每日只能提现五百元，变成限额提现。", "withdrawal_difficulty:asserted"),
    ("asserted, run", "消息一出，大量用户挤兑。", "withdrawal_difficulty:asserted"),
    ("asserted", "负责人已经失联，办公室人去楼空。", "lost_contact:asserted"),
    ("asserted, subject and verb apart", "实际控制人王某昨晚起联系不上。", "lost_contact:asserted"),
    ("asserted", "该公司宣布停止兑付所有产品。", "redemption_suspended:asserted"),
    ("asserted, long form", "到期产品未能按时兑付。", "redemption_suspended:asserted"),
    ("asserted", "警方对该平台立案侦查。", "case_filed:asserted"),
    ("asserted, organ first", "公安机关已对其采取刑事强制措施。", "case_filed:asserted"),
    ("asserted", "平台出现大面积逾期，项目展期半年。", "overdue:asserted"),
    ("asserted", "这就是一个庞氏骗局，全是假标。", "fraud:asserted"),
    ("asserted", "数百万用户的身份证信息被泄露，在暗网兜售。", "data_breach:asserted"),
    ("asserted", "该产品虚假宣传，承诺保本保息。", "over_marketing:asserted"),
    # The rest of the taxonomy.
    ("asserted", "平台发布公告进入良性退出，停止运营。", "liquidation:asserted"),
    ("asserted", "因违反支付业务规定被罚款三百万元。", "penalty:asserted"),
    ("asserted", "监管部门约谈了该公司负责人。", "regulatory_talk:asserted"),
    ("asserted", "证监局对其出具警示函。", "warning_letter:asserted"),
    ("asserted", "央行注销了它的支付业务许可证。", "licence_revoked:asserted"),
    ("asserted", "涉嫌非法吸收公众存款。", "illegal_fundraising:asserted"),
    ("asserted", "催收天天恐吓我的家人，还爆通讯录。", "abusive_collection:asserted"),
    ("asserted", "借一万到手八千，典型的砍头息。", "upfront_interest:asserted"),
    ("asserted", "莫名其妙扣了我三百九十九元会员费。", "disguised_fees:asserted"),
    ("asserted", "账户被冻结，余额取不出来。", "account_frozen:asserted"),
    ("asserted", "还清半年了征信仍显示逾期，一直不更新。", "credit_dispute:asserted"),
    ("asserted", "公司董事长突然辞职。", "executive_change:asserted"),
    ("asserted", "多名投资人指出其设立资金池、自融。", "fund_pool:quoted"),
    ("asserted", "大股东所持股权被轮候冻结。", "equity_frozen:asserted"),
    ("asserted", "存管银行宣布终止与其合作，资金存管已下线。", "custody_ended:asserted"),
    ("asserted", "早盘系统崩溃，APP打不开，无法交易。", "system_failure:asserted"),
    ("asserted", "公司未按期披露年报。", "disclosure_late:asserted"),
    ("asserted", "该平台已被互联网金融协会除名。", "association_exit:asserted"),
    ("asserted", "平台挪用客户资金炒股。", "fund_misuse:asserted"),
    ("asserted", "该公司财务造假，虚增收入三亿元。", "accounting_fraud:asserted"),
    ("asserted", "高管内幕交易，被证监局立案。", "trading_violation:asserted case_filed:asserted"),
    ("asserted", "实际控制人变更为李某。", "controller_change:asserted"),
    ("asserted", "董事长被带走调查，总裁突发疾病去世。", "executive_incapacity:asserted"),
    ("asserted", "大股东评级遭下调。", "rating_downgrade:asserted"),
    ("asserted", "上半年净利润同比下滑六成。", "performance_decline:asserted"),
    ("asserted", "重大资产重组被否。", "restructuring_failed:asserted"),
    ("asserted", "该公司以拉人头方式传销。", "pyramid_selling:asserted"),
    ("denied, though no crisis", "公司否认内幕交易。", "trading_violation:denied"),
    ("good news", "公司称已恢复兑付，首批资金已到账。", "redemption_resumed:asserted"),
    # Negation.
    ("negation", "公司运营正常，从未出现提现困难。", "withdrawal_difficulty:denied"),
    ("negation, 不存在", "本平台不存在资金池。", "fund_pool:denied"),
    ("negation, 并未", "创始人并未失联，昨日还出席了会议。", "lost_contact:denied"),
    ("negation, filler words", "成立五年没有发生过任何一起数据泄露。", "data_breach:denied"),
    ("negation, promise", "我们绝不跑路。", "lost_contact:denied"),
    ("negation inside a gap", "账户里的资金没有被冻结。", "-"),
    ("negation is not A-not-A", "这家是不是跑路了", "lost_contact:asked"),
    ("no negation: 不仅", "不仅跑路，还卷走了货款。", "lost_contact:asserted"),
    ("no negation: 不予立案", "警方不予立案。", "case_filed:denied"),
    # Denial.
    ("denial before", "公司否认实际控制人失联。", "lost_contact:denied"),
    ("denial after", "网上关于本公司爆雷的消息纯属谣言。", "blow_up:denied clarification:asserted"),
    ("denial right after", "爆雷一说不实。", "blow_up:denied"),
    ("denial denied", "公司没有否认逾期兑付。", "overdue:asserted"),
    (
        "denial then contrast",
        "平台否认跑路，但提现困难已持续一周。",
        "lost_contact:denied withdrawal_difficulty:asserted",
    ),
    (
        "denial of an earlier sentence",
        "近日有文章称我司提现困难。上述内容均为不实信息。",
        "withdrawal_difficulty:denied",
    ),
    (
        "contrast survives a clarification",
        "但提现仍然不到账。公司随后发布澄清公告。",
        "withdrawal_difficulty:asserted",
    ),
    # Questions.
    ("question, 吗", "云帆钱庄跑路了吗？", "lost_contact:asked"),
    ("question, 会不会", "它会不会爆雷", "blow_up:asked"),
    ("question, 还能提现吗", "请问现在还能提现吗", "withdrawal_difficulty:asked"),
    ("question, whole sentence", "听说老板跑路了，是真的吗", "lost_contact:asked"),
    ("question, headline", "云帆钱庄爆雷？", "blow_up:asked"),
    ("question takes the event for granted", "云帆钱庄跑路了怎么办？", "lost_contact:asserted"),
    ("question about the reason", "为什么无法提现？", "withdrawal_difficulty:asserted"),
    ("question in another clause", "平台已经爆雷，钱还能拿回来吗？", "blow_up:asserted"),
    ("rhetorical", "难道不是诈骗吗？", "fraud:asserted"),
    ("emoji turned into question marks", "云帆钱庄提现困难?????", "withdrawal_difficulty:asserted"),
    # Conditional and general talk.
    ("conditional", "如果平台跑路，本金就没了。", "lost_contact:conditional"),
    ("conditional, 一旦", "一旦停止兑付，后果严重。", "redemption_suspended:conditional"),
    ("conditional, 可能", "业内担心该公司可能爆雷。", "blow_up:conditional"),
    ("risk, not fact", "高息背后存在跑路风险。", "lost_contact:conditional"),
    ("rule", "严禁以任何方式暴力催收。", "abusive_collection:conditional"),
    ("rule with words between", "不得从事任何形式的自融。", "fund_pool:conditional"),
    ("public campaign", "银行开展防范非法集资宣传活动。", "-"),
    ("public campaign", "谨防电信诈骗，远离传销。", "-"),
    ("demand", "请求公安机关尽快立案。", "-"),
    # History.
    ("history, 曾", "该公司曾因虚假宣传登上热搜。", "over_marketing:historical"),
    ("history, years ago", "多年前那场跑路风波早已平息。", "lost_contact:historical"),
    ("history ends with 如今", "曾被视为行业标杆，如今却提现困难。", "withdrawal_difficulty:asserted"),
    # Quotation.
    ("quotation, rumour", "网传云帆钱庄老板跑路。", "lost_contact:quoted"),
    ("quotation, investor", "有投资人向记者反映该平台提现困难。", "withdrawal_difficulty:quoted"),
    ("quotation behind", "平台已经爆雷，有网友爆料。", "blow_up:quoted"),
    (
        "authority is no hearsay",
        "警方通报，该公司涉嫌集资诈骗犯罪。",
        "case_filed:asserted illegal_fundraising:asserted",
    ),
    # Advertisements and homonyms.
    ("advert", "花呗套现秒到账，手续费低，加微信办理，无视逾期。", "-"),
    ("advert with an event word", "不看征信秒批，爆雷平台的老用户也可做，加微信。", "blow_up:advert"),
    ("bare 提现", "新用户可随时提现，提现免手续费。", "-"),
    ("bare 兑付", "本期产品将于月底兑付。", "-"),
    ("borrower's 逾期", "我逾期三天就接到电话。", "-"),
    ("homonym 路演", "创始人忙着跑路演。", "-"),
    ("homonym 短线交易策略", "今日短线交易策略：观望为主。", "-"),
    ("statistics", "去年共有二十家平台跑路。", "-"),
    ("homonym 突破产能", "公司突破产能瓶颈。", "-"),
    ("homonym 自首次", "自首次上线以来用户稳定增长。", "-"),
    ("homonym 停业务", "因春节放假暂停业务办理。", "-"),
    ("civil court", "原告诉被告借款合同纠纷一案，本院立案受理。", "-"),
    ("anti-fraud product", "公司发布反欺诈模型，识别诈骗电话。", "-"),
    ("inside information", "股价异动疑与内幕信息泄露有关。", "-"),
    # Writing tricks.
    (
        "traditional characters",
        "該平臺無法提現，老闆跑路。",
        "withdrawal_difficulty:asserted lost_contact:asserted",
    ),
    ("full width and case", "ＡＰＰ打不开", "system_failure:asserted"),
    ("pulled apart", "大家注意，提 现 困 难", "withdrawal_difficulty:asserted"),
    ("zero-width characters", "老板跑\u200b路了", "lost_contact:asserted"),
    # Mixed.
    ("mixed", "此前曾被约谈；目前逾期兑付，网传将清盘。", "regulatory_talk:historical overdue:asserted"),
]


def found(text: str) -> set[str]:
    return {f"{hit.event_id}:{hit.polarity}" for hit in FINDER.find("text", text)}


@pytest.mark.parametrize(
    ("phenomenon", "sentence", "expected"), SENTENCES, ids=[f"{p}|{s[:14]}" for p, s, _ in SENTENCES]
)
def test_phenomenon(phenomenon: str, sentence: str, expected: str) -> None:
    """Each named phenomenon yields its events with their polarity, and traps yield none."""
    crises = {event.id for event in SETTINGS.events if event.crisis}
    if expected == "-":
        assert not {
            one for one in found(sentence) if one.split(":")[0] in crises and not one.endswith("advert")
        }
    else:
        assert set(expected.split()) <= found(sentence)


def test_the_table_is_large() -> None:
    """The regression set names at least sixty sentences."""
    assert len({sentence for _, sentence, _ in SENTENCES}) >= 60


def test_what_is_no_crisis_may_still_be_bad_news() -> None:
    """Index K does not count a downgrade, but it speaks against whom it befalls; a clarification does not."""
    events = {event.id: event for event in SETTINGS.events}
    assert not events["rating_downgrade"].crisis
    assert is_adverse(events["rating_downgrade"])
    assert not is_adverse(events["clarification"])


def test_year_of_publication_makes_history() -> None:
    """A year two or more before publication is the past; the year of publication is not."""
    text = "2015年12月，该平台被立案侦查。"
    then = FINDER.read(Reading.of("", text), 2015).hits
    later = FINDER.read(Reading.of("", text), 2019).hits
    assert {hit.polarity for hit in then} == {"asserted"}
    assert {hit.polarity for hit in later} == {"historical"}


def test_denying_title_denies_the_text() -> None:
    """A title that denies rejects the accusations told below it."""
    account = FINDER.read(Reading.of("云帆钱庄辟谣", "近日有传言称平台提现困难、老板失联。"))
    assert {hit.polarity for hit in account.hits if hit.event.crisis} == {"denied"}


def test_complaints_are_no_adverts() -> None:
    """A complaint full of advertising words still complains."""
    reading = Reading.of("", "说好秒到账、不看征信，结果暴力催收，加微信也没人理。")
    assert {hit.polarity for hit in FINDER.read(reading, adverts=False).hits} == {"asserted"}


def test_spans_quote_the_original() -> None:
    """Offsets point into the text as it was given, fillers included."""
    text = "【ＡＢ】提 现 困 难！"
    (hit,) = FINDER.find("text", text)
    assert text[hit.span.start : hit.span.end] == "提 现 困 难"
    assert hit.span.part == "text"


def test_every_event_of_the_method_is_configured() -> None:
    """The taxonomy covers what indices and floors rely on, with the four crisis cases."""
    ids = {event.id for event in SETTINGS.events}
    assert {
        "withdrawal_difficulty",
        "case_filed",
        "redemption_suspended",
        "data_breach",
        "clarification",
    } <= ids
    assert {event.case for event in SETTINGS.events} >= {"跑路", "数据泄露", "欺诈", "过度营销"}


def test_every_pattern_is_found_by_itself() -> None:
    """No pattern is dead: one of its literal forms, alone, is read as its event or cancelled by a counter phrase."""
    for event in SETTINGS.events:
        alone = EventFinder([event.model_copy(update={"counter": ()})], SETTINGS.lexicons)
        for pattern in event.patterns:
            text = "".join(part.split("(")[0] + _first_choice(part) for part in pattern.split("…"))
            assert alone.find("text", text), (event.id, pattern, text)


def _first_choice(part: str) -> str:
    out = ""
    for piece in part.split("(")[1:]:
        group, _, rest = piece.partition(")")
        out += group.split("|")[0] + rest
    return out


def test_malformed_pattern_is_named() -> None:
    """A bracket that does not close is an error that quotes the pattern."""
    broken = EventSettings(id="x", name="x", risk="信用", severity=0.5, patterns=("(停|关业",))
    with pytest.raises(PatternError, match="停"):
        EventFinder([broken], SETTINGS.lexicons)


def test_version_follows_the_settings() -> None:
    """Another severity is another version; the same settings are the same version."""
    again = EventFinder(SETTINGS.events, SETTINGS.lexicons)
    other = EventFinder(SETTINGS.events[1:], SETTINGS.lexicons)
    assert again.version == FINDER.version != other.version


@given(st.text(alphabet=st.characters(), max_size=200))
def test_no_text_raises(text: str) -> None:
    """Emoji, control characters, surrogate halves, mixed scripts: read without an error, spans inside the text."""
    for hit in FINDER.find("text", text + "跑路？\ud800"):
        assert 0 <= hit.span.start < hit.span.end <= len(text) + 4


def test_a_megabyte_is_read() -> None:
    """A text of a megabyte is read whole."""
    assert FINDER.find("text", "平安无事。" * 200_000 + "老板跑路")[-1].event_id == "lost_contact"
