"""What a signed-in device is called on screen, and its address with the region left to see. Pure words, no database."""

from __future__ import annotations

import ipaddress

from shop.core.text import N_

# the first word found in the browser's own name wins: WeChat and the phones' browsers also say Chrome and Safari
BROWSERS = (
    ("MicroMessenger", N_("微信")),
    ("AlipayClient", N_("支付宝")),
    ("DingTalk", N_("钉钉")),
    ("QQBrowser", N_("QQ 浏览器")),
    ("UCBrowser", N_("UC 浏览器")),
    ("HuaweiBrowser", N_("华为浏览器")),
    ("MiuiBrowser", N_("小米浏览器")),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", N_("鸿蒙")),
    ("Android", N_("安卓手机")),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", N_("Windows 电脑")),
    ("Macintosh", N_("苹果电脑")),
    ("Linux", N_("Linux 电脑")),
)


def described(agent: str | None) -> tuple[str, str]:
    """Browser and system of a User-Agent, '' where unknown: sentences of the catalogue or names."""
    text = agent or ""
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return browser, system


def masked_address(ip: str | None) -> str:
    """203.0.113.7 → 203.0.*.*, 2001:db8:1::1 → 2001:db8:*: enough to know one's own town, not the line."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return ".".join(str(address).split(".")[:2]) + ".*.*"
    return ":".join(part.lstrip("0") or "0" for part in address.exploded.split(":")[:2]) + ":*"
