/** How it looks. A constructed sheet inside the shadow root: the site's styles stay out, ours stay in, and no policy is asked. */
export const LOOK = `
:host { all: initial; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root {
  --ground: #ffffff; --soft: #f3f5f8; --line: #e3e7ed; --text: #161b22; --faint: #5d6876; --theirs: #eef1f5; --alarm: #b3261e; --link: var(--on-light);
  --shade: 0 0 0 1px rgb(16 24 40 / .06), 0 12px 40px rgb(16 24 40 / .18);
  --gap: 20px;
  position: fixed; z-index: 2147483000; inset-block-end: var(--gap); color: var(--text); color-scheme: light;
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; text-align: start; letter-spacing: normal;
  -webkit-font-smoothing: antialiased;
}
.root.right { right: var(--gap); }
.root.left { left: var(--gap); }
.root.dark {
  --ground: #15181d; --soft: #1d2127; --line: #2d333b; --text: #eceff3; --faint: #9aa5b1; --theirs: #262c34; --alarm: #ff8a80; --link: var(--on-dark);
  --shade: 0 0 0 1px rgb(255 255 255 / .08), 0 12px 40px rgb(0 0 0 / .6);
  color-scheme: dark;
}
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h2, h3, p, ol, ul { margin: 0; padding: 0; font: inherit; list-style: none; }
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { border: 0; background: none; padding: 0; cursor: pointer; -webkit-tap-highlight-color: transparent; }
button:disabled { cursor: default; opacity: .6; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
a { color: inherit; text-decoration: underline; text-underline-offset: 2px; overflow-wrap: anywhere; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; display: block; }

.launcher {
  position: relative; display: grid; place-items: center; width: 58px; height: 58px; margin-inline-start: auto; border-radius: 50%;
  background: var(--accent); color: var(--on); box-shadow: 0 6px 20px rgb(16 24 40 / .24); transition: transform .16s ease;
}
.left .launcher { margin-inline: 0 auto; }
.launcher:hover { transform: translateY(-2px); }
.launcher svg { grid-area: 1 / 1; width: 27px; height: 27px; transition: opacity .16s, transform .16s; }
.launcher svg:nth-of-type(2), .open .launcher svg:nth-of-type(1) { opacity: 0; transform: rotate(-30deg) scale(.6); }
.open .launcher svg:nth-of-type(2) { opacity: 1; transform: none; }
.badge {
  position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
  background: #d92d20; color: #fff; font-size: 12px; font-weight: 700; line-height: 22px; text-align: center; box-shadow: 0 0 0 2px var(--ground);
}

.panel {
  position: absolute; inset-block-end: 74px; display: flex; flex-direction: column; overflow: hidden;
  width: 384px; height: min(640px, calc(100vh - 114px)); border-radius: 18px; background: var(--ground); box-shadow: var(--shade);
  animation: rise .18s ease-out;
}
.right .panel { right: 0; }
.left .panel { left: 0; }
@keyframes rise { from { opacity: 0; transform: translateY(10px) scale(.985); } }

header { display: flex; align-items: center; gap: 12px; padding: 14px 14px 14px 18px; background: var(--accent); color: var(--on); }
.face { display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: color-mix(in srgb, var(--on) 20%, transparent); font-weight: 650; font-size: 17px; flex: none; }
.what { min-width: 0; flex: 1; display: flex; flex-direction: column; }
h2 { font-weight: 650; font-size: 16px; line-height: 1.3; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
header p { font-size: 13px; display: flex; align-items: center; gap: 6px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
header p::before { content: ''; width: 7px; height: 7px; border-radius: 50%; background: #32d583; flex: none; }
.away header p::before { background: #fdb022; }
header :focus-visible { outline-color: currentColor; }
.icon { display: grid; place-items: center; width: 36px; height: 36px; border-radius: 10px; flex: none; transition: background .12s; }
.icon:hover:not(:disabled) { background: color-mix(in srgb, currentColor 12%, transparent); }
.elsewhere { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 12px 18px; border-bottom: 1px solid var(--line); background: var(--soft); font-size: 13px; }
.elsewhere b { width: 100%; font-weight: 600; }
.elsewhere a { padding: 5px 12px; border: 1px solid var(--line); border-radius: 16px; background: var(--ground); text-decoration: none; }
.elsewhere a:hover { border-color: var(--link); }

.stage { position: relative; flex: 1; min-height: 0; display: flex; }
.thread { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 18px 16px 10px; display: flex; flex-direction: column; scrollbar-width: thin; }
.thread:focus-visible { outline-offset: -3px; }
.list { display: flex; flex-direction: column; }
.day { display: flex; justify-content: center; margin: 14px 0 2px; }
.day span { font-size: 12px; font-weight: 600; color: var(--faint); }
.message { display: flex; flex-direction: column; align-items: flex-start; margin-top: 12px; max-width: 100%; }
.message.joined { margin-top: 3px; }
.message.mine { align-items: flex-end; }
.greeting { margin-top: 0; }
.row { display: flex; align-items: center; gap: 2px; max-width: 100%; }
.mine .row { flex-direction: row-reverse; }
.bubble {
  max-width: 284px; min-width: 0; padding: 9px 13px; border-radius: 18px; background: var(--theirs); display: flex; flex-direction: column; gap: 7px;
  overflow-wrap: anywhere; border-end-start-radius: 6px; transition: box-shadow .3s;
}
.mine .bubble { background: var(--accent); color: var(--on); border-end-start-radius: 18px; border-end-end-radius: 6px; }
.mine .bubble :focus-visible { outline-color: currentColor; }
.bubble.bare { padding: 0; background: none; }
.found .bubble { box-shadow: 0 0 0 3px color-mix(in srgb, var(--link) 45%, transparent); }
.text { white-space: pre-wrap; }
.text.gone { font-style: italic; opacity: .75; }
.theirs .bubble a { color: var(--link); }
.text code, .text pre { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: color-mix(in srgb, currentColor 10%, transparent); border-radius: 5px; padding: 1px 5px; }
.text pre { display: block; margin: 4px 0; padding: 8px 10px; overflow-x: auto; white-space: pre; }
.text blockquote { margin: 2px 0; padding-inline-start: 9px; border-inline-start: 3px solid color-mix(in srgb, currentColor 35%, transparent); }
.mention { font-weight: 600; }
.spoiler { background: currentColor; border-radius: 4px; user-select: none; }
.place { display: flex; gap: 6px; align-items: flex-start; }
.order li { display: flex; justify-content: space-between; gap: 16px; }
.quote { display: flex; flex-direction: column; text-align: start; padding: 5px 10px; border-radius: 9px; border-inline-start: 3px solid currentColor; background: color-mix(in srgb, currentColor 9%, transparent); font-size: 13px; max-width: 100%; }
.quote span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 230px; opacity: .85; }
.picture { display: block; border-radius: 14px; overflow: hidden; background: var(--theirs); max-width: 100%; box-shadow: inset 0 0 0 1px color-mix(in srgb, currentColor 12%, transparent); }
.picture canvas { display: block; width: 100%; height: 100%; opacity: 0; transition: opacity .2s; }
.picture.there canvas { opacity: 1; }
.captioned { display: flex; flex-direction: column; gap: 7px; }
.file, .sound { display: flex; align-items: center; gap: 10px; text-align: start; min-width: 190px; max-width: 100%; }
.file .mark { display: grid; place-items: center; width: 38px; height: 38px; border-radius: 11px; background: color-mix(in srgb, currentColor 12%, transparent); flex: none; }
.file b, .sound b, .chips b { font-weight: 600; font-size: 14px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.file small, .sound small, .chips small { font-size: 12px; opacity: .8; }
.file:hover b { text-decoration: underline; }
progress { appearance: none; width: 100%; height: 4px; border: 0; border-radius: 2px; overflow: hidden; background: color-mix(in srgb, currentColor 18%, transparent); margin-top: 5px; display: block; }
progress::-webkit-progress-bar { background: none; }
progress::-webkit-progress-value { background: currentColor; }
progress::-moz-progress-bar { background: currentColor; }
.about { display: flex; align-items: center; gap: 3px; margin: 3px 4px 0; font-size: 11.500px; color: var(--faint); font-variant-numeric: tabular-nums; min-height: 16px; }
.tick svg { width: 15px; height: 15px; }
.tick.two { color: var(--link); }
.actions { position: relative; display: flex; flex: none; }
.more { width: 28px; height: 28px; color: var(--faint); opacity: 0; }
.message:hover .more, .message:focus-within .more, .more[aria-expanded='true'] { opacity: 1; }
@media (hover: none) { .more { opacity: .55; } }
.menu { position: absolute; z-index: 2; inset-block-end: 100%; inset-inline-start: 0; display: flex; padding: 3px; border-radius: 12px; background: var(--ground); box-shadow: var(--shade); }
.theirs .menu { inset-inline-start: auto; inset-inline-end: -40px; }
.menu .icon { width: 32px; height: 32px; font-size: 17px; }
.reactions { display: flex; gap: 4px; margin: -5px 8px 0; z-index: 1; }
.reactions button { padding: 1px 8px; border-radius: 12px; background: var(--ground); border: 1px solid var(--line); font-size: 13px; }
.reactions button[aria-pressed='true'] { border-color: var(--link); }
.offer { display: flex; flex-direction: column; gap: 6px; margin-top: 7px; width: 284px; max-width: 100%; }
.choices { display: flex; gap: 6px; }
.choice {
  flex: 1; min-width: 0; display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 38px; padding: 7px 14px; border-radius: 12px;
  border: 1px solid color-mix(in srgb, var(--link) 45%, var(--line)); color: var(--link); font-weight: 600; font-size: 14px; line-height: 1.25; text-align: center; text-decoration: none; overflow-wrap: anywhere; transition: background .12s;
}
.choice:hover:not(:disabled) { background: color-mix(in srgb, var(--link) 10%, transparent); }
.choice[aria-pressed='true'] { background: var(--accent); border-color: var(--accent); color: var(--on); opacity: 1; }
.choice svg { width: 15px; height: 15px; }
.offer.list .choice { justify-content: flex-start; text-align: start; }
.typing { align-self: flex-start; display: flex; gap: 4px; margin-top: 12px; padding: 13px 14px; border-radius: 18px; border-end-start-radius: 6px; background: var(--theirs); }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: var(--faint); animation: hop 1.2s infinite ease-in-out; }
.typing i:nth-of-type(2) { animation-delay: .15s; }
.typing i:nth-of-type(3) { animation-delay: .3s; }
@keyframes hop { 0%, 60%, 100% { opacity: .4; transform: none; } 30% { opacity: 1; transform: translateY(-3px); } }
.newer { position: absolute; inset-block-end: 10px; inset-inline: 0; margin-inline: auto; width: max-content; display: flex; align-items: center; gap: 6px; padding: 7px 14px; border-radius: 18px; background: var(--ground); color: var(--link); font-size: 13px; font-weight: 600; box-shadow: var(--shade); }
.newer svg { width: 16px; height: 16px; }

.composer { border-top: 1px solid var(--line); background: var(--ground); padding: 8px; }
.line { display: flex; align-items: flex-end; gap: 4px; }
.line .icon { color: var(--faint); width: 40px; height: 40px; }
.line .send { background: var(--accent); color: var(--on); border-radius: 50%; }
.line .send:hover:not(:disabled) { background: color-mix(in srgb, var(--accent) 88%, var(--on)); }
.line .send:disabled { background: var(--soft); color: var(--faint); opacity: 1; }
textarea { flex: 1; min-width: 0; resize: none; border: 0; background: none; padding: 9px 4px; max-height: 132px; line-height: 22px; scrollbar-width: thin; }
textarea:focus-visible { outline: none; }
.composer:has(textarea:focus-visible) { box-shadow: inset 0 2px 0 var(--link); }
::placeholder { color: var(--faint); opacity: 1; }
.left { align-self: center; font-size: 12px; color: var(--faint); font-variant-numeric: tabular-nums; }
.notice { margin: 0 8px 8px; font-size: 13px; color: var(--alarm); overflow-wrap: anywhere; }
.banner { display: flex; align-items: center; gap: 8px; margin: 0 6px 6px; padding-inline-start: 10px; border-inline-start: 3px solid var(--link); font-size: 13px; }
.banner b { color: var(--link); font-weight: 600; }
.banner .what span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; color: var(--faint); }
.chips { display: flex; flex-direction: column; gap: 6px; }
.chips:not(:empty) { margin-bottom: 8px; max-height: 150px; overflow-y: auto; }
.chips li { display: flex; align-items: center; gap: 10px; padding: 6px 6px 6px 12px; border-radius: 12px; background: var(--soft); }
.chips .icon { width: 32px; height: 32px; }
.chips progress { color: var(--link); }
.quick { display: flex; flex-wrap: wrap; gap: 6px; padding: 2px 4px 8px; }
.quick .choice { flex: none; max-width: 100%; border-radius: 19px; }
.before { flex: none; display: flex; flex-direction: column; gap: 12px; padding: 16px 18px 18px; border-top: 1px solid var(--line); background: var(--soft); }
h3 { font-weight: 650; }
.before label { display: flex; flex-direction: column; gap: 4px; font-size: 13px; color: var(--faint); }
.before input { height: 42px; padding: 0 12px; border: 1px solid var(--line); border-radius: 10px; background: var(--ground); color: var(--text); font-size: 15px; width: 100%; }
.before input:focus-visible { border-color: var(--link); outline-offset: 0; }
.primary { height: 44px; border-radius: 12px; background: var(--accent); color: var(--on); font-weight: 650; }
.drop { position: absolute; inset: 8px; display: none; place-items: center; border: 2px dashed var(--link); border-radius: 14px; background: color-mix(in srgb, var(--ground) 92%, transparent); color: var(--link); font-weight: 600; text-align: center; padding: 24px; pointer-events: none; z-index: 3; }
.dropping .drop { display: grid; }
.light { position: fixed; inset: 0; z-index: 4; display: grid; place-items: center; background: rgb(10 12 16 / .9); }
.light canvas { max-width: 96vw; max-height: 92vh; border-radius: 6px; }
.light .tools { position: absolute; inset-block-start: 12px; inset-inline-end: 12px; display: flex; gap: 4px; color: #fff; }
.light .icon { width: 44px; height: 44px; background: rgb(0 0 0 / .4); }
.light :focus-visible { outline-color: #fff; }

@media (max-width: 480px) {
  .root { --gap: 16px; }
  .open .launcher { display: none; }
  .panel { position: fixed; inset: 0; width: 100vw; height: 100vh; height: 100dvh; border-radius: 0; }
  .bubble { max-width: min(76vw, 340px); }
  textarea, .before input { font-size: 16px; }
  header { padding-block-start: max(14px, env(safe-area-inset-top)); }
  .composer { padding-block-end: max(8px, env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .bubble, .launcher, .panel, .choice { border: 1px solid; } }
`
