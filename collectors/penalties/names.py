"""Whether a penalised party is an institution or a person, and the names in a cell."""

from __future__ import annotations

import re
import unicodedata

from collectors.penalties.model import PartyKind

_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇"
    "栾甘厉祖武符刘景詹束龙叶幸司韶黎薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂濮牛"
    "寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩"
    "厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖代付闫仝丘岳帅苟兰佟覃揭瓦候户亢展"
)
_DOUBLE_SURNAMES = frozenset(
    (
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "令狐",
        "慕容",
        "司徒",
        "夏侯",
        "端木",
        "呼延",
    )
)
_INSTITUTION = re.compile(
    r"公司|银行|支行|分行|分社|信用社|合作社|联社|事务所|中心|机构|企业|集团|协会|基金|证券|保险|信托|期货|典当|代理|"
    r"营业部|营业厅|办事处|商行|车站|学校|医院|农商行|农信|分部|总部|单位|(?:厂|店|社|局|行|所|部|室|院|站|处)$"
)
_POST = r"经理|主任|行长|董事长|董事|监事|总裁|总监|柜员|负责人|会计|专员|科长|助理|代理人|业务员|职员|员工"
_PERSON_BY_POST = re.compile(rf".*(?:{_POST})[一-鿿]{{2,4}}$")
_PERSON = re.compile(r"[一-鿿]{2,4}|[一-鿿][一-鿿某×xX*]{1,5}|[一-鿿]{1,8}(?:[·•.][一-鿿]{1,8}){1,4}")
_TITLE_BEFORE = re.compile(r"^(?:时任|现任|原)")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_HELD_POST = re.compile(r"[(\[]\s*(?:时任|现任|原任|曾任|系)")
_RESPONSIBLE = re.compile(r"(?:、|,|及|和|与)?其?(?:相关|有关|直接)?(?:等)?责任人员?$")
_SEPARATORS = re.compile(r"[、,;\n]+")
_NAMES_OF_NOBODY = re.compile(
    r"公司|银行|行为|人员|责任|机构|单位|当事人|事项|上述|该|其|部门|违法|违规|业务|以上"
)
_REST = re.compile(
    r"[^公]{0,20}(?:分公司|支公司|支行|分行|营业部|营业厅|分社|分理处|网点)|(?:股份|有限|责任).*|(?:分|支|子)?公司"
)
"""What ends a name and begins none: a branch after its company, a legal form after a name."""
_ENDS = re.compile(r"(?:公司|银行|支行|分行|信用社|联社|事务所|中心|营业部|协会|[、,，;；])$")
_SPACES = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])|^\s+|\s+$")
MAX_PARTY = 2000
"""Characters of a cell of parties; the rest of a longer one is cut, for it is none."""


def plain(text: str) -> str:
    """A name without brackets and spaces, in half width: 孙某[时任…(主持工作)] -> 孙某."""
    name = unicodedata.normalize("NFKC", text)
    name = "".join(name.split()).replace("【", "[").replace("】", "]").replace("〔", "[").replace("〕", "]")
    for _ in range(4):
        name = _BRACKETS.sub("", name)
    return name


def kind_of(party: str) -> PartyKind:
    """Institution or person; "" where the name does not tell."""
    held = unicodedata.normalize("NFKC", party)
    names = [name for name in _SEPARATORS.split(plain(party)) if name]
    if not names:
        return ""
    if all(is_person(name) for name in names) or (_HELD_POST.search(held) and len(names[0]) <= 4):
        return "个人"
    if _TITLE_BEFORE.match(names[0]) or _PERSON_BY_POST.fullmatch(names[0]):
        return "个人"
    return "机构" if _INSTITUTION.search(without_staff(names[0])) else ""


def is_person(name: str) -> bool:
    """Whether a bare name can only be a person's: a surname, two to four characters, no word for a body."""
    if not _PERSON.fullmatch(name) or _INSTITUTION.search(name) or _NAMES_OF_NOBODY.search(name):
        return False
    return name[0] in _SURNAMES or name[:2] in _DOUBLE_SURNAMES or any(mark in name for mark in "某×·•*")


def without_staff(party: str) -> str:
    """The institution of `某公司及其责任人员`."""
    return _RESPONSIBLE.sub("", party)


def names_in(cell: str) -> list[str]:
    """The names of a cell that lists parties; brackets stay with their name."""
    names: list[str] = []
    depth = 0
    name = ""
    for character in cell:
        depth += (character in "(（[〔【") - (character in ")）]〕】")
        if character in "、,，;；\n" and depth <= 0:
            names.append(name)
            name = ""
        else:
            name += character
    return [stripped for found in (*names, name) if (stripped := found.strip())]


def joined_party(text: str) -> str:
    """The name in a cell without the line breaks of a narrow column; lines that are names stay apart, by 、."""
    names: list[str] = []
    for line in text[:MAX_PARTY].split("\n"):
        name = _SPACES.sub("", line)
        if names and not _is_complete(names[-1], name):
            names[-1] += name
        elif name:
            names.append(name)
    return "、".join(names)


def _is_complete(name: str, following: str) -> bool:
    """Whether a line ends a name, and the next one begins another."""
    opened = sum(name.count(mark) for mark in "(（[〔") - sum(name.count(mark) for mark in ")）]〕")
    if opened > 0 or following[:1] in "(（[〔" or _REST.fullmatch(following):
        return False
    return is_person(plain(name)) or name[-1:] in ")）]〕" or bool(_ENDS.search(name))
