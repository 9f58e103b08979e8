"""What the demonstration shows: three real places, one shelter, invented people. Data only.

Names of divisions are those of the public registers; every person is made up.
"""

from dataclasses import dataclass
from typing import Final

REGIONS: Final = (
    ("53", "云南省", "province", "CN"),
    ("5308", "普洱市", "city", "53"),
    ("530802", "思茅区", "county", "5308"),
    ("44", "广东省", "province", "CN"),
    ("4420", "中山市", "city", "44"),
    ("43", "湖南省", "province", "CN"),
    ("4312", "怀化市", "city", "43"),
    ("431227", "新晃侗族自治县", "county", "4312"),
)
"""Code, name, level, code above."""


HARBOUR_PARTNERS: Final = "harbour-partners"
"""The branch below which the organizations of the opportunities file stand."""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A root organization with a site of its own, and the branches below it.

    ``target`` is the share of the population that is to volunteer, in percent, and of which head count.
    """

    slug: str
    prefix: str
    name: str
    level_name: str
    region_code: str | None
    time_zone: str
    languages: tuple[str, ...]
    branch_level: str
    branches: tuple[tuple[str, str], ...]
    people: tuple[str, ...]
    activities: tuple[tuple[str, str, str, str, str], ...]
    target: tuple[str, str] | None = None


HARBOUR: Final = DemoPlace(
    slug="harbour",
    prefix="",
    name="Harbour Animal Shelter",
    level_name="association",
    region_code=None,
    time_zone="America/New_York",
    languages=("en", "zh-Hans"),
    branch_level="team",
    branches=(
        ("harbour-dogs", "Dog walkers"),
        ("harbour-cats", "Cat room"),
        (HARBOUR_PARTNERS, "Partners in the city"),
    ),
    people=("Ada Romero", "Ben Okafor", "Carla Lindqvist", "Dmitri Sato", "Esther Mbeki", "Farid Novak"),
    activities=(
        (
            "harbour-walk",
            "Morning dog walk",
            "Walk two dogs along the harbour, one hour each.",
            "Pier 4",
            "Walker",
        ),
        (
            "harbour-adopt",
            "Adoption Saturday",
            "Welcome families and show them around.",
            "Shelter hall",
            "Host",
        ),
        (
            "harbour-clean",
            "Cat room cleaning",
            "Fresh litter, fresh water, a lot of purring.",
            "Cat room",
            "Helper",
        ),
    ),
)

SIMAO: Final = DemoPlace(
    slug="simao",
    prefix="/simao",
    name="思茅区志愿者协会",
    level_name="区级",
    region_code="530802",
    time_zone="Asia/Shanghai",
    languages=("zh-Hans", "en"),
    branch_level="乡镇分会",
    branches=(
        ("simao-simao", "思茅镇志愿服务分会"),
        ("simao-nanping", "南屏镇志愿服务分会"),
        ("simao-yixiang", "倚象镇志愿服务分会"),
        ("simao-simaogang", "思茅港镇志愿服务分会"),
        ("simao-liushun", "六顺镇志愿服务分会"),
        ("simao-longtan", "龙潭彝族傣族乡志愿服务分会"),
        ("simao-yunxian", "云仙彝族乡志愿服务分会"),
    ),
    people=("杨丽", "李建国", "罗晓梅", "周文斌", "刀玉香", "白雪", "普云", "陈思远"),
    activities=(
        ("simao-trees", "梅子湖植树护绿", "在梅子湖公园补种树苗、清理步道。", "梅子湖公园东门", "植树组"),
        ("simao-elders", "敬老院陪伴日", "陪老人聊天、读报、剪头发。", "思茅区中心敬老院", "陪伴组"),
        ("simao-traffic", "文明交通劝导", "早高峰在路口引导行人和车辆。", "振兴大道与人民路口", "劝导员"),
    ),
    target=("10", "residents"),
)

ZHONGSHAN: Final = DemoPlace(
    slug="zhongshan",
    prefix="/zhongshan",
    name="中山市志愿者联合会",
    level_name="市级",
    region_code="4420",
    time_zone="Asia/Shanghai",
    languages=("zh-Hans", "en"),
    branch_level="镇街分会",
    branches=(
        ("zhongshan-shiqi", "石岐街道志愿服务分会"),
        ("zhongshan-dongqu", "东区街道志愿服务分会"),
        ("zhongshan-xiaolan", "小榄镇志愿服务分会"),
        ("zhongshan-guzhen", "古镇镇志愿服务分会"),
        ("zhongshan-sanxiang", "三乡镇志愿服务分会"),
        ("zhongshan-tanzhou", "坦洲镇志愿服务分会"),
    ),
    people=("梁嘉欣", "何志强", "黄子轩", "冯敏仪", "郑浩然", "林小燕"),
    activities=(
        ("zhongshan-library", "图书馆周末导读", "为小读者讲故事、整理书架。", "中山纪念图书馆", "导读员"),
        ("zhongshan-run", "慈善万人行服务", "沿线补水、引导和秩序维护。", "兴中广场", "补水点"),
    ),
    target=("12", "urban_residents"),
)

XINHUANG: Final = DemoPlace(
    slug="xinhuang",
    prefix="/xinhuang",
    name="新晃侗族自治县志愿服务联合会",
    level_name="县级",
    region_code="431227",
    time_zone="Asia/Shanghai",
    languages=("zh-Hans", "en"),
    branch_level="乡镇分会",
    branches=(
        ("xinhuang-huangzhou", "晃州镇志愿服务分会"),
        ("xinhuang-bozhou", "波洲镇志愿服务分会"),
        ("xinhuang-fuluo", "扶罗镇志愿服务分会"),
        ("xinhuang-liangsan", "凉伞镇志愿服务分会"),
        ("xinhuang-linchong", "林冲镇志愿服务分会"),
        ("xinhuang-gongxi", "贡溪镇志愿服务分会"),
    ),
    people=("杨秀兰", "吴永进", "姚茂华", "蒲春花", "张家明", "龙小丽"),
    activities=(
        ("xinhuang-river", "舞水河清洁行动", "沿河捡拾垃圾，宣传护河。", "舞水河风雨桥", "清洁组"),
        ("xinhuang-school", "侗乡课后陪读", "放学后陪孩子写作业、学侗歌。", "晃州镇中心小学", "陪读员"),
    ),
    target=("10", "residents"),
)

PLACES: Final = (HARBOUR, SIMAO, ZHONGSHAN, XINHUANG)

DEMO_PASSWORD: Final = "demo-only-zhiyuan"  # noqa: S105  # printed on every screen; only set on a machine of one's own


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """One log-in: ``role`` is held at the root of each of ``places``, and at their first branch for an organizer."""

    login: str
    name: str | None
    role: str | None
    places: tuple[DemoPlace, ...] = ()


SIGN_INS: Final = (
    DemoSignIn("operator", None, None),
    DemoSignIn("manager", "赵国栋", "manager", (SIMAO, HARBOUR)),
    DemoSignIn("organizer", "许晴", "organizer", (SIMAO, HARBOUR)),
    DemoSignIn("volunteer", "王小明", "volunteer", (SIMAO, HARBOUR)),
)
