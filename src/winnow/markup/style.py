"""How pages look: one column of cards, in light and in dark, from a phone's width up."""

STYLE = """
:root { color-scheme: light dark; --page: #f4f5f7; --card: #ffffff; --text: #1c2128; --muted: #57606a; --line: #d8dee4;
  --soft: #f0f2f5; --up: #0969da; --down: #bc4c00; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; --same: #0969da;
  --base: #8c959f; --head: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --card: #161b22; --text: #e6edf3; --muted: #9198a1; --line: #30363d; --soft: #1f252d;
    --up: #58a6ff; --down: #f0883e; --good: #3fb950; --bad: #f85149; --open: #d29922; --same: #58a6ff;
    --base: #7d8590; --head: #58a6ff; }
}
* { box-sizing: border-box; }
body { background: var(--page); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
  margin: 0 auto; max-width: 64rem; padding: clamp(.75rem, 3vw, 2.5rem); -webkit-text-size-adjust: 100%; }
header, section, details, footer { overflow-wrap: anywhere; }
body > section, body > details, body > header { background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; margin: 0 0 1rem; padding: clamp(1rem, 3vw, 1.5rem); }
h1, h2, h3, h4 { font-weight: 650; line-height: 1.25; margin: 0; }
h2 { font-size: 1.2rem; }
h3, h4 { font-size: 1rem; }
section section, section details, details section, details details { margin-top: 1.1rem; }
.digest { color: var(--muted); font-weight: 400; font-size: .95em; margin-left: .6em; }
p, ul { margin: .5rem 0 0; }
section > p, details > p { color: var(--muted); font-size: .94rem; }
summary { cursor: pointer; list-style: none; display: flex; align-items: baseline; gap: .6rem; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "\\25B8"; color: var(--muted); flex: none; transition: transform .15s; }
details[open] > summary::before { transform: rotate(90deg); }
summary > :first-child { flex: 1; }
summary:focus-visible, .table:focus-visible, a:focus-visible { outline: 2px solid var(--same); outline-offset: 3px;
  border-radius: 4px; }
code { background: var(--soft); border-radius: 5px; font: .88em ui-monospace, SFMono-Regular, Menlo, monospace;
  padding: .1em .35em; unicode-bidi: isolate; }
pre { background: var(--soft); border-radius: 8px; margin: .9rem 0 0; overflow-x: auto; padding: .8rem 1rem; }
pre code { background: none; padding: 0; }
a { color: var(--same); }
.table { margin: .9rem 0 0; max-width: 100%; overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; min-width: min(100%, 22rem); }
th, td { border-top: 1px solid var(--line); padding: .42rem .9rem .42rem 0; text-align: left; vertical-align: baseline;
  overflow-wrap: normal; }
thead th { border-top: 0; color: var(--muted); font-size: .82rem; font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 8.5rem; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
td:last-child:not(.number) { min-width: 8rem; }
.mark { font-weight: 700; }
.mark.good { color: var(--good); }
.mark.bad { color: var(--bad); }
.mark.open { color: var(--open); }
.mark.same { color: var(--same); }
.mark.muted { color: var(--muted); }
.bar { background: linear-gradient(var(--muted), var(--muted)) center / 1px 100% no-repeat; display: inline-block;
  height: .85rem; position: relative; vertical-align: -.1rem; width: 7rem; }
.bar::before { border-radius: 0 3px 3px 0; background: var(--up); bottom: 1px; content: ""; left: 50%;
  position: absolute; top: 1px; width: calc(var(--share) * 50%); }
.bar.down::before { background: var(--down); border-radius: 3px 0 0 3px; left: auto; right: 50%; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: .9rem; }
.chart { flex: 1 1 20rem; margin: 0; max-width: 36rem; min-width: 0; }
.chart svg { display: block; height: auto; width: 100%; }
h1, h2, h3, h4, .legend li { text-wrap: balance; }
.grid { stroke: var(--line); }
.tick { fill: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
.line { fill: none; stroke-linejoin: round; stroke-width: 2.5; }
.line-0 { stroke: var(--base); stroke-dasharray: 6 4; }
.line-1 { stroke: var(--head); }
.line-2 { stroke: var(--down); stroke-width: 1; }
figcaption { color: var(--muted); font-size: .85rem; text-align: center; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; justify-content: center; list-style: none; margin: 0;
  padding: 0; }
.key { border-top: 3px solid var(--base); display: inline-block; margin-right: .4em; vertical-align: middle;
  width: 1.4em; }
.key.line-0 { border-top-style: dashed; }
.key.line-1 { border-color: var(--head); }
.key.line-2 { border-top-width: 1px; border-color: var(--down); }
@media print { body { background: none; } details::details-content { content-visibility: visible; } }
"""
