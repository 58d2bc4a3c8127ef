/** `npm run pictures`: what README.md shows, `.pictures/document.png` and `.pictures/notebook.png`, taken from a run on the demo. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { closeNotebook, explainLacking, openNotebook, runAll, startBrowser, startLab } from "./jupyter";

const project = join(__dirname, "..", "..");

async function pictures(): Promise<void> {
  const lacking = explainLacking("Notebook 6");
  if (lacking) throw new Error(lacking);
  const results = mkdtempSync(join(tmpdir(), "runbook-pictures-"));
  execFileSync(process.execPath, [join(project, "lib", "cli.js"), "run", "--out", results], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const browser = await startBrowser();
  const lab = await startLab();
  try {
    const document = await browser.newPage({ viewport: { width: 1280, height: 820 }, colorScheme: "light" });
    await document.goto(pathToFileURL(join(results, "results.html")).href);
    await document.screenshot({ path: join(project, ".pictures", "document.png") });

    const notebook = await openNotebook(browser, lab, "02-volume");
    await runAll(notebook);
    await notebook.setViewportSize({ width: 1280, height: 1000 });
    await notebook.evaluate(`document.querySelector("#header").style.display = "none";
      Jupyter.notebook.get_selected_cell().unselect();
      document.querySelector("#site").style.height = "100vh";
      document.querySelectorAll(".text_cell h2")[3].scrollIntoView();`);
    await notebook.screenshot({ path: join(project, ".pictures", "notebook.png") });
    await closeNotebook(notebook);
  } finally {
    await browser.close();
    await lab.stop();
    rmSync(results, { recursive: true, force: true });
  }
}

pictures().catch((problem: Error) => {
  console.error(problem.message);
  process.exitCode = 1;
});
