"""Writes the documents of the browser test into a folder."""
import sys

folder = sys.argv[1]


def write(name, text, encoding="utf-8"):
    with open(f"{folder}/{name}", "w", encoding=encoding, newline="") as file:
        file.write(text)


# A form with a part that states another name (a finding), residue, a character outside of the basic
# plane (two units in JavaScript) and rows that slid.
FORM = """项目支出绩效目标申报表（项目总体情况）
（2024年度）
填报单位：青岚县𠮷祥文化馆    金额单位：万元
随手写下的一行字𠮷没有规则认得

| 项目名称 | 乡镇文化站图书更新 |  |
| 主管部门 | 青岚县文化和旅游局 | 实施单位 | 青岚县𠮷祥文化馆 |
| 起止时间 | 2024年1月1日至2024年12月31日 |
| 联系人 | |
| 项目资金 | 年度资金总额 | 38.60 |
|  | 其中：财政拨款 | 36.00 |
|  | 其他资金 | 2.60 |
| 年度目标 | 为12个乡镇文化站更新图书，开展阅读活动。 |
| 一级指标 | 二级指标 | 三级指标 | 指标值 |
| 产出指标 | 数量指标 | 更新图书 | ≥9600册 |
| 时效指标 | 上架时间 | 2024年9月底前 |  |
| 效益指标 | 社会效益指标 | 阅读活动参与人次 | ≥5000人次 |

项目支出绩效目标申报表（制度保障）
项目名称：乡镇文化站图书采购
"""
write("form.txt", FORM)


def year(number, total, books, name="乡镇文化站图书更新"):
    return f"""项目支出绩效目标申报表
（{number}年度）
金额单位：万元

| 项目名称 | {name} |
| 实施单位 | 青岚县文化馆 |
| 项目资金 | 年度资金总额 | {total} |
|  | 其中：财政拨款 | {total} |
|  | 其他资金 | 0.00 |
| 年度目标 | 更新{number}年的图书。 |
| 一级指标 | 二级指标 | 三级指标 | 指标值 |
| 产出指标 | 数量指标 | 更新图书 | ≥{books}册 |
| 产出指标 | 质量指标 | 完好率 | ≥98% |
| 效益指标 | 社会效益指标 | 阅读活动参与人次 | 明显增加 |
| 满意度指标 | 服务对象满意度指标 | 读者满意度 | ≥90% |
"""


# Boxes of which none is ticked, and a table that is too wide for a phone; two projects of one year.
WIDE = """项目支出绩效目标申报表
（2024年度）
金额单位：万元

| 项目名称 | 乡镇文化站书架更换 |
| 实施单位 | 青岚县文化馆 |
| 项目类别 | 一次性项目 □ | 经常性项目 □ | 中期预算试点项目 □ |
| 项目资金 | 年度资金总额 | 38.60 |
|  | 其中：财政拨款 | 38.60 |
| 年度目标 | 更换书架。 |
| 一级指标 | 二级指标 | 三级指标 | 指标值 |
| 产出指标 | 数量指标 | 更换书架 | ≥96组 |
| 效益指标 | 社会效益指标 | 阅读环境 | 改善 |
| 项目预算分解 |  |  |  | 明细金额 | 单价 | 依据 | 数量 | 依据 | 备注 |
|  | 构成明细 | 书架采购费 | 乡镇文化站书架采购 | 38.60 | 0.40 | 政府采购协议供货价格 | 96.5 | 各站实地测量的结果 | 一次性支出 |
| 金额合计 |  |  |  | 38.60 |  |  |  |  |  |
"""
write("wide.txt", WIDE + "\n" + WIDE.replace("书架更换", "阅览桌更换"))
write("2022.txt", year(2022, "38.60", 9600))
write("2023.txt", year(2023, "386000.00", 9800, "乡镇文化站 图书更新"))
write("2024.txt", year(2024, "39.20", 4100))

rows = ["项目支出绩效目标申报表", "（2024年度）", "金额单位：万元", "", "项目名称\t很长的一张表", "年度目标\t把指标写满。", "一级指标\t二级指标\t三级指标\t指标值"]
levels = [("产出指标", "数量指标"), ("产出指标", "质量指标"), ("产出指标", "时效指标"), ("效益指标", "社会效益指标"), ("满意度指标", "服务对象满意度指标")]
for k, (first, second) in enumerate(levels):
    for i in range(1000):
        value = [f"≥{i + 10}册", f"≥{50 + i % 50}%", f"2024年{i % 12 + 1}月底前", f"≥{i * 3 + 1}人次", f"≥9{i % 10}%"][k]
        rows.append(f"{first if i == 0 else ''}\t{second if i == 0 else ''}\t第{k * 1000 + i + 1}项图书的{second[:2]}\t{value}")
write("big.txt", "\n".join(rows) + "\n")

# Whoever opens the page must not run what a document says.
EVIL = """</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><!--<script>"""
PLAIN = "&lt;/script&gt;&lt;script&gt;window.hacked = 3&lt;/script&gt;&lt;img src=x onerror=window.hacked=4&gt;"
write("hostile.html", f"""<html><head><title>{EVIL}--></title></head><body><script>window.hacked = 5</script>
<h1>项目支出绩效目标申报表</h1><p>（2024年度）</p>
<table><tr><td>项目名称</td><td>{PLAIN}\u2028"quoted" \\u003c</td></tr>
<tr><td>主管部门</td><td><a href="javascript:window.hacked=6">青岚县</a><b>文化</b>和旅游局</td></tr>
<tr><td>{PLAIN}</td><td>{PLAIN}</td></tr>
<tr><td>年度目标</td><td>__proto__ constructor</td></tr></table>
<iframe src="https://example.invalid/"></iframe></body></html>
""")
write("hostile.html.txt", f"项目支出绩效目标申报表\n项目名称：{EVIL}\n主管部门：\"><svg onload=window.hacked=7>\n{EVIL}\n")
