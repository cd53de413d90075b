"""How a page of HTML looks: by day, by night, and on paper."""

STYLE = """
:root { --paper: #fff; --ink: #1a1c20; --faint: #5a6068; --line: #d9dce1; --band: #f5f6f8;
  --doubt: #8a5300; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #15171b; --ink: #e8eaee; --faint: #a3a9b3; --line: #383d46; --band: #1d2026;
    --doubt: #f0b75e; }
  figure path[fill="#0072B2"], figure path[stroke="#0072B2"] { filter: brightness(1.7); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
h1 + p { color: var(--faint); margin: .25rem 0 1.5rem; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
.doubts { color: var(--doubt); }
figure { margin: 0 0 1.5rem; }
figure svg { max-width: 100%; height: auto; }
figure svg > rect:first-child { fill: none; }
figure svg text { fill: var(--ink); }
figure svg .role-title { display: none; }
figure svg line { stroke: var(--line); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; }
.number { text-align: right; white-space: nowrap; }
thead th { color: var(--faint); font-weight: 600; border-bottom: 2px solid var(--line);
  white-space: normal; }
tbody tr:nth-child(even) { background: var(--band); }
tfoot td, tfoot th { font-weight: 700; border-top: 2px solid var(--line); border-bottom: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0;
  color: var(--faint); }
dt { color: var(--ink); }
dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@page { margin: 14mm; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  .wide { overflow: visible; }
  figure { margin: 0 0 1rem; }
  figure svg { width: auto; max-height: 80vh; }
  th, td { padding: .15rem .6rem; }
  tr, figure, section { break-inside: avoid; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
}
"""
