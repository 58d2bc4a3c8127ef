import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findBrowser, findJupyterDataFolder, findProgramOnPath } from "../settings";
import { reportBroken, reportFine, note, type Diagnosis } from "./check";

/** Whether the notebooks can be opened: the kernel's registration, Jupyter or VS Code, and a browser for the PDF. */
export function checkFrontends(project: string, environment: NodeJS.ProcessEnv, root: boolean): Diagnosis[] {
  return [checkKernel(project, environment), checkFrontend(environment, root), checkBrowser(environment)];
}

const register = "npx runbook lab --register";

function checkKernel(project: string, environment: NodeJS.ProcessEnv): Diagnosis {
  const file = join(findJupyterDataFolder(environment), "kernels", "tslab", "kernel.json");
  if (!existsSync(file))
    return note(
      "kernel",
      "The kernel is not registered yet: Jupyter and VS Code do not offer it. (npx runbook lab registers " +
        "it; runbook run needs no registration.)",
      register,
    );
  let argv: string[];
  try {
    ({ argv } = JSON.parse(readFileSync(file, "utf8")) as { argv: string[] });
  } catch {
    return reportBroken("kernel", `${file} does not hold JSON.`, register);
  }
  const [node = "", ...rest] = argv;
  const tslab = rest.find((word) => /tslab$/.test(word)) ?? "";
  if (!existsSync(node) || !existsSync(tslab))
    return reportBroken(
      "kernel",
      `The registered kernel names ${existsSync(node) ? tslab || "no tslab" : node}, which is not there (any more).`,
      register,
    );
  if (!tslab.startsWith(join(project, "node_modules")))
    return note("kernel", `The registered kernel is another project's (${tslab}).`, register);
  return reportFine("kernel", `registered in ${file}`);
}

function checkFrontend(environment: NodeJS.ProcessEnv, root: boolean): Diagnosis {
  const jupyter = findProgramOnPath(["jupyter"], environment);
  const found = jupyter ? ["lab", "notebook"].filter((front) => isAnswering(jupyter, front)) : [];
  const extensions = join(homedir(), ".vscode", "extensions");
  const inCode =
    existsSync(extensions) && readdirSync(extensions).some((name) => name.startsWith("ms-toolsai.jupyter-"));
  const code = findProgramOnPath(["code"], environment);
  if (found.length && root)
    return note(
      "front end",
      `jupyter ${found[0]} is here; it refuses to run as root unless it is told to.`,
      "npx runbook lab -- --allow-root",
    );
  if (found.length) return reportFine("front end", `jupyter ${found.join(" and jupyter ")}`);
  if (inCode) return reportFine("front end", "VS Code with its Jupyter extension; no Python is needed");
  if (code)
    return note(
      "front end",
      "VS Code is here, without its Jupyter extension.",
      "code --install-extension ms-toolsai.jupyter",
    );
  if (jupyter)
    return note("front end", "jupyter is here, and neither JupyterLab nor Notebook is.", "pip install jupyterlab");
  return note(
    "front end",
    "Neither Jupyter nor VS Code was found on the PATH: runbook run works, stepping through the notebooks does not.",
    "pip install jupyterlab",
  );
}

function isAnswering(jupyter: string, front: string): boolean {
  try {
    execFileSync(jupyter, [front, "--version"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function checkBrowser(environment: NodeJS.ProcessEnv): Diagnosis {
  const program = findBrowser(environment);
  if (program) return reportFine("browser", `${program} prints the document as PDF`);
  if (environment.RUNBOOK_BROWSER)
    return reportBroken(
      "browser",
      `RUNBOOK_BROWSER names ${environment.RUNBOOK_BROWSER}, which is no program.`,
      "unset RUNBOOK_BROWSER",
    );
  return note(
    "browser",
    "No Chromium or Chrome was found: runbook pdf cannot print the document. Any browser shows it and prints it.",
    process.platform === "darwin" ? "brew install --cask chromium" : "sudo apt-get install chromium",
  );
}
