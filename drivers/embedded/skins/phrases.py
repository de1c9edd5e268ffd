"""What messaging apps say in each language; a skin replaces what its app says otherwise.

None of these texts decides a measurement. Marks, buttons and refusals, which do, are given by each
skin with their source.
"""

from typing import Final

from drivers.embedded.clutter import Happened
from drivers.embedded.skins.skin import Dialog, Words

ENGLISH: Final = Words(
    hint="Message",
    send="Send",
    back="Back",
    search="Search",
    sent="Sent",
    failed="Not sent",
    login="Log in",
    decoy="Family",
    empty="No messages yet",
    unread="Unread messages",
    date="%d %B %Y",
    more="More",
    happened={
        Happened.JOINED: "{name} joined the group",
        Happened.MISSED_CALL: "Missed call from {name}",
        Happened.RENAMED: "{name} changed the group’s picture",
    },
    says={},
    update=Dialog(
        title="Update available",
        text="A new version is ready to install.",
        accept="Update",
        dismiss="Not now",
    ),
    notifications=Dialog(
        title="Turn on notifications",
        text="So that you do not miss a message.",
        accept="Turn on",
        dismiss="Not now",
    ),
    permission=Dialog(
        title="", text="Allow access to your contacts?", accept="Allow", dismiss="Don’t allow"
    ),
)

GERMAN: Final = Words(
    hint="Nachricht",
    send="Senden",
    back="Zurück",
    search="Suche",
    sent="Gesendet",
    failed="Nicht gesendet",
    login="Anmelden",
    decoy="Familie",
    empty="Noch keine Nachrichten",
    unread="Ungelesene Nachrichten",
    date="%d.%m.%Y",
    more="Mehr",
    happened={
        Happened.JOINED: "{name} ist der Gruppe beigetreten",
        Happened.MISSED_CALL: "Verpasster Anruf von {name}",
        Happened.RENAMED: "{name} hat das Gruppenbild geändert",
    },
    says={},
    update=Dialog(
        title="Update verfügbar",
        text="Eine neue Version kann installiert werden.",
        accept="Aktualisieren",
        dismiss="Nicht jetzt",
    ),
    notifications=Dialog(
        title="Benachrichtigungen einschalten",
        text="Damit du keine Nachricht verpasst.",
        accept="Einschalten",
        dismiss="Nicht jetzt",
    ),
    permission=Dialog(
        title="",
        text="Zugriff auf deine Kontakte erlauben?",
        accept="Zulassen",
        dismiss="Nicht zulassen",
    ),
)

SIMPLIFIED_CHINESE: Final = Words(
    hint="消息",
    send="发送",
    back="返回",
    search="搜索",
    sent="已发送",
    failed="发送失败",
    login="登录",
    decoy="家人",
    empty="还没有消息",
    unread="以下为新消息",
    date="%Y年%m月%d日",
    more="展开",
    happened={
        Happened.JOINED: "{name}加入了群聊",
        Happened.MISSED_CALL: "{name}的未接来电",
        Happened.RENAMED: "{name}更换了群头像",
    },
    says={},
    update=Dialog(title="发现新版本", text="新版本可以安装了。", accept="更新", dismiss="以后再说"),
    notifications=Dialog(
        title="开启通知", text="不错过任何消息。", accept="开启", dismiss="以后再说"
    ),
    permission=Dialog(title="", text="允许访问您的通讯录吗？", accept="允许", dismiss="不允许"),
)

TRADITIONAL_CHINESE: Final = Words(
    hint="訊息",
    send="傳送",
    back="返回",
    search="搜尋",
    sent="已傳送",
    failed="傳送失敗",
    login="登入",
    decoy="家人",
    empty="尚無訊息",
    unread="以下為尚未閱讀的訊息",
    date="%Y年%m月%d日",
    more="查看全部",
    happened={
        Happened.JOINED: "{name}加入群組",
        Happened.MISSED_CALL: "{name}的未接來電",
        Happened.RENAMED: "{name}已變更群組照片",
    },
    says={},
    update=Dialog(title="有新版本", text="新版本可以安裝了。", accept="更新", dismiss="稍後"),
    notifications=Dialog(title="開啟通知", text="不錯過任何訊息。", accept="開啟", dismiss="稍後"),
    permission=Dialog(title="", text="允許存取您的聯絡人嗎？", accept="允許", dismiss="不允許"),
)
