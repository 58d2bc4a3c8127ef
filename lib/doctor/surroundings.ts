import { once } from "node:events";
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadColumns } from "../guard/judge";
import { RunbookError } from "../errors";
import { openRevisions } from "../open";
import { findRehearsalAlembic } from "../plan/alembic";
import type { Settings } from "../settings";
import { parseAddress } from "../source/address";
import { tryCheck, reportBroken, reportFine, note, type Diagnosis } from "./check";

/** What the environment says: variables that lead a run astray, and settings that name what is not there. */
export async function checkSurroundings(
  settings: Settings,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<Diagnosis[]> {
  const sides = (["production", "local"] as const).map((side) =>
    tryCheck(`RUNBOOK_${side.toUpperCase()}`, `unset RUNBOOK_PRODUCTION RUNBOOK_LOCAL`, () => {
      const address = parseAddress(settings[side], `RUNBOOK_${side.toUpperCase()}`);
      return address.kind === "demo" ? "the demo" : `a ${address.kind} address`;
    }),
  );
  return [
    ...(await Promise.all(sides)),
    await tryCheck("RUNBOOK_COLUMNS", "unset RUNBOOK_COLUMNS", () => {
      loadColumns(settings.columns);
      return `${settings.columns} can be read`;
    }),
    await tryCheck("RUNBOOK_MIGRATIONS", "unset RUNBOOK_MIGRATIONS", async () => {
      const { unknown, order } = await openRevisions(settings);
      return unknown ?? `${order.length} revisions`;
    }),
    await checkAlembic(settings),
    checkWritable(settings.results),
    checkSpace(),
    await checkLoopback(),
    ...checkVariables(
      environment,
      [settings.production, settings.local].some((address) => address.startsWith("lambda:")),
    ),
  ];
}

const WITHOUT_ALEMBIC =
  "revisions are read from their files, and the rehearsal of runbook plan executes what was read of them";

/** The project's Alembic, and what it is used for; it is asked for its version alone. */
async function checkAlembic(settings: Settings): Promise<Diagnosis> {
  try {
    const found = await findRehearsalAlembic(settings);
    if (!found) {
      const mend = "pip install alembic psycopg2-binary";
      return settings.alembic
        ? reportBroken(
            "alembic",
            `RUNBOOK_ALEMBIC is set, and there is no alembic in it or on the PATH: ${WITHOUT_ALEMBIC}.`,
            mend,
          )
        : note("alembic", `There is none on the PATH: ${WITHOUT_ALEMBIC}.`, mend);
    }
    const use =
      "executes stamps and upgrades in the rehearsal of runbook plan, and can reach its scratch databases alone";
    return settings.alembic
      ? reportFine("alembic", `${found.version} (${found.program}) reads the revisions with upgrade --sql, and ${use}`)
      : note(
          "alembic",
          `${found.version} (${found.program}) ${use}; where RUNBOOK_ALEMBIC names the folder of ` +
            `alembic.ini, the project's own env.py is used, and the revisions are read with upgrade --sql.`,
        );
  } catch (error) {
    if (error instanceof RunbookError) return reportBroken("alembic", error.message, "unset RUNBOOK_ALEMBIC");
    throw error;
  }
}

/** A results folder is made in notebooks/results, or where --out says. */
function checkWritable(results: string): Diagnosis {
  try {
    mkdirSync(results, { recursive: true });
    accessSync(results, constants.W_OK);
    return reportFine("results folder", results);
  } catch (error) {
    return reportBroken(
      "results folder",
      `${results} cannot be written (${(error as NodeJS.ErrnoException).code ?? "no reason given"}).`,
      `sudo chown -R "$(id -un)" "${join(results, "..")}"`,
    );
  }
}

function checkSpace(): Diagnosis {
  const { bavail, bsize } = statfsSync(tmpdir());
  const free = bavail * bsize;
  const told = `${Math.round(free / 1e6).toLocaleString("en")} MB free in ${tmpdir()}`;
  return free < 500e6
    ? note("space", `${told}: the demo's databases take up to 300 MB.`, "export TMPDIR=$HOME/tmp && mkdir -p $TMPDIR")
    : reportFine("space", told);
}

/** The kernel and the demo speak over ports of 127.0.0.1. */
async function checkLoopback(): Promise<Diagnosis> {
  return tryCheck("ports", "ping -c 1 127.0.0.1", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    server.close();
    return "a port of 127.0.0.1 can be opened";
  });
}

interface Astray {
  names: string[];
  when?: (value: string) => boolean;
  says: string;
  state?: "broken";
  lambda?: boolean;
}

const leadAstray: Astray[] = [
  {
    names: ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_STS"],
    when: (value) => !/^https:\/\/[^/]*\.amazonaws\.com(\.cn)?(\/|:|$)/.test(value),
    says: "sends production's questions to an address that is not Amazon's",
    lambda: true,
  },
  {
    names: ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"],
    says: "makes the SDK pass over the endpoints of the AWS configuration",
    lambda: true,
  },
  {
    names: ["NODE_OPTIONS"],
    when: (value) => /--(require|import|loader|experimental-loader|max-old-space-size=\d{1,3}\b)/.test(value),
    says: "changes how every Node process starts, the kernel's too",
  },
  {
    names: ["NODE_TLS_REJECT_UNAUTHORIZED"],
    when: (value) => value === "0",
    says: "turns off the check of every certificate, that of production too",
  },
  {
    names: ["TS_NODE_PROJECT", "TS_NODE_COMPILER_OPTIONS", "TS_NODE_COMPILER", "TS_NODE_FILES", "TS_NODE_IGNORE"],
    says: "changes how lib's TypeScript is read",
  },
  {
    names: ["PGOPTIONS", "PGSERVICE", "PGSSLMODE", "PGHOSTADDR"],
    says: "changes every postgres:// address, without being seen in it",
  },
  { names: ["RUNBOOK_DEMO"], says: "names a demo that somebody started: once it has ended, nothing answers there" },
  { names: ["RUNBOOK_RESULTS"], says: "sends what the notebooks learn to one folder, whichever run it is" },
  {
    names: ["HTTPS_PROXY", "https_proxy"],
    says: "is not used by the AWS SDK: behind a proxy that is the only way out, the Lambda is not reached",
    lambda: true,
  },
];

function checkVariables(environment: Readonly<NodeJS.ProcessEnv>, lambda: boolean): Diagnosis[] {
  const found = leadAstray
    .filter((one) => lambda || !one.lambda)
    .flatMap(({ names, when = () => true, says }) =>
      names
        .filter((name) => environment[name] && when(environment[name] ?? ""))
        .map((name) => note(name, `${name} is set, and ${says}.`, `unset ${name}`)),
    );
  const aws = lambda ? checkCredentials(environment) : [];
  return [...found, ...aws].length
    ? [...found, ...aws]
    : [reportFine("variables", "none that would lead a run astray")];
}

function checkCredentials(environment: Readonly<NodeJS.ProcessEnv>): Diagnosis[] {
  const {
    AWS_ACCESS_KEY_ID: key,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_PROFILE: profile,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: fallback,
    HOME = "",
  } = environment;
  const files = [
    environment.AWS_CONFIG_FILE ?? join(HOME, ".aws", "config"),
    environment.AWS_SHARED_CREDENTIALS_FILE ?? join(HOME, ".aws", "credentials"),
  ];
  const configured = files.some((file) => existsSync(file));
  const lent = Object.keys(environment).some((name) =>
    /^AWS_(WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_(RELATIVE|FULL)_URI)$/.test(name),
  );
  return [
    ...(key && !secret
      ? [
          reportBroken(
            "AWS credentials",
            "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY.",
            "unset AWS_ACCESS_KEY_ID",
          ),
        ]
      : []),
    ...(key && secret && profile
      ? [
          note(
            "AWS credentials",
            `AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: which one counts differs between SDKs.`,
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
          ),
        ]
      : []),
    ...(!key && !configured && !lent
      ? [
          note(
            "AWS credentials",
            "There are neither AWS variables nor files in ~/.aws: only a machine of AWS's own has credentials then.",
            "aws configure sso",
          ),
        ]
      : []),
    ...(!region && !configured && !fallback
      ? [reportBroken("AWS region", "No region is set.", "export AWS_REGION=us-east-1")]
      : []),
    ...(!region && fallback
      ? [
          note(
            "AWS region",
            "AWS_DEFAULT_REGION is read by the AWS command line; the SDK for JavaScript reads AWS_REGION.",
            `export AWS_REGION=${fallback}`,
          ),
        ]
      : []),
  ];
}
