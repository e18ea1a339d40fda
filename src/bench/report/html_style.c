#include "bench/report/chart.h"
#include "bench/report/html.h"

static const char base[] =
    ":root{color-scheme:light dark;--ink:#15181c;--soft:#565d66;--line:#dfe2e6;--ground:#fff;--card:#f5f6f8;"
    "--yes:#00705a;--no:#565d66;--link:#0a5fa8}"
    "@media (prefers-color-scheme:dark){:root{--ink:#eef0f3;--soft:#a9b0ba;--line:#31363d;--ground:#16191d;"
    "--card:#1f2329;--yes:#3fd0a5;--no:#a9b0ba;--link:#7cc0f5}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe "
    "UI',"
    "Roboto,sans-serif;-webkit-text-size-adjust:100%}"
    "main{max-width:1180px;margin:0 auto;padding:40px 24px 64px}"
    "h1{font-size:34px;line-height:1.15;letter-spacing:-.015em;margin:0 0 8px}"
    "h2{font-size:22px;margin:52px 0 6px;letter-spacing:-.01em}h3{font-size:16px;margin:28px 0 8px}"
    "p{margin:0 0 12px;max-width:75ch}.soft,small{color:var(--soft)}small{font-size:13.5px}"
    ".swatch{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:8px;flex:none}"
    "code,pre{font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    "pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;"
    "white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0 16px}"
    "pre span{display:inline-block;max-width:100%}summary{cursor:pointer}summary:focus-visible{outline:2px "
    "solid var(--link);outline-offset:2px}";

static const char tables[] =
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14.5px}"
    "th,td{text-align:left;padding:9px 12px 9px 0;border-bottom:1px solid var(--line);vertical-align:top}"
    "th{font-weight:600;color:var(--soft);vertical-align:bottom}tbody th{color:var(--ink);white-space:nowrap;"
    "vertical-align:top}tbody th small{display:block;font-weight:400}"
    ".wide{overflow-x:auto}.wide table{white-space:nowrap;font-size:13.5px}"
    ".wide td,.wide th{padding:5px 16px 5px 0}.number{text-align:right}"
    "td details{position:relative}td summary{list-style:none;text-decoration:underline dotted var(--soft);"
    "text-underline-offset:4px;width:max-content;max-width:100%}td "
    "summary::-webkit-details-marker{display:none}"
    ".yes{color:var(--yes);font-weight:700}.no{color:var(--no)}"
    ".why{position:absolute;z-index:2;left:-8px;top:30px;width:310px;background:var(--ground);font-size:14px;"
    "border:1px solid var(--line);border-radius:10px;padding:12px 14px;box-shadow:0 8px 28px rgb(0 0 0/.2)}"
    "td:nth-last-child(-n+3) .why{left:auto;right:-8px}"
    ".why p{margin:0}.why .rule{color:var(--soft);margin-top:8px;padding-top:8px;border-top:1px solid "
    "var(--line)}dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 20px;margin:8px 0 16px}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}.rules dl{grid-template-columns:180px 1fr;"
    "max-width:90ch}";

static const char figures[] =
    ".answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:16px;margin:28px 0 0}"
    ".answer{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}"
    ".answer b{display:flex;flex-wrap:wrap;gap:0 18px;font-size:21px;margin:2px 0}"
    ".answer .swatch{width:14px;height:14px}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:20px 32px;"
    "margin:16px 0}.charts svg{width:100%;height:auto;display:block}"
    ".key{display:flex;flex-wrap:wrap;gap:6px 20px;font-size:14px;color:var(--soft);margin:10px 0}"
    ".charts .key{flex-direction:column;font-size:15px;margin:0;padding:14px 0 0 48px}.key h3{margin:0;"
    "color:var(--ink)}.rules{margin-top:14px}.key span{display:inline-flex;align-items:center}.key "
    "svg{width:30px;height:22px;margin-right:8px}"
    ".bars{display:grid;grid-template-columns:max-content 1fr;gap:7px "
    "14px;align-items:center;font-size:14.5px}"
    ".bars>div:nth-child(odd){display:flex;align-items:center}"
    ".bar{display:flex;align-items:center;gap:10px}.bar i{display:flex;height:18px;border-radius:3px;"
    "overflow:hidden;min-width:2px}.bar em{flex:1 1 "
    "0;min-width:max-content;font-style:normal;color:var(--soft)}"
    ".bars+p{margin-top:8px}.bar i u{height:100%}.rate{--full:55%}"
    ".note{border-left:3px solid var(--line);padding:2px 0 2px 14px;margin:0 0 12px;max-width:80ch}"
    "footer{margin-top:56px;padding-top:16px;border-top:1px solid "
    "var(--line);color:var(--soft);font-size:14px}";

/* Stages: cool while bytes move, grey while a job waits, warm at the end; each differs in lightness, too. */
static const char stages[] =
    ".s0{background:#8fcaf0}.s1{background:#c4c9d0}.s2{background:#0072b2}.s3{background:#00936b}"
    ".s4{background:#e69f00}.s5{background:#b0478c}"
    "@media (prefers-color-scheme:dark){.s0{background:#a8d8f5}.s1{background:#5b626c}.s2{background:#3d94cf}"
    ".s3{background:#27b98c}.s4{background:#e6ac2e}.s5{background:#d97bb6}}";

static const char screens[] =
    "@media screen and (max-width:760px){main{padding:24px 16px 48px}h1{font-size:27px}h2{margin-top:40px}"
    ".verdicts thead{display:none}.verdicts tr{display:block;border:1px solid var(--line);border-radius:12px;"
    "padding:10px 14px;margin:0 0 12px}.verdicts th,.verdicts td{display:block;border:0;padding:5px 0}"
    ".verdicts th{font-size:17px}.verdicts td{display:grid;grid-template-columns:46% 1fr;gap:10px}"
    ".verdicts td::before{content:attr(data-label);color:var(--soft)}"
    ".verdicts .why{position:static;width:auto;box-shadow:none;border:0;padding:6px 0 2px}"
    ".verdicts td:has(details[open]){grid-template-columns:1fr;gap:2px}"
    "dl,.rules dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 10px}"
    ".bars{grid-template-columns:1fr;gap:2px}.bars>div:nth-child(even){margin-bottom:8px}"
    ".verdicts details{min-width:0}.verdicts summary{width:auto}.rate{--full:100%;flex-wrap:wrap;gap:2px}"
    ".rate em{flex-basis:100%}"
    ".charts svg{overflow:visible}.charts .chart text{font-size:17px}.charts .chart "
    ".small{font-size:15px}.charts .chart .title{"
    "font-size:22px}.charts .key{font-size:15px;padding-left:0}}"
    "@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--ground:#fff;--card:#fff;"
    "--yes:#00543f}@page{margin:11mm}@page figures{size:landscape}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:10.5pt}main{padding:0;"
    "max-width:none}h1{font-size:24pt}h2{margin-top:20px;break-after:avoid}h2+p{break-after:avoid}h3{break-"
    "after:avoid}"
    ".answers{grid-template-columns:repeat(3,1fr);margin-top:14px}.answer{padding:10px 14px}.answer,.charts "
    "svg,tr,.note,.bars{break-inside:avoid}"
    ".charts{grid-template-columns:1fr 1fr}.charts .key{font-size:10pt;padding-left:30px}"
    "p{break-inside:avoid}.soft,.key{break-after:avoid}small{font-size:.92em}.rules{font-size:8.5pt}"
    "table{font-size:9pt}th,td{padding:5px 8px 5px 0}td summary{list-style:none;text-decoration:none}"
    ".verdicts{table-layout:fixed}.verdicts th:first-child{width:17%}.verdicts th:nth-child(2),"
    ".verdicts th:nth-child(3),.verdicts th:nth-child(6){width:10%}.verdicts th:nth-child(8){width:18%}"
    ".why{position:static;width:auto;border:0;box-shadow:none;padding:2px 0 0;font-size:6.5pt;"
    "line-height:1.25}"
    ".why .rule{display:none}.wide{overflow:visible}.wide table{font-size:8pt}.wide td,.wide "
    "th{padding:3px 8px 3px 0}.points{page:figures}.points table{font-size:6.5pt}.points th{"
    "white-space:normal}.points td,.points th{"
    "padding:2px 5px 2px 0}}";

void html_style(FILE *out)
{
    fputs(base, out);
    fputs(tables, out);
    fputs(figures, out);
    fputs(stages, out);
    chart_style(out);
    fputs(screens, out);
}

void html_script(FILE *out)
{
    /* On paper nothing can be opened; on the screen, one explanation at a time. The page works without. */
    fputs("addEventListener('beforeprint',()=>document.querySelectorAll('details').forEach(d=>d.open=true));"
          "addEventListener('click',e=>document.querySelectorAll('td details[open]').forEach("
          "d=>{if(!d.contains(e.target))d.open=false}))",
          out);
}
