import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { severities, type Side } from "../../ledger";
import { readTableScript } from "../../show/assets";
import type { Executed } from "../runner";
import type { Results } from "../results";
import { renderNotebook } from "./cells";
import { renderChecks, renderNotChecked } from "./checks";
import { renderCauses, renderFindings } from "./findings";
import { type Html, makeAnchor, html, trustHtml } from "./html";
import { renderShape } from "./marks";
import { renderCosts, renderGlossary, renderOrigin } from "./origin";
import { shortenVersion } from "./outline";
import { renderRevisions } from "./revisions";

const style = readFileSync(join(__dirname, "style.css"), "utf8");
const script = readTableScript();
const policy =
  `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ` +
  `'sha256-${createHash("sha256").update(script).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/** The whole of each frame that a document shows, by its file: `{"data/….json": {columns, rows}}`. */
export type Frames = Record<string, unknown>;

/** `results.html`: the whole document in one file that asks nothing of the network, its data inside. */
export function renderPage(results: Results, executed: Executed[], frames: Frames = {}): string {
  return (
    "<!doctype html>\n" +
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>Production beside local, ${results.started}</title>
        ${trustHtml(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#${results.causes?.length ? "causes" : "findings"}">Skip to the findings</a>
        ${renderContents(results, executed)}
        <main>
          ${results.origin && html`<p class="verdict is-incomplete" id="origin">${results.origin}</p>`} ${renderTop(results)}
          ${renderCauses(results)} ${renderRevisions(results)} ${renderFindings(results)} ${renderChecks(results, executed)}
          ${renderNotChecked(results)}
          <section id="evidence" aria-labelledby="evidence-title">
            <h2 id="evidence-title">Evidence</h2>
            <p>The executed notebooks, a phase each, folded: the questions, the answers, and what was concluded.</p>
            <p class="on-paper">It stands in results.html, and is not printed.</p>
            ${executed.map((notebook) => renderNotebook(notebook, results))}
          </section>
          ${renderOrigin(results)} ${renderCosts(executed, results)}
        </main>
        <script type="application/gzip" id="rb-data">${trustHtml(gzipSync(JSON.stringify(frames), { level: 9 }).toString("base64"))}</script>
        ${trustHtml(`<script>${script}</script>`)}
      </body>
    </html> `.html
  );
}

function renderContents(results: Results, executed: Executed[]): Html {
  const entry = (target: string, text: string, more: Html | string = ""): Html =>
    html`<li><a href="#${target}">${text}</a>${more}</li>`;
  const causes = results.causes ?? [];
  const gathered = new Set(causes.flatMap(({ findings }) => findings));
  const left = results.findings.filter(({ id }) => !gathered.has(id));
  const counts = severities
    .map((severity) => [severity, left.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0);
  return html`<nav aria-label="Contents">
    <p class="nav-title">Contents</p>
    <ol>
      ${entry("verdict", "Verdict")}
      ${causes.length > 0 && entry("causes", "What is behind it", html` <span class="count">${causes.length}</span>`)}
      ${(results.revisions ?? []).length > 0 && entry("revisions", "Migrations")}
      ${entry(
        "findings",
        causes.length > 0 && counts.length > 0 ? "Other findings" : "Findings",
        html`<ol>
          ${counts.map(
            ([severity, count]) =>
              html`<li>
                <a href="#findings-${severity}">${renderShape(severity)} ${severity} <span class="count">${count}</span></a>
              </li>`,
          )}
        </ol>`,
      )}
      ${entry("checks", "Checks")} ${entry("not-checked", "What was not checked")}
      ${entry(
        "evidence",
        "Evidence",
        html`<ol>
          ${executed.map(({ name, title, failed }) => html`<li><a href="#${makeAnchor(name)}">${title}${failed && html` <span class="mark">incomplete</span>`}</a></li>`)}
        </ol>`,
      )}
      ${entry("provenance", "How this document was made")} ${entry("queries", "Queries and data")}
    </ol>
  </nav>`;
}

function renderTop(results: Results): Html {
  return html`<header id="verdict">
    <p class="kicker">
      Database comparison,
      <time datetime="${results.started}">${results.started.replace("T", " ").replace("Z", " UTC")}</time>
    </p>
    <h1>Production beside local</h1>
    <p class="verdict ${decideTone(results)}">${results.verdict}</p>
    ${renderTiles(results)}
    <div class="sides">${renderSide(results, "production")}${renderSide(results, "local")}</div>
    ${renderGlossary()}
  </header>`;
}

/** How many findings of each severity, and how many checks could not tell: the whole in one glance. */
function renderTiles({ findings, checks, causes = [] }: Results): Html {
  const gathered = new Set(causes.flatMap((cause) => cause.findings));
  const place = (severity: string): string =>
    findings.some((finding) => finding.severity === severity && !gathered.has(finding.id))
      ? `findings-${severity}`
      : causes.length > 0
        ? "causes"
        : "findings";
  const tile = (target: string, count: number, name: string, mark: Html, what: string): Html =>
    html`<li class="tile ${name}">
      <a href="#${target}"><span class="number">${count}</span> ${mark} ${what}</a>
    </li>`;
  const told = severities.map(
    (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
  );
  const open = checks.filter(({ status }) => status === "incomplete").length;
  return html`<ul class="tiles">
    ${told.map(([severity, count]) => tile(place(severity), count, severity, renderShape(severity), severity))}${tile("not-checked", open, open ? "high" : "info", trustHtml(""), "not checked")}
  </ul>`;
}

function decideTone({ checks, findings }: Results): string {
  const [worst] = findings;
  return worst && worst.severity !== "info"
    ? `is-${worst.severity}`
    : checks.some(({ status }) => status === "incomplete") || checks.length === 0
      ? "is-incomplete"
      : "is-same";
}

function renderSide(results: Results, name: Side): Html {
  const { address, database, revision } = results[name];
  const version = shortenVersion(results[name]);
  return html`<dl class="side ${name}">
    <dt class="side-name">${name}</dt>
    <dd><code>${address}</code></dd>
    <dt>Database</dt>
    <dd>${database || "not told"}</dd>
    ${
      version &&
      html`<dt>Version</dt>
        <dd>${version}</dd>`
    }
    ${
      revision &&
      html`<dt>Revision</dt>
        <dd><code>${revision.join(", ") || "none"}</code></dd>`
    }
  </dl>`;
}
