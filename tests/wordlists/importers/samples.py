"""Small files with the traps of the published ones; none of their rows is from there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import wordlists

LIU_XIAOBO: Final = (
    "Date Tested,Keyword,Language,English Translation,Theme,Category,"
    "Group Chat ,1-1 Chat,Media Source,Article Source ,Article Publish Time",
    "2017-07-01,甲+乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
    '2017-07-02,"丙丁",simplified Chinese,"C, and D",,,Blocked,Blocked,,'
    "https://example.org/a,2017-07-01T12:00:00",
    "2017-07-03, 戊 +己+ 庚 ,traditional Chinese,,Illness,News,Not blocked,Blocked,A paper,,",
    "2017-07-04,one+two,English,,,,Blocked,,,,",
)
ONE_APP: Final = (
    "Date Tested,Keyword,Translation,Theme,Category,Keyword Type ,Language,Note,Reference,",
    "07/2016,甲 乙,A B,Political,Protest ,combo,simplified Chinese,Don&rsquo;t,,",
    "2016-08-30,丙x丁,C D,Event\t,Strike,combo,simplified Chinese,,,http://example.org",
    "07/2016,دىن ئىسلام,E F,People ,Faith,phrase ,Uyghur ,,,",
)
CONGRESS: Final = (
    "date_tested,keyword,translation",
    "7/1/2016,十九大争夺,A",
    "1/25/2017,周強下台+網絡 ,B + C ",
    "1/26/2017,周強下台 + 網絡,B + C",
    "3/6/2017,VPN+19,D",
)
CRACKDOWN: Final = (
    "Date Tested,Keyword,Translation,# of Components,Language",
    "07/2016,退出,A,1,simplified Chinese",
    "2017-01-04,གོང་ས་+མཆོག,B,3,Tibetan",
)
CORONAVIRUS: Final = (
    "keyword_combination,detected_on",
    "菲律宾+装上去,2020-02-14 8:49:42",
)
YY: Final = (
    "keyword_added,language,theme,date",
    "武汉肺炎,simplified,fact,2019-12-31 03:00 GMT",
    ",,,",
    "keyword_removed,language,theme,",
    "病毒,simplified,,2020-02-10 05:00 GMT",
)
WORDS: Final = (
    "word_id,word,human_translation,machine_translation,pinyin,description,client,lists,category,"
    "category_id,theme",
    "2,陆肆,number,Lu Si,lusi,,Both,List 1;List 2,June 4,9,Event",
    "3,a+b,,,,,Both,List 1,,,",
)
LIVESTREAM: Final = (
    "Client,word,machine_translation,human_translation,theme,category,description,"
    "earliest event type,earliest event date,latest event type,latest event date",
    "YY,安徽人,Anhui,Anhui people,Event,Protest ,a remark,add,2015-06-01,del,2015-07-01",
)
SEARCH: Final = (
    "Result,idx,Date,Source",
    "嘉禾 + 64,142,2025-01-10T07:10:34Z,https://example.org/a",
)
EXTENUATING: Final = (
    "Extenuating combination,# of censored keyword combinations it extenuates,"
    "Censored keyword combinations it extenuates",
    "名+单,1,习主席+辞职",
)
TEST_LISTS: Final = (
    "url,category_code,category_description,date_added,source,notes",
    "https://example.org/,NEWS,News Media,2014-04-15,citizenlab,a note",
)
KEYWORDS: Final = ("keyword,_sensitivewords,_popularwords,list_a", "甲,1,0,x")

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "citizenlab-liu-xiaobo": LIU_XIAOBO,
    "citizenlab-one-app-two-systems": ONE_APP,
    "citizenlab-19th-congress": CONGRESS,
    "citizenlab-709-crackdown": CRACKDOWN,
    "citizenlab-coronavirus-wechat": CORONAVIRUS,
    "citizenlab-coronavirus-yy": YY,
    "citizenlab-words": WORDS,
    "citizenlab-livestream": LIVESTREAM,
    "citizenlab-search": SEARCH,
    "citizenlab-qqmail-extenuating": EXTENUATING,
    "test-lists": TEST_LISTS,
    "chinese-keywords": KEYWORDS,
}
"""The samples by the family that each is of."""

SHARED: Final = Path(wordlists.__file__).parents[2] / "shared" / "data"
"""The published files, where they lie beside the project."""


def write_file(path: Path, *lines: str, mark: bool = False) -> Path:
    """Write a file of these lines as a spreadsheet does, with or without byte order mark."""
    text = "\r\n".join([*lines, ""])
    path.write_bytes(text.encode("utf-8-sig" if mark else "utf-8"))
    return path
