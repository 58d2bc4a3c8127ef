import { cleanNotebooks } from "../run/clean";
import { notebooksFolder } from "../settings";
import { count } from "../text";
import type { Given } from "./args";
import type { usage } from "./usage/clean";

export async function run(_given: Given<typeof usage>): Promise<number> {
  const cleaned = cleanNotebooks(notebooksFolder);
  process.stdout.write(
    cleaned.length
      ? `Cleaned ${count(cleaned.length, "notebook")}: ${cleaned.join(", ")}.\n`
      : "No notebook holds outputs: there was nothing to clean.\n",
  );
  return 0;
}
