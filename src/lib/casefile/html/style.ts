/** The look of a case file: paper on the screen, and on paper as it is. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0; background: #e9ebee; color: #1b2026; font: 9.5pt/1.4 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif; }
h1 { margin: 0 0 1mm; font-size: 21pt; line-height: 1.15; letter-spacing: -.01em; }
h2 { margin: 0 0 2mm; font-size: 15pt; line-height: 1.2; overflow-wrap: anywhere; }
h3 { margin: 3.5mm 0 1mm; font-size: 10pt; break-after: avoid; }
p { margin: 0 0 1.5mm; }
ul { margin: 0; padding-left: 5mm; }
li { margin-bottom: 1mm; overflow-wrap: anywhere; }
a { color: inherit; }
.sheet { width: 210mm; max-width: 100%; margin: 6mm auto; padding: 16mm 14mm; background: #fff; box-shadow: 0 1px 4px rgb(0 0 0 / 25%); }
.eyebrow { margin: 0 0 1mm; color: #59626e; font-size: 9pt; text-transform: uppercase; letter-spacing: .07em; }
.soft { color: #59626e; }
.small { font-size: 8.5pt; }
.left-out { margin-top: 4mm; }
.hash { font-family: 'DejaVu Sans Mono', Menlo, Consolas, monospace; font-size: 8.5pt; overflow-wrap: anywhere; }
.counts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 3mm; margin: 5mm 0; }
.count { padding: 3mm 4mm; border: 1px solid #cfd4da; border-top: 1.2mm solid var(--tone, #8a939e); }
.count b { display: block; font-size: 20pt; line-height: 1.1; font-variant-numeric: tabular-nums; }
.manipulated { --tone: #b3261e; --wash: #fcebe9; }
.suspicious { --tone: #9a6200; --wash: #fdf2dc; }
.no-finding { --tone: #59626e; --wash: #eef0f2; }
.failed { --tone: #1b2026; --wash: #eef0f2; }
.facts { display: grid; grid-template-columns: 42mm 1fr; gap: .8mm 4mm; margin: 0; }
.facts dt { color: #59626e; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.verdict { padding: 3mm 4mm; border-left: 1.5mm solid var(--tone); background: var(--wash); break-inside: avoid; }
.verdict strong { color: var(--tone); font-size: 13pt; }
.verdict p:last-child { margin: 0; }
.meter { position: relative; height: 3mm; margin: 2.5mm 0 1mm; border: 1px solid #8a939e; background: #fff; }
.meter i { position: absolute; inset: 0 auto 0 0; background: var(--tone); }
.meter b { position: absolute; top: -1mm; bottom: -1mm; width: 0; border-left: .6mm solid #1b2026; }
.review { margin-top: 2mm; padding: 2mm 4mm; border: 1px solid #8a939e; break-inside: avoid; }
.review p { margin: 0; }
.review .note { white-space: pre-wrap; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm; margin: 4mm 0; break-inside: avoid; }
.figures.one { grid-template-columns: 1fr; }
figure { margin: 0; }
figure svg { display: block; width: 100%; max-height: 92mm; background: #eef0f2; }
figcaption { margin-top: 1mm; color: #59626e; font-size: 8.5pt; line-height: 1.3; }
.legend { display: inline-block; width: 16mm; height: 2.2mm; border: 1px solid #8a939e; background: linear-gradient(to right, rgb(255 176 32 / 0%), rgb(255 176 32 / 60%) 50%, rgb(255 176 32) 50%, #c81250); }
table { width: 100%; border-collapse: collapse; font-size: 8.8pt; }
th, td { padding: .9mm 2mm .9mm 0; border-bottom: 1px solid #dfe3e7; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: #59626e; font-weight: 400; }
thead { display: table-header-group; }
tr, .whole { break-inside: avoid; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.warning { padding: 2mm 3mm; border: 1px solid #e0b55e; background: #fdf6e6; break-inside: avoid; }
.warning h3 { margin-top: 0; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 8mm; }
.columns > * { min-width: 0; }
#method { font-size: 8.6pt; line-height: 1.32; }
#method li { margin-bottom: .5mm; }
#method h3 { margin-top: 2.5mm; }
#method table { font-size: 8.2pt; }
.card { font-size: 9pt; }
.card table { margin: 2mm 0; font-size: 8pt; }
.card pre { padding: 2mm; background: #eef0f2; white-space: pre-wrap; }
.card code { font-size: 8.5pt; overflow-wrap: anywhere; }
@media screen and (width < 50rem) { .sheet { padding: 6mm 5mm; } .figures, .columns, .counts { grid-template-columns: 1fr 1fr; } .figures, .columns { grid-template-columns: 1fr; } .facts { grid-template-columns: 1fr; } }
@media print {
  body { background: none; }
  .sheet { width: auto; margin: 0; padding: 0; box-shadow: none; break-before: page; }
  .sheet.first { break-before: auto; }
  #index.first { padding-top: 6mm; }
}
`;

/** The sheet: margins, and a foot with the case and the page's number. */
export function pageRule(foot: string, size: 'A4' | 'letter' | undefined): string {
  return `@page { ${size === undefined ? '' : `size: ${size}; `}margin: 15mm 14mm 17mm;
  @bottom-left { content: "${cssText(foot)}"; font: 8pt Helvetica, Arial, sans-serif; color: #59626e; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt Helvetica, Arial, sans-serif; color: #59626e; } }`;
}

/** A text that no character of it can end or leave; it stands in a style sheet within HTML. */
function cssText(text: string): string {
  return text.replaceAll(/[^\w .,-]/gu, (character) => `\\${character.codePointAt(0)!.toString(16)} `);
}
