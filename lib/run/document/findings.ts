import { describeOverride, severities } from "../../ledger";
import { type Cause, type PhaseFinding, type Results } from "../results";
import { count } from "../../text";
import { type Html, makeAnchor, html, trustHtml } from "./html";
import { renderChip, renderShape } from "./marks";
import { getExplanation, groupFindings, makeGroupTitle, describeValue } from "./outline";

/**
 * What the findings come from, the gravest first, each with its findings folded below it. Nothing where no cause was
 * worked out.
 */
export function renderCauses(results: Results): Html | undefined {
  const causes = results.causes ?? [];
  if (causes.length === 0) return undefined;
  const byId = new Map(results.findings.map((finding) => [finding.id, finding]));
  return html`<section id="causes" aria-labelledby="causes-title">
    <h2 id="causes-title">What is behind it</h2>
    ${
      results.plan &&
      html`<p><a href="${results.plan}">What to do on each side, step by step, and how its rehearsal went</a></p>`
    }
    ${causes.map((cause) => renderCause(cause, byId))}
  </section>`;
}

function renderCause(cause: Cause, byId: Map<string, PhaseFinding>): Html {
  const { id, severity, title, side, consequence, action } = cause;
  const findings = cause.findings.flatMap((one) => byId.get(one) ?? []);
  const where = side === "both" ? "both sides" : side;
  return html`<article class="finding ${severity}" id="${makeAnchor(`cause/${id}`)}">
    <h3>${renderShape(severity)} ${title}</h3>
    <p class="count">${severity}, ${where}, ${count(findings.length, "finding")}</p>
    ${consequence && html`<p>${consequence}</p>`}
    <p class="recommendation"><strong>To do:</strong> ${action}</p>
    <details class="findings">
      <summary>${count(findings.length, "finding")}</summary>
      ${groupFindings(findings).map((group) => renderFinding(group, 4))}
    </details>
  </article>`;
}

/** The findings that no cause gathers, by severity. */
export function renderFindings(results: Results): Html {
  const gathered = new Set((results.causes ?? []).flatMap(({ findings }) => findings));
  const left = results.findings.filter(({ id }) => !gathered.has(id));
  const groups = severities
    .map((severity) => ({ severity, findings: left.filter((finding) => finding.severity === severity) }))
    .filter(({ findings }) => findings.length > 0);
  const all = gathered.size > 0 ? `All ${count(gathered.size, "finding")} stand below their causes.` : "No finding.";
  return html`<section id="findings" aria-labelledby="findings-title">
    <h2 id="findings-title">${gathered.size > 0 && groups.length > 0 ? "Other findings" : "Findings"}</h2>
    ${groups.length === 0 && html`<p>${all}</p>`}
    ${groups.map(
      ({ severity, findings }) =>
        html`<section aria-labelledby="findings-${severity}">
          <h3 id="findings-${severity}">
            ${renderChip(severity)} <span class="count">${count(findings.length, "finding")}</span>
          </h3>
          ${
            severity === "info"
              ? html`<details class="findings">
                  <summary>For your information: ${count(findings.length, "finding")}</summary>
                  ${groupFindings(findings).map((group) => renderFinding(group, 4))}
                </details>`
              : groupFindings(findings).map((group) => renderFinding(group, 4))
          }
        </section>`,
    )}
  </section>`;
}

/**
 * One finding, or several of which the same is to be said: what they say in common is said once, and all but the
 * title is folded.
 */
function renderFinding(group: PhaseFinding[], level: number): Html {
  const [{ id, severity, title, recommendation, evidence }] = group;
  const explanation = getExplanation(group[0]);
  const overridden = describeOverride(group[0]);
  const one = group.length === 1;
  return html`<article class="finding ${severity}" ${one && html` id="${makeAnchor(`finding/${id}`)}"`}>
    ${trustHtml(`<h${level}>`)}${renderShape(severity)} ${makeGroupTitle(group)}${trustHtml(`</h${level}>`)}
    <details class="findings">
      <summary>Values, what to do, evidence<span class="unseen"> of: ${makeGroupTitle(group)}</span></summary>
      ${
        one
          ? renderValues(group[0])
          : html`<ul class="group">
              ${group.map((finding) => html`<li id="${makeAnchor(`finding/${finding.id}`)}">${finding.title}${renderPresence(finding)}</li>`)}
            </ul>`
      }
      ${explanation && html`<p>${explanation}</p>`}
      ${overridden && html`<p>${overridden}</p>`}
      ${
        recommendation &&
        html`<p class="recommendation"><strong>To do:</strong> ${recommendation.text}</p>
          ${recommendation.sql && renderStatements(recommendation.sql)}`
      }
      <p class="trace">
        ${one && html`<code>${id}</code> `}<a href="#${makeAnchor(`${evidence.notebook}/${evidence.cell}`)}"
          >Evidence in ${evidence.notebook}<span class="unseen"> for: ${title}</span></a
        >
      </p>
    </details>
  </article>`;
}

/** More lines of SQL than these are not printed: nobody types them from paper. */
const mostPrintedLines = 8;

function renderStatements(sql: string): Html {
  const lines = sql.trimEnd().split("\n").length;
  const isLong = lines > mostPrintedLines;
  return html`<pre class="sql${isLong && " long"}" tabindex="0"><code>${sql}</code></pre>
    ${isLong && html`<p class="on-paper count">${count(lines, "line")} of SQL, in results.html.</p>`}`;
}

/** In a list of many: what the side that has it, has. */
function renderPresence(finding: PhaseFinding): Html | false {
  const [value, ...more] = (["production", "local"] as const)
    .map((name) => describeValue(finding, name))
    .filter((one) => one !== undefined && one !== "absent" && one !== "present");
  return more.length > 0 ? renderValues(finding) : value !== undefined && html` <span class="count">${value}</span>`;
}

function renderValues(finding: PhaseFinding): Html | false {
  const sides = (["production", "local"] as const).flatMap((name) => {
    const value = describeValue(finding, name);
    return value === undefined
      ? []
      : [
          html`<dt class="${name}">${name}</dt>
            <dd>${value === "absent" ? html`<span class="null">absent</span>` : value}</dd>`,
        ];
  });
  return sides.length > 0 && html`<dl class="values">${sides}</dl>`;
}
