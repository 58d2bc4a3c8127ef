import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Severity, Side } from "../../ledger";
import type { Executed } from "../runner";
import { tableScript } from "../../show/assets";
import { severities, shapes } from "../../ledger";
import { type PhaseFinding, type Results, counted } from "../results";
import { notebookSection } from "./cells";
import { type Html, anchor, html, trusted } from "./html";
import {
  costsOf,
  explanationOf,
  framesOf,
  groupsOf,
  phasesOf,
  readable,
  readableBytes,
  shortVersion,
  valueOf,
} from "./outline";

const style = readFileSync(join(__dirname, "style.css"), "utf8");
const script = tableScript();
const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/** The whole of each frame that a document shows, by its file: `{"data/….json": {columns, rows}}`. */
export type Frames = Record<string, unknown>;

/** `results.html`: the whole document in one file that asks nothing of the network, its data inside. */
export function page(results: Results, executed: Executed[], frames: Frames = {}): string {
  return (
    "<!doctype html>\n" +
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>Production beside local, ${results.started}</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#findings">Skip to the findings</a>
        ${contents(results, executed)}
        <main>
          ${results.origin && html`<p class="verdict is-incomplete" id="origin">${results.origin}</p>`} ${top(results)}
          ${findingsSection(results)} ${checksSection(results, executed)} ${notCheckedSection(results)}
          <section id="evidence" aria-labelledby="evidence-title">
            <h2 id="evidence-title">Evidence</h2>
            ${executed.map((notebook) => notebookSection(notebook, results))}
          </section>
          ${costsSection(executed, results)}
        </main>
        <script type="application/gzip" id="rb-data">
          ${trusted(gzipSync(JSON.stringify(frames), { level: 9 }).toString("base64"))}
        </script>
        <script>
          ${trusted(script)};
        </script>
      </body>
    </html> `.html
  );
}

function contents(results: Results, executed: Executed[]): Html {
  const entry = (target: string, text: string, more: Html | string = ""): Html =>
    html`<li><a href="#${target}">${text}</a>${more}</li>`;
  const counts = severities
    .map((severity) => [severity, results.findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0);
  return html`<nav aria-label="Contents">
    <p class="nav-title">Contents</p>
    <ol>
      ${entry("verdict", "Verdict")}
      ${entry(
        "findings",
        "Findings",
        html`<ol>
          ${counts.map(
            ([severity, count]) =>
              html`<li>
                <a href="#findings-${severity}">${shape(severity)} ${severity} <span class="count">${count}</span></a>
              </li>`,
          )}
        </ol>`,
      )}
      ${entry("checks", "Checks")} ${entry("not-checked", "What was not checked")}
      ${entry(
        "evidence",
        "Evidence",
        html`<ol>
          ${executed.map(({ name, title, failed }) => html`<li><a href="#${anchor(name)}">${title}${failed && html` <span class="mark">incomplete</span>`}</a></li>`)}
        </ol>`,
      )}
      ${entry("queries", "Queries and data")}
    </ol>
  </nav>`;
}

function top(results: Results): Html {
  return html`<header id="verdict">
    <p class="kicker">
      Database comparison,
      <time datetime="${results.started}">${results.started.replace("T", " ").replace("Z", " UTC")}</time>
    </p>
    <h1>Production beside local</h1>
    <p class="verdict ${tone(results)}">${results.verdict}</p>
    ${tiles(results)}
    <div class="sides">${side(results, "production")}${side(results, "local")}</div>
  </header>`;
}

/** How many findings of each severity, and how many checks could not tell: the whole in one glance. */
function tiles({ findings, checks }: Results): Html {
  const tile = (target: string, count: number, name: string, mark: Html, what: string): Html =>
    html`<li class="tile ${name}">
      <a href="#${target}"><span class="number">${count}</span> ${mark} ${what}</a>
    </li>`;
  const told = severities.map(
    (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
  );
  const open = checks.filter(({ status }) => status === "incomplete").length;
  return html`<ul class="tiles">
    ${told.map(([severity, count]) => tile(count ? `findings-${severity}` : "findings", count, severity, shape(severity), severity))}${tile("not-checked", open, open ? "high" : "info", trusted(""), "not checked")}
  </ul>`;
}

function tone({ checks, findings }: Results): string {
  const [worst] = findings;
  return worst && worst.severity !== "info"
    ? `is-${worst.severity}`
    : checks.some(({ status }) => status === "incomplete") || checks.length === 0
      ? "is-incomplete"
      : "is-same";
}

function side(results: Results, name: Side): Html {
  const { address, database, revision } = results[name];
  const version = shortVersion(results[name]);
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

function findingsSection(results: Results): Html {
  const groups = severities
    .map((severity) => ({ severity, findings: results.findings.filter((finding) => finding.severity === severity) }))
    .filter(({ findings }) => findings.length > 0);
  return html`<section id="findings" aria-labelledby="findings-title">
    <h2 id="findings-title">Findings</h2>
    ${groups.length === 0 && html`<p>No finding.</p>`}
    ${groups.map(
      ({ severity, findings }) =>
        html`<section aria-labelledby="findings-${severity}">
          <h3 id="findings-${severity}">
            ${chip(severity)} <span class="count">${counted(findings.length, "finding")}</span>
          </h3>
          ${
            severity === "info"
              ? html`<details>
                  <summary>For your information: ${counted(findings.length, "finding")}</summary>
                  ${groupsOf(findings).map(findingArticle)}
                </details>`
              : groupsOf(findings).map(findingArticle)
          }
        </section>`,
    )}
  </section>`;
}

/** One finding, or several that have one cause: what they say in common is said once. */
function findingArticle(group: PhaseFinding[]): Html {
  const [{ id, severity, title, recommendation, evidence }] = group;
  const explanation = explanationOf(group[0]);
  const one = group.length === 1;
  return html`<article class="finding ${severity}" ${one && html` id="${anchor(`finding/${id}`)}"`}>
    <h4>${one ? title : `${counted(group.length, "finding")} of one cause`}</h4>
    ${
      one
        ? values(group[0])
        : html`<ul class="group">
            ${group.map((finding) => html`<li id="${anchor(`finding/${finding.id}`)}">${finding.title}${presence(finding)}</li>`)}
          </ul>`
    }
    ${explanation && html`<p>${explanation}</p>`}
    ${
      recommendation &&
      html`<p class="recommendation"><strong>To do:</strong> ${recommendation.text}</p>
        ${recommendation.sql && html`<pre class="sql" tabindex="0"><code>${recommendation.sql}</code></pre>`}`
    }
    <p class="trace">
      ${one && html`<code>${id}</code> `}<a href="#${anchor(`${evidence.notebook}/${evidence.cell}`)}"
        >Evidence in ${evidence.notebook}<span class="unseen"> for: ${title}</span></a
      >
    </p>
  </article>`;
}

/** In a list of many: what the side that has it, has. */
function presence(finding: PhaseFinding): Html | false {
  const [value, ...more] = (["production", "local"] as const)
    .map((name) => valueOf(finding, name))
    .filter((one) => one !== undefined && one !== "absent" && one !== "present");
  return more.length > 0 ? values(finding) : value !== undefined && html` <span class="count">${value}</span>`;
}

function values(finding: PhaseFinding): Html | false {
  const sides = (["production", "local"] as const).flatMap((name) => {
    const value = valueOf(finding, name);
    return value === undefined
      ? []
      : [
          html`<dt class="${name}">${name}</dt>
            <dd>${value === "absent" ? html`<span class="null">absent</span>` : value}</dd>`,
        ];
  });
  return sides.length > 0 && html`<dl class="values">${sides}</dl>`;
}

function checksSection(results: Results, executed: Executed[]): Html {
  const cell = (count: number, name = ""): Html =>
    html`<td class="num ${count ? name : "zero"}">${count ? readable(count) : "·"}</td>`;
  return html`<section id="checks" aria-labelledby="checks-title">
    <h2 id="checks-title">Checks</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Matrix of the phases">
      <table class="matrix">
        <caption>
          What each phase checked, and what it found
        </caption>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" class="num">same</th>
            <th scope="col" class="num">drift</th>
            <th scope="col" class="num">incomplete</th>
            ${severities.map((severity) => html`<th scope="col" class="num">${shape(severity)} ${severity}</th>`)}
            <th scope="col" class="num">queries</th>
            <th scope="col" class="num">seconds</th>
          </tr>
        </thead>
        <tbody>
          ${phasesOf(results, executed).map(
            (phase) =>
              html`<tr>
                <th scope="row"><a href="#${anchor(phase.name)}">${phase.title}</a></th>
                ${cell(phase.same)}${cell(phase.drift, "is-drift")}${cell(phase.incomplete, "is-incomplete")}${severities.map((severity) => cell(phase.found[severity], severity))}${cell(phase.queries)}
                <td class="num">${phase.seconds.toFixed(1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      results.checks.length > 0 &&
      html`<div class="scroll" tabindex="0" role="group" aria-label="All checks">
        <table class="rb-table checks">
          <caption>
            All checks
          </caption>
          <thead>
            <tr>
              <th scope="col" class="num">Phase</th>
              <th scope="col">Check</th>
              <th scope="col">Status</th>
              <th scope="col">Why</th>
              <th scope="col" class="num">Queries</th>
              <th scope="col" class="num">ms</th>
            </tr>
          </thead>
          <tbody>
            ${results.checks.map(
              ({ id, phase, status, why, queries, milliseconds }) =>
                html`<tr>
                  <td class="num">${phase}</td>
                  <th scope="row"><code>${id}</code></th>
                  <td><span class="status is-${status}">${status}</span></td>
                  <td>${why}</td>
                  <td class="num">${readable(queries)}</td>
                  <td class="num">${readable(milliseconds)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </section>`;
}

function notCheckedSection(results: Results): Html {
  const open = results.checks.filter(({ status }) => status === "incomplete");
  return html`<section id="not-checked" aria-labelledby="not-checked-title">
    <h2 id="not-checked-title">What was not checked</h2>
    ${
      open.length === 0
        ? html`<p>Every check was completed.</p>`
        : html`<ul class="open">
            ${open.map(({ id, why }) => html`<li><code>${id}</code> ${why}</li>`)}
          </ul>`
    }
  </section>`;
}

function costsSection(executed: Executed[], results: Results): Html {
  const frames = framesOf(executed);
  const heads = ["Queries", "Answered before", "Failed", "Rows", "Invocations", "Received", "ms in the function", "ms"];
  const rows = costsOf(executed, results).map(
    ({ side: name, queries, cached, failed, rows, invocations, received, inFunction, milliseconds }) => {
      const cells = [
        readable(queries),
        readable(cached),
        readable(failed),
        readable(rows),
        readable(invocations),
        readableBytes(received),
        readable(inFunction),
        readable(milliseconds),
      ];
      return html`<tr>
        <th scope="row" class="${name}">${name}</th>
        ${cells.map((cell) => html`<td class="num">${cell}</td>`)}
      </tr>`;
    },
  );
  return html`<section id="queries" aria-labelledby="queries-title">
    <h2 id="queries-title">Queries and data</h2>
    <details>
      <summary>What was asked of each side</summary>
      <div class="scroll">
        <table class="rb-table">
          <caption>
            Each query stands in
            <code>queries.jsonl</code
            >, beside this document
          </caption>
          <thead>
            <tr>
              <th scope="col">Source</th>
              ${heads.map((head) => html`<th scope="col" class="num">${head}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </details>
    ${
      frames.length > 0 &&
      html`<details>
        <summary>The data behind the tables: ${counted(frames.length, "file")}</summary>
        <ul>
          ${frames.map(({ file, caption, rows }) => html`<li><a href="${encodeURI(file)}" download>${caption}</a>, ${counted(rows, "row")}</li>`)}
        </ul>
      </details>`
    }
  </section>`;
}

function chip(severity: Severity): Html {
  return html`<span class="chip ${severity}">${shape(severity)} ${severity}</span>`;
}

function shape(severity: Severity): Html {
  return html`<span class="shape ${severity}" aria-hidden="true">${shapes[severity]}</span>`;
}
