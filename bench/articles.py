"""Synthetic articles of varied subjects, the edits that copies show, and look-alikes that are no copies.

Every company, person and figure is invented. An article has its own facts: of two articles on one subject only the
name and stock phrases are the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable

STEMS = "安百诚达恩方光禾汇金嘉凯岚铭宁鹏启瑞森泰万旭盈正卓云麦桥鲸星橙螺松藤棉"
KINDS = ("贷", "金服", "财富", "理财", "宝", "普惠", "钱庄", "消费金融", "保险", "银行")
CITIES = (
    "杭州",
    "深圳",
    "成都",
    "武汉",
    "青岛",
    "长沙",
    "厦门",
    "西安",
    "苏州",
    "郑州",
    "合肥",
    "宁波",
    "福州",
    "昆明",
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静磊洋勇艳杰涛明超霞平刚桂华飞丽建国海燕"
WHO = (
    "投资人",
    "出借人",
    "用户",
    "借款人",
    "前员工",
    "合作商户",
    "股东",
    "供应商",
    "代理商",
    "业内人士",
    "律师",
    "会计师",
)
ORGANS = (
    "地方金融监管局",
    "市场监管局",
    "公安分局",
    "人民法院",
    "银保监分局",
    "行业协会",
    "仲裁委员会",
    "税务局",
)
THINGS = (
    *(
        "提现申请",
        "到期项目",
        "还款计划",
        "信息披露",
        "会员费用",
        "担保合同",
        "资金存管",
        "催收方式",
        "利率标准",
        "注册资本",
    ),
    *(
        "年度报告",
        "股权结构",
        "客服热线",
        "合作协议",
        "产品说明",
        "风险提示",
        "审计意见",
        "不良资产",
        "理赔流程",
        "活动规则",
    ),
)
DONE = (
    *(
        "迟迟没有下文",
        "已经全部更换",
        "被要求限期整改",
        "引来大量质疑",
        "连续三次延期",
        "将于下月公布",
        "遭到集体投诉",
    ),
    *(
        "比上年明显减少",
        "尚待主管部门确认",
        "由第三方机构接手",
        "与宣传内容不符",
        "暂时恢复正常",
        "存在重大遗漏",
        "被移送司法机关",
    ),
)
MEANS = (
    *(
        "当面沟通",
        "电话回访",
        "书面答复",
        "公开听证",
        "线上会议",
        "现场检查",
        "随机抽样",
        "委托评估",
        "联合调查",
        "内部通报",
    ),
)
PATTERNS = (
    "{city}的一名{who}{person}告诉记者，{name}的{thing}{done}，他为此等了{n}天",
    "{organ}在{month}月{day}日的通报中提到，{name}涉及的{thing}{done}",
    "经过{means}，{who}与公司就{thing}达成初步意见，涉及金额{n}万元",
    "公开信息显示，{name}于{year}年在{city}成立，{thing}由{person}负责",
    "{person}认为，{thing}{done}的原因在于{thing2}长期依赖单一渠道",
    "截至{month}月{day}日，{city}共有{n}名{who}登记，其中{n2}人已完成{means}",
    "{name}在回应中称，{thing}{done}，后续将通过{means}处理{thing2}",
    "多位{who}表示，自己在{year}年签署的{thing}{done}",
    "记者走访{city}办公区时看到，负责{thing}的部门只剩{n2}人，门口贴有{organ}的告示",
    "{organ}相关人士{person}说，针对{thing}的{means}预计持续{n2}周",
    "数据显示，与{thing}有关的案件一年内增加{n2}件，{city}占了近三成",
    "{who}{person}拿出的材料表明，{thing2}{done}，而{thing}并未同步更新",
    "对于外界关心的{thing2}，{name}创始人{person}通过{means}作出说明，称{thing}{done}",
    "{city}{organ}介入后，双方围绕{thing}进行了{n2}轮{means}",
    "一份落款为{year}年{month}月的文件写明，{thing}应在{n2}个工作日内完成，实际{done}",
    "财务数据方面，{name}{year}年营收{n}万元，{thing}支出占{n2}%",
    "有{who}担心，{thing}{done}会影响{city}的其他项目，目前{person}尚未露面",
    "此前{organ}曾对{thing2}开展{means}，{name}被列入{n2}家重点单位名单",
)
LEADS = ("本报讯", "据报道", "记者获悉", "近日", "今天上午", "昨日", "有消息称", "")
BACKGROUND = (
    "公开资料显示，{name}运营主体为{city}{name}信息服务有限公司，法定代表人为{person}，注册资本{n}万元。"
)


def company(rng: random.Random) -> str:
    """An invented platform."""
    return "".join(rng.sample(STEMS, rng.choice((2, 2, 3)))) + rng.choice(KINDS)


def person(rng: random.Random) -> str:
    """An invented name."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2))))


def sentence(rng: random.Random, name: str) -> str:
    """One statement about `name`."""
    first, second = rng.sample(THINGS, 2)
    return rng.choice(PATTERNS).format(
        name=name,
        city=rng.choice(CITIES),
        who=rng.choice(WHO),
        person=person(rng),
        organ=rng.choice(ORGANS),
        thing=first,
        thing2=second,
        done=rng.choice(DONE),
        means=rng.choice(MEANS),
        n=rng.randint(10, 9999),
        n2=rng.randint(2, 99),
        year=rng.randint(2009, 2020),
        month=rng.randint(1, 12),
        day=rng.randint(1, 28),
    )


def article(rng: random.Random, name: str | None = None, sentences: int | None = None) -> str:
    """A report of 3 to 30 statements (about 120 to 1,200 characters)."""
    name = name or company(rng)
    count = sentences or rng.choice((3, 5, 8, 8, 12, 20, 30))
    lead = rng.choice(LEADS)
    return (lead + "，" if lead else "") + "。".join(sentence(rng, name) for _ in range(count)) + "。"


PREFIXES = (
    "【快讯】某某财经网消息：",
    "来源：示例日报 作者：{person}\n",
    "（原标题：{name}最新进展）\n",
    "点击上方蓝字关注我们，获取更多金融资讯！\n",
    "示例新闻客户端{month}月{day}日电（记者 {person}）",
    "转自示例财经公众号，版权归原作者所有。",
    "【市场观察】",
    "今天带大家看一条消息。\n",
)
SUFFIXES = (
    "（责任编辑：{person}）声明：转载请注明出处。",
    "\n来源：示例财经网 编辑：{person} 校对：{person}",
    "\n免责声明：本文仅代表作者观点，不构成投资建议，据此操作风险自担。",
    "\n【免责声明】本网转载此文目的在于传递更多信息，如涉及版权请联系删除。",
    "\n更多精彩内容，请下载示例新闻客户端。举报热线见网站底部。",
    "\n（本文来自某某号，转载请联系原作者）阅读 {n} 在看 {n2}",
    "\n大家怎么看？欢迎在评论区留言讨论。",
    "\n股市有风险，入市需谨慎。关注我，每天了解一点财经知识！",
)
FILLERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会"
Edit = Callable[[str, random.Random], str]


def _filled(pattern: str, rng: random.Random) -> str:
    return pattern.format(
        person=person(rng),
        name=company(rng),
        month=rng.randint(1, 12),
        day=rng.randint(1, 28),
        n=rng.randint(9, 9999),
        n2=rng.randint(2, 99),
    )


def prefixed(text: str, rng: random.Random) -> str:
    """With what a site puts before."""
    return _filled(rng.choice(PREFIXES), rng) + text


def suffixed(text: str, rng: random.Random) -> str:
    """With what a site puts after."""
    return text + _filled(rng.choice(SUFFIXES), rng)


def changed(text: str, rng: random.Random) -> str:
    """Two percent of the characters dropped, replaced or inserted."""
    out = []
    for char in text:
        draw = rng.random() * 3
        if draw > 0.02:
            out.append(rng.choice(FILLERS) if draw < 0.04 else char)
        if draw > 2.98:
            out.append(rng.choice(FILLERS))
    return "".join(out)


def cut(text: str, _: random.Random) -> str:
    """The first four fifths."""
    return text[: len(text) * 4 // 5]


def cut_and_wrapped(text: str, rng: random.Random) -> str:
    """The first four fifths between a prefix and a suffix."""
    return prefixed(suffixed(cut(text, rng), rng), rng)


EDITS: dict[str, Edit] = {
    "prefix added": prefixed,
    "suffix added": suffixed,
    "2 % changed": changed,
    "cut to 80 %": cut,
    "cut and wrapped": cut_and_wrapped,
}


def one_platform(rng: random.Random, count: int) -> list[str]:
    """Different articles about one platform, each with the same paragraph of background."""
    name = company(rng)
    background = BACKGROUND.format(
        name=name, city=rng.choice(CITIES), person=person(rng), n=rng.randint(1000, 9000)
    )
    return [article(rng, name) + background for _ in range(count)]


def notices(rng: random.Random, count: int) -> list[str]:
    """One notice, each time of another company: name, date and figures are all that differs."""
    form = rng.choice(
        (
            "关于{name}良性退出的公告：尊敬的出借人，受行业环境影响，{name}经股东会研究决定自{month}月{day}日起停止发布新标的，"
            "启动良性退出工作，并成立兑付工作小组。{name}承诺不跑路、不失联，将在主管部门指导下制定兑付方案，"
            "请各位出借人保持理性，通过官方渠道反映诉求。感谢您一直以来对{name}的支持与理解。",
            "{name}关于系统升级的通知：为了给您提供更好的服务，{name}将于{month}月{day}日零时至六时进行系统维护，"
            "届时充值、提现、转账等功能暂停使用，给您带来的不便敬请谅解。如有疑问请联系{name}在线客服。",
            "经查，{name}未按规定履行信息披露义务，违反了相关管理办法的规定。根据有关条款，现对{name}采取责令改正的监督管理措施。"
            "{name}应当自收到本决定之日起三十日内提交书面整改报告，并对相关责任人{person}进行内部问责。",
        )
    )
    return [
        form.format(name=company(rng), month=rng.randint(1, 12), day=rng.randint(1, 28), person=person(rng))
        for _ in range(count)
    ]


def penalties(rng: random.Random, count: int) -> list[str]:
    """Reports of fines in one form."""
    return [
        f"{rng.choice(CITIES)}监管分局行政处罚信息公开表显示，{company(rng)}{rng.choice(CITIES)}分公司因{rng.choice(THINGS)}"
        f"{rng.choice(('违规', '管理不到位', '不真实', '未按规定报备'))}，被罚款{rng.randint(5, 300)}万元，"
        f"时任负责人{person(rng)}被警告并罚款{rng.randint(1, 30)}万元。"
        f"作出处罚决定的日期为{rng.randint(2018, 2020)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日。"
        for _ in range(count)
    ]


def dailies(rng: random.Random, count: int) -> list[str]:
    """The same market report of many days."""
    texts = []
    for _ in range(count):
        up = rng.choice(("上涨", "下跌"))
        texts.append(
            f"今日{rng.randint(1, 12)}月{rng.randint(1, 28)}日收盘，互联网金融指数{up}{rng.uniform(0, 5):.2f}%，"
            f"报{rng.uniform(800, 3000):.2f}点，成交{rng.uniform(20, 400):.1f}亿元，换手率{rng.uniform(0.3, 6):.2f}%。"
            f"板块内{rng.randint(5, 60)}只个股上涨，{rng.randint(5, 60)}只下跌，"
            f"{company(rng)}领涨，{company(rng)}跌幅居前。"
            f"资金方面，主力资金净流入{rng.uniform(-20, 20):.2f}亿元，北向资金净买入{rng.uniform(-9, 9):.2f}亿元。"
        )
    return texts


def posts(rng: random.Random, count: int) -> list[str]:
    """Short posts on one platform."""
    name = company(rng)
    return [
        rng.choice(
            (
                f"{name}的{rng.choice(THINGS)}{rng.choice(DONE)}，有人知道怎么回事吗",
                f"{rng.choice(CITIES)}{rng.choice(WHO)}{person(rng)}：{name}{rng.choice(THINGS)}{rng.choice(DONE)}",
                f"我在{name}还有{rng.randint(1, 90)}万，{rng.choice(THINGS)}{rng.choice(DONE)}，求建议",
            )
        )
        for _ in range(count)
    ]


def headlines(rng: random.Random, count: int) -> list[str]:
    """One headline, each time of another company."""
    form = rng.choice(
        (
            "{}宣布良性退出，将分{}期兑付",
            "{}收到{}万元罚单",
            "快讯：{}被立案侦查",
            "{}回应提现困难：系统正在升级",
        )
    )
    return [form.format(company(rng), rng.randint(2, 90)) for _ in range(count)]


def unrelated(rng: random.Random, count: int) -> list[str]:
    """Different articles about different platforms."""
    return [article(rng) for _ in range(count)]


DIFFERENT: dict[str, Callable[[random.Random, int], list[str]]] = {
    "one platform": one_platform,
    "one notice, many companies": notices,
    "penalty reports": penalties,
    "market dailies": dailies,
    "short posts": posts,
    "headlines": headlines,
    "unrelated": unrelated,
}
