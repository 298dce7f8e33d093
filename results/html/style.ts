import { drawingCss } from "../draw/svg.ts";

/** The report's style: one column of prose width for words, the page's width for pictures and tables; light, dark, print. */
export const pageCss: string = drawingCss + `
:root{--page:#fff;--ink:#1b2430;--soft:#566171;--line:#d9dee5;--faint:#f4f6f9;--blue:#0067a5;--red:#c2410c;--red-soft:#fdeee6;--amber:#8a5a00;--amber-soft:#fbf3dd;--green:#00704f;--green-soft:#e3f4ee;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;color-scheme:light dark}
@media screen and (prefers-color-scheme:dark){:root{--page:#11161d;--ink:#e8edf3;--soft:#a3aebb;--line:#303a45;--faint:#1a212a;--blue:#6fbaf0;--red:#ff9466;--red-soft:#3b2017;--amber:#e8b64c;--amber-soft:#332910;--green:#4fcf9f;--green-soft:#12322a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:28px}
h1{font-size:1.9rem;line-height:1.2;margin:.1em 0 .3em;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.25;margin:2.6em 0 .5em;padding-top:.9em;border-top:1px solid var(--line);letter-spacing:-.005em}
h3{font-size:1.08rem;margin:1.9em 0 .4em}
h4{font-size:.95rem;margin:1.5em 0 .3em;color:var(--soft)}
p,ul,ol{max-width:74ch;margin:.5em 0}
ul,ol{padding-left:1.3em}
a{color:var(--blue);text-underline-offset:2px}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px;border-radius:3px}
code,pre,.mono{font-family:var(--mono);font-size:.86em}
code,p,li,dd,td,blockquote,figcaption{overflow-wrap:anywhere}
pre{background:var(--faint);border:1px solid var(--line);border-radius:6px;padding:12px 14px;overflow-x:auto;line-height:1.45;margin:.6em 0}
.kicker{color:var(--soft);font-size:.86rem;margin:0;display:flex;flex-wrap:wrap;gap:.2em 1.2em;max-width:none}
.lead{font-size:1.06rem;color:var(--soft)}
.soft{color:var(--soft)}.small{font-size:.88rem}
.skip{position:absolute;left:-9999px}.skip:focus{left:12px;top:8px;background:var(--page);padding:6px 10px}
.headline{border:1px solid var(--line);border-left:8px solid var(--tone);background:var(--tone-soft);border-radius:8px;padding:16px 22px;margin:18px 0 8px}
.headline h2{border:0;margin:0;padding:0;font-size:1.42rem}
.headline ul{list-style:none;padding:0;margin:.6em 0 0;max-width:none}
.headline li{margin:.35em 0;display:grid;grid-template-columns:auto 1fr;gap:.7em;align-items:baseline}
.good{--tone:var(--green);--tone-soft:var(--green-soft)}.bad{--tone:var(--red);--tone-soft:var(--red-soft)}.unsure{--tone:var(--amber);--tone-soft:var(--amber-soft)}
.badge{display:inline-block;white-space:nowrap;font-size:.82rem;font-weight:700;line-height:1.5;padding:0 .6em;border-radius:5px;border:1.5px solid var(--tone);color:var(--tone);background:var(--page)}
.badge.bad{background:var(--tone);color:var(--page)}
nav ol{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2em 1.1em;font-size:.92rem;max-width:none}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.88rem;padding-bottom:6px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-bottom:1px solid var(--line)}
thead th{font-size:.84rem;color:var(--soft);border-bottom:2px solid var(--line)}
td.number,th.number{text-align:right;padding-right:22px;white-space:nowrap}
tbody th{font-weight:600}
.scroll{overflow-x:auto;margin:.6em 0}
.accounts th[scope=row]{width:15%;min-width:130px}
.accounts thead th{font-size:1rem;color:var(--ink)}
.accounts td{min-width:220px;padding-right:24px}
.accounts dl{display:grid;grid-template-columns:fit-content(62%) minmax(5em,1fr);gap:.05em .8em;margin:.5em 0 0;font-size:.88rem}
.accounts dt{color:var(--soft)}.accounts dd{margin:0}
.witness{display:block;font-weight:650}.what{display:block;color:var(--soft);font-size:.84rem;font-weight:400}
figure{margin:1.2em 0}
figure .scroll{border:1px solid var(--line);border-radius:8px;padding:10px 6px;background:var(--page)}
figure svg{display:block;margin:0 auto}
figcaption{font-size:.92rem;color:var(--soft);max-width:80ch;margin-top:.5em}
figcaption strong{color:var(--ink)}
blockquote{margin:.6em 0;padding:.2em 0 .2em 16px;border-left:4px solid var(--red);font-size:1.06rem;max-width:74ch;white-space:pre-line}
blockquote.claim{border-color:var(--blue)}
details{margin:.5em 0}
summary{cursor:pointer;color:var(--blue);font-size:.92rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25em 1.2em;font-size:.92rem;margin:.6em 0;max-width:none}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.changed{font-weight:700}
.bounds{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4em}
.bounds li{border:1px solid var(--line);background:var(--faint);border-radius:5px;padding:.05em .6em;font-size:.88rem}
.coverage{margin:.9em 0}
.bar{height:26px;border:1px solid var(--red);border-radius:5px;background:repeating-linear-gradient(-45deg,var(--red-soft) 0 7px,transparent 7px 14px);overflow:hidden}
.bar span{display:block;height:100%;background:var(--blue);min-width:3px}
.bar-text{display:flex;justify-content:space-between;flex-wrap:wrap;gap:0 1em;font-size:.92rem;margin-bottom:3px}
.problem{border-left:4px solid var(--amber);background:var(--amber-soft);padding:6px 12px;font-size:.92rem}
.hash{font-size:.76rem;color:var(--soft);overflow-wrap:anywhere}
.narrow{width:auto}.narrow th,.narrow td{padding-right:32px}
.checklist td:first-child{white-space:nowrap}
footer{margin-top:48px;padding-top:14px;padding-bottom:40px;border-top:1px solid var(--line);color:var(--soft);font-size:.88rem}
@media (max-width:700px){
main,header,footer{padding-left:14px;padding-right:14px}
h1{font-size:1.5rem}.headline{padding:12px 14px}
.headline li{grid-template-columns:1fr;gap:.2em}.headline .badge{justify-self:start}
.facts{grid-template-columns:1fr}.facts dt{margin-top:.4em}
.accounts thead{position:absolute;left:-9999px}
.accounts,.accounts caption,.accounts tbody,.accounts tr,.accounts th,.accounts td{display:block;width:100%!important}
.accounts tr{border-bottom:2px solid var(--line);padding:8px 0}.accounts th,.accounts td{border:0}
.accounts td{padding-left:12px;border-left:3px solid var(--line);margin-top:6px}
.accounts td::before{content:attr(data-system);display:block;font-weight:650}
}
@media print{
body{font-size:11pt}main,header,footer{max-width:none;padding:0}
h2,h3,h4{break-after:avoid}figure,tr,.headline{break-inside:avoid}
.scroll,pre{overflow:visible}figure svg{max-width:100%;height:auto}nav,.skip{display:none}pre{white-space:pre-wrap}
}`;
