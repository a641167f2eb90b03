/** Ten colors that differ from each other and from those of held, moved and lost, on light and dark backgrounds. */
const light = [
  "#2a78d6",
  "#c2569f",
  "#0e93a8",
  "#7a57c9",
  "#8a6d3b",
  "#6f7f95",
  "#3c4bb0",
  "#8f9a1c",
  "#dd8aa8",
  "#3d4650",
];
const dark = [
  "#5b9df0",
  "#e284c4",
  "#3fbfd4",
  "#a98bf0",
  "#c2a36a",
  "#9fb0c8",
  "#8592f0",
  "#c0cc4a",
  "#f0a9c2",
  "#dfe5ec",
];

const colors = (list: readonly string[]): string => list.map((color, i) => `--r${i}:${color}`).join(";");
const classes = light.map((_, i) => `.r${i}{fill:var(--r${i});background:var(--r${i})}`).join("");

/** The report's complete style sheet, without external fonts or images. */
export const style = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#16191d;--soft:#5b6470;--line:#dfe3e8;--track:#e9ecf0;
--good:#12744a;--good-ground:#dff3e8;--bad:#b3261e;--bad-ground:#fbe4e2;--unsure:#855400;--unsure-ground:#fcefd0;--lost:#c9302c;--held:#23915f;--moved:#d99a00;--unknown:#b4bcc6;${colors(light)}}
@media(prefers-color-scheme:dark){:root{--ground:#101317;--card:#191d23;--ink:#e8ebef;--soft:#9aa4b1;--line:#2c333c;--track:#262c34;
--good:#5fd39b;--good-ground:#12352a;--bad:#ff8a80;--bad-ground:#43191a;--unsure:#f0c05a;--unsure-ground:#3a2d10;--lost:#ff6b63;--held:#3fb883;--moved:#e3b341;--unknown:#5a6470;${colors(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:32px 20px 56px}
h1{font-size:22px;line-height:1.3;margin:14px 0 6px;font-weight:650;text-wrap:balance}
h2{font-size:15px;margin:0 0 14px;font-weight:650}
p{margin:0 0 8px}
.soft{color:var(--soft)}
.url{font-family:ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;font-size:13px;overflow-wrap:anywhere}
.badge{display:inline-block;padding:4px 12px;border-radius:999px;font-weight:700;font-size:13px;letter-spacing:.04em;text-transform:uppercase}
.good{color:var(--good);background:var(--good-ground)}.bad-badge{color:var(--bad);background:var(--bad-ground)}.unsure{color:var(--unsure);background:var(--unsure-ground)}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;margin-top:16px}
.head{padding:24px 26px}
ul{margin:10px 0 0;padding-left:20px}li{margin:4px 0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;margin-top:16px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile b{display:block;font-size:23px;white-space:nowrap;line-height:1.2;font-weight:650}.tile span{color:var(--soft);font-size:13px}
.tile.alarm b{color:var(--lost)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:16px;align-items:start}
.bar{display:flex;height:22px;border-radius:6px;overflow:hidden;background:var(--track);margin:4px 0 6px;gap:2px}
.bar i{display:block;min-width:3px}
.bar .held{background:var(--held)}.bar .moved{background:var(--moved)}.bar .lost{background:var(--lost)}.bar .failed{background:var(--unknown)}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:13px;color:var(--soft);margin-top:10px}
.legend i,.swatch{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px;vertical-align:-1px}
.legend .held{background:var(--held)}.legend .moved{background:var(--moved)}.legend .lost{background:var(--lost)}.legend .failed{background:var(--unknown)}.legend .unknown{background:var(--unknown);opacity:.55}
.chart{display:block;width:100%;height:auto}.chart.narrow{display:none}
.chart text{fill:var(--soft);font-size:12px}.chart text.bad{fill:var(--lost);font-weight:600}
.grid{stroke:var(--line)}.chart path{stroke:var(--card);stroke-width:.75}
.chart .lost{fill:var(--lost)}.chart .failed{fill:var(--unknown)}.chart .unknown{fill:var(--unknown);opacity:.55}
.chart .cross{stroke:var(--lost);stroke-width:2.5;stroke-linecap:round;fill:none}
${classes}
.lanes text{font-family:ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;font-size:10.5px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:500;color:var(--soft);text-align:left;font-size:13px;padding:0 14px 6px 0;border-bottom:1px solid var(--line)}
td{padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
.n{text-align:right;white-space:nowrap}.name{font-family:ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;font-size:13px;overflow-wrap:anywhere}
.meter{width:34%}.meter div{background:var(--track);border-radius:4px;height:9px;margin-top:7px}.meter i{display:block;height:9px;border-radius:4px;min-width:2px}
.kind{font-weight:600}.kind.lost{color:var(--lost)}.kind.moved{color:var(--unsure)}
details{margin-top:12px}summary{cursor:pointer;color:var(--soft);font-size:14px;padding:4px 0}
.ladder{table-layout:fixed}.ladder th{padding-top:14px}.ladder thead:first-of-type th{padding-top:0}.ladder .key{width:64px}.ladder .value{width:120px}.ladder .meter{width:auto}
footer{margin-top:20px;font-size:13px;color:var(--soft)}
.replicas .name{overflow-wrap:break-word}.replicas .meter{width:20%}.id{font-family:ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;font-size:13px;white-space:nowrap}
@media(max-width:640px){main{padding:16px 10px 40px}.card{padding:16px 14px}.chart.wide{display:none}.chart.narrow{display:block}
.replicas .meter{display:none}td,th{padding-right:10px}.ladder .value{width:104px}.incidents thead{display:none}.incidents tr{display:grid;grid-template-columns:auto 1fr auto;border-bottom:1px solid var(--line);padding:5px 0}.incidents td{border:0;padding:1px 10px 1px 0}.incidents td:last-child{grid-column:1/-1}h1{font-size:19px}}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
`;
