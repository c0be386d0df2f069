"""Where words identify a private person: names of accounts, home addresses, a name after its label.

Every function reads folded text (signals.text.fold) and yields what to hide; signals.privacy puts it together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from signals.private_numbers import Found

_CHAT = re.compile(
    r"(?P<label>(?P<added>(?:[加+➕]|联系)[我你]?(?:个)?(?:微信|[v威薇维徽]信|vx|wx|[v微薇威q]))"
    r"|微信|[v威薇维徽]信|[微薇威v][❤♥]|wechat|weixin|(?<![a-z0-9])(?:vx|wx|qq)|(?<![a-z0-9])[qv](?=:)"
    r"|扣扣|企鹅|球球|[q扣]群|[薇](?=[:\s]))"
    r"(?P<more>(?:[一-鿿]{0,4}群)?(?:号码|账号|帐号|号|id)?)"
    r"(?P<gap>[\s:,=→是为()\[\]\"“”'❤♥➕+\ufe0f\-]{0,6})"
    r"(?P<id>[a-z0-9][a-z0-9_\-]{4,19})(?![a-z0-9_\-*]|\.\d|@)(?! ?[元万亿人次名家个年月日%版])"
)
_CHAT_WORDS = ("信", "v", "wx", "w", "q", "❤", "♥", "薇", "微", "扣", "企鹅", "球球")
_OPEN_ACCOUNT = re.compile(r"(?:公众|订阅|服务|视频|百家|头条|小程序)\Z")
_UNIT = re.compile(
    r"(?<![第\d*.])(?:\d{1,5}|[一二三四五六七八九十]{1,3}|[a-h]|[甲乙丙丁])(?:[\-—][a-z\d]{1,4}){0,3}"
    r"(?:号院|号楼|号|弄|栋|幢|座|单元|楼|层|室|户|房|组)(?![厅卫线厨])(?:[\-—]?[a-z]?\d{1,5}(?![\d年月日元万亿.号栋幢座单楼层室户房组院-]))?"
)
_ROOM = re.compile(r"室|户|房|单元|[号栋幢座楼层][\-—]?[a-z]?\d")
_ROOM_SOMEWHERE = re.compile(
    r"[室户房单号栋幢座楼层](?:(?<=[\d一二三四五六七八九十a-h甲乙丙丁][室户房])|(?<=[\d一二三四五六七八九十]单)元"
    r"|(?<=[号栋幢座楼层])[\-—]?[a-z]?\d)"
)
_STREET = (
    r"(?:大道|路|街道|街|道|巷|胡同|弄|里|村|庄|小区|社区|花园|花苑|家园|公寓|新村|苑|庭|城|湾|府|园|段|镇|乡|坊|墅|郡"
    r"|区|县|市)"
)
_STREET_BEFORE = re.compile(rf"[一-鿿]{_STREET}[ ,]?\Z")
_HOMES = re.compile(r"村|小区|公寓|花园|花苑|家园|新村|[一-鿿]苑")
_HOME_LABEL = re.compile(
    r"(?:收[货件]|家庭|居住|现居|通讯|邮寄|寄[送件]|户籍|联系|住宅|本人|快递|配送)?地址(?=\s*[:是为])\s*[:是为]\s*"
    r"|(?:收[货件]地址|家庭住址|家庭地址|住址|家住在?|现住在?|我住在?|住在|户籍所在地|户籍地?)[:是为在\s]{0,3}"
)
_OFFICE_LABEL = re.compile(
    r"(?:注册|办公|经营|营业|公司|单位|总部|法定|机构|银行|支行|分行|局|法院|营业部|门店|网点|派出所|委员会|协会|中心|平台"
    r"|企业|学校|医院|网站|网络|网址|ip|邮箱|下载|链接|原文|登录|官网|域名|合约|钱包|店铺|商场|商店|工作|报名|文件|招标|开标|物理|住所|场所)"
)
_OFFICE_AT = re.compile(
    r"(?:注册地|办公地|经营地|营业地|公司地|总部|住所|注册[于在]|办公|位于|经营场所|(?:公司|门店|营业部|网点)(?:位于|设在|在|地址))"
)
_OFFICE = re.compile(
    r"大厦|广场|写字楼|中心|产业园|科技园|园区|商务|大楼|银座|工业|软件园|创业|孵化|交易所|营业厅"
)
_ADMIN = re.compile(
    r"(?:自治区|省|(?<![小社园校景地片])区|(?<!城)市(?![场民])|县|自治州|旗|州(?=[一-鿿]{1,4}[区县市]))"
)
_STOP = re.compile(r"住在|[在于住到至从址是为、,。:;!?\s和及或即的者]")
_SEGMENT = re.compile(r"[^,。;!?、\n|]{2,60}")
_GAP = 12
"""Characters between two steps of one address (138号翠苑小区5幢)."""
_NAME = re.compile(
    r"(?P<label>(?:本人|真实|投诉人|借款人|出借人|持卡人|当事人|户主)?姓名|收货人|收件人|联系人|持卡人|户主)\s{0,2}:\s{0,2}"
    r"(?P<name>[一-鿿]{1,8}(?:[·•][一-鿿]{1,8}){1,3}"
    r"|[一-鿿]{2,4}?(?=[^一-鿿]|\Z|电话|手机|身份|性别|年龄|联系|住址|地址|微信|男|女|先生|女士|号码|证件|收货)"
    r"|[一-鿿]{2,3})"
)
_NO_NAME = re.compile(r"不详|匿名|保密|未知|隐去|暂无|或者|名称|[一-鿿]*(?:公司|银行|中心|集团|平台|协会)")


def accounts(folded: str) -> Iterator[Found]:
    """WeChat and QQ accounts and groups after their label, however it is disguised; the first character stays.

    公众号 and the like belong to publishers and stay readable.
    """
    if not any(word in folded for word in _CHAT_WORDS):
        return
    for found in _CHAT.finditer(folded):
        if not _OPEN_ACCOUNT.search(folded, max(0, found.start() - 4), found.start()) and _is_account(found):
            yield Found(found.start("id"), range(found.start("id") + 1, found.end("id")))


def _is_account(found: re.Match[str]) -> bool:
    name, gap, told = found["id"], found["gap"], bool(found["more"] or found["added"])
    explicit = told or ":" in gap or "=" in gap or "是" in gap or "为" in gap
    digits = sum(char.isdigit() for char in name)
    if digits == len(name):
        return 5 <= digits <= 12 and (explicit or bool(gap) or found["label"] not in ("微信", "企鹅"))
    if not digits and "_" not in name:
        return explicit
    return explicit or bool(gap) or digits >= 3


def homes(folded: str) -> Iterator[Found]:
    """Home addresses, hidden from below the district: after 地址：, 家住 ..., or by themselves when they name a room.

    Left alone: a province, city or district by itself, an address that an office label (注册地址, 办公地址, 某某局地址)
    announces, and one without a home label in an office building (大厦, 广场, 中心, 园区).
    """
    for label in _HOME_LABEL.finditer(folded) if any(word in folded for word in ("址", "住", "户籍")) else ():
        if not _OFFICE_LABEL.search(folded, max(0, label.start() - 8), label.start()):
            yield from _labelled(folded, label.end())
    for start, end in _chains(folded) if _ROOM_SOMEWHERE.search(folded) else ():
        if hidden := _unlabelled(folded, start, end):
            yield Found(hidden.start, hidden)


def _labelled(folded: str, start: int) -> Iterator[Found]:
    """What follows a home label, if it names more than a district: from below that to its last step."""
    segment = _SEGMENT.match(folded, start)
    if not segment:
        return
    details = [*_UNIT.finditer(folded, start, segment.end()), *_HOMES.finditer(folded, start, segment.end())]
    if details:
        first = min(found.start() for found in details)
        districts = (found.end() for found in _ADMIN.finditer(folded, start, first))
        yield Found(start, range(max(districts, default=start), max(found.end() for found in details)))


def _chains(folded: str) -> Iterator[tuple[int, int]]:
    """Runs of at least two steps (138号 5幢 301室), or one step with a room after it (8栋1203)."""
    start = end = count = 0
    for unit in _UNIT.finditer(folded):
        between = folded[end : unit.start()]
        if count and len(between) <= _GAP and not re.search(r"[。;!?\n第]", between):
            end, count = unit.end(), count + 1
            continue
        if count > 1 or (count and _ROOM.search(folded, start, end)):
            yield start, end
        start, end, count = unit.start(), unit.end(), 1
    if count > 1 or (count and _ROOM.search(folded, start, end)):
        yield start, end


def _unlabelled(folded: str, start: int, end: int) -> range | None:
    head = folded[max(0, start - 36) : start]
    street = _STREET_BEFORE.search(head)
    if not street or not _ROOM.search(folded, start, end):
        return None
    sentence = max(head.rfind(sign) for sign in "。,;!?\n") + 1
    if _OFFICE.search(folded, start - len(head) + sentence, end + 6) or _OFFICE_AT.search(head, sentence):
        return None
    admin = max((found.end() for found in _ADMIN.finditer(head) if found.end() < len(head)), default=0)
    stop = max((found.end() for found in _STOP.finditer(head, 0, street.start() + 1)), default=0)
    begin = max(admin, stop, street.start() - 6)
    return range(start - len(head) + begin, end)


def names(folded: str) -> Iterator[Found]:
    """A person's name after 姓名： or 收货人： and the like; the surname stays."""
    if not any(word in folded for word in ("姓名", "人:", "人 :", "户主")):
        return
    for found in _NAME.finditer(folded):
        if not _NO_NAME.match(folded, found.start("name"), found.start("name") + 16):
            yield Found(found.start("name"), range(found.start("name") + 1, found.end("name")))
